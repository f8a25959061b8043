"""What code did in place of its rule: another convention, a slip, another way of calling it, fewer digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from symdl.core import DefinitionError, InputError, Optimizer, to_text
from symdl.library import FAMILIES
from symdl.matching.edits import edits

from .leaves import overlap
from .slips import omissions, slips
from .step_functions import Array, StepFunctions
from .tracks import Run, Slip, agrees, recorded, track

_MOST_EDITS = 400
_STEPS_BEYOND = 4


@dataclass(frozen=True)
class Suspect:
    """Code that left its rule: how it was run, and where it first went wrong.

    ``whole`` are the same functions with all parameters in one array, where ``functions`` split them.
    """

    spec: Optimizer
    functions: StepFunctions
    whole: StepFunctions
    run: Run
    hyper: Mapping[str, float]
    slip: Slip

    def follows(self, spec: Optimizer, run: Run | None = None) -> bool:
        """Whether a run (the recorded one) follows a rule."""
        return agrees(spec, run or self.run, self.hyper, self.slip.element)

    def again(self, functions: StepFunctions, **how: Any) -> Run:
        """The run anew with other functions, or called in another way."""
        return recorded(functions, self.run.start, self.run.gradients, self.hyper, self.run.factors, **how)


def account(suspect: Suspect) -> str:
    """What the code did instead, in words; empty where nothing that is known explains it."""
    for found in (
        _convention,
        _late,
        _called_otherwise,
        _slipped,
        _narrow,
        _edited,
        _omitted,
        _single,
        _once,
        _shared,
        _still,
    ):
        words = found(suspect)
        if words:
            return words
    return ""


def _convention(suspect: Suspect) -> str:
    choices = convention(suspect.spec, suspect.run, suspect.hyper)
    return f"as the convention {choices}" if choices else ""


def convention(spec: Optimizer, run: Run, hyper: Mapping[str, float]) -> str:
    """The choices in which another point of the rule's family, which the code follows, differs from the rule."""
    families = (family for family in FAMILIES if any(point.step == spec.step for point in family.points()))
    for family in families:
        for point in family.points():
            known = all(parameter.name in hyper for parameter in point.hyper)
            shorter = {parameter.name: hyper[parameter.name] for parameter in point.hyper} if known else {}
            if point.step != spec.step and known and agrees(point, run, shorter):
                own = spec.conventions
                return ", ".join(
                    f"{axis} {choice}" for axis, choice in point.conventions.items() if own.get(axis) != choice
                )
    return ""


def _late(suspect: Suspect) -> str:
    run = suspect.run
    if len(run.gradients) < 3 or not np.array_equal(run.parameters[0], run.start):
        return ""
    factors = None if run.factors is None else run.factors[:-1]
    late = replace(run, gradients=run.gradients[:-1], parameters=run.parameters[1:], points=None, factors=factors)
    words = "as if each update were made one step late, a stale one"
    if agrees(suspect.spec, late, suspect.hyper):
        return words
    choices = convention(suspect.spec, late, suspect.hyper)
    return f"{words}, as the convention {choices}" if choices else ""


def _called_otherwise(suspect: Suspect) -> str:
    """What is wrong as the code is called, and right as it is called here."""
    for words, run in _other_calls(suspect):
        if run is not None and suspect.follows(suspect.spec, run):
            return words
    return ""


def _other_calls(suspect: Suspect) -> Iterator[tuple[str, Run | None]]:
    functions = suspect.functions
    fresh = replace(functions, step=_with_copies(functions))
    yield (
        "right for gradients in fresh arrays; in-place aliasing: the state holds on to the array of gradients",
        suspect.again(fresh),
    )
    yield (
        "right when the parameters are copied after each step; in-place aliasing: the state holds on to the array "
        "of parameters",
        _refused_as_none(suspect, handed_over=True),
    )
    if suspect.whole is not functions:
        yield (
            "right for a single parameter: a count or a state is shared by all parameters",
            suspect.again(suspect.whole),
        )
    yield (
        "right for one element at a time: the step of an element depends on the others, as by a norm, a mean or a "
        "maximum over the array",
        _one_by_one(suspect),
    )


