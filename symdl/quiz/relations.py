"""Equations and inequalities: the same up to a nonzero factor, or with the same solutions."""

from __future__ import annotations

import itertools
from fractions import Fraction

import sympy as sp
from flint import arb, fmpq

from symdl.core import Compare, UndefinedValue, UnsupportedOperation, Witness
from symdl.notation.elaborate import compare
from symdl.notation.syntax import Bracketed, Name, Node, Relation, walk
from symdl.numerics import ball

from .collections import infinite, is_builder
from .components import componentwise
from .equality import Side, same_function
from .expressions import Pair
from .posing import OPAQUE
from .reading import Reading
from .results import Result, undecided, wrong
from .roots import roots

_HOLDS = {"=": sp.Eq, "!=": sp.Ne, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}
_BROKEN = (sp.Piecewise, sp.sign, sp.Max, sp.Min, sp.floor)
_VALUES = tuple(sp.Rational(text) for text in ["2", "3", "1/2", "5/3", "-1", "7/5", "-3/2", "4"])


def same_relations(pair: Pair) -> Result:
    """Whether two statements hold for the same values."""
    gold, own = links_of(pair, pair.gold), links_of(pair, pair.own)
    if gold is None or own is None:
        return wrong("a relation is asked for") if gold else undecided("the right answer is no relation")
    one = len(gold) == len(own) == 1 and len(gold[0]) == len(own[0]) == 1
    if one and gold[0][0].relation == own[0][0].relation == "=":
        multiple = _same_equation(pair, gold[0][0], own[0][0])
        return multiple if multiple.grade == "RIGHT" else _same_solutions(pair, gold[0][0], own[0][0])
    return _same_truth(pair, gold, own)


Links = tuple[tuple[Compare, ...], ...]
"""Alternatives, each of comparisons that hold together."""


def links_of(pair: Pair, reading: Reading) -> Links | None:
    """The comparisons that a text makes; intervals are read as such of the one symbol of the other text."""
    statements = []
    for node in reading.nodes:
        found = _links(pair, node, reading)
        if found is None:
            return None
        statements.append(found)
    if reading.alternatives or _all_pinned(statements):
        return tuple(statements)
    return (tuple(link for links in statements for link in links),)


def _all_pinned(statements: list[tuple[Compare, ...]]) -> bool:
    """Whether all are equations for one symbol, ``x = 1, x = 2``: then they are alternatives."""
    firsts = {links[0].lhs for links in statements if len(links) == 1 and links[0].relation == "="}
    return len(statements) > 1 and len(firsts) == 1 and all(len(links) == 1 for links in statements)


def _links(pair: Pair, node: Node, reading: Reading) -> tuple[Compare, ...] | None:
    built = is_builder(node)
    node = built or node
    if isinstance(node, Relation):
        bounded = [_by_components(part) if reading.arrays else part for part in _membership(node)]
        found = [compare(part, pair.profile, pair.scope, text=reading.text) for part in bounded]
        return tuple(link for links, _ in found for link in links)
    if isinstance(node, Bracketed) and len(node.items) == 2 and node.opening in "([":
        return _links(pair, Relation(_variable(pair), (("in", node),)), reading)
    return None


def _by_components(node: Relation) -> Relation:
    """A relation with norms and inner products of vectors as sums."""
    return Relation(componentwise(node.first), tuple((sign, componentwise(side)) for sign, side in node.rest))


def _variable(pair: Pair) -> Node:
    """What an interval alone is about: the left side of a membership, or the one name in the other text."""
    nodes = [*pair.gold.nodes, *pair.own.nodes]
    told = [part.first for part in nodes if isinstance(part, Relation) and part.relations == ("in",)]
    told += [built.first for part in nodes if (built := is_builder(part))]
    names = {part.base: part for node in nodes for part in walk(node) if isinstance(part, Name) and part.base != "oo"}
    return told[0] if told else next(iter(names.values())) if len(names) == 1 else Name("x")


def _membership(node: Relation) -> list[Relation]:
    r"""``x \\in [a, \\infty)`` as comparisons; other relations as they are."""
    if node.relations != ("in",) or not isinstance(node.rest[0][1], Bracketed):
        return [node]
    bracket = node.rest[0][1]
    if len(bracket.items) != 2 or bracket.opening == "{":
        return [node]
    low, high = bracket.items
    found = []
    if infinite(low) is None:
        found.append(Relation(node.first, ((">" if bracket.opening == "(" else ">=", low),)))
    if infinite(high) is None:
        found.append(Relation(node.first, (("<" if bracket.closing == ")" else "<=", high),)))
    return found or [node]


def _difference(link: Compare) -> sp.Expr:
    return link.lhs - link.rhs


