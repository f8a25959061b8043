"""A class: answers in, marks, a review file, a page and gradebooks out."""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from symdl.core import InputError, Mark, Question
from symdl.core.questions import GRADES

from .banks import Bank, read_bank, variant
from .class_files import Answer, cell, read_answers
from .class_page import class_html
from .exports import canvas_gradebook, moodle_gradebook
from .many import mark_safely
from .misconceptions import explained
from .reviews import COLUMNS as REVIEW_COLUMNS
from .reviews import Marked, overridden, read_overrides, review_rows

MARK_COLUMNS = ("student", "question", "grade", "score", "feedback", "read_as", "misconception")
"""The columns of a marks file."""


@dataclass(frozen=True)
class Graded:
    """The marks of a class in the order of its answers, the questions as they were asked, and notes for the teacher."""

    bank: Bank
    marked: tuple[Marked, ...]
    notes: tuple[str, ...] = ()

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions that were answered, by id, in the bank's order."""
        asked = {entry.answer.question for entry in self.marked}
        return {e.question.id: e.question for e in self.bank.entries if e.question.id in asked}


def grade_class(bank: Bank, answers: Iterable[Answer]) -> list[Marked]:
    """The mark of every answer, in order; equal answers to one question are marked once.

    >>> from .banks import parse_bank
    >>> bank = parse_bank('[[question]]\\nid="q"\\nprompt="$1+1$?"\\nanswer="2"\\n')
    >>> [m.mark.grade for m in grade_class(bank, [Answer("Ann", "q", "4/2", 2, "0"), Answer("Ben", "q", "3", 3, "0")])]
    ['RIGHT', 'WRONG']
    """
    entries = {entry.question.id: entry for entry in bank.entries}
    asked: dict[tuple[str, str], Question] = {}
    known: dict[tuple[str, str, str], Mark] = {}
    marked = []
    for answer in answers:
        variety = (answer.question, answer.seed)
        if variety not in asked:
            asked[variety] = variant(entries[answer.question], answer.seed)
        key = (*variety, answer.text)
        if key not in known:
            known[key] = explained(asked[variety], answer.text, mark_safely(asked[variety], answer.text))
        marked.append(Marked(answer, known[key]))
    return marked


def grade_files(bank: str | Path, answers: str | Path, seed: str = "0", overrides: str | None = None) -> Graded:
    """Mark the answers of a file to the questions of a bank, with a teacher's decisions where there are some.

    Raises :class:`InputError` for a bank, an answer file or an override file that cannot be used.
    """
    questions = read_bank(bank)
    found = read_answers(answers, questions.ids, seed)
    decided = read_overrides(overrides, questions.ids) if overrides else {}
    marked, notes = overridden(grade_class(questions, found.answers), decided)
    if found.aside:
        notes.insert(0, f"columns left aside: {', '.join(found.aside)}")
    return Graded(questions, tuple(marked), tuple(notes))


def marks_csv(graded: Graded) -> str:
    """The marks, one row an answer."""
    return _csv(MARK_COLUMNS, (_mark_row(entry) for entry in graded.marked))


def _mark_row(entry: Marked) -> tuple[str, ...]:
    answer, mark = entry.answer, entry.mark
    told = (mark.feedback, mark.read_as, mark.misconception or "")
    return (cell(answer.student), answer.question, mark.grade, f"{mark.score:.10g}", *map(cell, told))


def review_csv(graded: Graded) -> str:
    """The undecided and unreadable answers, grouped by equal text, with columns for decisions."""
    return _csv(REVIEW_COLUMNS, review_rows(graded.marked))


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


Writer = Callable[[Graded], str]
_EXPORTS: Mapping[str, Writer] = {
    "moodle": lambda graded: moodle_gradebook(graded.bank, graded.marked),
    "canvas": lambda graded: canvas_gradebook(graded.bank, graded.marked),
}


def outputs(arguments: argparse.Namespace, graded: Graded) -> Iterator[tuple[str, Writer]]:
    """What the options of ``symdl grade`` ask to be written where."""
    yield arguments.output, marks_csv
    if arguments.review:
        yield arguments.review, review_csv
    if arguments.html:
        yield arguments.html, lambda graded: class_html(graded.bank, graded.marked)
    for system, path in arguments.export:
        yield path, _EXPORTS[system]


def unknown_export(name: str, known: Sequence[str]) -> InputError:
    """The error for a system that nothing is exported to."""
    return InputError(f"there is no export to {name}", remedy=f"one of {', '.join(known)}")


def counts(graded: Graded) -> dict[str, object]:
    """How many answers of how many students got which grade, as JSON writes it."""
    found = Counter(entry.mark.grade for entry in graded.marked)
    grades = {grade: found[grade] for grade in GRADES}
    students = len({entry.answer.student for entry in graded.marked})
    return {"answers": len(graded.marked), "students": students, "grades": grades}


def summary(graded: Graded) -> str:
    """How many answers of how many students got which grade, in a line."""
    found = Counter(entry.mark.grade for entry in graded.marked)
    students = len({entry.answer.student for entry in graded.marked})
    shown = ", ".join(f"{found[grade]} {grade}" for grade in GRADES)
    return f"{len(graded.marked)} answers of {students} students: {shown}"
