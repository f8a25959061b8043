"""Required forms: expanded, factored, in lowest terms, a single fraction, in terms of given names."""

from __future__ import annotations

from math import gcd

import sympy as sp

from symdl.core.questions import Form
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Fraction,
    Juxtaposed,
    Name,
    Node,
    Number,
    Product,
    Scripted,
    walk,
)

from .expressions import Pair, scalar
from .labels import split
from .reading import Reading


def misses_form(pair: Pair, form: Form, terms: tuple[str, ...]) -> str:
    """What an answer of the right value lacks in form; empty where it lacks nothing."""
    node = split(pair.own.nodes[-1])[1][-1]
    return _misses(pair, node, form) or _misses_terms(pair.own, node, terms)


def _misses(pair: Pair, node: Node, form: Form) -> str:
    match form:
        case "any":
            return ""
        case "expanded":
            return "" if _is_expanded(node) else "the value is right, but it is not expanded"
        case "factored":
            return _unfactored(pair, node)
        case "single fraction":
            single = sum(isinstance(part, Fraction) or _divides(part) for part in walk(node)) <= 1
            return (
                ""
                if single and not isinstance(_bare(node), Addition)
                else "the value is right, but it is no single fraction"
            )
        case "lowest terms":
            return "" if _is_lowest(node) else "the value is right, but the fraction is not in lowest terms"


def _bare(node: Node) -> Node:
    """Without brackets and without a sign in front."""
    while True:
        if isinstance(node, Bracketed) and len(node.items) == 1:
            node = node.items[0]
        elif isinstance(node, Addition) and len(node.terms) == 1:
            node = node.terms[0][1]
        else:
            return node


def _factors(node: Node) -> tuple[Node, ...]:
    node = _bare(node)
    if isinstance(node, Juxtaposed):
        return node.items
    if isinstance(node, Product):
        return tuple(
            factor for part in (node.first, *(operand for _, operand in node.rest)) for factor in _factors(part)
        )
    return (node,)


def _is_sum(node: Node) -> bool:
    bare = _bare(node)
    return isinstance(bare, Addition) and len(bare.terms) > 1


def _is_expanded(node: Node) -> bool:
    """No product with a sum among its factors, and no power of one."""
    for part in walk(node):
        if isinstance(part, Juxtaposed | Product) and len(_factors(part)) > 1 and any(map(_is_sum, _factors(part))):
            return False
        if isinstance(part, Scripted) and part.superscript is not None and _is_sum(part.base):
            return False
    return True


def _unfactored(pair: Pair, node: Node) -> str:
    """Each factor that is a sum has no polynomial factors of its own."""
    for factor in _factors(node):
        bare = factor.base if isinstance(factor, Scripted) and factor.superscript is not None else factor
        if not _is_sum(bare):
            continue
        expr = scalar(pair, bare, pair.own).expr
        polynomial = expr.as_poly(*sorted(expr.free_symbols, key=str)) if expr.free_symbols else None
        if polynomial is None:
            continue
        content, parts = sp.factor_list(polynomial)
        if sum(power for _, power in parts) > 1 or abs(content) not in (1,):
            return "the value is right, but it is not factored"
    return ""


def _divides(node: Node) -> bool:
    return isinstance(node, Product) and any(operator == "/" for operator, _ in node.rest)


def _is_lowest(node: Node) -> bool:
    bare = _bare(node)
    if isinstance(bare, Product) and len(bare.rest) == 1 and bare.rest[0][0] == "/":
        bare = Fraction(bare.first, bare.rest[0][1])
    if not isinstance(bare, Fraction):
        return isinstance(bare, Number)
    above, below = _bare(bare.numerator), _bare(bare.denominator)
    if not (isinstance(above, Number) and isinstance(below, Number) and above.text.isdigit() and below.text.isdigit()):
        return True
    return gcd(int(above.text), int(below.text)) == 1 and int(below.text) > 1


def _misses_terms(reading: Reading, node: Node, terms: tuple[str, ...]) -> str:
    """Whether the answer uses other names than those that it is to be written in."""
    if not terms:
        return ""
    allowed = {name for term in terms for name in _names(_parsed(term))}
    extra = sorted(_names(node) - allowed)
    if extra:
        return f"the value is right, but it is to be written in {', '.join(terms)} alone"
    calls = {name_of(part.function) or "" for part in walk(node) if isinstance(part, Call)}
    allowed_calls = {name_of(p.function) or "" for term in terms for p in walk(_parsed(term)) if isinstance(p, Call)}
    if calls - allowed_calls:
        return f"the value is right, but it is to be written in {', '.join(terms)} alone"
    missing = any(_parsed(term) not in set(walk(node)) for term in terms if isinstance(_parsed(term), Juxtaposed))
    return f"the value is right, but it is to be written in terms of {', '.join(terms)}" if missing else ""


def _parsed(term: str) -> Node:
    from symdl.notation.text import read_text

    from .dress import undressed

    text, syntax = undressed(term)
    return read_text(text, syntax).statements[0]


def _names(node: Node) -> set[str]:
    constants = {"e", "pi"}
    return {name for part in walk(node) if isinstance(part, Name) and (name := name_of(part))} - constants
