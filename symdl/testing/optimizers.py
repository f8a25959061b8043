"""Does a step function do what the update rule says? As a state machine against the exact run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from symdl.core import (
    Assignment,
    DefinitionError,
    InputError,
    Optimizer,
    Parameter,
    UndefinedValue,
    UnsupportedOperation,
    to_text,
)
from symdl.library import FAMILIES
from symdl.matching.edits import edits

from ._arrays import as_numpy, float_type
from .reference import Reference

Array = NDArray[Any]
Arrays = NDArray[Any] | list[NDArray[Any]]
STEPS = 50
_STARTS = (1.0, -2.0, 0.5, 0.0, 30.0, 1e-3)
_SEED = 7
_MOST_EDITS = 400


@dataclass(frozen=True)
class StepFunctions:
    """An implementation of an update rule, as three functions over arrays.

    ``init(parameters)`` gives the state. ``step(parameters, gradients, state, **hyper)`` moves the
    parameters in place and returns None, or returns new parameters, or those and a new state.
    ``evaluation_point(parameters, state, **hyper)`` says where the gradient is to be taken; None for
    rules that take it at the parameters. Each gets the hyper-parameters that it names.
    """

    init: Callable[..., Any]
    step: Callable[..., Any]
    evaluation_point: Callable[..., Any] | None = None

    def start(self, parameters: Arrays, hyper: Mapping[str, float]) -> Any:
        """The state before the first step."""
        return self.init(parameters, **named(self.init, hyper))

    def point(self, parameters: Array, state: Any, hyper: Mapping[str, float]) -> Array | None:
        """Where the next gradient is to be taken, if that is not at the parameters."""
        if self.evaluation_point is None:
            return None
        return as_numpy(self.evaluation_point(parameters, state, **named(self.evaluation_point, hyper))).copy()

    def advance(self, parameters: Any, gradients: Any, state: Any, hyper: Mapping[str, float]) -> tuple[Any, Any]:
        """Parameters and state after one step, whichever way ``step`` gives them."""
        returned = self.step(parameters, gradients, state, **named(self.step, hyper))
        if returned is None:
            return parameters, state
        if isinstance(returned, tuple):
            if len(returned) != 2:
                raise InputError(
                    f"the step gave {len(returned)} values", remedy="give parameters, or those and a state"
                )
            return as_numpy(returned[0]), returned[1]
        return as_numpy(returned), state


def named(function: Callable[..., Any], hyper: Mapping[str, float]) -> dict[str, float]:
    """Those of the hyper-parameters that ``function`` takes by keyword."""
    taken = signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return dict(hyper)
    return {name: value for name, value in hyper.items() if name in taken}


@dataclass(frozen=True)
class OptimizerCheck:
    """How far a step function strayed from its rule.

    ``worst`` is the largest error relative to the size of the parameter and of its way; ``allowed``
    what the conditioning of the rule allows there. ``first_step`` is the first step that is wrong.
    True in an ``assert`` only when the check passed.
    """

    rule: str
    passed: bool
    worst: float
    allowed: float
    steps: int
    reason: str
    first_step: int | None = None
    expected: float | None = None
    computed: float | None = None

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        if self.passed:
            return f"passed: {self.rule}, {self.steps} steps, worst relative error {self.worst:.1e}"
        place = "" if self.first_step is None else f" at step {self.first_step}"
        return f"failed: {self.rule}{place}: {self.reason}"


@dataclass(frozen=True)
class _Run:
    """A recorded run: gradients, parameters and points, each an array of (steps, elements)."""

    start: Array
    gradients: Array
    parameters: Array
    points: Array | None


@dataclass(frozen=True)
class _Slip:
    """The first wrong number of an element, at a step counted from 1."""

    step: int
    expected: float
    computed: float
    what: str = ""


@dataclass(frozen=True)
class _Track:
    """Error and allowance after each step, relative to the scale of the element, and where it went wrong.

    ``undefined`` is the first step, from 0, at which the rule itself has no value.
    """

    errors: list[tuple[float, float]]
    slip: _Slip | None = None
    undefined: int | None = None


def functions_of(implementation: Any, name: str) -> StepFunctions:
    """The functions NAME_init, NAME_step and NAME_evaluation_point of a generated namespace or module.

    :class:`StepFunctions` are given back as they are. Raises :class:`InputError` when one of the first two is missing.
    """

    if isinstance(implementation, StepFunctions):
        return implementation

    def find(suffix: str) -> Any:
        key = f"{name}_{suffix}"
        if isinstance(implementation, Mapping):
            return implementation.get(key)
        return getattr(implementation, key, None)

    init, step = find("init"), find("step")
    if init is None or step is None:
        raise InputError(f"{implementation!r} has no {name}_init and {name}_step")
    return StepFunctions(init, step, find("evaluation_point"))


def check_optimizer(
    step: Any,
    spec: Optimizer,
    *,
    init: Callable[[Array], Any] | None = None,
    evaluation_point: Callable[..., Any] | None = None,
    hyper: Mapping[str, float] | None = None,
    gradients: Array | None = None,
    start: Sequence[float] | None = None,
    steps: int = STEPS,
    dtype: DTypeLike = np.float64,
) -> OptimizerCheck:
    """Whether ``step`` takes the steps of the rule ``spec``, by an exact run of the rule.

    ``step`` is a namespace of generated functions (NAME_init, NAME_step ...), or a function
    ``step(parameters, gradients, state, **hyper)`` as :class:`StepFunctions` describes it; its state
    is then ``init(parameters)``, by default an empty dict. ``hyper`` goes to both by keyword, over
    the defaults of the rule; what has no default gets .01, or .9 within (0, 1). ``gradients`` has the
    shape (steps, elements), ``start`` one value an element; by default random, constant,
    alternating, sparse, decaying and wildly scaled histories. float32 or float64.

    An error counts from 1e-12 (2e-6 in float32) of the parameter and of its way on, or from what the
    conditioning of the rule allows, whichever is larger. A failure names the first wrong step and what
    explains it: another convention of the rule's family, an update that comes a step late, the one slip in
    an assignment, or state in float32. Raises :class:`InputError`, and
    :class:`UnsupportedOperation` for rules with several evaluations.

    >>> from symdl import library
    >>> def descend(parameters, gradients, state, learning_rate):
    ...     parameters += learning_rate * gradients
    >>> print(check_optimizer(descend, library.gradient_descent).reason)
    1.0000123, not 0.9999877; as if theta = eta*g + theta (change the sign of a term)
    """
    if not isinstance(spec, Optimizer):
        raise InputError(f"{spec!r} is no update rule", remedy="give a rule, such as symdl.library.adam")
    if len(spec.evaluations) != 1:
        raise UnsupportedOperation(f"{spec.name} asks for {len(spec.evaluations)} quantities; one can be checked")
    functions = _as_functions(step, spec, init, evaluation_point)
    values = {**typical_hyper(spec), **(hyper or {})}
    float_type(dtype)
    history = default_gradients(max(steps, 0), dtype) if gradients is None else np.asarray(gradients, dtype)
    if history.ndim != 2 or not history.size:
        raise InputError(
            f"the gradients have shape {history.shape}", remedy="give (steps, elements), at least one each"
        )
    begin = np.resize(np.array(_STARTS if start is None else start, dtype), history.shape[1])
    with np.errstate(all="ignore"):
        run = _recorded(functions, begin, history, values)
    return _judged(spec, run, values)


def _as_functions(step: Any, spec: Optimizer, init: Any, evaluation_point: Any) -> StepFunctions:
    if callable(step):
        return StepFunctions(init or (lambda parameters: {}), step, evaluation_point)
    return functions_of(step, spec.name)


def typical_hyper(spec: Optimizer) -> dict[str, float]:
    """The defaults; .9 for a parameter without one that is bounded by 1, .01 for others."""

    def bounded(parameter: Parameter) -> bool:
        return any(r.relation in ("<", "<=") and r.rhs == 1 for r in parameter.domain)

    return {
        parameter.name: (0.9 if bounded(parameter) else 0.01) if parameter.default is None else float(parameter.default)
        for parameter in spec.hyper
    }


def default_gradients(steps: int, dtype: DTypeLike = np.float64) -> Array:
    """(steps, 6): random, constant, alternating, sparse, decaying, and over many scales."""
    generator = np.random.default_rng(_SEED)
    count = np.arange(steps)
    random = generator.standard_normal(steps)
    sparse = np.where(count % 7 == 3, 10 * generator.standard_normal(steps), 0.0)
    scales = random * 10.0 ** generator.integers(-10, 2, steps)
    columns = [random, np.full(steps, 0.3), 5.0 * (-1.0) ** count, sparse, 100 * 0.8**count, scales]
    return np.stack(columns, axis=1).astype(dtype)


def _recorded(functions: StepFunctions, start: Array, history: Array, hyper: Mapping[str, float]) -> _Run:
    parameters = start.copy()
    state = functions.start(parameters, hyper)
    rows, points = [], []
    for gradients in history:
        points.append(functions.point(parameters, state, hyper))
        parameters, state = functions.advance(parameters, gradients.copy(), state, hyper)
        if parameters.shape != start.shape or parameters.dtype != start.dtype:
            raise InputError(
                f"the step turned parameters of shape {start.shape}, {start.dtype} into {parameters.shape}, "
                f"{parameters.dtype}"
            )
        rows.append(parameters.copy())
    return _Run(start, history, np.array(rows), np.array(points) if functions.evaluation_point else None)


def _judged(spec: Optimizer, run: _Run, hyper: Mapping[str, float]) -> OptimizerCheck:
    """The verdict by the first wrong step over all elements, with the worst error on the way."""
    tracks = [_track(spec, run, element, hyper) for element in range(run.start.size)]
    tracks = [track for track in tracks if track.undefined is None]
    if not tracks:
        raise UndefinedValue(f"{spec.name} has no value on any of the gradient histories with {dict(hyper)}")
    worst, allowed = max((error for track in tracks for error in track.errors), default=(0.0, 0.0))
    slips = [track.slip for track in tracks if track.slip is not None]
    steps = len(run.gradients)
    if not slips:
        return OptimizerCheck(spec.name, True, worst, allowed, steps, "agrees with the exact run")
    first = min(slips, key=lambda slip: slip.step)
    reason = f"{first.what}{first.computed:.8g}, not {first.expected:.8g}"
    explained = "" if first.what else _account(spec, run, hyper, first.step)
    reason += f"; {explained}" if explained else ""
    return OptimizerCheck(spec.name, False, worst, allowed, steps, reason, first.step, first.expected, first.computed)


def _account(spec: Optimizer, run: _Run, hyper: Mapping[str, float], step: int) -> str:
    """What the code did instead: another convention, a step too late, fewer digits, or an edit of the rule."""
    convention = _convention(spec, run, hyper)
    if convention:
        return f"as the convention {convention}"
    if _is_late(spec, run, hyper):
        return "as if each update were made one step late"
    edited = explanation(spec, run, hyper, step)
    if edited:
        return f"as if {edited}"
    return (
        "right to single precision only, as if some of the state were float32" if _is_single(spec, run, hyper) else ""
    )


def _convention(spec: Optimizer, run: _Run, hyper: Mapping[str, float]) -> str:
    """The choices in which another point of the rule's family, which the code follows, differs from the rule."""
    families = (family for family in FAMILIES if any(point.step == spec.step for point in family.points()))
    for family in families:
        for point in family.points():
            known = all(parameter.name in hyper for parameter in point.hyper)
            shorter = {parameter.name: hyper[parameter.name] for parameter in point.hyper} if known else {}
            if point.step != spec.step and known and _agrees(point, point.step, run, shorter):
                own = spec.conventions
                return ", ".join(
                    f"{axis} {choice}" for axis, choice in point.conventions.items() if own.get(axis) != choice
                )
    return ""


