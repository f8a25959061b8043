"""What an update rule should have computed, and how far rounding may carry code from it.

The reference of one element is a run of the symbolic rule in exact arithmetic. The allowance comes
from a second run in which every input is a ball of one rounding error and every operation is
rounded to the digits of the dtype: its radius bounds what a straightforward implementation loses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import DTypeLike

from symdl.core.errors import UndefinedValue
from symdl.core.optimizers import THETA, Optimizer
from symdl.numerics.ball import Number, number, precision
from symdl.numerics.runs import Values, advance, constants, evaluation_points, initial
from symdl.numerics.ulp import float_format

EXACT_BITS = 400
RELATIVE = {"float64": 1e-12, "float32": 2e-6}
"""What is allowed in any case, relative to the size of the parameter and the way it has gone."""
_RADII = 8
_FLOAT_DIGITS = 53


@dataclass
class Reference:
    """The run of one element of the parameters, step by step.

    ``scale`` is the largest parameter so far plus the length of the way that it has gone.
    """

    rule: Optimizer
    dtype: np.dtype[Any]
    exact: Values
    rounded: Values | None
    scale: float
    points: tuple[Number, ...] = field(default=())

    @classmethod
    def start(cls, rule: Optimizer, value: float, hyper: Mapping[str, Any], dtype: DTypeLike) -> Reference:
        """The element before the first step, at the float ``value``."""
        kind = np.dtype(dtype)
        with precision(EXACT_BITS):
            exact = initial(rule, value, constants(rule, hyper))
        reference = cls(rule, kind, exact, None, abs(value))
        with precision(reference.digits):
            reference.rounded = initial(rule, reference._ball(value), reference._hyper(hyper))
        return reference

    @property
    def digits(self) -> int:
        """The digits of the significand of the dtype."""
        return float_format(self.dtype)[0]

    def step(self, gradient: Any, hyper: Mapping[str, Any]) -> None:
        """Advance by one gradient, a float. Raises :class:`UndefinedValue` where the rule has no value."""
        before = self.parameter
        with precision(EXACT_BITS):
            fixed = constants(self.rule, hyper)
            self.points = evaluation_points(self.rule, self.exact, gradient, fixed)
            self.exact = advance(self.rule, self.exact, gradient, fixed)
        if self.rounded is not None:
            self.rounded = self._advance_rounded(gradient, hyper)
        moved = abs(self.parameter - before)
        self.scale = max(self.scale, abs(self.parameter)) + moved

    def move(self, value: float) -> None:
        """Put the parameter at a float, its states as they are."""
        with precision(EXACT_BITS):
            self.exact = {**self.exact, THETA: number(value)}
        if self.rounded is not None:
            self.rounded = {**self.rounded, THETA: self._ball(value)}

    def _advance_rounded(self, gradient: Any, hyper: Mapping[str, Any]) -> Values | None:
        if self.rounded is None:
            return None
        with precision(self.digits):
            try:
                following = advance(self.rule, self.rounded, self._ball(gradient), self._hyper(hyper))
            except UndefinedValue:
                return None
            return following if all(arb(value).is_finite() for value in following.values()) else None

    @property
    def parameter(self) -> float:
        """The exact parameter, rounded to float64."""
        return float(arb(self.exact[THETA]).mid())

    def state(self, symbol: sp.Symbol) -> float:
        """An exact state, rounded to float64."""
        return float(arb(self.exact[symbol]).mid())

    @property
    def point(self) -> float:
        """Where the last step took its first gradient."""
        return float(arb(self.points[0]).mid())

    @property
    def allowance(self) -> float:
        """How far from the exact parameter code may be: rounding, and a little underflow.

        Infinite once a ball meets a branch or the edge of a domain: rounding decides what follows.
        """
        if self.rounded is None:
            return math.inf
        radius = float(arb(self.rounded[THETA]).rad())
        underflow = 64 * float(np.finfo(self.dtype).tiny)
        return max(RELATIVE[self.dtype.name] * self.scale, _RADII * radius) + underflow

    def error(self, computed: float) -> float:
        """abs(computed - exact parameter), infinite for nan."""
        if not np.isfinite(computed):
            return float("inf")
        with precision(EXACT_BITS):
            return float(abs(arb(computed) - arb(self.exact[THETA])).mid())

    def point_error(self, computed: float) -> float:
        """The same for the point of the first evaluation of the last step."""
        if not np.isfinite(computed):
            return float("inf")
        with precision(EXACT_BITS):
            return float(abs(arb(computed) - arb(self.points[0])).mid())

    def _ball(self, value: Any) -> Number:
        return _widened(value, self.digits)

    def _hyper(self, hyper: Mapping[str, Any]) -> Values:
        """Hyper-parameters come to code as Python floats, whatever the dtype of the arrays."""
        return {symbol: _widened(value, _FLOAT_DIGITS) for symbol, value in constants(self.rule, hyper).items()}


def _widened(value: Any, digits: int) -> Number:
    with precision(EXACT_BITS):
        exact = arb(number(value))
        return exact + exact * arb(0, 2.0**-digits) if exact != 0 else number(0)
