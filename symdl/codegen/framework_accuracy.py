"""The accuracy of modules of torch and jax, measured in these; plans for those that lack float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symdl.core import MissingPackage

from .accuracy import DTYPES, Accuracy, Truth, as_floats, limits, measure, truth
from .activation_source import ActivationCode, Routine
from .framework_activations import FrameworkActivation, framework_activation_source
from .frameworks import TORCH, Framework
from .kernels import Plan, kernel, outside, plans
from .modules import namespace
from .running import runner

_FEW = 3
Arrays = Callable[..., NDArray[Any]]


def framework_activation(code: ActivationCode, framework: Framework) -> FrameworkActivation:
    """The activation with plans that suit ``framework``, and its errors there.

    Raises :class:`MissingPackage` where the framework is not installed.
    """
    item = FrameworkActivation(code, framework)
    if not framework.has_float64:
        item = replace(item, plans={routine.name: _chosen(item, routine) for routine in item.routines})
    found = _measured(item)
    return replace(
        item, errors={name: {dtype: known.worst for dtype, known in row.items()} for name, row in found.items()}
    )


def _on_arrays(function: Callable[..., Any], framework: Framework) -> Arrays:
    """``function`` of tensors as one of NumPy arrays, both dtypes kept."""
    try:
        module = import_module(framework.name)
        numbers = module if framework is TORCH else import_module("jax.numpy")
    except ImportError:
        raise MissingPackage(
            f"the {framework.name} target needs {framework.name}", remedy=f"pip install {framework.name}"
        ) from None

    def computed(points: NDArray[Any], *parameters: float) -> NDArray[Any]:
        if framework is TORCH:
            return np.asarray(function(numbers.from_numpy(points.copy()), *parameters))
        with module.enable_x64(True):
            return np.asarray(function(numbers.asarray(points), *parameters))

    return computed


def _measured(item: FrameworkActivation) -> Mapping[str, Mapping[str, Accuracy]]:
    functions = namespace(framework_activation_source(item))
    return {
        routine.name: {dtype: _accuracy(item, routine, functions[f"_{routine.name}"], dtype) for dtype in DTYPES}
        for routine in item.routines
    }


def _accuracy(item: FrameworkActivation, routine: Routine, function: Callable[..., Any], dtype: str) -> Accuracy:
    """At the first values of the parameters; where subnormal numbers are flushed, without what they would be in."""
    values = as_floats(item.code.values, dtype)
    exact = truth(routine.function.expr.subs(values), routine.function.variable, dtype)
    parameters = [float(item.code.values[parameter.symbol]) for _, parameter in item.code.parameters]
    computed = _on_arrays(function, item.framework)
    seen = exact if item.framework.has_float64 else _normal(exact)
    return measure(lambda points: computed(points, *parameters), seen, limits(exact.formula, exact.variable, dtype))


def _normal(exact: Truth) -> Truth:
    """The points where neither the argument nor the last digit of the value is subnormal."""
    info = np.finfo(exact.points.dtype)
    kept = (np.abs(exact.points) >= info.tiny) & (np.abs(exact.rounded) >= info.tiny / info.eps)
    names = ("points", "rounded", "high", "low", "near_root")
    return replace(
        exact, **{name: getattr(exact, name)[kept] for name in names}, terms=exact.terms[kept[exact.near_root]]
    )


def _chosen(item: FrameworkActivation, routine: Routine) -> Mapping[str, Plan]:
    """The plans of the NumPy module where they suit; else the best of those that need no float64 and no subnormals.

    What a learned parameter lacks cannot be traced: with one, no rounding errors are carried along.
    """
    double = routine.bound.plans["float64"]
    if item.learned:
        double = replace(double, compensated=False)
    single = [replace(p, compensated=p.compensated and not item.learned) for p in _candidates(routine)]
    plans = {"float32": single[0], "float64": double}
    for dtype, candidates in (("float32", single), ("float64", [double])):
        plans[dtype] = _best(item, routine, plans, dtype, candidates)
    return plans


def _best(
    item: FrameworkActivation, routine: Routine, plans: Mapping[str, Plan], dtype: str, candidates: Sequence[Plan]
) -> Plan:
    """The best of ``candidates`` as measured in the framework, and where all fail, of all plans that do not."""
    found = _ranked(item, routine, plans, dtype, candidates)
    if found[0][0] and not item.code.parameters:
        further = _without_subnormals(item, routine, found[0][-1], dtype)
        found += _ranked(item, routine, plans, dtype, further)
    return min(found, key=lambda row: row[:3])[-1]


_Ranked: TypeAlias = tuple[int, bool, float, int, Plan]


def _ranked(
    item: FrameworkActivation, routine: Routine, plans: Mapping[str, Plan], dtype: str, candidates: Sequence[Plan]
) -> list[_Ranked]:
    rows: list[_Ranked] = []
    for plan in dict.fromkeys(candidates):
        tried = replace(item, plans={routine.name: {**plans, dtype: plan}})
        functions = namespace(framework_activation_source(tried))
        known = _accuracy(tried, routine, functions[f"_{routine.name}"], dtype)
        rows.append((known.failures + known.zeros, not known.limits, known.worst, len(rows), plan))
    return sorted(rows)


def _without_subnormals(item: FrameworkActivation, routine: Routine, known: Plan, dtype: str) -> list[Plan]:
    """The few plans that are best when every subnormal number is 0."""
    function = routine.function
    exact = _normal(truth(function.expr, function.variable, dtype))
    ends = limits(exact.formula, exact.variable, dtype)
    rows: list[_Ranked] = []
    for plan in (other for first in plans(function) for other in (first, *outside(function, first))):
        if kernel(function, plan) is None:
            continue
        for guard in (plan, replace(plan, floor=known.floor, ceiling=known.ceiling, nan=known.nan, ends=known.ends)):
            with np.errstate(all="ignore"):
                reached = measure(runner(function, guard, flushed=True), exact, ends)
            rows.append((reached.failures + reached.zeros, not reached.limits, reached.worst, len(rows), guard))
    return [row[-1] for row in sorted(rows)[:_FEW]]


def _candidates(routine: Routine) -> Iterator[Plan]:
    single, double = (routine.bound.plans[dtype] for dtype in DTYPES)
    plans = (replace(plan, wide=False, compensated=carried) for plan in (single, double) for carried in (False, True))
    return iter(dict.fromkeys([single] if not single.wide else plans))
