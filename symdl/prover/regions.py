"""The interval that conditions leave to one variable."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdl.core import Compare

_STRICT = ("<", ">")


@dataclass(frozen=True)
class Region:
    """The numbers between two ends, each closed where it belongs to them; None for no end."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_closed: bool = False
    high_closed: bool = False


def region_of(conditions: tuple[Compare, ...], symbol: sp.Symbol) -> Region:
    """The interval that those conditions leave to ``symbol`` which bound it by rational numbers.

    >>> x = sp.Symbol("x", real=True)
    >>> region_of((Compare(1 - 2 * x, "<", sp.Integer(0)), Compare(x, "<=", sp.Integer(3))), x)
    Region(low=Fraction(1, 2), high=Fraction(3, 1), low_closed=False, high_closed=True)
    """
    region = Region()
    for condition in conditions:
        found = linear_bound(condition, symbol)
        if found is None or not found[0].is_Rational:
            continue
        end, direction = Fraction(int(found[0].p), int(found[0].q)), found[1]
        closed = condition.relation not in _STRICT
        if direction >= 0 and (region.low is None or (end, not closed) > (region.low, not region.low_closed)):
            region = Region(end, region.high, closed, region.high_closed)
        if direction <= 0 and (region.high is None or (end, closed) < (region.high, region.high_closed)):
            region = Region(region.low, end, region.low_closed, closed)
    return region


def linear_bound(fact: Compare, variable: sp.Symbol) -> tuple[sp.Expr, int] | None:
    """``w, 1`` where a fact says that the variable is at or above w, ``w, -1`` below, ``w, 0`` equal."""
    if fact.relation == "!=":
        return None
    line = sp.Add(fact.lhs, -fact.rhs).as_poly(variable)
    if line is None or line.degree() != 1 or not line.coeff_monomial(variable).is_Rational:
        return None
    coefficient = line.coeff_monomial(variable)
    start = sp.expand(-line.coeff_monomial(1) / coefficient)
    if fact.relation == "=":
        return start, 0
    return start, 1 if (fact.relation in (">", ">=")) == (coefficient > 0) else -1
