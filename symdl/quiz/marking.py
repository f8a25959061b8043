"""``mark_answer(question, answer) -> Mark``: is the answer the right one?

RIGHT rests on a proof, WRONG on a confirmed witness or on a plain difference; everything else is UNDECIDED or
UNREADABLE, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from symdl.core import BudgetExceeded, Kind, Mark, Question, ReadError, SymdlError

from .binding import bound
from .choices import same_choices, same_truth, truth_of
from .code import is_code, parameters_of, read_code
from .dress import undressed
from .expressions import Pair, bind
from .extraction import final_answer
from .forms import misses_form
from .kinds import kind_of, require_comparable
from .labels import same_label, split
from .lengths import are_related, norms_as_numbers
from .noncommuting import equal_as_words
from .numbers import figures_of, without_unit
from .prose import letters, require_no_prose
from .reading import Context, Reading, context_of, read, reading_of, with_letters_of
from .results import Result, any_of, right, undecided, wrong

_FEEDBACK = {
    "RIGHT": "",
    "WRONG": "not equal to the right answer",
    "UNDECIDED": "neither equality nor a difference was shown",
}

AS_WRITTEN = ("code", "blanks", "update")
"""Kinds whose answers are several lines, and taken whole."""
_FORMULAS = ("expression", "number", "antiderivative")


def mark_answer(question: Question, answer: str) -> Mark:
    r"""The mark of ``answer``, deterministic and never RIGHT without a proof.

    Raises :class:`symdl.ReadError` for a question whose own answer cannot be read.

    >>> mark_answer(Question(r"1-\tanh^2(x)"), r"\operatorname{sech}^2 x").grade
    'RIGHT'
    >>> mark_answer(Question(r"1-\tanh^2(x)"), r"\operatorname{sech} x").grade
    'WRONG'
    >>> mark_answer(Question("p - y"), r"\frac{dL}{dz} = p - ").grade
    'UNREADABLE'
    """
    if question.kind == "blanks":
        return _blanks(question, answer)
    shown = answer.strip()[:400]
    try:
        result, shown = _result(question, answer)
    except ReadError as problem:
        result = Result("UNREADABLE", str(problem))
    except SymdlError as problem:
        result = undecided(problem.message)
    return _mark(question, result, shown)


def _mark(question: Question, result: Result, read_as: str) -> Mark:
    score = 1.0 if result.grade == "RIGHT" else (result.share or 0.0) if question.policy.partial else 0.0
    reason = result.reason or _FEEDBACK.get(result.grade, "")
    told = question.policy.feedback
    witness = result.witness if told == "full" else None
    feedback = "" if told == "grade" and result.grade == "WRONG" else reason
    if witness is not None and result.grade == "WRONG":
        feedback = f"{reason}, {witness}" if reason else str(witness)
    return Mark(result.grade, score, feedback, None, read_as, witness, result.evidence, result.sampled)


def _result(question: Question, answer: str) -> tuple[Result, str]:
    """The comparison with each of the right answers; the first that is RIGHT counts."""
    if question.kind == "choice":
        return same_choices(question, answer), answer.strip()[:400]
    if question.kind == "truth" or (question.kind == "auto" and _says_truth(question.answer)):
        return same_truth(question, answer), answer.strip()[:400]
    context, golds = _prepared(question)
    own = _read_answer(question, context, golds, answer)
    return any_of(_compared(question, context, gold, own) for gold in golds), own.text


def _says_truth(text: str) -> bool:
    """Whether a right answer is a word for true or false; a letter or a digit may be a formula."""
    return len(text.strip()) > 1 and truth_of(text) is not None


@lru_cache(maxsize=4096)
def _prepared(question: Question) -> tuple[Context, tuple[Reading, ...]]:
    """The context of a question and its right answers, read once."""
    context = context_of(question)
    return context, tuple(_read(question, context, text) for text in (question.answer, *question.also))


def _read(question: Question, context: Context, text: str) -> Reading:
    code = question.kind == "code" or (question.kind == "auto" and is_code(text))
    return reading_of(text, (read_code(text),), context) if code else read(text, context)


def _read_answer(question: Question, context: Context, golds: tuple[Reading, ...], answer: str) -> Reading:
    """The final answer that a text states, read; words that are no quantities of the question are refused."""
    if question.kind in AS_WRITTEN or is_code(answer):
        return _read(question, context, answer)
    found = final_answer(without_unit(answer) if figures_of(question.answer) else answer)
    if found.problem:
        raise ReadError(found.problem, text=answer[:200], remedy="write the answer as a formula, without words")
    if _kind(question, golds[0]) in _FORMULAS:
        scope, (bare, syntax) = context.ready.scope, undressed(found.text)
        names = {name for gold in golds for name in (*gold.applied, *gold.bare, *letters(gold.text))}
        if syntax == "plain":
            require_no_prose(bare, names | scope.variables | scope.definitions.keys() | scope.opaque)
    return _read(question, context, found.text)


def _kind(question: Question, gold: Reading) -> Kind:
    return kind_of(gold) if question.kind == "auto" else question.kind


def _with_parameters_of(gold: Reading, own: Reading, context: Context) -> Reading:
    """A function under the names of the right one's parameters; its other names keep out of their way."""
    mine, asked = parameters_of(own.text), parameters_of(gold.text)
    if not asked and len(mine) == len(gold.bare) == 1:
        asked = tuple(gold.bare)
    if not mine and len(asked) == len(own.bare) == 1:
        mine = tuple(own.bare)
    if not mine or len(mine) != len(asked):
        return own
    table = {name: f"global{name}" for name in own.bare if name in asked and name not in mine}
    table |= {one: other for one, other in zip(mine, asked, strict=True) if one != other}
    nodes = tuple(bound(node, table) for node in own.nodes)
    return reading_of(own.text, nodes, context, own.notes) if table else own


