"""Is this the gradient of that function? By the order of the Taylor remainder and by central differences.

With the right gradient g the remainder ``f(x + h v) - f(x) - h g.v`` falls like h^2 as h goes to 0,
with a wrong one like h, whatever the magnitudes. The central difference, extrapolated over a ladder
of steps, gives the derivative along v with a bound: what the last extrapolations still changed, plus
the noise of f, measured at neighbouring points. No tolerance is chosen by the user.

Sources: C. J. F. Ridders, Accurate computation of F'(x) and F'(x) F''(x), Advances in Engineering
Software 4 (1982), 75-76; J. J. More and S. M. Wild, Estimating computational noise, SIAM J. Sci.
Comput. 33 (2011), 1292-1314.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from symdl.core.errors import InputError

from ._arrays import as_numpy, float_type, maker_like

Array = NDArray[np.float64]
Outcome = Literal["passed", "failed", "kink", "undecided"]

RESOLUTION = 2.5e-4
"""A check that could not see a relative error of twice this size is undecided, not passed."""
_FIRST_ORDER = 0.25
_COORDINATES = 24
_RANDOM = 3
_ROUNDINGS = 32
_MARGIN = 8.0
_LEAST_EXPONENT = -1000
_UNDERFLOW = 2.0**40
_RISE = 8.0


@dataclass(frozen=True)
class GradientCheck:
    """What a gradient check found, in the direction where it looks worst.

    ``claimed`` is g.v, ``measured`` the derivative along v by central differences, known within
    ``bound``; ``order`` is that of the Taylor remainder, None where the remainder is rounding only.
    True in an ``assert`` only when the check passed.
    """

    outcome: Outcome
    reason: str
    direction: Array
    claimed: float
    measured: float
    bound: float
    order: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the gradient is right as far as the check can see, which is to .05% or better."""
        return self.outcome == "passed"

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        order = "at rounding level" if self.order is None else f"of order {self.order:.2f}"
        along = np.array2string(self.direction.ravel(), precision=3, threshold=8)
        return (
            f"{self.outcome}: {self.reason}\n"
            f"  along {along}: claimed {self.claimed:.10g}, measured {self.measured:.10g} +/- {self.bound:.1g}, "
            f"remainder {order}"
        )


@dataclass(frozen=True)
class _Problem:
    """A function and its claimed gradient at one point, in NumPy terms."""

    f: Callable[[NDArray[Any]], float]
    point: NDArray[Any]
    value: float
    gradient: Array
    unit: float
    smallest: float


@dataclass(frozen=True)
class _Ladder:
    """Along one direction, for steps h from large to small.

    ``odd`` is (f(x+hv) - f(x-hv)) / 2h - g.v and ``even`` is (f(x+hv) + f(x-hv) - 2f(x)) / h, both
    taken with the displacements that rounding left; ``remainder`` the larger of the two sides.
    """

    steps: Array
    odd: Array
    even: Array
    remainder: Array
    noise: float


