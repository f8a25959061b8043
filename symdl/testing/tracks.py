"""Recorded runs of step functions, and where they leave the exact run of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symdl.core import InputError, Optimizer, UndefinedValue

from .leaves import aliasing, leaves
from .reference import Reference
from .step_functions import Array, StepFunctions


@dataclass(frozen=True)
class Run:
    """A recorded run: gradients, parameters and points, each an array of (steps, elements).

    ``touched`` says what the step did to arrays that are not its own, and at which step from 1.
    ``arrays`` are those of the last state, ``aliased`` says which share memory. ``factors`` are those of the
    learning rate, one a step, where it changes.
    """

    start: Array
    gradients: Array
    parameters: Array
    points: Array | None
    arrays: tuple[Array, ...] = ()
    aliased: str = ""
    touched: tuple[int, str] | None = None
    factors: Array | None = None

    def hyper(self, hyper: Mapping[str, float], index: int) -> Mapping[str, float]:
        """The hyper-parameters at a step, from 0."""
        return at_rate(hyper, self.factors, index)


@dataclass(frozen=True)
class Slip:
    """The first wrong number of an element, at a step counted from 1."""

    step: int
    element: int
    expected: float
    computed: float
    what: str = ""


@dataclass(frozen=True)
class Track:
    """Error and allowance after each step, relative to the scale of the element, and where it went wrong.

    ``undefined`` is the first step, from 0, at which the rule itself has no value.
    """

    errors: list[tuple[float, float]]
    slip: Slip | None = None
    undefined: int | None = None


def at_rate(hyper: Mapping[str, float], factors: Array | None, index: int) -> Mapping[str, float]:
    """The hyper-parameters with the learning rate times the factor of a step."""
    if factors is None:
        return hyper
    return {**hyper, "learning_rate": hyper["learning_rate"] * float(factors[index])}


def recorded(
    functions: StepFunctions,
    start: Array,
    history: Array,
    hyper: Mapping[str, float],
    factors: Array | None = None,
    handed_over: bool = False,
) -> Run:
    """A run whose gradients all come in one array that is filled anew, as a training loop does it.

    With ``handed_over`` the parameters of each step are a copy, and the array of the step before is spoilt.
    """
    parameters: Array = start.copy()
    state = functions.start(parameters, hyper)
    rows, points, touched, buffer = [], [], None, np.empty_like(history[0])
    for index, gradients in enumerate(history):
        now = at_rate(hyper, factors, index)
        points.append(functions.point(parameters, state, now))
        buffer[...] = gradients
        given, before = parameters, parameters.copy()
        parameters, state = functions.advance(parameters, buffer, state, now)
        _check_kind(parameters, start)
        touched = touched or _touched(index + 1, gradients, buffer, before, given, parameters)
        rows.append(parameters.copy())
        if handed_over:
            parameters, left = parameters.copy(), parameters
            left[...] = np.nan
    place = np.array(points) if functions.evaluation_point else None
    arrays = tuple(leaves(state))
    return Run(start, history, np.array(rows), place, arrays, aliasing(arrays, parameters, buffer), touched, factors)


def _check_kind(parameters: Array, start: Array) -> None:
    if parameters.shape != start.shape:
        raise InputError(
            f"the step turned parameters of shape {start.shape} into {parameters.shape}",
            remedy="the step is of one array; it keeps its shape",
        )


def _touched(
    step: int, gradients: Array, buffer: Array, before: Array, given: Array, parameters: Array
) -> tuple[int, str] | None:
    if not np.array_equal(gradients, buffer, equal_nan=True):
        return step, "the step changes in place the array of gradients that it is given"
    if parameters.dtype != given.dtype:
        return step, f"the step turns {given.dtype} parameters into {parameters.dtype}"
    inside = np.shares_memory(given, parameters)
    spoilt = not np.array_equal(given, before, equal_nan=True) and not np.array_equal(given, parameters, equal_nan=True)
    if spoilt and not inside:
        return step, "the step changes in place the array of parameters that it is given, and returns others"
    return None


def track(spec: Optimizer, run: Run, element: int, hyper: Mapping[str, float], moved_at: int = 0) -> Track:
    """One element against its exact run, which after the step ``moved_at`` goes on from where the code is."""
    reference = Reference.start(spec, float(run.start[element]), run.hyper(hyper, 0), run.start.dtype)
    errors: list[tuple[float, float]] = []
    for index, gradient in enumerate(run.gradients[:, element]):
        try:
            reference.step(float(gradient), run.hyper(hyper, index))
        except UndefinedValue:
            return Track(errors, undefined=index)
        scale, allowance = reference.scale or 1.0, reference.allowance
        if run.points is not None:
            point = float(run.points[index, element])
            if reference.point_error(point) > allowance:
                slip = Slip(index + 1, element, reference.point, point, "the gradient is taken at ")
                return Track([*errors, (reference.point_error(point) / scale, allowance / scale)], slip)
        computed = float(run.parameters[index, element])
        if index + 1 == moved_at and np.isfinite(computed):
            reference.move(computed)
        errors.append((reference.error(computed) / scale, allowance / scale))
        if reference.error(computed) > allowance:
            return Track(errors, Slip(index + 1, element, reference.parameter, computed))
    return Track(errors)


def agrees(spec: Optimizer, run: Run, hyper: Mapping[str, float], first: int = 0) -> bool:
    """Whether every element (``first`` before the others) follows the rule, with nan only where that has no value."""
    for element in sorted(range(run.start.size), key=lambda index: index != first):
        found = track(spec, run, element, hyper)
        if found.slip is not None:
            return False
        if found.undefined is not None and not np.isnan(run.parameters[found.undefined :, element]).all():
            return False
    return True
