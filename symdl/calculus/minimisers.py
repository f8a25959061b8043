"""What a step minimises: a local model of the loss and a penalty for going far.

Main results: :func:`minimiser`, :func:`local_model`.

Source: Beck and Teboulle, Mirror descent and nonlinear projected subgradient methods, Operations Research Letters 31,
2003, Section 3; Nocedal and Wright, Numerical Optimization, Springer 2006, Section 2.2.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import THETA, UnsupportedOperation, symbol, to_text

from .derivatives import derivative

PLACE = symbol("x")
"""The point that a model is a function of."""


def minimiser(model: sp.Expr, variable: sp.Symbol = PLACE) -> tuple[sp.Expr, sp.Expr]:
    """Where the slope of a quadratic model vanishes, and its curvature: the only minimum where that is positive.

    ``model`` is ``a x^2 + b x + c`` in the variable; the point is ``-b/(2a)``. Raises
    :class:`UnsupportedOperation` for another model.

    >>> g, h, r = map(symbol, ("g", "h", "r"))
    >>> minimiser(g * PLACE + PLACE**2 / (2 * r))
    (-g*r, 1/r)
    """
    slope = derivative(model, variable)
    curvature = sp.cancel(derivative(slope, variable))
    if variable in curvature.free_symbols or curvature == 0:
        raise UnsupportedOperation(f"{to_text(model)} is not quadratic in {variable}")
    return sp.cancel(-slope.xreplace({variable: sp.S.Zero}) / curvature), curvature


def local_model(moved: sp.Expr, direction: sp.Symbol) -> sp.Expr | None:
    """A linear model along ``direction`` with a quadratic penalty that is minimal at ``moved``, or None.

    ``theta - w d`` minimises ``d (x - theta) + (x - theta)^2/(2 w)``; a drift r beside it moves the penalty's centre.

    >>> eta, g, beta, v = map(symbol, ("eta", "g", "beta", "v"))
    >>> local_model(THETA - eta * g, g)
    g*(-theta + x) + (-theta + x)**2/(2*eta)
    """
    length = -sp.diff(moved, direction)
    if length == 0 or length.has(direction, sp.Derivative) or not _is_rate(length):
        return None
    centre = sp.expand(moved + length * direction)
    if direction in centre.free_symbols:
        return None
    return direction * (PLACE - THETA) + (PLACE - centre) ** 2 / (2 * length)


def _is_rate(length: sp.Expr) -> bool:
    """Whether a factor is written without a minus sign."""
    return not length.could_extract_minus_sign()
