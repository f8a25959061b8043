r"""``parse`` and ``verify`` with the signatures of Math-Verify, on symdl's reader and marking.

A program written for Math-Verify needs another import alone::

    from symdl.quiz.math_verify import parse, verify

As there, units and words beside a formula are laid aside, labels count only where both texts have one, a list is
taken without its order, and a decimal stands for what rounds to it. Otherwise the verdict is symdl's: True needs a
proof. Nothing is timed by signals, so it runs in any thread; ``docs/math-verify.md`` lists where the two differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from symdl.core import Question, Tolerance

from .extraction import FinalAnswer, final_answer, last_sentence
from .final_answers import Answer, read_answer
from .many import mark_text, question_of

__all__ = ["ExprExtractionConfig", "LatexExtractionConfig", "StringExtractionConfig", "parse", "verify"]

_NUMBER = re.compile(
    r"(?<![\w.,])-?(?:\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s*/\s*\d+)?(?![\d])"
)
_FORMULA = re.compile(r"\$|\\[(\[]")
_DECIMAL = re.compile(r"(?<![\d.])\d{0,40}\.\d{1,400}(?!\d)")
_MOST_PAIRS = 600
"""Pieces of two lists that are compared each with each; longer lists are equal where their texts are."""
_WORD = re.compile(r"(?<!\S)[A-Za-z']{2,}(?=[\s.,:;!?]|$)")


@dataclass(frozen=True)
class LatexExtractionConfig:
    """Formulas are looked for: those in dollars, brackets and boxes."""

    try_extract_without_anchor: bool = True
    boxed_match_priority: int = 50
    normalization_config: Any = None


@dataclass(frozen=True)
class ExprExtractionConfig:
    """Plain numbers and expressions are looked for."""

    try_extract_without_anchor: bool = True


@dataclass(frozen=True)
class StringExtractionConfig:
    """One of some words is looked for, such as the letter of a choice."""

    strings: tuple[str, ...] = ("A", "B", "C", "D")
    try_extract_without_anchor: bool = True
    lowercase: bool = True


Target = LatexExtractionConfig | ExprExtractionConfig | StringExtractionConfig
_TARGETS: tuple[Target, ...] = (LatexExtractionConfig(), ExprExtractionConfig())


def parse(
    pred: str,
    extraction_config: Sequence[Target] = _TARGETS,
    fallback_mode: str = "first_match",
    extraction_mode: str = "any_match",
    parsing_timeout: int | None = 5,
    raise_on_error: bool = False,
) -> list[Any]:
    r"""The final answer of a text, as a list for :func:`verify`: empty where there is none.

    ``fallback_mode``, ``extraction_mode`` and the time-out are taken for the signature's sake: one answer is found,
    and the work is bounded without a clock.

    >>> [str(answer) for answer in parse(r"Thus the slope is $\boxed{\frac{1}{2}}$.")]
    ['\\frac{1}{2}']
    >>> parse("Final answer is B", [StringExtractionConfig()])
    ['b', 'B']
    """
    strings = [entry for entry in extraction_config if isinstance(entry, StringExtractionConfig)]
    if len(strings) < len(extraction_config):
        plain = any(isinstance(entry, ExprExtractionConfig) for entry in extraction_config)
        found = final_answer(pred)
        number = _number(pred, found) if plain else ""
        if number:
            return [read_answer(number, plain=True)]
        if found.text and (plain or found.found in ("box", "formula") or _FORMULA.search(pred)):
            in_formula = found.found in ("box", "formula") or f"${found.text}$" in pred
            return [read_answer(found.text, plain=plain and not in_formula)]
    return next((answer for entry in strings if (answer := _string(pred, entry))), [])


def _number(text: str, found: FinalAnswer) -> str:
    """The number among words: the last of a text without formulas, the only one of the sentence behind the last."""
    if (found.found == "whole" and _is_number_in_words(found.text)) or (not found.text and "$" not in text):
        return next(reversed(_NUMBER.findall(text)), "")
    if found.found in ("formula", ""):
        numbers = _NUMBER.findall(last_sentence(text))
        return numbers[0] if len(numbers) == 1 else ""
    return ""


def _is_number_in_words(text: str) -> bool:
    words = [word for word in _WORD.findall(text) if word.lower() not in ("and", "or")]
    return bool(words) and bool(_NUMBER.search(text)) and not any(sign in text for sign in "\\={<>")


def _string(text: str, config: StringExtractionConfig) -> list[str]:
    keys = "|".join(re.escape(key) for key in config.strings)
    found = re.findall(rf"^\W*({keys})(?=[.):])", text)
    found = found or re.findall(rf"(?:^|\s)(?:\*\*)?({keys})(?:\*\*)?(?=[.,:\s]|$)", text)
    return [found[-1].lower() if config.lowercase else found[-1], found[-1]] if found else []


def verify(
    gold: Any,
    target: Any,
    float_rounding: int = 6,
    numeric_precision: int = 15,
    strict: bool = True,
    allow_set_relation_comp: bool = False,
    timeout_seconds: int | None = 5,
    raise_on_error: bool = False,
) -> bool:
    r"""Whether the answer ``target`` is the answer ``gold``, each from :func:`parse`, a text or a SymPy expression.

    A decimal of two digits or more equals what rounds to it, at its last digit and not before the
    ``float_rounding``-th. ``strict=False`` renames the variables of the answer. ``numeric_precision``,
    ``allow_set_relation_comp`` and the time-out change nothing: comparison is exact, sets and relations are compared
    either way, and the work is bounded without a clock.

    >>> verify(parse(r"$x = \frac{1}{2}$"), parse("The answer is 0.5"))
    True
    >>> verify(parse("$1 - 1/e$"), parse("$1 + 1/e$"))
    False
    """
    golds, targets = ([_answer_of(value) for value in _listed(side)] for side in (gold, target))
    compare = _Comparison(float_rounding, strict)
    return any(compare.whole(one, other) or compare.same(one, other) for one in golds for other in targets)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _answer_of(value: Any) -> Answer:
    if isinstance(value, Answer):
        return value
    return read_answer(sp.latex(value) if isinstance(value, sp.Basic | sp.MatrixBase) else str(value))


@dataclass(frozen=True)
class _Comparison:
    """Answers compared piece by piece; each pair of formulas is marked."""

    rounding: int
    strict: bool

    def whole(self, gold: Answer, own: Answer) -> bool:
        """Whether two texts agree as they stand."""
        return bool(gold.whole and own.whole) and self._marked(gold.whole, own.whole)

    def same(self, gold: Answer, own: Answer) -> bool:
        """Whether two answers agree."""
        if "words" in (gold.shape, own.shape):
            return bool(_letters(gold)) and _letters(gold) == _letters(own)
        if gold.label and own.label and not _same_text(gold.label, own.label):
            return bool(gold.items and own.items) and self._pieces(gold, own)
        if bool(gold.label) != bool(own.label) and "=" in gold.whole and "=" in own.whole:
            return self._marked(gold.whole, own.whole)
        if _same_text(gold.text, own.text) and gold.shape == own.shape:
            return bool(gold.text)
        if gold.items or own.items:
            return self._pieces(gold, own) or (not gold.label and not own.label and self._right(gold, own))
        return self._value(gold, own)

    def _pieces(self, gold: Answer, own: Answer) -> bool:
        left, right = gold.items or (gold,), own.items or (own,)
        shapes = {gold.shape, own.shape}
        if len(left) != len(right):
            return shapes <= {"list", "set"} and self._as_sets(left, right)
        if shapes & {"round", "square"} and len(left) > 1:
            agree = gold.ends == own.ends or "list" in shapes or ("round" in shapes and _tuples(gold, own))
            return agree and self._in_order(left, right)
        if "matrix" in shapes:
            return shapes == {"matrix"} and self._in_order(left, right)
        labels = [[piece.label for piece in side] for side in (left, right)]
        if any(len(set(side)) == len(side) and all(side) for side in labels) and not all(map(all, labels)):
            return self._in_order(left, right)
        return self._as_sets(left, right)

    def _in_order(self, left: tuple[Answer, ...], right: tuple[Answer, ...]) -> bool:
        return len(left) == len(right) and all(self.same(*both) for both in zip(left, right, strict=True))

    def _as_sets(self, left: tuple[Answer, ...], right: tuple[Answer, ...]) -> bool:
        """Each piece of one side has a partner on the other."""
        if len(left) * len(right) > _MOST_PAIRS:
            return {piece.text for piece in left} == {piece.text for piece in right}
        forth = all(any(self.same(one, other) for other in right) for one in left)
        return forth and all(any(self.same(one, other) for one in left) for other in right)

    def _value(self, gold: Answer, own: Answer) -> bool:
        if gold.percent != own.percent:
            shares = [Answer("value", f"({entry.text})/100" if entry.percent else entry.text) for entry in (gold, own)]
            bare = [Answer("value", entry.text) for entry in (gold, own)]
            return self._right(*bare) or self._right(*shares)
        return self._right(gold, own)

    def _right(self, gold: Answer, own: Answer) -> bool:
        return self._marked(gold.text, own.text)

    def _marked(self, gold: str, own: str) -> bool:
        texts = gold, own if self.strict else _renamed(gold, own)
        if mark_text(question_of(texts[0]), texts[1]).right:
            return True
        tolerance = self._tolerance(*texts)
        return tolerance is not None and mark_text(_approximate(texts[0], tolerance), texts[1]).right

    def _tolerance(self, *texts: str) -> str | None:
        """Half of the last digit that counts; None where no decimal with two digits or more is written."""
        decimals = [found for text in texts for found in _DECIMAL.findall(text)]
        if not decimals or any(len(decimal.replace(".", "").lstrip("0")) < 2 for decimal in decimals):
            return None
        digits = max(self.rounding, min(len(decimal.partition(".")[2]) for decimal in decimals))
        return f"0.{'0' * digits}5"


@lru_cache(1024)
def _approximate(gold: str, tolerance: str) -> Question:
    return Question(gold, kind="number", tolerance=Tolerance(absolute=tolerance))


def _tuples(gold: Answer, own: Answer) -> bool:
    """Round brackets around more than two are no intervals."""
    return gold.ends == own.ends or len(gold.items) != 2


def _letters(answer: Answer) -> str:
    """The words of an answer; nothing where it is more than words."""
    bare = re.sub(r"\\(?:text|mathrm)|[\s(){}.'-]", "", answer.text)
    return bare.casefold() if bare.isalnum() else ""


def _same_text(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _renamed(gold: str, own: str) -> str:
    """The variables of an answer by those of the right one, in their order, where there are as many."""
    names = re.compile(r"(?<![A-Za-z\\])[a-zA-Z](?![A-Za-z(])")
    ours, theirs = (list(dict.fromkeys(names.findall(text))) for text in (own, gold))
    table = dict(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else {}
    return names.sub(lambda m: table.get(m.group(), m.group()), own)
