"""Plans for torch and jax: those of the NumPy module where they are as good there, else others, measured there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from math import log2
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symdl.core import MissingPackage

from .accuracy import DTYPES, Truth
from .activation_source import DERIVATIVE_TARGET, VALUE_TARGET, ActivationCode, Routine
from .activation_tests import expected
from .choosing import Case, Choice, Goal, Machine, cases, chosen_alone, reach
from .framework_activations import FrameworkActivation, kernel_source
from .frameworks import TORCH, Framework
from .kernels import Function, Plan
from .leading import leading
from .modules import namespace

_PADDED = 2048
"""Arrays of one size are compiled for once."""
_ENDS = np.array([-np.inf, np.inf, np.nan])
_AS_GOOD = 1.25
_COLUMNS = ("points", "rounded", "high", "low", "near_root")
"""What a truth holds for each point."""
Arrays: TypeAlias = Callable[..., NDArray[Any]]


def framework_activation(code: ActivationCode, framework: Framework) -> FrameworkActivation:
    """The activation with plans that suit ``framework``, and its errors there.

    Raises :class:`MissingPackage` where the framework is not installed.
    """
    _numbers(framework)
    item = FrameworkActivation(code, framework)
    found = {routine.name: _chosen(item, routine) for routine in item.routines}
    return replace(
        item,
        plans={name: choice.plans for name, choice in found.items()},
        errors={name: {dtype: choice.usual[dtype].worst for dtype in DTYPES} for name, choice in found.items()},
    )


def _chosen(item: FrameworkActivation, routine: Routine) -> Choice:
    """The plans of the NumPy module where they are as good in the framework, else the best that are found there."""
    target = VALUE_TARGET if routine is item.code.value else DERIVATIVE_TARGET
    aim = Goal(routine.function, target, _cases(item, routine), machine=_machine(item, routine))
    apart = [_of_dtype(aim, routine, dtype) for dtype in DTYPES]
    return Choice(
        {dtype: plan for choice in apart for dtype, plan in choice.plans.items()},
        {dtype: known for choice in apart for dtype, known in choice.reached.items()},
        {dtype: known for choice in apart for dtype, known in choice.usual.items()},
    )


def _of_dtype(aim: Goal, routine: Routine, dtype: str) -> Choice:
    """What NumPy's plan reaches, with more care where it fails; where that fails, too, the best plan of all."""
    assert aim.machine is not None
    first = aim.machine.fit(routine.bound.plans[dtype])
    stated = max(routine.bound.ulp[dtype], aim.target)
    tried: list[Choice] = []
    careful = [replace(first, wide=True)] if dtype == "float32" else []
    for plan in dict.fromkeys((replace(first, leading=False), first, *careful)):
        reached = reach(aim, {dtype: plan})
        tried.append(Choice({dtype: plan}, reached, reached))
        if not tried[-1].flaws and tried[-1].share <= 1 and tried[-1].excess(_AS_GOOD * stated) <= 1:
            return tried[-1]
    # A bit lost beyond what is allowed counts as much as a point that fails.
    best = (*tried, chosen_alone(aim, dtype))
    return min(best, key=lambda choice: (choice.flaws + log2(choice.share), *choice.grade(aim.target)))


def _cases(item: FrameworkActivation, routine: Routine) -> tuple[Case, ...]:
    """At the first values of the parameters; the points of the test file are among those measured at."""
    code = item.code
    places = tuple(kink.point for kink in code.kinks) + tuple(code.between)
    (first,) = cases(routine.function, (code.values,), places)
    truths = {dtype: _together(known, expected(code, routine, dtype)) for dtype, known in first.truths.items()}
    if item.framework.flushes:
        truths = {dtype: _normal(known) for dtype, known in truths.items()}
    return (replace(first, truths=truths),)


def _together(first: Truth, second: Truth) -> Truth:
    """The truth at the points of both."""
    known = (first, second)
    points = np.concatenate([each.points for each in known])
    order = np.argsort(points, kind="stable")
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(each, name) for each in known])[order] for name in _COLUMNS
    }
    terms = np.zeros(points.size)
    terms[np.concatenate([each.near_root for each in known])] = np.concatenate([each.terms for each in known])
    return replace(first, **columns, terms=terms[order][columns["near_root"]], outside=first.outside[:0])


def _normal(exact: Truth) -> Truth:
    """The points where subnormal numbers play no part, for compilers that flush them to 0."""
    tiny = np.finfo(exact.points.dtype).tiny
    parts = (np.abs(exact.points), np.abs(exact.rounded))
    kept = np.logical_and(*((size == 0) | (size >= tiny) for size in parts))
    columns = {name: getattr(exact, name)[kept] for name in _COLUMNS}
    return replace(exact, **columns, terms=exact.terms[kept[exact.near_root]])


def _machine(item: FrameworkActivation, routine: Routine) -> Machine:
    """The framework; what a learned parameter lacks cannot be traced: with one, no rounding errors are carried."""

    begins = leading(routine.function.expr, routine.function.variable) is not None

    def fit(plan: Plan) -> Plan:
        carried = plan.compensated and not item.learned
        return replace(plan, compensated=carried, silent=(), leading=item.framework.flushes and begins)

    def run(function: Function, plan: Plan) -> Arrays:
        source = kernel_source(item, routine, plan)
        return _on_arrays(namespace(source)[f"_{routine.name}"], item.framework)

    return Machine(run, fit)


def _numbers(framework: Framework) -> Any:
    """The framework's module of array functions."""
    try:
        return import_module("torch" if framework is TORCH else "jax.numpy")
    except ImportError:
        raise MissingPackage(
            f"the {framework.name} target needs {framework.name}", remedy=f"pip install {framework.name}"
        ) from None


def _on_arrays(function: Callable[..., Any], framework: Framework) -> Arrays:
    """``function`` of tensors as one of NumPy arrays, both dtypes kept."""
    numbers = _numbers(framework)
    ends: dict[str, NDArray[Any]] = {}

    def computed(points: NDArray[Any], **parameters: float) -> NDArray[Any]:
        name = points.dtype.name
        if name in ends and not np.isfinite(points).any():
            return ends[name][np.where(np.isnan(points), 2, points > 0).astype(int)]
        rest = -(points.size + _ENDS.size) % _PADDED + _ENDS.size
        padded = np.concatenate([points, np.resize(_ENDS, rest).astype(points.dtype)])
        if framework is TORCH:
            found = np.asarray(function(numbers.from_numpy(padded), *parameters.values()))
        else:
            with import_module(framework.name).enable_x64(True):
                found = np.asarray(function(numbers.asarray(padded), *parameters.values()))
        ends[name] = found[points.size : points.size + _ENDS.size]
        return found[: points.size]

    return computed
