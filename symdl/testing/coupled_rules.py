"""What is tested of update rules whose entries depend on each other: arrays beside their exact run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.core import THETA, Optimizer
from symdl.numerics.coupled_runs import coupled_run

from .properties import Property
from .step_functions import StepFunctions

STEPS = 20
ALLOWED = {"float32": 1e-5, "float64": 1e-12}
"""A hundred roundings or so of each dtype, relative to the largest entry so far."""
_SHAPES = ((3, 2), (2, 4))
_SEED = 19

Arrays = list[NDArray[Any]]


def coupled_error(spec: Optimizer, dtype: np.dtype[Any], functions: StepFunctions, hyper: Mapping[str, float]) -> float:
    """The largest error over some steps of a list of two matrices, relative to the largest entry so far."""
    theta, history = _example(dtype)
    curvature = [_curvature(array) for array in theta]
    exact = coupled_run(spec, history, hyper, theta, curvature)
    state: Any = functions.start(theta, hyper)
    given: Mapping[str, Any] = {**hyper, "curvature": curvature}
    largest, worst = max(float(np.max(np.abs(a))) for a in theta), 0.0
    for gradients, row in zip(history, exact, strict=True):
        theta, state = functions.advance(theta, gradients, state, given)
        expected = [np.vectorize(lambda ball: float(ball.mid()), otypes=[float])(a) for a in row[THETA]]
        largest = max(largest, *(float(np.max(np.abs(a))) for a in expected))
        errors = [float(np.max(np.abs(a - e))) for a, e in zip(theta, expected, strict=True)]
        worst = max(worst, *(error / largest for error in errors))
    return worst


def _curvature(array: NDArray[Any]) -> NDArray[Any]:
    """A curvature for rules that ask for one; it is a keyword that others do not take."""
    size = array.size
    return np.asarray(4 * np.eye(size) + np.tri(size) / 4, array.dtype)


def _example(dtype: np.dtype[Any]) -> tuple[Arrays, list[Arrays]]:
    generator = np.random.default_rng(_SEED)
    theta = [generator.standard_normal(shape).astype(dtype) for shape in _SHAPES]
    return theta, [[generator.standard_normal(shape).astype(dtype) for shape in _SHAPES] for _ in range(STEPS)]


def coupled_properties(
    spec: Optimizer, dtype: np.dtype[Any], functions: StepFunctions, hyper: Mapping[str, float]
) -> tuple[Property, ...]:
    """The exact run, the dtype, one array as a list of one, and zero gradients."""

    def exact() -> str:
        worst = coupled_error(spec, dtype, functions, hyper)
        return "" if worst <= ALLOWED[dtype.name] else f"the error is {worst:.1e} of the largest entry"

    def one_array() -> str:
        (first, _), ((gradient, _), *_) = _example(dtype)
        listed = [first.copy()]
        whole: Mapping[str, Any] = {**hyper, "curvature": _curvature(first)}
        alone, _ = functions.advance(first, gradient, functions.start(first, hyper), whole)
        listed, _ = functions.advance(listed, [gradient], functions.start(listed, hyper), whole)
        if alone.dtype != dtype:
            return f"{dtype} becomes {alone.dtype}"
        return "" if np.array_equal(alone, listed[0]) else "one array moves otherwise than a list of one"

    def at_rest() -> str:
        theta, _ = _example(dtype)
        given: Mapping[str, Any] = {**hyper, "curvature": [_curvature(a) for a in theta]}
        moved, _ = functions.advance(theta, [0 * a for a in theta], functions.start(theta, hyper), given)
        return "" if all(np.isfinite(a).all() for a in moved) else "zero gradients give what is no number"

    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("exact run", exact),
        ("one array", one_array),
        ("zero gradients", at_rest),
    )
    return checks