def check_gradient(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    at: Any,
    directions: Sequence[Any] | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Whether ``grad`` is the gradient of ``f`` at the point ``at``.

    ``f`` takes an array like ``at`` (NumPy or jax, or torch where ``at`` is a tensor; float32 or
    float64, any shape) and gives one number, or is elementwise; ``grad`` gives an array of the
    shape of ``at``. Tried along ``directions``, by default along coordinates (of the largest
    entries beyond 24) and three random ones. The outcome is ``failed`` for an error above the
    derived bound, ``kink`` where the one-sided slopes differ (ask
    :func:`symdl.testing.check_kink`), ``undecided`` where rounding would hide an error of .05% or
    the order of the remainder contradicts the differences.
    Raises :class:`InputError` for shapes that do not fit, other formats, and where nothing is to be checked.

    >>> bool(check_gradient(np.sin, np.cos, at=0.7))
    True
    >>> check_gradient(np.sin, lambda x: 1.0005 * np.cos(x), at=0.7).reason
    'the gradient is off by 0.05%'
    """
    make = maker_like(at)
    point = as_numpy(at)
    float_type(point.dtype)
    if not point.size or (directions is not None and not len(directions)):
        raise InputError("there is nothing to check", remedy="give a point with entries, and directions or None")
    if not np.isfinite(point).all():
        raise InputError("the point of a gradient check must be finite")
    with np.errstate(all="ignore"):
        value, gradient = as_numpy(f(make(point))), as_numpy(grad(make(point)))
        if gradient.size != point.size:
            raise InputError(f"the gradient has shape {gradient.shape} at a point of shape {point.shape}")
        if value.size != 1:
            return _elementwise(f, grad, point, make, value)
        problem = _problem(f, make, point, value, gradient)
        return _worst([_along(problem, v) for v in _directions(problem, directions, seed)])


def _problem(
    f: Callable[[Any], Any], make: Callable[[Any], Any], point: NDArray[Any], value: Any, gradient: Any
) -> _Problem:
    formats = [np.finfo(array.dtype) for array in (point, value, gradient)]
    unit = max(float(info.eps) for info in formats)
    smallest = max(float(info.smallest_subnormal) for info in formats)

    def scalar(x: NDArray[Any]) -> float:
        return float(as_numpy(f(make(x))).reshape(()))

    exact = gradient.astype(np.float64).reshape(point.shape)
    return _Problem(scalar, point, float(value.reshape(())), exact, unit, smallest)


def _elementwise(
    f: Callable[[Any], Any], grad: Callable[[Any], Any], point: NDArray[Any], make: Callable[[Any], Any], value: Any
) -> GradientCheck:
    remedy = "give a function to one number, such as lambda x: f(x).sum(), and its gradient"
    if value.shape != point.shape:
        raise InputError(f"f gives shape {value.shape} at a point of shape {point.shape}", remedy=remedy)
    elements = point.reshape(-1, 1)
    single = np.array([as_numpy(f(make(element)))[0] for element in elements])
    if not np.allclose(single, value.ravel(), rtol=1e-4, atol=0, equal_nan=True):
        raise InputError("f gives an array and mixes its elements", remedy=remedy)
    return _worst([check_gradient(f, grad, make(element)) for element in elements])


def _worst(checks: list[GradientCheck]) -> GradientCheck:
    severity = {"failed": 3, "kink": 2, "undecided": 1, "passed": 0}
    return max(checks, key=lambda c: (severity[c.outcome], abs(c.measured - c.claimed) / (c.bound or 1.0)))


def _directions(problem: _Problem, directions: Sequence[Any] | None, seed: int) -> list[Array]:
    shape, size = problem.point.shape, problem.point.size
    if directions is not None:
        return [_direction(as_numpy(direction), shape) for direction in directions]
    generator = np.random.default_rng(seed)
    order = np.argsort(-np.abs(problem.gradient.ravel()), kind="stable")
    if size > _COORDINATES:
        half = _COORDINATES // 2
        order = np.concatenate([order[:half], generator.choice(order[half:], half, replace=False)])
    rows = [np.eye(1, size, int(index))[0] for index in order]
    if size > 1:
        rows += [row / np.abs(row).max() for row in generator.standard_normal((_RANDOM, size))]
    return [row.reshape(shape) for row in rows]


def _direction(direction: NDArray[Any], shape: tuple[int, ...]) -> Array:
    """``direction`` with 1 as its largest entry."""
    largest = np.abs(direction).max(initial=0)
    if direction.shape != shape or not 0 < largest < np.inf:
        raise InputError(
            f"a direction of shape {direction.shape} with the largest entry {largest} at a point of shape {shape}",
            remedy="give directions of the shape of the point that are not zero",
        )
    return direction.astype(np.float64) / float(largest)


def _steps(problem: _Problem, v: Array) -> Array:
    """Powers of two from the size of the point down to where rounding has eaten everything."""
    sizes = np.abs(problem.point[v != 0].astype(np.float64))
    smallest = float(np.min(np.where(sizes > 0, sizes, 1.0)))
    high = int(np.ceil(np.log2(max(1.0, float(sizes.max()))))) - 1
    low = int(np.floor(max(np.log2(min(1.0, smallest)) + 0.75 * np.log2(problem.unit), _LEAST_EXPONENT)))
    return np.exp2(np.arange(high, low, -1, dtype=np.float64))


def _noise(problem: _Problem, v: Array) -> float:
    """The rounding noise of f: by a table of differences at neighbouring points, and at least what
    rounding the value and the argument once costs, which may drift too regularly for the table, and
    what underflow costs in intermediate results."""
    scale = float(np.max(np.abs(problem.point) * (v != 0))) or 1.0
    spacing = float(np.exp2(np.ceil(np.log2(16 * problem.unit * scale))))
    row = np.array([_defect(problem, v, k * spacing) for k in range(8)])
    levels = []
    for order in range(1, 7):
        row = np.diff(row)
        if order >= 3:
            levels.append(np.sqrt(factorial(order) ** 2 / factorial(2 * order) * np.mean(row**2)))
    condition = float(np.sum(np.abs(problem.point * problem.gradient)))
    rounding = 2 * problem.unit * (abs(problem.value) + condition) + _UNDERFLOW * problem.smallest
    return float(np.nanmax([rounding, *(4 * level for level in levels)]))


def _moved(problem: _Problem, v: Array, step: float) -> tuple[NDArray[Any], Array]:
    """x + step v as rounded to the dtype of x, and the displacement that this really is."""
    moved = (problem.point.astype(np.float64) + step * v).astype(problem.point.dtype)
    return moved, moved.astype(np.float64) - problem.point.astype(np.float64)


def _resolved(problem: _Problem, v: Array, step: float) -> bool:
    """Whether both displacements are the step asked for, to an eighth."""
    return all(float(np.abs(_moved(problem, v, signed)[1] - signed * v).max()) <= step / 8 for signed in (step, -step))


def _ladder(problem: _Problem, v: Array) -> _Ladder:
    steps = np.array([step for step in _steps(problem, v) if _resolved(problem, v, step)])
    defects = np.array([[_defect(problem, v, sign * step) for sign in (1, -1)] for step in steps]).reshape(-1, 2)
    finite = np.isfinite(defects).all(axis=1)
    steps, (right, left) = steps[finite], defects[finite].T
    remainder = np.maximum(np.abs(right), np.abs(left))
    return _Ladder(steps, (right - left) / (2 * steps), (right + left) / steps, remainder, _noise(problem, v))


def _defect(problem: _Problem, v: Array, step: float) -> float:
    """f(x + u) - f(x) - g.u for the displacement u that rounding left of step v."""
    moved, displacement = _moved(problem, v, step)
    return problem.f(moved) - problem.value - float(np.sum(problem.gradient * displacement))


def _extrapolated(steps: Array, values: Array, noise: float, order: int) -> tuple[float, float, float]:
    """The limit of ``values`` as h goes to 0, its bound, and the step at which it was read.

    One extrapolation removes the term h**order; the bound is twice what neighbouring
    extrapolations still differ by, which in the asymptotic range is 15 (order 2) or 3 (order 1)
    times their error, plus the noise.
    """
    factor = 2**order
    estimates = (factor * values[1:] - values[:-1]) / (factor - 1)
    changes = np.abs(np.diff(estimates))
    if changes.size < 2:
        return float("nan"), float("inf"), 0.0
    bounds = 2 * np.maximum(changes[:-1], changes[1:]) + 4 * noise / steps[2:-1]
    best = _first_valley(bounds)
    return float(estimates[best + 1]), float(bounds[best]), float(steps[best + 1])


def _first_valley(bounds: Array) -> int:
    """The least bound on the way up from small steps, before the steps leave the neighbourhood.

    Farther out a bounded function looks flat again: its differences shrink like 1/h.
    """
    best = bounds.size - 1
    for index in range(bounds.size - 1, -1, -1):
        if bounds[index] <= bounds[best]:
            best = index
        elif bounds[index] > _RISE * bounds[best]:
            break
    return best


def _order(ladder: _Ladder, floor: Array, largest: float) -> float | None:
    """The median slope of log(remainder) in log(h), where it stands above the noise."""
    usable = (ladder.remainder > _MARGIN * floor) & (ladder.steps <= 4 * largest)
    steps, remainder = ladder.steps[usable][-8:], ladder.remainder[usable][-8:]
    if steps.size < 4:
        return None
    slopes = np.diff(np.log2(remainder)) / np.diff(np.log2(steps))
    return float(np.median(slopes))


def _along(problem: _Problem, v: Array) -> GradientCheck:
    claimed = float(np.sum(problem.gradient * v))
    if not (np.isfinite(problem.value) and np.isfinite(problem.gradient).all()):
        which = "the gradient" if np.isfinite(problem.value) else "the function"
        return GradientCheck("failed", f"{which} is not finite at the point", v, claimed, float("nan"), float("inf"))
    ladder = _ladder(problem, v)
    error, bound, read_at = _extrapolated(ladder.steps, ladder.odd, ladder.noise, order=2)
    if not np.isfinite(error):
        return GradientCheck(
            "undecided", "the function is not finite around the point", v, claimed, float("nan"), float("inf")
        )
    own_rounding = (_ROUNDINGS + problem.point.size) * problem.unit * float(np.sum(np.abs(problem.gradient * v)))
    bound += own_rounding
    order = _order(ladder, ladder.noise + own_rounding * ladder.steps, read_at)
    outcome, reason = _verdict(problem, ladder, v, claimed, error, bound, order)
    return GradientCheck(outcome, reason, v, claimed, claimed + error, bound, order)


def _verdict(
    problem: _Problem, ladder: _Ladder, v: Array, claimed: float, error: float, bound: float, order: float | None
) -> tuple[Outcome, str]:
    jump, jump_bound, _ = _extrapolated(ladder.steps, ladder.even, 2 * ladder.noise, order=1)
    measured = claimed + error
    if abs(jump) > 2 * jump_bound + 4 * bound:
        left, right = measured - jump / 2, measured + jump / 2
        slopes = f"the slopes are {left:.6g} on the left and {right:.6g} on the right"
        if abs(error) > abs(jump) / 2 + jump_bound + bound:
            return "failed", f"the point is at a kink, and {claimed:.6g} is not between its slopes: {slopes}"
        return "kink", f"the point is at a kink: {slopes}"
    if abs(error) > bound:
        return "failed", _size_of(error, measured)
    if order is not None and abs(order - 1) < _FIRST_ORDER:
        return (
            "undecided",
            f"central differences agree, yet the Taylor remainder falls like h^{order:.2f}, not like h^2",
        )
    scale = max(abs(claimed), abs(measured), 1e-3 * float(np.abs(problem.gradient).max() * np.abs(v).max()))
    if claimed != 0 and bound > RESOLUTION * scale:
        return "undecided", f"rounding hides relative errors below {bound / scale:.1g}: check in float64, or elsewhere"
    return "passed", "the remainder falls like h^2 and central differences agree"


def _size_of(error: float, measured: float) -> str:
    if measured == 0 or abs(error) > 10 * abs(measured):
        return f"the gradient is off by {abs(error):.3g}, where the derivative is {measured:.3g}"
    return f"the gradient is off by {100 * abs(error / measured):.3g}%"
