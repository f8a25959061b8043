"""Where an optimizer is at another point of its family than the paper's own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symdl.library import COUPLED_FAMILIES, FAMILIES

from .candidates import Candidate, candidates
from .coupled import coupled_candidates, coupled_errors
from .findings import AuditFinding, finding, formula
from .optimizers import Examined, Setting
from .search import AGREEMENT, Match, compare, size_of


def departures(examined: Examined) -> Iterator[AuditFinding]:
    """One finding for each axis without the paper's choice, at the first setting that shows it."""
    told: set[tuple[str, str, str]] = set()
    for setting in examined.settings:
        if not setting.found or setting.run is None or setting.slip:
            continue
        match = setting.found[0]
        for axis, paper in _paper(match.candidate.family).items():
            choice = match.candidate.conventions.get(axis, paper)
            key = match.candidate.family, axis, choice
            if choice != paper and key not in told:
                told.add(key)
                yield from _departure(examined, setting, match, axis, paper)


def _paper(family: str) -> dict[str, str]:
    """The paper's choice on each axis, which is the first."""
    axes = next((f.axes for f in (*FAMILIES, *COUPLED_FAMILIES) if f.name == family), {})
    return {axis: choices[0] for axis, choices in axes.items()}


def _departure(examined: Examined, setting: Setting, match: Match, axis: str, paper: str) -> Iterator[AuditFinding]:
    conventions = {**match.candidate.conventions, axis: paper}
    among = (*candidates(), *coupled_candidates())
    same = (c for c in among if c.family == match.candidate.family and c.note == match.candidate.note)
    other = next((c for c in same if dict(c.conventions) == conventions), None)
    parted = _parting(examined, setting, match, other) if other is not None else None
    if other is None or parted is None:
        return
    where = f" with {setting.label}" if setting.changed else ""
    words = axis.replace("_", " ")
    message = f"{match.candidate.family}{where}: {words} {match.candidate.conventions[axis]}; in the paper {paper}"
    step, size = parted
    yield finding(
        examined,
        "CONV003",
        "info",
        message,
        first_step=step,
        size=size,
        documented=_text(other),
        computed=formula(match),
    )


def _text(candidate: Candidate) -> str:
    return formula(Match(candidate, {}, {}, 0.0))


def _parting(examined: Examined, setting: Setting, match: Match, other: Candidate) -> tuple[int, float] | None:
    """The first step at which the run leaves the paper's rule, and the largest difference; None where it does not."""
    assert setting.run is not None
    if other in coupled_candidates():
        errors = coupled_errors(other, match.hyper, examined.course, setting.run)
        wrong = np.flatnonzero(np.array(errors) > AGREEMENT)
        return (int(wrong[0]) + 1, max(errors)) if wrong.size else None
    hyper = {p.name: match.hyper[p.name] for p in other.rule.hyper if p.name in match.hyper}
    if len(hyper) < len(other.rule.hyper):
        return None
    compared = compare(other, hyper, examined.course, setting.run, AGREEMENT)
    if compared.first_step is None:
        return None
    return compared.first_step, size_of(compared, examined.course, setting.run)
