"""Roundings of fractions of a whole number: decided for each remainder, where they are plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import lcm

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, symbol
from symdl.prover.rewriting import substitute

from .equality import Side
from .meanings import ROUNDINGS, whole_of

_MOST_REMAINDERS = 12
_QUOTIENT = symbol("quotient")


def by_remainders(gold: Side, own: Side) -> Iterator[tuple[Side, Side]]:
    """Both sides for each remainder of the whole number that they round fractions of; none where that leaves roundings.

    >>> n, floor, ceil = symbol("n"), sp.Function("floor"), sp.Function("ceil")
    >>> given = (Belongs(n, "integer"),)
    >>> pair = Side(floor((n + 1) / 2), given=given), Side(ceil(n / 2), given=given)
    >>> [(one.expr, other.expr) for one, other in by_remainders(*pair)]
    [(quotient, quotient), (quotient + 1, quotient + 1)]
    """
    found = _whole_number(gold, own)
    if found is None:
        return
    number, period = found
    for remainder in range(period):
        sides = [_at(side, number, period * _QUOTIENT + remainder) for side in (gold, own)]
        if any(_roundings(side.expr) for side in sides):
            return
        yield sides[0], sides[1]


def _roundings(expr: sp.Expr) -> list[AppliedUndef]:
    return [call for call in expr.atoms(AppliedUndef) if call.func.__name__ in ROUNDINGS]


def _whole_number(*sides: Side) -> tuple[sp.Symbol, int] | None:
    """The number whose fractions are rounded, and after how many steps their remainders come again."""
    whole = {entry.symbol for side in sides for entry in side.given if isinstance(entry, Belongs)}
    arguments = [sp.expand(call.args[0]) for side in sides for call in _roundings(side.expr)]
    names = {name for argument in arguments for name in argument.free_symbols}
    if len(names) != 1 or not names <= whole:
        return None
    number = names.pop()
    slopes = [argument.coeff(number) for argument in arguments]
    rests = [argument - slope * number for argument, slope in zip(arguments, slopes, strict=True)]
    linear = all(part.is_Rational for part in (*slopes, *rests))
    period = lcm(*(int(slope.q) for slope in slopes)) if linear else 0
    return (number, period) if 0 < period <= _MOST_REMAINDERS else None


def _at(side: Side, number: sp.Symbol, value: sp.Expr) -> Side:
    """A side with the whole number written by quotient and remainder, and what is rounded worked out."""
    expr = substitute(side.expr, {number: value})
    expr = expr.replace(lambda e: isinstance(e, AppliedUndef) and e.func.__name__ in ROUNDINGS, _worked_out)
    table = {number: value}
    conditions = (Compare(substitute(c.lhs, table), c.relation, substitute(c.rhs, table)) for c in side.conditions)
    return replace(side, expr=expr, conditions=tuple(conditions), given=_silent_on(number, side.given))


def _silent_on(number: sp.Symbol, given: tuple[Given, ...]) -> tuple[Given, ...]:
    """The assumptions that say nothing about the number."""
    kept = (e for e in given if not (isinstance(e, Belongs) and e.symbol == number))
    return tuple(e for e in kept if not (isinstance(e, Compare) and number in e.lhs.free_symbols | e.rhs.free_symbols))


def _worked_out(call: AppliedUndef) -> sp.Expr:
    constant, rest = sp.expand(call.args[0]).as_coeff_Add()
    slope = rest.coeff(_QUOTIENT)
    if rest != slope * _QUOTIENT or not slope.is_Integer or not constant.is_Rational:
        return call
    return rest + whole_of(call, constant)
