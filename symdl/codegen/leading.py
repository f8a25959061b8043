"""Functions that vanish at 0 as c x^m, written so next to 0, where all other terms are below their last digit.

There halves of the argument and its squares underflow before the value does, which loses everything where
subnormal numbers are flushed to 0. It is an approximation, no rewriting, whose error is measured with that of
the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from flint import arb, fmpq

from symdl.core import BudgetExceeded, UndefinedValue
from symdl.numerics import ball
from symdl.numerics.precision import precision

from .terms import Term, call, multiply

_NEAR = 60
"""The leading term holds for abs(x) < 2^-60."""
_BITS, _MOST_BITS, _BELOW = 120, 8000, 2400
_FAR_IN, _HIGHEST = 200, 4
_GOOD_ENOUGH = 2.0**-57
_CLOSE = 2.0**-20


@dataclass(frozen=True)
class Leading:
    """c x^order next to 0, with one c on the right and one on the left of it."""

    order: int
    right: sp.Rational
    left: sp.Rational

    def term(self, variable: sp.Symbol, elsewhere: Term) -> Term:
        """The leading term next to 0, ``elsewhere`` in other places."""
        near = call("less", call("absolute", variable), sp.Rational(1, 2**_NEAR))
        return call("where", near, self._next_to_zero(variable), elsewhere)

    def _next_to_zero(self, variable: sp.Symbol) -> Term:
        if self.right == self.left:
            return self._product(variable, self.right)
        positive = call("greater", variable, sp.Integer(0))
        return call("where", positive, *(self._product(variable, c) for c in (self.right, self.left)))

    def _product(self, variable: sp.Symbol, coefficient: sp.Rational) -> Term:
        result = multiply(coefficient, variable)
        for _ in range(self.order - 1):
            result = call("multiply", result, variable)
        return result


@lru_cache(maxsize=256)
def leading(expr: sp.Expr, variable: sp.Symbol) -> Leading | None:
    """How ``expr`` begins at 0, where it vanishes there and is known to begin so.

    >>> x = sp.Symbol("x", real=True)
    >>> leading(x / (1 + sp.exp(-x)), x)
    Leading(order=1, right=1/2, left=1/2)
    >>> leading(sp.exp(x), x), leading(sp.Max(x, 0), x)
    (None, Leading(order=1, right=1, left=0))
    """
    if expr.free_symbols != {variable}:
        return None
    try:
        if ball.enclose(expr, {variable: 0}, _BITS, _MOST_BITS, _BELOW) != 0:
            return None
        order = _order(expr, variable)
        sides = [_coefficient(expr, variable, order, direction) for direction in (1, -1)] if order else [None]
    except (UndefinedValue, BudgetExceeded):
        return None
    return None if None in sides else Leading(order, *sides)


def _order(expr: sp.Expr, variable: sp.Symbol) -> int:
    """m from f(2t)/f(t) on the side where f is not 0, or 0."""
    for direction in (1, -1):
        near, far = (_value(expr, variable, fmpq(direction * scale, 2**_FAR_IN)) for scale in (1, 2))
        if near != 0:
            with precision(_BITS):
                ratio = float((far / near).mid())
            return next((m for m in range(1, _HIGHEST + 1) if abs(ratio / 2**m - 1) < _CLOSE), 0)
    return 0


def _coefficient(expr: sp.Expr, variable: sp.Symbol, order: int, direction: int) -> sp.Rational | None:
    """f(t)/t^m as a float, where it is the same at the end of the interval."""
    scaled = []
    for exponent in (_FAR_IN, _NEAR):
        at = fmpq(direction, 2**exponent)
        with precision(_BITS):
            scaled.append(_value(expr, variable, at) / arb(at) ** order)
    with precision(_BITS):
        same = all(c == 0 for c in scaled) or (scaled[0] != 0 and abs(scaled[1] / scaled[0] - 1) < _GOOD_ENOUGH)
    return sp.Rational(float(scaled[0].mid())) if same else None


def _value(expr: sp.Expr, variable: sp.Symbol, at: fmpq) -> arb:
    return ball.enclose(expr, {variable: at}, _BITS, _MOST_BITS, _BELOW)
