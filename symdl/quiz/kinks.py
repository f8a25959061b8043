r"""Integrands with kinks, such as ``max(0, x)`` and ``|x - 1|``, between numbers: branch by branch.

Between two neighbouring places at which two branches are equal one of them holds throughout; which one, a point
between them shows. Only branches that cross at rational places, all of them known, are taken.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import sympy as sp
from sympy.core.relational import Relational

from symdl.prover.rewriting import substitute

KINKED = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Piecewise)
_MOST_PIECES, _MOST_DEGREE = 24, 8

Piece = tuple[sp.Expr, sp.Rational, sp.Rational]


def pieces(body: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[Piece, ...] | None:
    """The integrand without kinks and the ends of each of its pieces; None where these are not known.

    >>> x = sp.Symbol("x", real=True)
    >>> pieces(sp.Max(0, x), x, sp.Integer(-1), sp.Integer(1))
    ((0, -1, 0), (x, 0, 1))
    """
    if not (low.is_Rational and high.is_Rational and low < high):
        return None
    kinked = [part for part in body.atoms(*KINKED) if not any(argument.has(*KINKED) for argument in part.args)]
    if not kinked:
        return ((body, low, high),)
    part = min(kinked, key=sp.default_sort_key)
    places: set[sp.Rational] = set()
    for difference in _differences(part):
        found = _zeros(difference, x, low, high)
        if found is None:
            return None
        places |= found
    ends = [low, *sorted(place for place in places if low < place < high), high]
    total: list[Piece] = []
    for start, end in pairwise(ends):
        branch = _branch(part, x, (start + end) / 2)
        inner = pieces(body.xreplace({part: branch}), x, start, end) if branch is not None else None
        if inner is None or len(total) + len(inner) > _MOST_PIECES:
            return None
        total += inner
    return tuple(total)


def _differences(part: sp.Expr) -> list[sp.Expr]:
    """What changes its sign where another branch begins to hold."""
    if isinstance(part, sp.Abs | sp.sign):
        return [part.args[0]]
    if isinstance(part, sp.Piecewise):
        return [relation.lhs - relation.rhs for relation in part.atoms(Relational)]
    return [one - other for one, other in combinations(part.args, 2)]


def _zeros(difference: sp.Expr, x: sp.Symbol, low: sp.Rational, high: sp.Rational) -> set[sp.Rational] | None:
    """The zeros of a polynomial between two numbers; None where it is none over the rationals, or has others."""
    if not difference.is_polynomial(x) or difference.free_symbols - {x}:
        return None
    polynomial = sp.Poly(difference, x)
    if polynomial.is_zero:
        return set()
    if not (polynomial.domain.is_ZZ or polynomial.domain.is_QQ) or polynomial.degree() > _MOST_DEGREE:
        return None
    found = {root for root in polynomial.ground_roots() if low <= root <= high}
    return found if len(found) == polynomial.count_roots(low, high) else None


def _branch(part: sp.Expr, x: sp.Symbol, point: sp.Rational) -> sp.Expr | None:
    """The branch that holds around a point that is no kink."""

    def sign(expr: sp.Expr) -> int:
        return int(sp.sign(substitute(expr, {x: point})))

    if isinstance(part, sp.Piecewise):
        conditions = [(value, condition.subs(x, point)) for value, condition in part.args]
        first = next(((value, holds) for value, holds in conditions if holds != sp.false), None)
        return first[0] if first is not None and first[1] == sp.true else None
    if isinstance(part, sp.Abs):
        return sign(part.args[0]) * part.args[0]
    if isinstance(part, sp.sign):
        return sp.Integer(sign(part.args[0]))
    way = 1 if isinstance(part, sp.Max) else -1
    return next(one for one in part.args if all(way * sign(one - other) >= 0 for other in part.args))
