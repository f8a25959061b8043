"""The bound on the error of a kernel over all finite arguments: the worst range is halved until that is in vain."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from symdl.core import BudgetExceeded, UndefinedValue
from symdl.numerics import ball
from symdl.numerics.precision import precision

from .cancellation import NEAR_ROOT
from .kernels import LARGEST, Function, Plan, kernel
from .precise_functions import LACKING
from .rounding_bounds import Format, Kernel, absolute_error, relative_error
from .rounding_bounds_functions import ASSUMED, LOG1P_IN_PARTS, ROUNDED
from .rounding_bounds_intervals import ZERO, Interval

_BITS, _TRUTH_BITS = 64, 90
_CLOSE = 1.02
"""A bound that is so close to that at one argument is not improved any more."""
MOST_CELLS = 12_000
"""How many ranges are looked at."""
_BINADES = 8
_OVERFLOW = arb(999) / 1000
_AROUND_ROOT = 0.01
_AT_ROOT = 50.0
"""From such a bound on a change of sign is looked for."""
_IN_VAIN, _SOME, _USELESS = 2000, 4, 1e6
"""A bound that is still as large after so many ranges, or this part of them, will not come down."""
_REALS = Format("float64", 60, -(10**7), 10**7)


@dataclass(frozen=True)
class RoundingBound:
    """A bound in ULP (infinite where none was found), the argument with the largest bound, the ranges looked at."""

    ulp: float
    at: float
    cells: int
    roots: tuple[float, ...] = ()


@dataclass
class Analysis:
    """What is bounded: a function under a plan, for arguments of a dtype in an interval."""

    function: Function
    plan: Plan
    dtype: str
    values: Mapping[sp.Symbol, sp.Rational] = field(default_factory=dict)
    low: float = -float("inf")
    high: float = float("inf")
    roots: list[float] = field(default_factory=list)

    @cached_property
    def format(self) -> Format:
        """That of the argument and the result."""
        return Format.of(self.dtype)

    @cached_property
    def guarded(self) -> Kernel | None:
        """The kernel as it is."""
        return self._kernel(self.plan)

    @cached_property
    def plain(self) -> Kernel | None:
        """The kernel without clips, which is the function itself."""
        return self._kernel(replace(self.plan, floor="", ceiling="", ends=("", "")))

    def _kernel(self, plan: Plan) -> Kernel | None:
        program = kernel(self.function, replace(plan, compensated=False, precise=False, parts=False, neglected=()))
        if program is None:
            return None
        largest = sp.Rational(float(np.finfo(self.dtype).max))
        shape = Format.of("float64" if plan.wide else self.dtype)
        assumed = ASSUMED | ({"log1p": LOG1P_IN_PARTS} if plan.parts else {})
        found = Kernel(
            program, shape, dict(self.values) | {LARGEST: largest}, carried(plan), assumed, frozenset(plan.neglected)
        )
        return found if found.understood else None

    @cached_property
    def real(self) -> Kernel | None:
        """The function as real arithmetic computes it, in which nothing overflows."""
        return self.plain and replace(self.plain, format=_REALS)

    @cached_property
    def clips(self) -> tuple[float, float]:
        """Beyond these arguments the kernel is clipped."""
        largest = float(np.finfo(self.dtype).max)
        sizes = {"": np.inf, "largest": np.inf, "large": largest / 16}
        low, high = (sizes[end] if end in sizes else float(end) for end in (self.plan.floor, self.plan.ceiling))
        return -low, high

    def cell(self, low: float, high: float) -> float:
        """A bound in ULP for the arguments from ``low`` to ``high``."""
        assert self.guarded is not None
        argument = Interval(arb(low), arb(high))
        nodes = self.guarded.run(argument)
        result = nodes[-1].value
        most = self.format.most * _OVERFLOW
        if result.low >= most or result.high <= -most:
            return 0.0
        if self.clips[0] <= low and high <= self.clips[1]:
            bounds = [self._relative(relative_error(nodes), result), self._absolute(absolute_error(nodes), result)]
            return min(*bounds, self._absolute(result.high - result.low, result))
        assert self.real is not None
        result = result.hull(self.real.run(argument)[-1].value)
        return self._absolute(result.high - result.low, result)

    def _relative(self, error: arb, result: Interval) -> float:
        if not error.is_finite():
            return float("inf")
        return _float(self.format.units(error.expm1(), result) + self._last)

    def _absolute(self, error: arb, result: Interval) -> float:
        if not error.is_finite():
            return float("inf")
        return _float(error / self.format.unit(result) + self._last)

    @property
    def _last(self) -> arb:
        """The rounding of a float64 result to float32, or of a value with its carried error."""
        rounded = self.plan.compensated or (self.plan.wide and self.dtype == "float32")
        return arb(0.5) if rounded else ZERO

    def is_root(self, low: float, high: float) -> bool:
        """Whether the function changes its sign between two close arguments."""
        if high - low > _AROUND_ROOT or low - _AROUND_ROOT <= 0 <= high + _AROUND_ROOT:
            return False
        expr = self.function.expr.subs(dict(self.values))
        places = (low - _AROUND_ROOT, high + _AROUND_ROOT)
        try:
            ends = [ball.enclose(expr, {self.function.variable: at}, _TRUTH_BITS) for at in places]
        except (UndefinedValue, BudgetExceeded):
            return False
        return bool(ends[0] * ends[1] <= 0)

    def is_near_root(self, low: float, high: float) -> bool:
        """Whether all of a range is next to a root that was met."""
        reach = NEAR_ROOT - 2 * _AROUND_ROOT
        return any(root - reach <= low and high <= root + reach for root in self.roots)


def _float(value: arb) -> float:
    upper = value.upper()
    return float(upper.mid()) * (1 + 2.0**-50) if upper.is_finite() else float("inf")


def rounding_bound(
    function: Function,
    plan: Plan,
    dtype: str,
    values: Mapping[sp.Symbol, sp.Rational] | None = None,
    low: float = -float("inf"),
    high: float = float("inf"),
    most_cells: int = MOST_CELLS,
) -> RoundingBound:
    """A bound in ULP on the error of ``function`` computed by ``plan``, for finite arguments of ``dtype``.

    ``values`` are those of the parameters; at most ``most_cells`` ranges are looked at. The bound holds
    where the argument and the true value are at most .999 of the largest number and the argument is not
    next to a root other than 0 (within .1): there relative errors have no bound. It is infinite where the
    program has an operation that cannot be followed, or approximates.
    """
    analysis = Analysis(function, plan, dtype, values or {}, low, high)
    other = plan.near or plan.far or plan.beyond or plan.grid or (plan.parts and plan.neglected)
    if other or analysis.guarded is None or analysis.plain is None:
        return RoundingBound(float("inf"), float("nan"), 0)
    with precision(_BITS):
        return _searched(analysis, most_cells)


def carried(plan: Plan) -> frozenset[str]:
    """The operations whose errors a plan carries along."""
    if not plan.compensated:
        return frozenset()
    functions = (name.removesuffix("_error") for name in LACKING if plan.precise)
    return frozenset((*ROUNDED, *functions))


def _searched(analysis: Analysis, most_cells: int) -> RoundingBound:
    heap: list[tuple[float, float, float]] = []
    for low, high in cells(analysis.dtype, analysis.low, analysis.high):
        heapq.heappush(heap, (-analysis.cell(low, high), low, high))
    reached, count = 0.0, len(heap)
    in_vain = min(_IN_VAIN, count + most_cells // _SOME)
    while heap and count < most_cells:
        bound, low, high = heapq.heappop(heap)
        if analysis.is_near_root(low, high):
            continue
        middle = between(low, high, analysis.dtype)
        if -bound > _AT_ROOT and analysis.is_root(low, high):
            analysis.roots.append(middle)
            continue
        reached = max(reached, analysis.cell(middle, middle)) if -bound <= _AT_ROOT else reached
        if -bound <= _CLOSE * reached or middle == high or (count > in_vain and -bound > _USELESS):
            heapq.heappush(heap, (bound, low, high))
            break
        for part in ((low, middle), (next_after(middle, analysis.dtype), high)):
            heapq.heappush(heap, (-analysis.cell(*part), *part))
            count += 1
    heap = [cell for cell in heap if not analysis.is_near_root(*cell[1:])]
    worst, at, _ = min(heap, default=(0.0, 0.0, 0.0))
    return RoundingBound(-worst, at, count, tuple(sorted(analysis.roots)))


def cells(dtype: str, low: float, high: float) -> Iterator[tuple[float, float]]:
    """Ranges of a few binades with all numbers of ``dtype`` from ``low`` to ``high``, up to .999 of the largest."""
    shape = Format.of(dtype)
    most = float(np.dtype(dtype).type(float(_OVERFLOW) * float(np.finfo(dtype).max)))
    ends = [2.0**e for e in range(shape.smallest, shape.largest, _BINADES)]
    rows = [(first, _before(last, dtype)) for first, last in zip(ends, [*ends[1:], np.inf], strict=True)]
    for first, last in (*((-b, -a) for a, b in reversed(rows)), (0.0, 0.0), *rows):
        first, last = max(first, low, -most), min(last, high, most)
        if first <= last:
            yield first, last


def _before(value: float, dtype: str) -> float:
    kind = np.dtype(dtype).type
    return float(np.nextafter(kind(value), kind(0))) if np.isfinite(value) else float(np.finfo(dtype).max)


def next_after(value: float, dtype: str) -> float:
    """The next larger number."""
    kind = np.dtype(dtype).type
    return float(np.nextafter(kind(value), kind(np.inf)))


def between(low: float, high: float, dtype: str) -> float:
    """The number in the middle of those from ``low`` to ``high``, the lower one of two."""
    found = (_place(low, dtype) + _place(high, dtype)) // 2
    pattern = np.array([abs(found)], _pattern(dtype))
    return float(pattern.view(np.dtype(dtype))[0]) * (1 if found >= 0 else -1)


def _pattern(dtype: str) -> Any:
    """The integers of the size of a number."""
    return np.int32 if dtype == "float32" else np.int64


def _place(value: float, dtype: str) -> int:
    """How many numbers stand between 0 and ``value``, with its sign."""
    count = int(np.array([abs(value)], dtype).view(_pattern(dtype))[0])
    return count if value >= 0 else -count
