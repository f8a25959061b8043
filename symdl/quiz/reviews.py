"""What a teacher decides: open answers grouped by equal text, and the decisions read back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from symdl.core import InputError, Mark
from symdl.core.questions import Grade

from .class_files import ANSWER, QUESTION, SEED, Answer, cell, read_rows

DECISION = "decision"
COLUMNS = (QUESTION, ANSWER, SEED, "grade", "count", "students", "reason", DECISION, "score", "feedback")
"""The columns of a review file; the last three are for the teacher."""
_DECISIONS = ("RIGHT", "WRONG")


@dataclass(frozen=True)
class Marked:
    """An answer with its mark."""

    answer: Answer
    mark: Mark

    @property
    def open(self) -> bool:
        """Whether a teacher should look at it: undecided, or unreadable though not empty."""
        grade = self.mark.grade
        return grade == "UNDECIDED" or (grade == "UNREADABLE" and bool(self.answer.text.strip()))


Key = tuple[str, str, str]
"""Question, seed and text of an answer, without the spaces around it."""


def key_of(answer: Answer) -> Key:
    """What equal answers have in common."""
    return answer.question, answer.seed, answer.text.strip()


def review_rows(marked: Sequence[Marked]) -> list[tuple[str, ...]]:
    """One row for each undecided or unreadable answer, the most frequent first."""
    groups: dict[Key, list[Marked]] = {}
    for entry in marked:
        if entry.mark.grade in ("UNDECIDED", "UNREADABLE"):
            groups.setdefault(key_of(entry.answer), []).append(entry)
    return [_row(key, group) for key, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))]


def _row(key: Key, group: Sequence[Marked]) -> tuple[str, ...]:
    question, seed, text = key
    students = "; ".join(entry.answer.student for entry in group)
    mark = group[0].mark
    return (question, cell(text), seed, mark.grade, str(len(group)), cell(students), cell(mark.feedback), "", "", "")


def read_overrides(path: str, ids: Sequence[str]) -> Mapping[Key, Mark]:
    """The decisions of a review file; rows without one are still open.

    Raises :class:`InputError` for a decision that is none, a score outside 0 to 1, an unknown question, and two
    decisions on one answer.
    """
    table = read_rows(path, DECISION)
    at = {name: table.column(name) for name in (QUESTION, ANSWER, DECISION)}
    at |= {name: table.header.index(name) for name in (SEED, "score", "feedback") if name in table.header}
    decided: dict[Key, Mark] = {}
    for line, row in table.rows:
        cells = {name: row[number] for name, number in at.items()}
        if not cells[DECISION].strip():
            continue
        key = (cells[QUESTION].strip(), cells.get(SEED, "").strip() or "0", cells[ANSWER].strip())
        if key[0] not in ids:
            close = difflib.get_close_matches(key[0], ids, n=1, cutoff=0.5)
            remedy = f"did you mean {close[0]}?" if close else "take the row out"
            raise InputError(f"{path}:{line}: the bank has no question {key[0]!r}", remedy=remedy)
        mark = _decision(f"{path}:{line}", cells)
        if decided.setdefault(key, mark) != mark:
            raise InputError(f"{path}:{line}: another decision on the same answer", remedy="leave one of them")
    return decided


def _decision(where: str, cells: Mapping[str, str]) -> Mark:
    grade = cells[DECISION].strip().upper()
    if grade not in _DECISIONS:
        raise InputError(f"{where}: the decision is {cells[DECISION]!r}", remedy=f"write {' or '.join(_DECISIONS)}")
    written = cells.get("score", "").strip().replace(",", ".")
    try:
        score = float(written) if written else float(grade == "RIGHT")
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise InputError(f"{where}: the score is {written!r}", remedy="a score is a part of the points, from 0 to 1")
    return Mark(cast(Grade, grade), score, cells.get("feedback", "").strip() or "decided by the teacher")


def overridden(marked: Sequence[Marked], decided: Mapping[Key, Mark]) -> tuple[list[Marked], list[str]]:
    """The marks with the decisions in their place, and a note for each decision that concerns no answer."""
    keys = {key_of(entry.answer) for entry in marked}
    unused = [
        f"no answer to {key[0]} is {_short(key[2])}: its override is not used" for key in decided if key not in keys
    ]
    return [_with(entry, decided.get(key_of(entry.answer))) for entry in marked], unused


def _with(entry: Marked, decision: Mark | None) -> Marked:
    if decision is None:
        return entry
    return replace(entry, mark=replace(decision, read_as=entry.mark.read_as))


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
