"""What an audit reports: findings on one optimizer, and differences between libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from symdl.core import Optimizer, to_text
from symdl.core.findings import Severity
from symdl.library import COUPLED_FAMILIES, FAMILIES, find

from .coupled import nearest_coupled
from .machines import Refused
from .optimizers import Examined, Setting
from .search import AGREEMENT, Match, Nearest, nearest
from .sources import source_of

_FAMILIES = {family.name for family in FAMILIES}


@dataclass(frozen=True)
class AuditFinding:
    """One thing that was found, with the first step at which it shows and the size of the difference.

    ``line`` is that of the docstring, ``source`` the file of the library and the line there: ``torch/optim/adam.py:9``.
    """

    library: str
    version: str
    item: str
    code: str
    severity: Severity
    message: str
    first_step: int | None = None
    size: float | None = None
    documented: str = ""
    computed: str = ""
    line: int | None = None
    source: str = ""


def findings_of(examined: Examined) -> Iterator[AuditFinding]:
    """The findings of the runs of one optimizer."""
    yield from _membership(examined)
    yield from _slips(examined)
    yield from _idle_arguments(examined)
    yield from _precision(examined)


def finding(examined: Examined, code: str, severity: Severity, message: str, **more: Any) -> AuditFinding:
    """A finding on an optimizer."""
    subject = examined.subject
    source = source_of(subject.make, subject.doc, more["line"]) if more.get("line") else ""
    return AuditFinding(subject.library, subject.version, subject.name, code, severity, message, source=source, **more)


def own_family(name: str) -> str | None:
    """The family that an optimizer of this name says that it is."""
    plain = name.lower().replace("_", "")
    return next((family for family in _FAMILIES if family.replace("_", "") == plain), None)


def family_of(spec: str) -> str:
    """The family that a library rule is a point of; its own name where it is of none."""
    rule, families = find(spec), (*FAMILIES, *COUPLED_FAMILIES)
    if not isinstance(rule, Optimizer) or any(family.name == spec for family in families):
        return spec
    return next((f.name for f in families if any(point.step == rule.step for point in f.points())), spec)


def formula(match: Match) -> str:
    """The assignments of a rule, as text."""
    return "; ".join(f"{a.symbol} <- {to_text(a.expr)}" for a in match.candidate.rule.step)


def _membership(examined: Examined) -> Iterator[AuditFinding]:
    base, spec = examined.settings[0], examined.subject.spec
    spec = None if spec is None else family_of(spec)
    if spec is not None and base.found and all(match.candidate.family != spec for match in base.found):
        yield finding(examined, "AUD001", "error", f"not {spec}, but {_named(base.found[0])}", first_step=1)
    if any(setting.found for setting in examined.settings) or base.run is None:
        return
    claimed = spec or own_family(examined.subject.name)
    roles, over = examined.roles({}), examined.course
    near = nearest(roles, over, base.run, claimed) if examined.elementwise else nearest_coupled(roles, over, base.run)
    near_text, parting = ("", {}) if near is None else (f"; nearest: {_named(near.match)}", _parting(near))
    if spec is not None or (examined.elementwise and claimed is not None and near is not None):
        message = f"not {claimed} under any of its conventions{near_text}"
        yield finding(examined, "AUD001", "error", message, **parting)
    elif examined.elementwise:
        yield finding(examined, "AUD002", "info", f"no rule that symdl knows{near_text}", **parting)
    else:
        message = f"the step of a coordinate depends on others; no such rule of the library fits{near_text}"
        yield finding(examined, "AUD003", "info", message, **parting)


def _parting(near: Nearest) -> dict[str, Any]:
    return {"first_step": near.match.first_step, "size": near.size, "documented": formula(near.match)}


def _named(match: Match) -> str:
    choices = ", ".join(f"{axis} {choice}" for axis, choice in match.conventions.items())
    return match.candidate.family + (f" ({choices})" if choices else "")


def _slips(examined: Examined) -> Iterator[AuditFinding]:
    """Runs that follow a rule in a way that no option asks for."""
    for setting in examined.settings:
        if setting.slip and setting.run is not None and not setting.changed:
            message = f"{_named(setting.found[0])}, but {setting.slip}"
            yield finding(examined, "AUD001", "error", message, first_step=1, computed=setting.slip)


def _idle_arguments(examined: Examined) -> Iterator[AuditFinding]:
    for argument in examined.without_effect():
        message = f"{argument.name} has no effect: no value that was tried changes a parameter or a state"
        yield finding(examined, "ARG001", "warning", message, size=0.0, computed=f"independent of {argument.name}")


def _precision(examined: Examined) -> Iterator[AuditFinding]:
    kinds = examined.narrow_state()
    worst = max((m.agreement for setting in examined.settings for m in setting.found[:1]), default=0.0)
    if kinds:
        shown = f", which costs {worst:.0e} of the parameters" if worst > AGREEMENT else ""
        message = f"keeps state in {', '.join(kinds)} although the parameters are float64{shown}"
        yield finding(examined, "DTYPE001", "warning", message, first_step=1, size=worst)
    elif worst > AGREEMENT:
        message = f"agrees with {_named(examined.settings[0].found[0])} to single precision only"
        yield finding(examined, "DTYPE001", "warning", message, first_step=1, size=worst)


def differences(examined: Sequence[Examined]) -> Iterator[AuditFinding]:
    """Optimizers of one name, or an option and the optimizer of that name, that take other steps at the same values."""
    for left, right in combinations(examined, 2):
        if left.subject.library == right.subject.library:
            continue
        if own_name(left) == own_name(right):
            pairs = [(left, one, right, other) for one, other in _common_settings(left, right)]
        else:
            pairs = [(left, one, right, right.settings[0]) for one in _options_named(left, right)]
            pairs += [(left, left.settings[0], right, other) for other in _options_named(right, left)]
        for pair in pairs:
            yield from _difference(*pair)


def _options_named(having: Examined, named: Examined) -> Iterator[Setting]:
    """Switches of one optimizer that make it the rule that another has the name of, at the same values."""
    shared = _roles(having) & _roles(named)
    base = _values(named, named.settings[0], shared)
    for setting in having.settings:
        families = {match.candidate.family.replace("_", "") for match in setting.found[:1]}
        numbers = {(name, value) for name, value in _values(having, setting, shared) if not isinstance(value, bool)}
        if setting.changed and not setting.slip and own_name(named) in families and numbers == base:
            yield setting


def own_name(examined: Examined) -> str:
    """The name without case and underscores."""
    return examined.subject.name.lower().replace("_", "")


def _common_settings(left: Examined, right: Examined) -> Iterator[tuple[Setting, Setting]]:
    """Settings of two optimizers that give the roles that both have the same values."""
    shared = _roles(left) & _roles(right)
    theirs = {_values(right, setting, shared): setting for setting in reversed(right.settings)}
    for setting in left.settings:
        other = theirs.get(_values(left, setting, shared))
        if other is not None and setting.run is not None and other.run is not None:
            yield setting, other


def _roles(examined: Examined) -> set[str]:
    return {role for argument in examined.arguments for role in argument.roles[-1:]}


def _values(examined: Examined, setting: Setting, shared: set[str]) -> frozenset[tuple[str, Any]]:
    """What is on: the shared roles that are not zero, and everything else that was changed."""
    found = {(name, value) for name, value in setting.changed.items() if isinstance(value, bool)}
    for argument in examined.arguments:
        value = setting.changed.get(argument.name, examined.base.get(argument.name, argument.default))
        role = argument.roles[-1] if argument.roles else argument.name
        if value and not argument.is_flag and (role in shared or argument.name in setting.changed):
            found.add((role, value))
    return frozenset(found)


def _difference(left: Examined, one: Setting, right: Examined, other: Setting) -> Iterator[AuditFinding]:
    """One finding where two settings differ, at a constant rate or at one that is halved on the way."""
    for halving in (False, True):
        try:
            first = left.record(one.changed, halving).parameters
            second = right.record(other.changed, halving).parameters
        except Refused:
            return
        if first.shape != second.shape:
            return
        gap = np.abs(first - second).reshape(len(first), -1).max(axis=1)
        over = np.flatnonzero(~(gap <= 1e-6))
        if over.size:
            where = f" with {one.label}" if one.changed else ""
            rate = " when the rate changes" if halving else ""
            names = f"{left.subject.library} and {right.subject.library}"
            message = f"{names} differ{where}{rate}: {_account(one)} against {_account(other)}"
            step, size = int(over[0]) + 1, float(np.nanmax(gap))
            shown = {"documented": _account(one), "computed": _account(other)}
            yield finding(right, "CONV004", "info", message, first_step=step, size=size, **shown)
            return


def _account(setting: Setting) -> str:
    return _named(setting.found[0]) if setting.found else "an unknown rule"
