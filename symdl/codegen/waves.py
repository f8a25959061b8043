"""Sine and cosine of arguments that may overflow: of the largest one that is kept, so that there is a value.

So far out the floats lie much further apart than the periods, and no formula of one float has a digit: what counts
is that the value is one of the function's.
"""

from __future__ import annotations

import sympy as sp

from .terms import Call, Term, call, rebuilt

_LARGEST = sp.Integer(2) ** 120
"""A float32."""
_WAVES = ("sin", "cos", "tan")


def with_finite_arguments(term: Term) -> Term:
    """``term`` with the arguments of waves clipped to finite numbers.

    >>> x = sp.Symbol("x", real=True)
    >>> with_finite_arguments(call("sin", x)).operands[0].operation
    'minimum'
    """
    return rebuilt(term, _clipped)


def _clipped(part: Term) -> Term:
    if not isinstance(part, Call) or part.operation not in _WAVES:
        return part
    inside = call("minimum", call("maximum", part.operands[0], -_LARGEST), _LARGEST)
    return call(part.operation, inside)
