"""Solutions of an equation that no formula gives: a change of sign between two points, enclosed ever closer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import sympy as sp
from flint import arb, fmpq

from symdl.core import UndefinedValue, UnsupportedOperation
from symdl.numerics import ball

_BITS = 128
_HALVINGS = 60
_STARTS = 3
_ENDS = tuple(sp.Rational(n, d) for n, d in ((-5, 1), (-2, 1), (-1, 2), (0, 1), (1, 3), (1, 1), (3, 1), (7, 1)))
_OTHERS = tuple(sp.Rational(n, d) for n, d in ((1, 2), (1, 3), (2, 1), (-1, 3)))

Point = dict[sp.Symbol, sp.Rational]


def roots(difference: sp.Expr, other: sp.Expr) -> Iterator[Point]:
    """Points within 2**-60 of a solution of ``difference = 0`` around which ``other`` certainly is not zero.

    ``difference`` is continuous where it is finite. Each point is confirmed: on an interval around it
    ``difference`` is finite and changes its sign, and ``other`` is finite and has one sign.
    """
    symbols = tuple(sorted(difference.free_symbols | other.free_symbols, key=str))
    for unknown in sorted(difference.free_symbols, key=str):
        rest = [s for s in symbols if s != unknown]
        for shift in range(_STARTS):
            point = {s: _OTHERS[(place + shift) % len(_OTHERS)] for place, s in enumerate(rest)}
            found = _along(difference, other, symbols, point, unknown)
            if found is not None:
                yield {**point, unknown: found}


def _along(
    difference: sp.Expr, other: sp.Expr, symbols: tuple[sp.Symbol, ...], point: Point, unknown: sp.Symbol
) -> sp.Rational | None:
    """The middle of a small interval in which one changes its sign and the other keeps it."""

    def value(expr: sp.Expr, at: fmpq | arb) -> arb:
        numbers = [at if s == unknown else ball.number(point[s]) for s in symbols]
        try:
            with ball.precision(_BITS):
                return arb(ball.compiled(expr, symbols)(*numbers))
        except (UndefinedValue, UnsupportedOperation):
            return arb.nan()

    for low, high in pairwise(fmpq(int(end.p), int(end.q)) for end in _ENDS):
        ends = _narrowed(difference, value, low, high)
        if ends is None:
            continue
        middle = (ends[0] + ends[1]) / 2
        with ball.precision(_BITS):
            around = arb(ends[0]).union(arb(ends[1]))
        sure = value(difference, around).is_finite() and value(other, around).is_finite()
        if sure and 0 not in value(other, around):
            return sp.Rational(int(middle.p), int(middle.q))
    return None


def _narrowed(difference: sp.Expr, value: object, low: fmpq, high: fmpq) -> tuple[fmpq, fmpq] | None:
    """Two close points at which the difference certainly has opposite signs."""
    assert callable(value)
    signs = [_sign(value(difference, end)) for end in (low, high)]
    if signs[0] * signs[1] != -1:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        sign = _sign(value(difference, middle))
        if sign == 0:
            return None
        low, high = (middle, high) if sign == signs[0] else (low, middle)
    return low, high


def _sign(value: arb) -> int:
    """The certain sign, 0 where there is none."""
    return 1 if value > 0 else -1 if value < 0 else 0