def _with_copies(functions: StepFunctions) -> Any:
    def step(parameters: Array, gradients: Array, state: Any, **hyper: float) -> Any:
        return functions.advance(parameters, gradients.copy(), state, hyper)

    return step


def _refused_as_none(suspect: Suspect, **how: Any) -> Run | None:
    try:
        return suspect.again(suspect.functions, **how)
    except InputError:
        return None


def _one_by_one(suspect: Suspect) -> Run | None:
    run = suspect.run
    if run.start.size == 1:
        return None
    columns = []
    for index in range(run.start.size):
        begin, history = run.start[index : index + 1], run.gradients[:, index : index + 1]
        columns.append(recorded(suspect.whole, begin, history, suspect.hyper, run.factors))
    points = None if run.points is None else np.concatenate([c.points for c in columns if c.points is not None], 1)
    return replace(run, parameters=np.concatenate([column.parameters for column in columns], 1), points=points)


def _short(suspect: Suspect) -> Suspect:
    """The run up to some steps beyond the first wrong one."""
    run, end = suspect.run, suspect.slip.step + _STEPS_BEYOND
    points = None if run.points is None else run.points[:end]
    short = replace(run, gradients=run.gradients[:end], parameters=run.parameters[:end], points=points)
    return replace(suspect, run=short)


def _slipped(suspect: Suspect) -> str:
    short = _short(suspect)
    return next((f"as if {words}" for words, rule in slips(suspect.spec) if short.follows(rule)), "")


def _edited(suspect: Suspect) -> str:
    short, spec = _short(suspect), suspect.spec
    for edit in islice((edit for edit in edits(spec) if edit.changes), _MOST_EDITS):
        changed = dict(edit.changes)
        try:
            rule = replace(spec, step=tuple(replace(a, expr=changed.get(n, a.expr)) for n, a in enumerate(spec.step)))
        except DefinitionError:
            continue
        if short.follows(rule):
            lines = [f"{spec.step[n].symbol} = {to_text(expr)}" for n, expr in edit.changes]
            return f"as if {' and '.join(lines)} ({edit.description})"
    return ""


def _omitted(suspect: Suspect) -> str:
    short = _short(suspect)
    return next((f"as if {words}" for words, rule in omissions(suspect.spec) if short.follows(rule)), "")


def _narrow(suspect: Suspect) -> str:
    """State in float32 under parameters in float64, where that is all that is wrong."""
    narrow = {str(leaf.dtype) for leaf in suspect.run.arrays if leaf.ndim and leaf.dtype.itemsize < 8}
    kinds = sorted(kind for kind in narrow if "float" in kind) if suspect.run.start.dtype == np.float64 else []
    return (
        f"right to single precision only: the state is kept in {', '.join(kinds)}"
        if kinds and _is_single(suspect)
        else ""
    )


def _single(suspect: Suspect) -> str:
    words = "right to single precision only, as if some of the state or of the arithmetic were float32"
    return words if _is_single(suspect) else ""


def _is_single(suspect: Suspect) -> bool:
    """Whether a run in float64 is within what float32 would be allowed."""
    if suspect.run.start.dtype != np.float64:
        return False
    narrow = replace(suspect.run, start=suspect.run.start.astype(np.float32), points=None)
    return agrees(suspect.spec, narrow, suspect.hyper)


def _once(suspect: Suspect) -> str:
    """One wrong step among right ones: the rule followed on from where that step led."""
    run, step = suspect.run, suspect.slip.step
    if step >= len(run.gradients) or run.points is not None:
        return ""
    for element in range(run.start.size):
        if track(suspect.spec, run, element, suspect.hyper, moved_at=step).slip is not None:
            return ""
    first = "wrong first step" if step == 1 else f"step {step} alone is wrong"
    return f"{first}: from there the steps are the right ones"


def _shared(suspect: Suspect) -> str:
    return "in-place aliasing: two arrays of the state share memory" if overlap(suspect.run.arrays) else ""


def _still(suspect: Suspect) -> str:
    still = suspect.slip.step == 1 and np.array_equal(suspect.run.parameters[0], suspect.run.start)
    return "wrong first step: the parameter does not move in it, and the later ones are not the rule's" if still else ""
