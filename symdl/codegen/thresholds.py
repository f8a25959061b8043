"""Comparisons with numbers that are no floats, such that they hold in float32 and in float64."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symdl.numerics import ball

from .terms import Term, call


def from_threshold(variable: sp.Symbol, point: sp.Expr, belongs: bool) -> Term:
    """Whether ``variable`` lies to the right of ``point``, or at it where that ``belongs`` to the right.

    The number in the code is rounded to float32 when it is compared with one. Where that would leave a
    float on the wrong side, the neighbour on the other side of ``point`` is compared with.

    >>> x = sp.Symbol("x", real=True)
    >>> from_threshold(x, sp.Integer(3), True) == call("greater_equal", x, sp.Integer(3))
    True
    >>> from_threshold(x, sp.Rational(1, 10), False).operation, from_threshold(x, sp.Rational(1, 5), False).operation
    ('greater_equal', 'greater_equal')
    """
    plain = call("greater_equal" if belongs else "greater", variable, point)
    if point.free_symbols or not point.is_finite or is_single(point):
        return plain
    low = _near(point)
    while _is_right(low, point, belongs):
        low = float(np.nextafter(low, -np.inf))
    while not _is_right(high := float(np.nextafter(low, np.inf)), point, belongs):
        low = high
    if float(np.float32(high)) >= high:
        return call("greater_equal", variable, sp.Rational(high))
    return call("greater", variable, sp.Rational(low))


def is_single(point: sp.Expr) -> bool:
    """Whether a number is one of float32."""
    near = _near(point)
    return bool(sp.Rational(near) == point) and float(np.float32(near)) == near


def _near(point: sp.Expr) -> float:
    return float(ball.enclose(point, {}, 80, absolute_bits=1100).mid())


def _is_right(number: float, point: sp.Expr, belongs: bool) -> bool:
    difference = ball.evaluate(sp.Rational(number) - point, {}, 400)
    return bool(difference > 0) or (belongs and bool(difference == 0))
