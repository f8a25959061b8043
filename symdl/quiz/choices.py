"""Answers that are no formulas: true or false, choices."""

from __future__ import annotations

import re

from symdl.core import Question, ReadError

from .results import Result, right, wrong

_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "right", "correct", "1", "wahr", "vrai", r"\top"), True),
    **dict.fromkeys(("false", "f", "no", "wrong", "incorrect", "0", "falsch", "faux", r"\bot"), False),
}
_WRAPPER = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")
_KEY_MARKS = " ().,;:[]{}$"


def truth_of(text: str) -> bool | None:
    r"""Whether a text says true or false; None where it says neither.

    >>> truth_of(r"\text{True}"), truth_of("no."), truth_of("maybe")
    (True, False, None)
    """
    return _TRUTHS.get(_WRAPPER.sub(r"\1", text).strip(_KEY_MARKS + "\n\t").lower())


def same_truth(question: Question, answer: str) -> Result:
    """True or false."""
    gold, own = truth_of(question.answer), truth_of(answer)
    if gold is None or own is None:
        raise ReadError("neither true nor false", text=answer[:200], remedy="answer true or false")
    return right("the same word") if gold == own else wrong("it is the other way round")


def same_choices(question: Question, answer: str) -> Result:
    """The right keys and no other; ``share`` is the part of all choices that is set rightly."""
    gold, own = (_keys(question, text) for text in (question.answer, answer))
    if gold == own:
        return right("the same choice")
    told = [choice.feedback for choice in question.choices if choice.key in own - gold and choice.feedback]
    share = max(0.0, (len(gold & own) - len(own - gold)) / len(gold)) if len(gold) > 1 else 0.0
    result = wrong(" ".join(told) or "another choice is right")
    return Result(result.grade, result.reason, None, result.evidence, share=share)


def _keys(question: Question, text: str) -> frozenset[str]:
    """The keys that an answer names: by key, in brackets or not, or by a choice written out."""
    keys = {choice.key.lower(): choice.key for choice in question.choices}
    whole = text.strip().lower()
    written = next((choice.key for choice in question.choices if choice.text.strip().lower() == whole), None)
    if written is not None:
        return frozenset({written})
    bare = _WRAPPER.sub(r"\1", text).lower()
    words = [word.strip(_KEY_MARKS) for word in re.split(r"[,;\s]+|\band\b", bare)]
    found = [word for word in words if word]
    if len(found) == 1 and found[0] not in keys and set(found[0]) <= keys.keys():
        found = list(found[0])
    strange = next((word for word in found if word not in keys), None)
    if strange is not None or not found:
        remedy = f"answer with {', '.join(keys.values())}"
        raise ReadError(f"no choice is called {(strange or bare)[:40]!r}", text=text[:200], remedy=remedy)
    return frozenset(keys[word] for word in found)
