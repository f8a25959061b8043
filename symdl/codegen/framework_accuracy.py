"""The accuracy of modules of torch and jax, measured in these; plans for those that lack float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.core import MissingPackage

from .accuracy import DTYPES, Accuracy, Truth, as_floats, limits, measure, truth
from .activation_source import ActivationCode, Routine
from .framework_activations import FrameworkActivation, framework_activation_source
from .frameworks import TORCH, Framework
from .kernels import Plan
from .modules import namespace

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
    """The plan of the NumPy module in float64; in float32 the best of those that need no float64.

    What a learned parameter lacks cannot be traced: with one, no rounding errors are carried along.
    """
    double = routine.bound.plans["float64"]
    if item.learned:
        double = replace(double, compensated=False)
    found: list[tuple[int, bool, float, int, Plan]] = []
    for plan in dict.fromkeys(replace(p, compensated=p.compensated and not item.learned) for p in _candidates(routine)):
        tried = replace(item, plans={routine.name: {"float32": plan, "float64": double}})
        functions = namespace(framework_activation_source(tried))
        known = _accuracy(tried, routine, functions[f"_{routine.name}"], "float32")
        found.append((known.failures + known.zeros, not known.limits, known.worst, len(found), plan))
    return {"float32": min(found)[-1], "float64": double}


def _candidates(routine: Routine) -> Iterator[Plan]:
    single, double = (routine.bound.plans[dtype] for dtype in DTYPES)
    plans = (replace(plan, wide=False, compensated=carried) for plan in (single, double) for carried in (False, True))
    return iter(dict.fromkeys([single] if not single.wide else plans))
