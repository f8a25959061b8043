"""Does a step function do what the update rule says? As a state machine against the exact run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from symdl.core import Optimizer, Parameter, UndefinedValue

from ._arrays import float_type
from .accounts import Suspect, account, convention
from .frameworks import Framework, framework_of
from .optimizer_input import check_rule, history_of, hyper_in_domain, starts_of
from .step_functions import StepFunctions, functions_of
from .tracks import Run, recorded, track

Array = NDArray[Any]
STEPS = 50
_STARTS = (1.0, -2.0, 0.5, 0.0, 30.0, 1e-3, -0.125)
_SEED = 7


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
    is then ``init(parameters)``, by default an empty dict. Or it is a ``torch.optim.Optimizer`` class, an
    ``optax.GradientTransformation``, or a function that makes one of them: of ``params`` and the
    hyper-parameters that it names (lr, betas, eps) the first, of those alone the second. ``hyper`` goes to
    both sides, over the defaults of the rule; what has no default gets .01, or .9 within (0, 1).
    ``gradients`` has the shape (steps, elements), ``start`` one value an element; by default random, constant,
    alternating, sparse, decaying and wildly scaled histories. float32 or float64.

    All gradients come in one array that is filled anew. An error counts from 1e-12 (2e-6 in float32) of the
    parameter and of its way on, or from what the conditioning of the rule allows, whichever is larger. A failure
    names the first wrong step and what explains it: another convention of the rule's family, a stale update, a
    state that is not kept, a slip in an assignment, in-place aliasing, state in float32. What a torch
    optimizer does when the rate in its groups changes is run too. Raises :class:`InputError` for
    hyper-parameters out of their domain and for what is no number, :class:`UndefinedValue` where the rule has no
    value on any history, and :class:`UnsupportedOperation` for rules with several evaluations and for those whose
    entries depend on each other.

    >>> from symdl import library
    >>> def descend(parameters, gradients, state, learning_rate):
    ...     parameters += learning_rate * gradients
    >>> print(check_optimizer(descend, library.gradient_descent).reason)
    1.0000123, not 0.9999877; as if the step has the wrong sign: it goes up the gradient
    """
    check_rule(spec)
    framework = _framework(step, spec, init, evaluation_point)
    values = hyper_in_domain(spec, {**typical_hyper(spec), **(hyper or {})})
    float_type(dtype)
    history = history_of(default_gradients(max(steps, 0), dtype) if gradients is None else gradients, dtype)
    begin = starts_of(_STARTS if start is None else start, history.shape[1], dtype)
    with np.errstate(all="ignore"):
        run = recorded(framework.functions, begin, history, values)
        found = _judged(spec, framework, run, values)
        if found and framework.repeatable:
            found = _repeated(found, run, recorded(framework.functions, begin, history, values))
        if found and framework.scheduled and "learning_rate" in values:
            factors = np.where(np.arange(len(history)) < len(history) // 2, 1.0, 0.5)
            changing = recorded(framework.functions, begin, history, values, factors)
            return _at_changing_rates(spec, framework, changing, values, found)
        return found


def _framework(step: Any, spec: Optimizer, init: Any, evaluation_point: Any) -> Framework:
    known = framework_of(step) if init is None and evaluation_point is None else None
    if known is not None:
        return known
    if callable(step):
        functions = StepFunctions(init or (lambda parameters: {}), step, evaluation_point)
    else:
        functions = functions_of(step, spec.name)
    return Framework(functions, functions, scheduled=False, repeatable=init is not None or not callable(step))


def typical_hyper(spec: Optimizer) -> dict[str, float]:
    """The defaults; .9 for a parameter without one that is bounded by 1, .01 for others."""

    def bounded(parameter: Parameter) -> bool:
        return any(r.relation in ("<", "<=") and r.rhs == 1 for r in parameter.domain)

    return {
        parameter.name: (0.9 if bounded(parameter) else 0.01) if parameter.default is None else float(parameter.default)
        for parameter in spec.hyper
    }


def default_gradients(steps: int, dtype: DTypeLike = np.float64) -> Array:
    """(steps, 7): random, constant, alternating, sparse, decaying, over many scales, and swelling after ones.

    In the last, averages of the gradient and the gradient itself come to balance in each other's favour.
    """
    generator = np.random.default_rng(_SEED)
    count = np.arange(steps)
    random = generator.standard_normal(steps)
    sparse = np.where(count % 7 == 3, 10 * generator.standard_normal(steps), 0.0)
    scales = random * 10.0 ** generator.integers(-10, 2, steps)
    swelling = np.where(count < 10, 1.0, -(((-1.0) ** count) * 0.5 * 1.06 ** (count // 2)))
    columns = [random, np.full(steps, 0.3), 5.0 * (-1.0) ** count, sparse, 100 * 0.8**count, scales, swelling]
    return np.stack(columns, axis=1).astype(dtype)


def _judged(spec: Optimizer, framework: Framework, run: Run, hyper: Mapping[str, float]) -> OptimizerCheck:
    """The verdict by the first wrong step over all elements, with the worst error on the way."""
    tracks = [track(spec, run, element, hyper) for element in range(run.start.size)]
    tracks = [found for found in tracks if found.undefined is None]
    if not tracks:
        raise UndefinedValue(f"{spec.name} has no value on any of the gradient histories with {dict(hyper)}")
    worst, allowed = max((error for found in tracks for error in found.errors), default=(0.0, 0.0))
    slips = [found.slip for found in tracks if found.slip is not None]
    steps = len(run.gradients)
    if slips:
        first = min(slips, key=lambda slip: slip.step)
        suspect = Suspect(spec, framework.functions, framework.whole, run, hyper, first)
        reason = _reason(suspect)
        return OptimizerCheck(
            spec.name, False, worst, allowed, steps, reason, first.step, first.expected, first.computed
        )
    if run.touched is not None:
        at, words = run.touched
        return OptimizerCheck(spec.name, False, worst, allowed, steps, f"{words}", at)
    return OptimizerCheck(spec.name, True, worst, allowed, steps, "agrees with the exact run")


def _reason(suspect: Suspect) -> str:
    first = suspect.slip
    parts = [f"{first.what}{first.computed:.8g}, not {first.expected:.8g}"]
    parts.append("" if first.what else account(suspect))
    parts.append(suspect.run.touched[1] if suspect.run.touched is not None else "")
    parts.append(suspect.run.aliased if suspect.run.aliased not in parts[1] else "")
    return "; ".join(part for part in parts if part)


def _repeated(found: OptimizerCheck, run: Run, second: Run) -> OptimizerCheck:
    """The verdict after a second run from a new state, which has to go as the first did."""
    same = np.isclose(run.parameters, second.parameters, rtol=1e-6, atol=0, equal_nan=True).all(axis=1)
    if same.all():
        return found
    reason = "right in a first run and wrong in a second one: some state is kept outside of the optimizer's own"
    return replace(found, passed=False, reason=reason, first_step=int(np.argmin(same)) + 1)


def _at_changing_rates(
    spec: Optimizer, framework: Framework, run: Run, hyper: Mapping[str, float], found: OptimizerCheck
) -> OptimizerCheck:
    """The verdict where the rate is halved on the way: another place of the rate is told, no effect fails."""
    changing = _judged(spec, framework, run, hyper)
    if changing:
        return found
    choices = convention(spec, run, hyper)
    if choices:
        return replace(found, reason=f"{found.reason}; when the rate changes, as the convention {choices}")
    idle = not [e for e in range(run.start.size) if track(spec, replace(run, factors=None), e, hyper).slip is not None]
    words = "the rate that it was made with stays, whatever is put in its groups" if idle else changing.reason
    return replace(changing, reason=f"when the rate changes: {words}")
