"""Questions in the terminal: asked, read back, marked, and settled by their evidence."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import TextIOWrapper

from symdl.core import InputError, Mark, Question, Verdict
from symdl.prover import ledger

from .banks import Bank, check_bank, read_bank, shipped_banks
from .many import mark_safely
from .misconceptions import explained
from .readback import read_back

Write = Callable[[str], None]
_HELP = "an empty line skips, ? tells the right answer, q or the end of the input stops"
_SKIP, _STOP = "skip", "stop"


@dataclass(frozen=True)
class Options:
    """Which variants, which questions, and whether a wrong answer is followed by the right one."""

    seed: str = "0"
    only: tuple[str, ...] = ()
    reveal: bool = False
    confirm: bool = False
    """Whether an answer is marked only after its reading was confirmed by an empty line."""


def shipped_text() -> str:
    """The banks that symdl ships, with the number of their questions."""
    rows = [f"{name}  {_several(len(read_bank(path).entries), 'question')}" for name, path in shipped_banks().items()]
    return "\n".join(rows)


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def check(bank: Bank, write: Write) -> int:
    """Mark the examples of a bank; the number of those that are off."""
    count, off = 0, 0
    for _, slips in check_bank(bank):
        count += 1
        off += len(slips)
        for slip in slips:
            write(str(slip))
    found = f"{off} of the examples marked otherwise or missing" if off else "every example is marked as the bank says"
    write(f"{_several(count, 'question')}: {found}")
    return off


def ask(bank: Bank, options: Options, read: Callable[[], str] | None = None, write: Write = print) -> None:
    """Ask the questions one by one until the input ends, then sum up.

    Raises :class:`InputError` for a question in ``options.only`` that the bank does not have.
    """
    read = read or _standard_input()
    questions = _chosen(bank, options)
    write(f"{bank.title}: {_several(len(questions), 'question')}; {_HELP}")
    grades: Counter[str] = Counter()
    earned, possible = 0.0, 0.0
    for number, question in enumerate(questions, 1):
        write(f"\n{number}. {question_text(question)}")
        mark = _marked(question, options, read, write)
        if mark is _STOP:
            break
        if isinstance(mark, Mark):
            for line in mark_lines(question, mark, options.reveal):
                write(line)
            earned += mark.score * question.points
            possible += question.points
        grades[mark.grade if isinstance(mark, Mark) else "skipped"] += 1
    counts = ", ".join(f"{count} {grade}" for grade, count in grades.items()) or "no answers"
    write(f"\n{counts}; {earned:.10g} of {possible:.10g} point{'s' * (possible != 1)}")


def _standard_input() -> Callable[[], str]:
    """Lines of the standard input; bytes that are no text become signs that no formula has."""
    if sys.stdin.isatty():
        return _typed
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.readline


def _typed() -> str:
    """A line at a terminal, where it can be edited; "" at the end."""
    try:
        return input("> ") + "\n"
    except EOFError:
        return ""


def _chosen(bank: Bank, options: Options) -> list[Question]:
    questions = bank.questions(options.seed)
    for key in options.only:
        if key not in questions:
            raise InputError(f"the bank has no question {key}", remedy=f"its questions are {', '.join(bank.ids)}")
    return [question for key, question in questions.items() if not options.only or key in options.only]


def _marked(question: Question, options: Options, read: Callable[[], str], write: Write) -> Mark | str:
    """The mark of what is typed, ``_SKIP`` for an empty line, ``_STOP`` at the end."""
    mark: Mark | None = None
    while True:
        line = read()
        typed = line.strip()
        if not line or typed == "q":
            return _STOP
        if typed == "?":
            write(f"  the right answer: {right_answer(question)}")
            for row in evidence_lines(question):
                write(row)
        elif not typed:
            return mark or _SKIP
        else:
            mark = explained(question, typed, mark_safely(question, typed))
            write(f"  read as  {read_back(question, typed) or mark.read_as or 'nothing that can be marked'}")
            if not options.confirm:
                return mark
            if mark.grade == "UNREADABLE":
                write("    " + mark.feedback.replace("\n", "\n    "))
            write("  an empty line takes it as the answer; or type another")


def question_text(question: Question) -> str:
    """The prompt, with the choices below it."""
    rows = [question.prompt, *(f"   {choice.key}) {choice.text}" for choice in question.choices)]
    rows += [f"   {blank.id}: {blank.prompt}" for blank in question.blanks]
    return "\n".join(rows)


def right_answer(question: Question) -> str:
    """The right answer, as the bank has it."""
    if question.blanks:
        return "; ".join(f"{blank.id} = {blank.answer}" for blank in question.blanks)
    return question.answer


def mark_lines(question: Question, mark: Mark, reveal: bool) -> Iterator[str]:
    """The grade with what is said to it, and what settles the question."""
    yield f"  {mark.grade}"
    for text in filter(None, (mark.feedback, mark.misconception)):
        yield from ("    " + line for line in text.split("\n"))
    if reveal and not mark.right:
        yield f"  the right answer: {right_answer(question)}"
    yield from evidence_lines(question) if mark.right or reveal else _source_lines(question)


@cache
def _verdicts() -> dict[str, Verdict]:
    return ledger.read()


def evidence_lines(question: Question) -> Iterator[str]:
    """The explanation, the claims of the ledger with their outcomes, and the source."""
    if question.explanation:
        yield f"  {question.explanation}"
    verdicts = _verdicts() if question.settled_by else {}
    for name in question.settled_by:
        yield f"  settled by {name}: {verdicts[name].outcome}  {verdicts[name].claim.statement}"
    yield from _source_lines(question)


def _source_lines(question: Question) -> Iterator[str]:
    """The source, which gives no answer away."""
    if question.source is not None:
        yield f"  source: {str(question.source).removesuffix(', ')}"
