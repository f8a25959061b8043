r"""Operators whose body reaches to the next sign: ``\sum``, ``\lim``, ``\max_i``, ``\int``, differentials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import scripts
from .syntax import (
    Bracketed,
    DerivativeOf,
    Extremum,
    Fraction,
    Integral,
    Juxtaposed,
    LimitOf,
    Listing,
    Name,
    Node,
    Number,
    Relation,
    Scripted,
    Summation,
    walk,
)
from .tokens import ACCENTS, Token

if TYPE_CHECKING:
    from .grammar import Parser

DIFFERENTIALS = frozenset({"d", "partial"})
_EXTREMA = frozenset({"max", "min", "argmax", "argmin", "sup", "inf"})


def summation(parser: Parser, token: Token) -> Node:
    r"""``\sum`` and ``\prod`` with their scripts."""
    below, upper = scripts.below_and_above(parser)
    index, lower, condition = _range(below)
    with parser.nested():
        body = parser.product()
    return Summation(token.text, index, lower, upper, condition, body, start=token.start, end=body.end)


def _range(below: Node | None) -> tuple[Node | None, Node | None, Node | None]:
    """The index, the lower bound and the condition of a sum."""
    if isinstance(below, Listing) and isinstance(below.items[-1], Relation):
        last = below.items[-1]
        index = replace(below, items=(*below.items[:-1], last.first))
        return (index, last.rest[0][1], None) if last.relations == ("=",) else (index, None, last)
    if isinstance(below, Relation):
        if below.relations == ("=",):
            return below.first, below.rest[0][1], None
        return (below.first if len(below.rest) == 1 else below.rest[0][1]), None, below
    return below, None, None


def limit(parser: Parser, token: Token) -> Node:
    r"""``\lim_{x \to a} f``."""
    below, _ = scripts.below_and_above(parser)
    if not isinstance(below, Relation) or below.relations != ("->",):
        raise parser.error("a limit needs its point", token, "write \\lim_{x \\to a}")
    with parser.nested():
        body = parser.product()
    return LimitOf(body, below.first, below.rest[0][1], start=token.start, end=body.end)


def is_extremum(parser: Parser, token: Token) -> bool:
    r"""Whether ``\max``, ``\arg\min`` or ``\sup`` goes over an index: it has one below, or is an arg."""
    if token.text not in _EXTREMA:
        return False
    return token.text.startswith("arg") or parser.at("subscript")


def extremum(parser: Parser, token: Token) -> Node:
    r"""``\max_i x_i`` and its kin."""
    below, above = scripts.below_and_above(parser)
    if above is not None:
        raise parser.error(f"a superscript on {token.text}", token, "leave it out")
    index, lower, condition = _range(below)
    if lower is not None:
        raise parser.error(f"the range of {token.text} is not stated", token, "write \\max_{1 \\le i \\le n}")
    with parser.nested():
        body = parser.product()
    return Extremum(token.text, index, condition, body, start=token.start, end=body.end)


def integral(parser: Parser, token: Token) -> Node:
    r"""``\int_a^b f(x)\,dx`` and ``\int_a^b dx f(x)``."""
    lower, upper = scripts.below_and_above(parser)
    outer, parser.integrals = parser.integrals, True
    with parser.nested():
        first = _differential(parser)
        body = parser.addition()
        variable = first or _differential(parser)
    parser.integrals = outer
    if variable is None:
        raise parser.error("the integral has no differential", token, "write \\int f(x) \\, dx")
    return Integral(body, variable, lower, upper, start=token.start, end=parser.before.end)


def at_differential(parser: Parser) -> bool:
    """Whether ``dx`` comes next, inside of an integral."""
    start, last = parser.position, len(parser.tokens) - 1
    if [token.kind for token in parser.tokens[start : start + 3]] == ["left brace", "name", "right brace"]:
        head, following = parser.tokens[start + 1], parser.tokens[min(start + 3, last)]
    else:
        head, following = parser.token, parser.tokens[min(start + 1, last)]
    named = following.kind == "name" or (following.kind == "command" and following.text in ACCENTS)
    return parser.integrals and head.kind == "name" and head.text == "d" and named


def _differential(parser: Parser) -> Node | None:
    if not at_differential(parser):
        return None
    parser.position += 3 if parser.at("left brace") else 1
    outer, parser.integrals = parser.integrals, False
    variable = parser.atom()
    while parser.at("subscript"):
        variable = scripts.scripts(parser, variable)
    parser.integrals = outer
    return variable


def partial(parser: Parser, token: Token) -> Node:
    r"""The curly d of a fraction, or ``\partial_x f``."""
    if not parser.at("subscript"):
        return Name("partial", start=token.start, end=token.end)
    below, above = scripts.below_and_above(parser)
    if below is None or not parser.starts_operand():
        raise parser.error("a derivative of nothing", token, "write the function behind it")
    order = int(above.text) if above is not None and hasattr(above, "text") and above.text.isdigit() else 1
    if above is not None and order == 1:
        raise parser.error("the order of a derivative is a small whole number", token, "write \\partial_x^2 f")
    with parser.nested():
        argument = applied(parser)
    return DerivativeOf(argument, ((below, order),), start=token.start, end=argument.end)


def applied(parser: Parser) -> Node:
    """A postfix with the brackets that follow it."""
    items = [parser.postfix()]
    number = isinstance(items[0], Number | Fraction)
    while (parser.at("open", "(") and isinstance(items[-1], Name | Scripted)) or (number and parser.starts_operand()):
        items.append(parser.postfix())
    if len(items) == 1:
        return items[0]
    return Juxtaposed(tuple(items), start=items[0].start, end=items[-1].end)


def form_in(variable: Node | None, first: Node, parser: Parser) -> Node:
    r"""What a nabla is taken of where that begins with a row: all of ``x^\top A x``, if the variable stands in it."""
    upper = first.superscript if isinstance(first, Scripted) else None
    if variable is None or not isinstance(upper, Name) or upper.base not in {"T", "top", "intercal"}:
        return first
    here, items = parser.position, [first]
    while parser.starts_operand():
        items.append(parser.postfix())
    if len(items) > 1 and any(part == variable for item in items for part in walk(item)):
        return Juxtaposed(tuple(items), start=first.start, end=items[-1].end)
    parser.position = here
    return first


def slashed(parser: Parser, above: Node, below: Node) -> Node | None:
    r"""``\partial L / \partial w`` and ``d/dx f(x)``: a derivative, and what multiplies it; None for a quotient."""
    head = above.items[0] if isinstance(above, Juxtaposed) else above
    head = head.base if isinstance(head, Scripted) else head
    if not isinstance(head, Name) or head.base not in DIFFERENTIALS:
        return None
    items = list(below.items) if isinstance(below, Juxtaposed) else [below]
    if not parser.latex:
        items = _split_word(items)
    if len(items) < 2 or not isinstance(items[0], Name) or items[0].base != head.base:
        return None
    from .structures import fraction_of

    denominator = Juxtaposed(tuple(items[:2]), start=below.start, end=items[1].end)
    node = fraction_of(above, denominator, above.start, items[1].end)
    if not isinstance(node, DerivativeOf):
        return None
    rest = items[2:]
    if node.argument is None and rest:
        argument = rest[0] if len(rest) == 1 else Juxtaposed(tuple(rest), start=rest[0].start, end=rest[-1].end)
        return replace(node, argument=argument, end=below.end)
    return node if not rest else Juxtaposed((node, *rest), start=node.start, end=below.end)


def _split_word(items: list[Node]) -> list[Node]:
    """``dx`` in plain text as ``d`` and ``x``."""
    first = items[0]
    if not isinstance(first, Name) or len(first.base) < 2 or first.base[0] != "d":
        return items
    middle = first.start + 1
    d = Name("d", start=first.start, end=middle)
    return [d, replace(first, base=first.base[1:], start=middle), *items[1:]]


def scripted_gradient(node: Node) -> tuple[Node, Node | None]:
    r"""What a nabla is taken of, and the power or transpose behind its bracket: ``\nabla f(x)^\top``."""
    last = node.items[-1] if isinstance(node, Juxtaposed) else None
    if not isinstance(node, Juxtaposed) or not isinstance(last, Scripted) or last.primes:
        return node, None
    if last.subscript is not None or last.superscript is None or not isinstance(last.base, Bracketed):
        return node, None
    return replace(node, items=(*node.items[:-1], last.base), end=last.base.end), last.superscript