def pairs_of(question: Question, answer: str) -> Iterator[Pair]:
    """The answer bound together with each of the right ones; none where choices or blanks are asked for."""
    if question.kind not in ("choice", "truth", "blanks") and not _says_truth(question.answer):
        context, golds = _prepared(question)
        own = _read(question, context, answer)
        yield from (_paired(question, context, gold, own) for gold in golds)


def _paired(question: Question, context: Context, gold: Reading, own: Reading) -> Pair:
    own = with_letters_of(gold, own, context)
    context, gold, own = norms_as_numbers(context, gold, own)
    if question.kind == "code" or is_code(own.text) or is_code(gold.text):
        own = _with_parameters_of(gold, own, context)
    return bind(context, gold, own, question.policy.sampling)


def _compared(question: Question, context: Context, gold: Reading, own: Reading) -> Result:
    kind = _kind(question, gold)
    pair = _paired(question, context, gold, own)
    own = pair.own
    if gold.notes and own.notes and gold.notes != own.notes:
        return undecided(f"words that are not compared: {' '.join(own.notes)}")
    try:
        result = _by_kind(question, pair, kind)
    except BudgetExceeded as problem:
        return undecided(problem.message)
    if result.grade == "WRONG" and are_related(pair.context, pair.gold, own):
        return undecided("norms whose values depend on each other")
    if result.grade == "RIGHT" and (question.form != "any" or question.terms):
        missed = misses_form(pair, question.form, question.terms)
        return wrong(missed) if missed else result
    return result


def _by_kind(question: Question, pair: Pair, kind: Kind) -> Result:
    """As the kind is compared; where that leads nowhere, as words in letters that do not commute."""
    problem = None
    try:
        result = require_comparable(kind)(question, pair)
    except ReadError as refusal:
        problem, result = refusal, undecided(refusal.message)
    if result.grade == "UNDECIDED" and kind in ("expression", "update") and _same_words(pair):
        return right("normal form", "equal as words in letters that do not commute")
    if problem is not None:
        raise problem
    return result


def _same_words(pair: Pair) -> bool:
    (gold_label, gold, _), (own_label, own, _) = (split(reading.nodes[0]) for reading in (pair.gold, pair.own))
    if len(pair.gold.nodes) != 1 or len(pair.own.nodes) != 1 or len(gold) != 1 or len(own) != 1:
        return False
    labelled = gold_label is None or own_label is None or same_label(gold_label, own_label)
    return bool(labelled) and equal_as_words(gold[0], own[0], pair.profile)


def answers_to_blanks(answer: str) -> list[str]:
    """The answers to several blanks, as they stand in one text."""
    rows = answer.split("\n") if "\n" in answer.strip() else answer.split(";")
    return [row.strip() for row in rows if row.strip()]


def _blanks(question: Question, answer: str) -> Mark:
    """The marks of several blanks, whose answers stand on lines or between semicolons."""
    answers = answers_to_blanks(answer)
    if len(answers) != len(question.blanks):
        reason = f"{len(answers)} answers for {len(question.blanks)} blanks: write one a line, or semicolons between"
        return Mark("UNREADABLE", 0.0, reason, None, answer.strip()[:400])
    parts = tuple(mark_answer(blank, text) for blank, text in zip(question.blanks, answers, strict=True))
    return joined(question, parts)


def joined(question: Question, parts: tuple[Mark, ...]) -> Mark:
    """The mark of a question from the marks of its blanks."""
    total = sum(blank.points for blank in question.blanks) or 1.0
    share = sum(blank.points * part.score for blank, part in zip(question.blanks, parts, strict=True)) / total
    grades = [part.grade for part in parts]
    order = ("WRONG", "UNREADABLE", "UNDECIDED")
    grade = next((g for g in order if g in grades), "RIGHT")
    feedback = "; ".join(f"{n}: {p.feedback}" for n, p in enumerate(parts, 1) if p.feedback)
    score = 1.0 if grade == "RIGHT" else share if question.policy.partial else 0.0
    return Mark(grade, score, feedback, read_as="; ".join(p.read_as for p in parts), parts=parts)  # type: ignore[arg-type]
