"""Marks for programs: one after another, in any thread; a number for a reward."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from symdl.core import InputError, Mark, Question, SymdlError

from .extraction import FinalAnswer, final_answer
from .marking import AS_WRITTEN, mark_answer

_QUESTIONS = 4096


@lru_cache(_QUESTIONS)
def question_of(gold: str, given: tuple[str, ...] = (), profile: str = "deep_learning") -> Question:
    """The question whose right answer is the final answer of ``gold``."""
    found = final_answer(gold)
    return Question(found.text or gold, given=given, profile=profile)


def mark_text(question: Question, text: str) -> Mark:
    r"""The mark of the final answer in a text, whatever the text is.

    >>> mark_text(Question("2x"), r"Hence the derivative is \boxed{x + x}.").grade
    'RIGHT'
    >>> mark_text(Question("2x"), "I give up on this one.").feedback
    'no final answer was found in the text'
    """
    found = FinalAnswer(text, "whole") if question.kind in AS_WRITTEN else final_answer(text)
    if found.problem:
        return Mark("UNREADABLE", 0.0, found.problem)
    mark = mark_safely(question, found.text)
    problem = _unreadable(question) if mark.grade == "UNREADABLE" and question.answer else ""
    return replace(mark, feedback=f"the right answer cannot be read: {problem}") if problem else mark


@lru_cache(_QUESTIONS)
def _unreadable(question: Question) -> str:
    """Why the right answer itself cannot be read, if so."""
    mark = mark_safely(question, question.answer)
    return mark.feedback if mark.grade == "UNREADABLE" else ""


def mark_safely(question: Question, answer: str) -> Mark:
    """The mark of an answer, whatever it is: what marking refuses is UNREADABLE or UNDECIDED with the reason.

    >>> mark_safely(Question("x"), "(" * 5000).grade
    'UNREADABLE'
    """
    try:
        return mark_answer(question, answer)
    except RecursionError:
        return Mark("UNREADABLE", 0.0, "the answer is nested too deeply")
    except (SymdlError, ArithmeticError, NotImplementedError) as problem:
        return Mark("UNDECIDED", 0.0, f"not decided: {problem}")


def mark_many(
    pairs: Iterable[tuple[str, str]], given: Iterable[str] = (), *, profile: str = "deep_learning"
) -> list[Mark]:
    r"""The marks of ``(gold, text)`` pairs, in order.

    Each text may be an answer or prose with a final answer in it. ``given`` holds assumptions for all of them. Safe
    in threads and servers: nothing is forked, no signal is handled, no text is run. Pairs that come again are
    decided again: ``symdl grade`` remembers them.

    >>> [mark.grade for mark in mark_many([("2x", "x + x"), ("2x", r"so \boxed{3x}"), ("2x", "")])]
    ['RIGHT', 'WRONG', 'UNREADABLE']
    """
    assumed = (given,) if isinstance(given, str) else tuple(given)
    return [mark_text(question_of(gold, assumed, profile), text) for gold, text in pairs]


def reward(gold: str, text: str, undecided: float = 0.0, *, given: Iterable[str] = ()) -> float:
    r"""1.0 for a right final answer, ``undecided`` where no verdict was reached, else 0.0.

    Raises :class:`InputError` where ``gold`` itself is empty.

    >>> reward(r"\sigma(x)(1-\sigma(x))", r"Thus $\boxed{\sigma(x) - \sigma(x)^2}$.")
    1.0
    >>> reward("2x", "The final answer is $x^2$.")
    0.0
    """
    if not gold.strip():
        raise InputError("the gold answer is empty", remedy="give the right answer")
    mark = mark_many([(gold, text)], given)[0]
    return undecided if mark.grade == "UNDECIDED" else mark.score
