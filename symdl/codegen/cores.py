"""Short forms for tiles without tails: which one, and between which arguments, found by measurement.

A core is the cheapest of many forms whose error stays within the bound of the whole function for all arguments of
usual size; how far out it does is seen from its error at points over the whole range.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import copysign, floor, inf, log10
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from .accuracy import DTYPES, Truth
from .choosing import Case
from .conditions import within_allowed
from .costs import REDUCTION, column_of, nanoseconds
from .halves import Style
from .kernels import Core, Function, Plan, kernel
from .modules import compiled
from .plans_file import MARGIN, Bound

USUAL = 16.0
"""Arguments of usual size: normal deviates times 3 are no larger."""
_LOOSEST = 7.5
_LEAST = 0.51
"""The error of a float32 that was computed in float64."""
_NEAR_ROOTS = 0.5
_WORTH = 0.9
"""What a core may cost at most, as a part of the cost of the whole function."""
_INSIDE = 0.99
_FARTHEST = 1e6
_CHUNK = 16
_SPARE = 0.25
"""What is left for points that are not among the first."""
_MOST_MEASURED = 12


def cored(found: Bound, function: Function, case: Case) -> Bound:
    """``found`` with the cores that pay, at the default values of the parameters in ``case``."""
    if any(symbol not in case.values for symbol in function.names):
        return found
    usual = at_usual(function, case.values)
    cores = {dtype: _core(found, function, usual, case, dtype) for dtype in DTYPES}
    return replace(found, cores={dtype: core for dtype, core in cores.items() if core is not None})


def at_usual(function: Function, values: Mapping[sp.Symbol, sp.Rational]) -> Function:
    """The function with the usual values of its parameters."""
    return Function(function.expr.subs(dict(values)), function.variable, function.given)


def _core(found: Bound, function: Function, usual: Function, case: Case, dtype: str) -> Core | None:
    """The cheapest core that is good enough, if there is one that pays."""
    whole, truth = found.plans[dtype], case.truths[dtype]
    body = kernel(function, whole)
    if body is None or found.ulp[dtype] < 0 or not _reaches(truth):
        return None
    least = _WORTH * nanoseconds(body, dtype, whole.wide)
    limit = max(_LEAST, min(found.ulp[dtype] - MARGIN, _LOOSEST))
    near = max(_NEAR_ROOTS, found.near_roots - MARGIN)
    best = None
    for cost, plan in sorted(_candidates(usual, dtype, whole), key=lambda pair: pair[0])[:_MOST_MEASURED]:
        core = _measured(usual, plan, case, dtype, limit, near) if cost < least else None
        total = cost + _checks(core) * REDUCTION[column_of(dtype, plan.wide)] if core is not None else least
        if total < least:
            best, least = core, total
    if best is None and whole.compensated:
        return _compensated(usual, case, dtype, limit, near, least)
    return best


def _compensated(usual: Function, case: Case, dtype: str, limit: float, near: float, dearest: float) -> Core | None:
    """A form with rounding errors carried along, those that matter."""
    truth = case.truths[dtype]
    inside = replace(case, truths={**case.truths, dtype: truth.within(USUAL)})
    found = []
    for side, grid in product((1, -1), (False, True) if dtype == "float64" else (False,)):
        plan = Plan(side=side, grid=grid, style=Style(fraction=True), wide=dtype == "float32", compensated=True)
        if kernel(usual, plan) is not None and _is_within(usual, plan, inside.truths[dtype], limit, near):
            thin = _thinned(usual, plan, inside.truths[dtype], limit, near)
            found.append((_cost(usual, thin, dtype), thin))
    for cost, plan in sorted(found, key=lambda pair: pair[0]):
        core = _measured(usual, plan, case, dtype, limit + _SPARE, near) if cost < dearest else None
        if core is not None:
            return core
    return None


def _thinned(usual: Function, plan: Plan, truth: Truth, limit: float, near: float) -> Plan:
    """Without the rounding errors that can be neglected one after the other, the dearest first."""
    dtype = truth.points.dtype.name
    body = kernel(usual, replace(plan, compensated=False))
    assert body is not None
    alone = {place: _cost(usual, replace(plan, neglected=(place,)), dtype) for place in range(len(body.body))}
    for place in sorted(alone, key=lambda place: alone[place]):
        less = replace(plan, neglected=tuple(sorted((*plan.neglected, place))))
        if _cost(usual, less, dtype) < _cost(usual, plan, dtype) and _is_within(
            usual, less, truth, limit - _SPARE, near
        ):
            plan = less
    return plan


def _cost(usual: Function, plan: Plan, dtype: str) -> float:
    body = kernel(usual, plan)
    assert body is not None
    return nanoseconds(body, dtype, plan.wide)


def _is_within(usual: Function, plan: Plan, truth: Truth, limit: float, near: float) -> bool:
    """Whether every error is small."""
    with np.errstate(all="ignore"):
        computed = compiled(usual, dict.fromkeys(DTYPES, plan))(truth.points)
    return bool(_small(computed, truth, limit, near).all())


def _small(computed: NDArray[Any], truth: Truth, limit: float, near: float) -> NDArray[np.bool_]:
    """Where the error is small, by what the formula allows too, and where no value is lost next to a root."""
    errors = truth.errors(computed)
    small = np.where(truth.near_root, _errors_near_roots(computed, truth) <= near, errors <= limit)
    lost = (computed == 0) & (np.abs(truth.rounded) >= np.finfo(computed.dtype).tiny)
    return small & ~lost & within_allowed(truth.formula, truth.variable, truth.points, np.where(small, errors, 0.0))


def _checks(core: Core) -> int:
    return (core.low is not None) + (core.high is not None)


def _candidates(usual: Function, dtype: str, whole: Plan) -> Iterator[tuple[float, Plan]]:
    """Every form with its cost, each program once."""
    seen = set()
    for plan in _plans(dtype, whole):
        body = kernel(usual, plan)
        if body is not None and body.body not in seen:
            seen.add(body.body)
            yield nanoseconds(body, dtype, plan.wide), plan


def _plans(dtype: str, whole: Plan) -> Iterator[Plan]:
    bare = replace(whole, floor="", ceiling="", ends=("", ""), nan=False, silent=())
    forms = [Plan(cells=False, exact=False), Plan(cells=False), bare]
    either = (False, True)
    for side, fraction, alternate, tanh, conjugate in product((1, -1), either, either, either, either):
        style = Style(fraction=fraction, alternate=alternate, tanh=tanh, conjugate=conjugate)
        forms.append(Plan(side=side, style=style))
    grids = either if dtype == "float64" else (False,)
    for form, parts, roots, grid in product(forms, either, either, grids):
        yield replace(form, wide=whole.wide, parts=parts, roots=roots, grid=grid)


def _measured(usual: Function, plan: Plan, case: Case, dtype: str, limit: float, near: float) -> Core | None:
    """The plan with the range around 0 where it is good enough, at many more points too."""
    function = compiled(usual, dict.fromkeys(DTYPES, plan))
    truth = case.truths[dtype]
    ends = good_range(function, truth, limit, near)
    if ends is None:
        return None
    ends = good_range(function, truth.finer(), limit, near)
    if ends is None:
        return None
    limits = case.ends[dtype].limits
    open_ends = [_holds_at(function, dtype, direction, value) for direction, value in zip((-1, 1), limits, strict=True)]
    low, high = (
        None if free and abs(end) >= float(np.finfo(dtype).max) else rounded_end(end)
        for free, end in zip(open_ends, ends, strict=True)
    )
    return Core(plan, low, high) if (low, high) != (None, None) else None


def good_range(
    function: Callable[..., NDArray[Any]], truth: Truth, limit: float, near: float
) -> tuple[float, float] | None:
    """The outermost points up to which every error is small and nothing warns; None if that is too near to 0."""
    computed, good = _watched(function, truth.points)
    good &= _small(computed, truth, limit, near)
    points = truth.points.astype(float)
    bad = points[~good]
    low = max(bad[bad < 0], default=-inf)
    high = min(bad[bad >= 0], default=inf)
    inside = points[(points > low) & (points < high)]
    if not len(inside) or min(-inside[0], inside[-1]) < USUAL:
        return None
    return float(inside[0]), float(inside[-1])


def _watched(function: Callable[..., NDArray[Any]], points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values, and where nothing warned, told for a few neighbours at a time."""
    values, silent = np.empty_like(points), np.empty(points.shape, bool)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            values[part] = function(points[part])
        silent[part] = not caught
    return values, silent


