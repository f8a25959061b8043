"""The formulas of a docstring against the code: run side by side, and where they part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from symdl.core import ReadError
from symdl.testing.arguments import Argument, roles_of

from .boxes import Box, box_of, displays, inline_starts
from .courses import course
from .findings import AuditFinding, finding, formula
from .literal import LiteralRun
from .machines import Array
from .optimizers import Examined
from .quantities import quantity_of
from .search import AGREEMENT

LETTERS: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("gamma", "alpha", "eta", "lr"),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "beta3": ("beta_3",),
    "epsilon": ("epsilon", "varepsilon", "bar varepsilon"),
    "weight_decay": ("lambda",),
    "momentum": ("mu", "beta"),
    "shrink": ("eta_-",),
    "grow": ("eta_+",),
    "smallest": ("Gamma_min",),
    "largest": ("Gamma_max",),
}
"""The letters that documentation uses for the roles, where it does not say which argument a letter is."""


def documented(examined: Examined) -> Iterator[AuditFinding]:
    """A finding for each formula that is not what the code does, under the first arguments that show it."""
    for box in boxes_of(examined.subject.doc):
        try:
            yield from _compared(examined, box)
        except ReadError as error:
            yield finding(examined, "DOC002", "info", f"a formula was not run: {error.message}", line=box.line)
            yield from _states_compared(examined, box)


def boxes_of(doc: str) -> list[Box]:
    """The algorithms of a docstring that move a parameter, with the starts that the text around them gives."""
    found = [box for start, text in displays(doc) if (box := box_of(start, text)) is not None]
    whole = [box for box in found if _moves(box)]
    return [box if box.starts else replace(box, starts=inline_starts(doc)) for box in whole]


def _moves(box: Box) -> bool:
    run = LiteralRun(box, {}, {}, course())
    return run.parameter is not None or run.by_update


def _compared(examined: Examined, box: Box) -> Iterator[AuditFinding]:
    for changed in _choices(examined, box):
        computed = examined.record(changed).parameters
        letters, flags = letters_of(examined, box, changed), _flags(examined, changed)
        runs = [LiteralRun(box, letters, flags, examined.course, replaces) for replaces in (False, True)]
        gaps = [np.abs(run.run() - computed).reshape(len(computed), -1) for run in runs[: 1 + runs[0].by_update]]
        gap = min(gaps, key=_size)
        wrong = np.flatnonzero(~(gap.max(axis=1) <= _allowed(examined)))
        if wrong.size:
            yield _parted(examined, box, changed, int(wrong[0]) + 1, _size(gap))
            return


def _states_compared(examined: Examined, box: Box) -> Iterator[AuditFinding]:
    """A finding for each documented state that is no state of the code, where the steps could not be compared."""
    kept = examined.record().state
    try:
        states = LiteralRun(box, letters_of(examined, box, {}), _flags(examined, {}), examined.course).states()
    except ReadError:
        return
    for target, value in states.items():
        alike = [leaf for leaf in kept if leaf.shape == value.shape]
        gaps = [float(np.abs(leaf - value).max()) for leaf in alike]
        if gaps and min(gaps) > _allowed(examined):
            rows = {a.target: a for a in _flat(box)}
            shown = f"{target} <- {rows[target].value}"
            message = f"the documented state {target} is none that the code keeps"
            line, size = rows[target].line, min(gaps)
            yield finding(
                examined,
                "DOC001",
                "error",
                message,
                first_step=1,
                size=size,
                documented=shown,
                line=line,
                computed="a state with other values",
            )


def _size(gap: Array) -> float:
    return float(np.nan_to_num(gap, nan=np.inf).max())


def _allowed(examined: Examined) -> float:
    return max(AGREEMENT * 10, 20 * (examined.agreement or 0.0))


def _choices(examined: Examined, box: Box) -> Iterator[dict[str, Any]]:
    """Arguments under which code and formula are compared: the base, options that it speaks of, a larger rate."""
    plain = re.sub(r"[\\_]", "", box.source)
    told_of = _told_of(examined, box)
    for setting in (*examined.settings,):
        told = all(
            name.replace("_", "") in plain if isinstance(value, bool) else not value or name in told_of
            for name, value in setting.changed.items()
        )
        if setting.run is not None and told:
            yield dict(setting.changed)
    yield examined.faster


def _told_of(examined: Examined, box: Box) -> set[str]:
    """The arguments whose letters stand in a box."""
    told = {argument.name for _, called in box.inputs for argument in _arguments_called(examined, called)}
    for argument in examined.arguments:
        letters = [letter for role in argument.roles[-1:] for letter in LETTERS.get(role, ())]
        if any(re.search(rf"\\{letter}(?![a-z])", box.source) for letter in letters if letter.isidentifier()):
            told.add(argument.name)
    return told


def _flags(examined: Examined, changed: Mapping[str, Any]) -> dict[str, bool]:
    return {a.name: bool(changed.get(a.name, a.default)) for a in examined.arguments if a.is_flag}


def letters_of(examined: Examined, box: Box, changed: Mapping[str, Any]) -> dict[str, float]:
    """The values of the letters of a box: those that its input row names, and others by convention."""
    own = {argument.name: value_of(examined, argument, changed) for argument in examined.arguments}
    values = {name: value for name, value in own.items() if value is not None}
    for letters, called in box.inputs:
        names = [part for part in re.split(r"\s*,\s*", letters.strip("() ")) if re.match(r"\\?[a-zA-Z]", part.strip())]
        arguments = _arguments_called(examined, called)
        for name, argument in zip(names[-len(arguments) :] if arguments else [], arguments, strict=False):
            value = value_of(examined, argument, changed)
            if value is not None:
                values[quantity_of(name.strip())[0].name] = value
    for role, spelled in LETTERS.items():
        arguments = [a for a in examined.arguments if role in a.roles[-1:]]
        free = [letter for letter in spelled if letter not in values]
        if arguments and not set(spelled) & set(values):
            for number, letter in enumerate(free):
                argument = arguments[min(number // (2 if role == "epsilon" else len(free)), len(arguments) - 1)]
                value = value_of(examined, argument, changed)
                if value is not None:
                    values.setdefault(letter, value)
    return values


def value_of(examined: Examined, argument: Argument, changed: Mapping[str, Any]) -> float | None:
    """The number that an argument has with some changed; one in a known role that is None is off."""
    value = changed.get(argument.name, examined.base.get(argument.name, argument.default))
    if value is None:
        return 0.0 if argument.roles else None
    return float(value)


def _arguments_called(examined: Examined, called: str) -> list[Argument]:
    """The arguments that a description in brackets means: by name, as parts of a tuple, or by role."""
    found: list[Argument] = []
    for part in called.split(","):
        plain = re.sub(r"[\\\s_{}]", "", part).lower()
        for argument in examined.arguments:
            name = argument.name.partition("[")[0].replace("_", "").lower()
            near = {
                name,
                f"{name}s",
                *(role.replace("_", "") for role in argument.roles + roles_of(argument.name.partition("[")[0])),
            }
            if plain in near or plain.removesuffix("s") in near:
                found.append(argument)
    return found


def _parted(examined: Examined, box: Box, changed: Mapping[str, Any], step: int, size: float) -> AuditFinding:
    where = ", ".join(f"{name}={value}" for name, value in changed.items())
    message = "the documented formula takes other steps than the code" + (f" with {where}" if where else "")
    return finding(
        examined,
        "DOC001",
        "error",
        message,
        first_step=step,
        size=size,
        documented="; ".join(f"{a.target} <- {a.value}" for a in _flat(box)),
        computed=_account(examined, changed),
        line=box.line,
    )


def _flat(box: Box) -> Iterator[Any]:
    stack = list(reversed(box.statements))
    while stack:
        statement = stack.pop()
        if hasattr(statement, "branches"):
            stack += [inner for _, body in reversed(statement.branches) for inner in reversed(body)]
        else:
            yield statement


def _account(examined: Examined, changed: Mapping[str, Any]) -> str:
    found = next((s.found[0] for s in examined.settings if dict(s.changed) == dict(changed) and s.found), None)
    return formula(found) if found is not None else "none of the known rules"
