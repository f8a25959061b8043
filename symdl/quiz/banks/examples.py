"""A bank's own examples: every accepted one must be marked RIGHT, every rejected one WRONG or UNREADABLE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symdl.core import Mark, Question

from ..many import mark_safely
from .reading import Bank, variant
from .schema import Entry

_SEEDS = (0, 1, 2)
"""Variants of a question with parameters that are checked."""


@dataclass(frozen=True)
class Slip:
    """An example that is not marked as the bank says, or that is missing."""

    id: str
    line: int
    example: str
    expected: str
    mark: Mark | None

    def __str__(self) -> str:
        if self.mark is None:
            return f"{self.id} (line {self.line}): no {self.expected} example"
        shown = self.example if len(self.example) <= 80 else f"{self.example[:77]}..."
        why = f": {self.mark.feedback}" if self.mark.feedback else ""
        return f"{self.id} (line {self.line}): {shown} is {self.mark.grade}, to be {self.expected}{why}"


def check_bank(bank: Bank) -> Iterator[tuple[Entry, list[Slip]]]:
    """Each question with what is wrong about its examples; the right answer itself is one that is accepted."""
    for entry in bank.entries:
        slips = list(_missing(entry))
        for seed in _SEEDS if entry.ranges else _SEEDS[:1]:
            slips += _wrong(entry, variant(entry, seed))
        yield entry, slips


def _missing(entry: Entry) -> Iterator[Slip]:
    for kind, examples in (("accepted", entry.question.accepted), ("rejected", entry.question.rejected)):
        if not examples:
            yield Slip(entry.question.id, entry.line, "", kind, None)


def _wrong(entry: Entry, question: Question) -> Iterator[Slip]:
    right = () if question.blanks else (question.answer, *question.also)
    for example in dict.fromkeys((*right, *question.accepted)):
        mark = mark_safely(question, example)
        if mark.grade != "RIGHT":
            yield Slip(question.id, entry.line, example, "accepted", mark)
    for example in question.rejected:
        mark = mark_safely(question, example)
        if mark.grade not in ("WRONG", "UNREADABLE"):
            yield Slip(question.id, entry.line, example, "rejected", mark)