def _same_equation(pair: Pair, gold: Compare, own: Compare) -> Result:
    """RIGHT where one difference is a nonzero number times the other."""
    left, right = _difference(gold), _difference(own)
    factor = _ratio(left, right)
    for multiple in (sp.Integer(1), sp.Integer(-1)) if factor is None else (factor,) if factor else ():
        found = same_function(Side(left, gold.defined, pair.given), Side(multiple * right, own.defined, pair.given))
        if found.grade == "RIGHT":
            return found
    return undecided("the equations are no multiples of each other")


def _ratio(left: sp.Expr, right: sp.Expr) -> sp.Rational | None:
    """The quotient of the two at some point, if it is rational; a guess at it where the values are no rationals."""
    symbols = tuple(sorted(left.free_symbols | right.free_symbols, key=str))
    for shift in range(len(_VALUES)):
        point = {s: _VALUES[(place + shift) % len(_VALUES)] for place, s in enumerate(symbols)}
        try:
            values = [ball.compiled(side, symbols)(*map(ball.number, point.values())) for side in (left, right)]
        except (UndefinedValue, UnsupportedOperation):
            continue
        if all(isinstance(value, fmpq) for value in values) and values[1] != 0:
            quotient = values[0] / values[1]
            return sp.Rational(int(quotient.p), int(quotient.q))
        if 0 not in arb(values[1]):
            guess = Fraction(float((arb(values[0]) / arb(values[1])).mid())).limit_denominator(100)
            return sp.Rational(guess.numerator, guess.denominator)
    return None


def _same_solutions(pair: Pair, gold: Compare, own: Compare) -> Result:
    """WRONG where a solution of one equation is certainly none of the other."""
    for one, other in ((gold, own), (own, gold)):
        if _difference(one).atoms(*OPAQUE, *_BROKEN) or _difference(other).atoms(*OPAQUE):
            continue
        for point in itertools.chain(_solutions(_difference(one)), roots(_difference(one), _difference(other))):
            value = _at(_difference(other), point)
            if value is not None and value != 0 and _allowed(pair, point):
                witness = Witness(tuple((str(s), v) for s, v in sorted(point.items(), key=lambda item: str(item[0]))))
                return wrong("a solution of one equation is none of the other", witness, "witness")
    return undecided("neither a common factor nor a solution of one alone was found")


def _solutions(difference: sp.Expr) -> list[dict[sp.Symbol, sp.Rational]]:
    """Points on an equation that is linear in some symbol with rational values elsewhere."""
    symbols = sorted(difference.free_symbols, key=str)
    found: list[dict[sp.Symbol, sp.Rational]] = []
    for unknown in symbols:
        line = difference.as_poly(unknown)
        if line is None or line.degree() != 1:
            continue
        for shift in range(3):
            others = [s for s in symbols if s != unknown]
            point = {s: _VALUES[(place + shift) % len(_VALUES)] for place, s in enumerate(others)}
            slope, rest = (line.coeff_monomial(m).xreplace(point) for m in (unknown, 1))
            if slope.is_Rational and rest.is_Rational and slope != 0:
                found.append({**point, unknown: -rest / slope})
    return found


def _at(expr: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> Fraction | None:
    """A value that is certainly not zero, 0 where it is exactly, None where that is uncertain."""
    missing = dict.fromkeys(expr.free_symbols - point.keys(), _VALUES[0])
    try:
        value = ball.evaluate(expr, {**point, **missing})
    except (UndefinedValue, UnsupportedOperation):
        return None
    return Fraction(0) if value.is_zero() else None if 0 in value else Fraction(1)


def _allowed(pair: Pair, point: dict[sp.Symbol, sp.Rational]) -> bool:
    """Whether a point certainly satisfies what is given."""
    for entry in pair.given:
        if not isinstance(entry, Compare):
            continue
        if not {*entry.lhs.free_symbols, *entry.rhs.free_symbols} <= point.keys():
            continue
        held = _HOLDS[entry.relation](entry.lhs.xreplace(point), entry.rhs.xreplace(point))
        if held != sp.true:
            return False
    return True


def _same_truth(pair: Pair, gold: Links, own: Links) -> Result:
    """Whether the same values satisfy both, as functions that are 1 where they do and 0 elsewhere."""
    left, right = (_indicator(links) for links in (gold, own))
    found = same_function(Side(left, (), pair.given), Side(right, (), pair.given))
    if found.grade == "WRONG":
        return wrong("one holds there and the other does not", found.witness, "witness")
    return found


def _indicator(links: Links) -> sp.Expr:
    holds = sp.Or(*(sp.And(*(_HOLDS[c.relation](c.lhs, c.rhs) for c in together)) for together in links))
    return sp.Piecewise((sp.Integer(1), holds), (sp.Integer(0), True))
