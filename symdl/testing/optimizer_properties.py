"""What a generated update rule must do beside the right arithmetic."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from symdl.core import Optimizer

from .optimizers import default_gradients
from .properties import Property
from .step_functions import StepFunctions

_SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (3,), (2, 3))
_STEPS = 5


def optimizer_properties(
    spec: Optimizer, dtype: np.dtype[Any], functions: StepFunctions, hyper: Mapping[str, float]
) -> Iterator[Property]:
    """The properties of NAME_init and NAME_step, for one dtype."""
    yield "in place, any shape", partial(_in_place, functions, dtype, hyper)
    yield "lists of arrays", partial(_lists, functions, dtype, hyper)
    yield "no warnings, zero gradients included", partial(_quiet, functions, dtype, hyper)
    yield "wrong arrays are refused", partial(_refusals, functions, dtype, hyper)


def _in_place(functions: StepFunctions, dtype: np.dtype[Any], hyper: Mapping[str, float]) -> str:
    generator = np.random.default_rng(2)
    for shape in _SHAPES:
        parameters = np.asarray(generator.normal(size=shape), dtype)
        gradients = np.asarray(generator.normal(size=shape), dtype)
        before, given = parameters.copy(), gradients.copy()
        moved, _state = functions.advance(parameters, gradients, functions.start(parameters, hyper), hyper)
        if moved is not parameters or (parameters.size and np.array_equal(before, parameters)):
            return f"parameters of shape {shape} are not moved in place"
        if not np.array_equal(gradients, given):
            return f"the gradients of shape {shape} were changed"
    return ""


def _lists(functions: StepFunctions, dtype: np.dtype[Any], hyper: Mapping[str, float]) -> str:
    """A list of arrays moves as its members do one by one."""
    history = default_gradients(_STEPS, dtype)
    width = history.shape[1]
    alone, together = np.ones(width, dtype), [np.ones((2, 2), dtype), np.ones(width - 4, dtype)]
    state, states = functions.start(alone, hyper), functions.start(together, hyper)
    for row in history:
        functions.advance(alone, row.copy(), state, hyper)
        functions.advance(together, [row[:4].reshape(2, 2).copy(), row[4:].copy()], states, hyper)
    joined = np.concatenate([together[0].ravel(), together[1]])
    return "" if np.allclose(joined, alone, rtol=8 * float(np.finfo(dtype).eps), atol=0) else "a list moves otherwise"


def _quiet(functions: StepFunctions, dtype: np.dtype[Any], hyper: Mapping[str, float]) -> str:
    history = np.pad(default_gradients(_STEPS, dtype), ((2, 2), (0, 0)))
    parameters = np.ones(history.shape[1], dtype)
    state = functions.start(parameters, hyper)
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        for row in history:
            functions.advance(parameters, row.copy(), state, hyper)
    if not np.isfinite(parameters).all():
        return f"parameters become {parameters.tolist()}"
    return "; ".join(sorted({str(warning.message) for warning in caught}))


def _refusals(functions: StepFunctions, dtype: np.dtype[Any], hyper: Mapping[str, float]) -> str:
    parameters = np.ones(3, dtype)
    state = functions.start(parameters, hyper)
    other = np.float32 if dtype == np.float64 else np.float64
    for bad in (np.ones(2, dtype), np.ones(3, other), np.ones(3, int), np.array([None] * 3)):
        try:
            functions.step(parameters, bad, state, **hyper)
        except (TypeError, ValueError):
            continue
        return f"gradients of shape {bad.shape}, {bad.dtype} for parameters of shape (3,), {dtype} are not refused"
    return ""
