"""Where the terms of a formula cancel: next to its roots no code that subtracts is accurate in relative terms."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb

from symdl.core import UndefinedValue
from symdl.numerics import ball

NEAR_ROOT = 0.1
"""How far from a root errors are compared with the terms."""
_NEARBY = sp.Rational(1, 2**30)
_ROUGH_BITS = 40
_MOST_BITS = 20_000
_BELOW_ALL_FLOATS = 1200
_MUCH_SMALLER = 64


@lru_cache(maxsize=256)
def magnitude(expr: sp.Expr) -> sp.Expr:
    """The sum of the absolute terms: what an error must be compared with where terms cancel.

    >>> x = sp.Symbol("x", real=True)
    >>> magnitude(x - sp.tanh(x))
    Abs(x) + Abs(tanh(x))
    """
    if isinstance(expr, sp.Add | sp.Mul):
        return expr.func(*map(magnitude, expr.args))
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp > 0:
        return magnitude(expr.base) ** expr.exp
    if isinstance(expr, sp.Piecewise):
        return sp.Piecewise(*((magnitude(branch), condition) for branch, condition in expr.args))
    return sp.Abs(expr)


def terms_next_to_root(expr: sp.Expr, variable: sp.Symbol, point: float, value: arb) -> float | None:
    """The sum of the absolute terms at ``point`` where that is next to a root of ``expr``, else None.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> terms_next_to_root(x - 1, x, 1.05, arb("0.05")), terms_next_to_root(x - 1, x, 3.0, arb(2))
    (2.05, None)
    """
    terms = _rough(magnitude(expr), variable, point)
    if terms is None or not terms > 2 * abs(value) or not _is_near_root(expr, variable, point):
        return None
    return float(terms.mid())


def _is_near_root(expr: sp.Expr, variable: sp.Symbol, point: float) -> bool:
    """Whether twice the step of Newton's method is short and leads past a root, or close to a double one.

    A tail also has short steps, but twice as far it is still a good part of what it was.
    """
    at = sp.Rational(point)
    here, left, right = (_rough(expr, variable, place) for place in (at, at - _NEARBY, at + _NEARBY))
    if here is None or left is None or right is None:
        return False
    if 0 in here or left.overlaps(right):
        return bool(here == 0)
    step = here * (2 * float(_NEARBY)) / (right - left)
    if not abs(step) <= NEAR_ROOT:
        return False
    beyond = _rough(expr, variable, at - 2 * sp.Rational(float(step.mid())))
    return beyond is not None and not beyond * here > here * here / _MUCH_SMALLER


def _rough(expr: sp.Expr, variable: sp.Symbol, point: Any) -> arb | None:
    try:
        return ball.refined(expr, {variable: point}, _ROUGH_BITS, _MOST_BITS, _BELOW_ALL_FLOATS)[0]
    except UndefinedValue:
        return None