def _errors_near_roots(computed: NDArray[Any], truth: Truth) -> NDArray[np.float64]:
    """The error at points next to roots in eps of the sum of the absolute terms, 0 elsewhere."""
    kind = np.finfo(computed.dtype)
    unit = np.maximum(truth.terms * float(kind.eps), float(kind.tiny))
    errors = np.zeros(computed.shape)
    near = truth.near_root
    with np.errstate(invalid="ignore", over="ignore"):
        errors[near] = np.abs((computed.astype(np.float64)[near] - truth.high[near]) - truth.low[near]) / unit
    return errors


def _reaches(truth: Truth) -> bool:
    """Whether the function has values everywhere."""
    return not len(truth.outside) and bool(truth.points[0] < -USUAL and truth.points[-1] > USUAL)


def _holds_at(function: Callable[..., NDArray[Any]], dtype: str, direction: int, limit: float | None) -> bool:
    """Whether the value at infinity is the limit, without a warning."""
    if limit is None:
        return False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = function(np.array([direction * inf], dtype))[0]
    return not caught and bool(value == limit)


def rounded_end(end: float) -> float:
    """A number of three digits, a little nearer to 0."""
    size = min(abs(end) * _INSIDE, _FARTHEST)
    unit = 10.0 ** (floor(log10(size)) - 2)
    return float(f"{copysign(floor(size / unit) * unit, end):.3g}")