def _is_late(spec: Optimizer, run: _Run, hyper: Mapping[str, float]) -> bool:
    if len(run.gradients) < 3 or not np.array_equal(run.parameters[0], run.start):
        return False
    late = replace(run, gradients=run.gradients[:-1], parameters=run.parameters[1:], points=None)
    return _agrees(spec, spec.step, late, hyper)


def _is_single(spec: Optimizer, run: _Run, hyper: Mapping[str, float]) -> bool:
    """Whether a run in float64 is within what float32 would be allowed."""
    if run.start.dtype != np.float64:
        return False
    narrow = replace(run, start=run.start.astype(np.float32), points=None)
    return _agrees(spec, spec.step, narrow, hyper)


def _track(spec: Optimizer, run: _Run, element: int, hyper: Mapping[str, float]) -> _Track:
    """One element against its exact run."""
    reference = Reference.start(spec, float(run.start[element]), hyper, run.start.dtype)
    errors: list[tuple[float, float]] = []
    for index, gradient in enumerate(run.gradients[:, element]):
        try:
            reference.step(float(gradient), hyper)
        except UndefinedValue:
            return _Track(errors, undefined=index)
        scale, allowance = reference.scale or 1.0, reference.allowance
        if run.points is not None:
            point = float(run.points[index, element])
            if reference.point_error(point) > allowance:
                slip = _Slip(index + 1, reference.point, point, "the gradient is taken at ")
                return _Track([*errors, (reference.point_error(point) / scale, allowance / scale)], slip)
        computed = float(run.parameters[index, element])
        errors.append((reference.error(computed) / scale, allowance / scale))
        if reference.error(computed) > allowance:
            return _Track(errors, _Slip(index + 1, reference.parameter, computed))
    return _Track(errors)


def explanation(spec: Optimizer, run: _Run, hyper: Mapping[str, float], steps: int) -> str:
    """The first edit of the rule that does what the code did, up to a step beyond the first wrong one."""
    short = replace(run, gradients=run.gradients[: steps + 1])
    for edit in islice((edit for edit in edits(spec) if edit.changes), _MOST_EDITS):
        changed = dict(edit.changes)
        step = tuple(replace(a, expr=changed.get(n, a.expr)) for n, a in enumerate(spec.step))
        if _agrees(spec, step, short, hyper):
            lines = [f"{spec.step[n].symbol} = {to_text(expr)}" for n, expr in edit.changes]
            return f"{' and '.join(lines)} ({edit.description})"
    return ""


def _agrees(spec: Optimizer, step: tuple[Assignment, ...], run: _Run, hyper: Mapping[str, float]) -> bool:
    try:
        rule = replace(spec, step=step)
    except DefinitionError:
        return False
    for element in range(run.start.size):
        track = _track(rule, run, element, hyper)
        if track.slip is not None:
            return False
        if track.undefined is not None and not np.isnan(run.parameters[track.undefined :, element]).all():
            return False
    return True
