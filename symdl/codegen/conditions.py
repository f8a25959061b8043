"""Which errors the formula itself allows: 4 ULP times 1 + the sum of the conditions of its intermediate values."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.numerics.conditioning import condition_sum

ALLOWED = 4.0
"""In ULP, where every intermediate value is exact."""
_MOST = 1500
"""How many conditions are worked out for one measurement."""


@lru_cache(maxsize=16)
def _known(formula: sp.Expr, variable: sp.Symbol) -> dict[float, float]:
    """Sums of conditions by point, once worked out."""
    return {}


def allowed(formula: sp.Expr, variable: sp.Symbol, point: float) -> float:
    """The error in ULP that is allowed at ``point``.

    >>> x = sp.Symbol("x", real=True)
    >>> allowed(sp.exp(x), x, 10.0), round(allowed(sp.exp(2 * x), x, 10.0))
    (4.0, 84)
    """
    known = _known(formula, variable)
    if point not in known:
        known[point] = ALLOWED * (1 + condition_sum(formula, variable, point))
    return known[point]


def share_of_allowed(formula: sp.Expr, variable: sp.Symbol, points: NDArray[Any], errors: NDArray[np.float64]) -> float:
    """The largest quotient of an error and what is allowed there, where that is more than 1; else at most 1.

    Infinite errors, which are failures of their own, do not count.

    >>> x = sp.Symbol("x", real=True)
    >>> share_of_allowed(sp.exp(x), x, np.array([1.0, 2.0]), np.array([3.0, 8.0]))
    2.0
    """
    places = np.flatnonzero((errors > ALLOWED) & np.isfinite(errors))
    places = places[:: 1 + places.size // _MOST]
    most = 0.0
    for place in places[np.argsort(-errors[places])]:
        error = float(errors[place])
        if error <= ALLOWED * max(1.0, most):
            break
        limit = allowed(formula, variable, float(points[place]))
        most = max(most, error / limit) if isfinite(limit) else most
    return most


def within_allowed(
    formula: sp.Expr, variable: sp.Symbol, points: NDArray[Any], errors: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Where an error is one that is allowed there.

    >>> x = sp.Symbol("x", real=True)
    >>> within_allowed(sp.exp(x), x, np.array([1.0, 2.0]), np.array([3.0, 8.0])).tolist()
    [True, False]
    """
    within = np.ones(points.shape, bool)
    for place in np.flatnonzero(errors > ALLOWED):
        within[place] = errors[place] <= allowed(formula, variable, float(points[place]))
    return within
