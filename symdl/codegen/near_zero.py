"""Functions that vanish at 0 by cancellation, as a power of x times a polynomial for -1 <= x <= 1.

The polynomial interpolates f(x)/x^m at Chebyshev points, in ball arithmetic; it is an approximation,
no rewriting, whose error is measured with that of the plan.

Source: L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM 2013, chapters 2-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from flint import arb, arb_poly, fmpq

from symdl.calculus.cells import KINKED
from symdl.core import BudgetExceeded, UndefinedValue
from symdl.numerics import ball
from symdl.numerics.precision import precision

from .terms import ONE, Term, add, call, multiply, power

_BITS = 300
_TINY = fmpq(1, 2**60)
_DEGREES = (6, 8, 10, 12, 14, 16, 18, 20, 24, 28)
_ODD_DEGREES = tuple(degree + 1 for degree in _DEGREES)
_GOOD_ENOUGH = 2.0**-57
_HIGHEST_ORDER = 8
_TESTS = (fmpq(1, 7), fmpq(3, 11), fmpq(5, 9), fmpq(7, 9), fmpq(22, 23))


@dataclass(frozen=True)
class Expansion:
    """f(x) = x^order p(x) for -1 <= x <= 1, p in x^2 where ``even``, the constant coefficient first."""

    order: int
    even: bool
    coefficients: tuple[sp.Rational, ...]

    def term(self, variable: sp.Symbol) -> Term:
        """The product for the argument clipped to the interval."""
        inside = call("maximum", call("minimum", variable, ONE), -ONE)
        argument = call("square", inside) if self.even else inside
        result: Term = self.coefficients[-1]
        for coefficient in self.coefficients[-2::-1]:
            result = add(multiply(result, argument), coefficient)
        return multiply(power(inside, self.order), result)


@lru_cache(maxsize=256)
def expansion(expr: sp.Expr, variable: sp.Symbol) -> Expansion | None:
    """The expansion of a smooth ``expr`` with a root of at least second order at 0, else None.

    >>> x = sp.Symbol("x", real=True)
    >>> expansion(x - sp.tanh(x), x).order, expansion(sp.tanh(x), x)
    (3, None)
    """
    if expr.free_symbols != {variable} or expr.has(*KINKED):
        return None
    try:
        order = _order(expr, variable)
        if order < 2:
            return None
        sides = {
            bool((_quotient(expr, variable, t, order) - _quotient(expr, variable, -t, order)).contains(0))
            for t in _TESTS
        }
        return _fitted(expr, variable, order, sides == {True})
    except (UndefinedValue, BudgetExceeded):
        return None


def _order(expr: sp.Expr, variable: sp.Symbol) -> int:
    """The order of the root at 0, or 0."""
    if ball.evaluate(expr, {variable: 0}, _BITS) != 0:
        return 0
    near, far = (ball.enclose(expr, {variable: size}, 60, 4000) for size in (_TINY, 2 * _TINY))
    ratio = float((far / near).mid())
    orders = [order for order in range(1, _HIGHEST_ORDER + 1) if abs(ratio - 2**order) < 0.01]
    return orders[0] if orders else 0


def _quotient(expr: sp.Expr, variable: sp.Symbol, at: arb | fmpq, order: int) -> arb:
    with precision(_BITS):
        return ball.evaluate(expr, {variable: at}, _BITS) / arb(at) ** order


def _fitted(expr: sp.Expr, variable: sp.Symbol, order: int, even: bool) -> Expansion | None:
    """The first interpolant that is good enough between its points, none of which is 0."""
    for degree in _DEGREES if even else _ODD_DEGREES:
        with precision(_BITS):
            angles = [arb(fmpq(2 * index + 1, 2 * degree + 2)) for index in range(degree + 1)]
            nodes = [arb.cos_pi(angle).mid() for angle in angles]
            points = [((1 + node) / 2).mid() for node in nodes] if even else nodes
            values = [_quotient(expr, variable, p.sqrt().mid() if even else p, order) for p in points]
            squares = [p.sqrt().mid() ** 2 for p in points] if even else points
            polynomial = arb_poly.interpolate(squares, values)
            errors = [
                abs(polynomial(arb(at) ** 2 if even else arb(at)) / _quotient(expr, variable, at, order) - 1)
                for at in _TESTS
            ]
            if all(error < _GOOD_ENOUGH for error in errors):
                floats = tuple(sp.Rational(float(polynomial[k].mid())) for k in range(degree + 1))
                return Expansion(order, even, floats)
    return None
