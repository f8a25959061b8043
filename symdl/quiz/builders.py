r"""Sets said by an equation, ``\{x : x^2 = 4\}``, beside lists of their elements.

Each element that is listed has to solve the equation, and there have to be as many of them, all different, as
the polynomial has real roots (by Sturm's theorem): then both inclusions are proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import sympy as sp

from symdl.core import Belongs, Compare, ReadError
from symdl.notation.names import name_of
from symdl.notation.syntax import Addition, Bracketed, Conditional, Name, Node, Relation, Scripted, rewritten

from .collections import values_of
from .expressions import Pair, equal, sides
from .labels import split
from .reading import Reading
from .results import Result, all_of, right, undecided, wrong

_MOST_DEGREE = 12
_ZERO = sp.Integer(0)


@dataclass(frozen=True)
class Builder:
    """The unknown of a set and the two sides of the equation that its elements solve."""

    unknown: Name | Scripted
    left: Node
    right: Node


def builder_of(reading: Reading) -> Builder | None:
    r"""The equation in ``\{x : x^2 = 4\}``, ``\{x | x^2 = 4\}`` and ``\{x \in \mathbb R : x^2 = 4\}``, else None."""
    value = split(reading.nodes[0])[1][-1] if len(reading.nodes) == 1 else None
    if not isinstance(value, Bracketed) or value.opening != "{" or len(value.items) != 1:
        return None
    inner = value.items[0]
    if not isinstance(inner, Relation):
        return None
    members, relations = _without_line(inner.sides, tuple(inner.relations))
    if relations != (":", "="):
        return None
    unknown, left, other = members
    return Builder(unknown, left, other) if isinstance(unknown, Name | Scripted) and name_of(unknown) else None


def _without_line(members: tuple[Node, ...], relations: tuple[str, ...]) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    r"""A chain with a colon for its bar, and without ``\in \mathbb R``."""
    bar = next((place for place, member in enumerate(members) if isinstance(member, Conditional)), None)
    if bar is not None and isinstance(found := members[bar], Conditional):
        members = (*members[:bar], found.body, found.given, *members[bar + 1 :])
        relations = (*relations[:bar], ":", *relations[bar:])
    if relations[:1] == ("in",) and _is_line(members[1]):
        members, relations = (members[0], *members[2:]), relations[1:]
    return members, relations


def _is_line(node: Node) -> bool:
    return isinstance(node, Name) and node.base == "R" and "bb" in node.decorations


def same_solutions(pair: Pair) -> Result | None:
    """The comparison of a set by an equation with a list of elements; None where the two are not that."""
    builders = builder_of(pair.gold), builder_of(pair.own)
    if (builders[0] is None) == (builders[1] is None):
        return None
    builder = builders[0] or builders[1]
    listed = values_of(pair.own if builders[0] is not None else pair.gold)
    assert builder is not None
    if listed is None:
        return None
    return _solved_by(pair, builder, listed)


def _solved_by(pair: Pair, builder: Builder, listed: tuple[Node, ...]) -> Result:
    count = _real_roots(pair, builder)
    if count is None:
        return undecided("only sets by an equation between polynomials in one unknown are compared with lists")
    solved = all_of(
        equal(pair, *(_at(builder, side, element) for side in (builder.left, builder.right))) for element in listed
    )
    if solved.grade != "RIGHT":
        return wrong("an element does not solve the equation") if solved.grade == "WRONG" else solved
    alike = [equal(pair, *two).grade for two in combinations(listed, 2)]
    if set(alike) - {"WRONG"}:
        return undecided("elements that may be the same: list each of them once")
    if len(listed) < count:
        return wrong("an element is missing")
    return right("both inclusions", f"{count} different solutions, and the polynomial has {count} real roots")


def _at(builder: Builder, side: Node, element: Node) -> Node:
    """One side of the equation at an element."""
    value = Bracketed((Addition((("+", element),)),))
    return rewritten(side, lambda part: value if part == builder.unknown else part)


def _is_bounded(pair: Pair, unknowns: set[sp.Basic]) -> bool:
    """Whether what is given says which numbers the unknown may be."""
    for entry in pair.given:
        if isinstance(entry, Belongs) and entry.symbol in unknowns:
            return True
        if isinstance(entry, Compare) and unknowns & {s for side in (entry.lhs, entry.rhs) for s in side.free_symbols}:
            return True
    return False


def _real_roots(pair: Pair, builder: Builder) -> int | None:
    """How many real numbers solve the equation; None where it is not between polynomials over the rationals."""
    try:
        left, other = sides(pair, builder.left, builder.right)
    except ReadError:
        return None
    unknowns = left.expr.free_symbols | other.expr.free_symbols
    if len(unknowns) != 1 or left.conditions or other.conditions or _is_bounded(pair, unknowns):
        return None
    difference = sp.expand(left.expr - other.expr)
    (unknown,) = unknowns
    if not difference.is_polynomial(unknown) or unknown not in difference.free_symbols:
        return None
    polynomial = sp.Poly(difference, unknown)
    if not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ) or polynomial.degree() > _MOST_DEGREE:
        return None
    return int(polynomial.count_roots())
