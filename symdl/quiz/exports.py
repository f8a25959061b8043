"""What Moodle and Canvas import: gradebooks as CSV, and a bank's questions as Moodle XML.

Canvas: columns Student, ID, SIS User ID, SIS Login ID, Section and one an assignment, with a second line of the
points possible. Moodle: any columns, mapped on import; here the student, the points and the feedback. An answer that
nobody has decided yet leaves its student's cell empty, so that no import can take it for 0 points.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from symdl.core import Question
from symdl.core.questions import Choice
from symdl.notation.spans import find_math
from symdl.report.annotations import NOT_XML

from .banks import Bank
from .class_files import cell
from .reviews import Marked


def points(bank: Bank, marked: Iterable[Marked]) -> Mapping[str, float | None]:
    """The points of each student over all answers, None while an answer is open."""
    worth = {entry.question.id: entry.question.points for entry in bank.entries}
    total: dict[str, float | None] = {}
    for entry in marked:
        student, so_far = entry.answer.student, total.get(entry.answer.student, 0.0)
        earned = entry.mark.score * worth[entry.answer.question]
        total[student] = None if entry.open or so_far is None else so_far + earned
    return total


def possible(bank: Bank, marked: Sequence[Marked]) -> float:
    """The points of all questions that were asked."""
    asked = {entry.answer.question for entry in marked}
    return sum(entry.question.points for entry in bank.entries if entry.question.id in asked)


def canvas_gradebook(bank: Bank, marked: Sequence[Marked]) -> str:
    """A gradebook that Canvas imports; the student goes to the column SIS Login ID too."""
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", bank.title)
    most = ("    Points Possible", "", "", "", "", _number(possible(bank, marked)))
    rows = (
        (cell(student), "", "", cell(student), "", _number(earned)) for student, earned in points(bank, marked).items()
    )
    return _csv([head, most, *rows])


def moodle_gradebook(bank: Bank, marked: Sequence[Marked]) -> str:
    """A gradebook that Moodle imports: map ``student`` to the user, and the points to a grade item."""
    feedback: dict[str, list[str]] = {}
    for entry in marked:
        told = f": {entry.mark.feedback}" if entry.mark.feedback else ""
        feedback.setdefault(entry.answer.student, []).append(f"{entry.answer.question} {entry.mark.grade}{told}")
    total = points(bank, marked)
    head = ("student", f"{bank.title} (points)", f"{bank.title} (feedback)")
    return _csv([head, *((cell(s), _number(earned), "\n".join(feedback[s])) for s, earned in total.items())])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def moodle_questions(bank: Bank, seed: int | str = 0) -> str:
    """The questions as Moodle XML: choices are marked by Moodle, formulas become essays, to be graded by symdl."""
    asked = [_question(question) for question in bank.questions(seed).values()]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *asked, "</quiz>", ""])


def _question(question: Question) -> str:
    kind = "multichoice" if question.choices else "essay"
    right = {key.strip() for key in question.answer.split(",")}
    body = [
        f"<name><text>{escape(question.id)}</text></name>",
        f'<questiontext format="html">{_text(question.prompt)}</questiontext>',
        f'<generalfeedback format="html">{_text(question.explanation)}</generalfeedback>',
        f"<defaultgrade>{_number(question.points)}</defaultgrade>",
    ]
    if question.choices:
        single = "true" if len(right) == 1 else "false"
        body += [f"<single>{single}</single>", "<shuffleanswers>true</shuffleanswers>"]
        body += [_choice(choice, right, len(question.choices)) for choice in question.choices]
    else:
        body += ["<responseformat>plain</responseformat>", "<responserequired>1</responserequired>"]
    return f'<question type="{kind}">\n' + "\n".join(body) + "\n</question>"


def _choice(choice: Choice, right: set[str], count: int) -> str:
    wrong = 0 if len(right) == 1 else -100 / max(1, count - len(right))
    fraction = 100 / len(right) if choice.key in right else wrong
    told = f'<feedback format="html">{_text(choice.feedback)}</feedback>'
    return f'<answer fraction="{fraction:.5f}" format="html">{_text(choice.text)}{told}</answer>'


def _text(prose: str) -> str:
    """Prose as HTML within XML, its formulas between the signs that Moodle's filters know."""
    for span in reversed(find_math(prose).spans):
        start, end = span.outer
        prose = prose[:start] + rf"\({span.tex}\)" + prose[end:]
    return f"<text>{escape(escape(NOT_XML.sub('', prose)))}</text>"
