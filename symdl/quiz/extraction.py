r"""The final answer in what a model wrote: the last box, what is stated as the answer, the last formula.

Nothing is made up: where no final answer stands in the text, the reason is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 1_000_000
"""Characters of a text; a longer one is not searched."""
_BOX = re.compile(r"\\+(?:boxed|fbox)\s*(?=\{)")
_THOUGHT = re.compile(r"</think>|</reasoning>|<\|channel\|>final", re.IGNORECASE)
_JOIN = re.compile(
    r"(?:\s|\$|\\[()\[\]]|[,;~&]|\\\\|\\q?quad(?![a-z])|\\[,; ]"
    r"|\\(?:text|mathrm|textrm|mbox)\s*\{\s*,?\s*(?:and|or)\s*\}|\band\b|\bor\b){0,60}"
)
_STATED = re.compile(
    r"(?:\bfinal\s+answers?|\banswers?|\bresults?|\bsolutions?)\b(?:\s+to\s+[^.$\n:]{0,80})?\s*(?P<by>\s(?:is|are|equals|=)\b|[:=])"
    r"[\s:*_]{0,10}|####",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\$\$(?P<a>(?:[^$\\]|\\.){1,20000}?)\$\$|(?<![\\$])\$(?P<b>(?:[^$\\\n]|\\.){1,5000}?)\$"
    r"|\\\((?P<c>.{1,5000}?)\\\)|\\\[(?P<d>.{1,20000}?)\\\]",
    re.DOTALL,
)
_WORD = re.compile(r"(?<![\\A-Za-z_{])[A-Za-z]{2,}(?:'[a-z]+)?(?=[\s,.;:!?]|$)")
_IS = re.compile(r"\b(?:is|are|equals|becomes|be)\b\s*(?:exactly|equal to)?\s*[:=]?\s*", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[^\d\s])\.\s+(?=[A-Z])|(?<=\d)\.\s+(?=[A-Z])|\n")
_ENDINGS = " \t\r\n.,;:!*_`"


@dataclass(frozen=True)
class FinalAnswer:
    """The text of an answer and where it was found; ``problem`` says why there is none."""

    text: str
    found: str
    problem: str = ""


def final_answer(text: str) -> FinalAnswer:
    r"""The final answer of a text; a text that is a formula is its own.

    >>> final_answer(r"So we get $x = 2$. The slope is \boxed{\frac{1}{2}}.")
    FinalAnswer(text='\\frac{1}{2}', found='box', problem='')
    >>> final_answer("The final answer is $2x e^{-x}$, as was claimed.").text
    '2x e^{-x}'
    >>> final_answer("2*x*exp(-x)").found
    'whole'
    >>> final_answer("I could not find it.").problem
    'no final answer was found in the text'
    """
    if len(text) > LONGEST:
        return FinalAnswer("", "", f"the text has more than {LONGEST} characters")
    if not text.strip():
        return FinalAnswer("", "", "the text is empty")
    spoken = _THOUGHT.split(text)[-1]
    for part in (spoken, text) if spoken.strip() and spoken != text else (text,):
        boxed = _boxed(part)
        if boxed is not None:
            return boxed
    return _unboxed(spoken if spoken.strip() else text)


def _unboxed(text: str) -> FinalAnswer:
    stated = _stated(text)
    if stated:
        return FinalAnswer(stated, "statement")
    if not _is_prose(text):
        return FinalAnswer(_bare(text), "whole")
    groups = list(_groups(text))
    if groups:
        return FinalAnswer(groups[-1], "formula")
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    said = _said(last)
    if said and not _is_prose(said):
        return FinalAnswer(said, "last line")
    return FinalAnswer("", "", "no final answer was found in the text")


def _is_prose(text: str) -> bool:
    """Whether words stand between the formulas, or are all there is."""
    outside = _SPAN.sub(" ", text)
    if outside != text and outside.strip(_ENDINGS):
        return True
    return len(_WORD.findall(outside)) >= 3 if outside == text else False


def _bare(text: str) -> str:
    """Without the signs around a formula that is all there is, and the full stop behind."""
    match = _SPAN.fullmatch(text.strip(_ENDINGS))
    return _inside(match) if match else text.strip().removesuffix(".")


def _inside(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None).strip()


def _boxed(text: str) -> FinalAnswer | None:
    """The last box, with those that it is joined to by commas and "and"."""
    boxes: list[tuple[int, int, int]] = []
    end = 0
    for match in _BOX.finditer(text):
        if match.start() < end:
            continue
        closing = _closing(text, match.end())
        if closing is None:
            return FinalAnswer("", "", "the last box is not closed") if not _BOX.search(text, match.end()) else None
        boxes.append((match.start(), match.end() + 1, closing))
        end = closing + 1
    if not boxes:
        return None
    joined = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        if not _joins(text[box[2] + 1 : joined[0][0]]):
            break
        joined.insert(0, box)
    contents = dict.fromkeys(text[start:closing].strip() for _, start, closing in joined)
    return FinalAnswer(", ".join(contents), "box")


def _joins(between: str) -> bool:
    return len(between) < 200 and (_JOIN.fullmatch(between) is not None and "\n\n" not in between)


def _closing(text: str, opening: int) -> int | None:
    depth = 0
    escaped = False
    for position in range(opening, len(text)):
        letter = text[position]
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return position
    return None


def _stated(text: str) -> str:
    """What the last sentence of the kind "the answer is ..." says."""
    for match in reversed(list(_STATED.finditer(text))):
        sentence = _sentence(text[match.end() : match.end() + 5000])
        if match["by"] in (":", "=", None):
            sentence = _said(sentence) or sentence
        group = next(_groups(sentence), "")
        if group:
            return group
        plain = sentence.strip(_ENDINGS)
        if plain and not _is_prose(plain):
            return plain
    return ""


def _sentence(text: str) -> str:
    """Up to the end of the sentence, formulas taken whole."""
    spans = [match.span() for match in _SPAN.finditer(text)]
    for match in _SENTENCE.finditer(text.rstrip()):
        if text[: match.start()].strip() and not any(start < match.start() < end for start, end in spans):
            return text[: match.start()]
    return text


def _said(sentence: str) -> str:
    """What stands behind the last "is" that is in no formula."""
    spans = [match.span() for match in _SPAN.finditer(sentence)]
    outside = [m for m in _IS.finditer(sentence) if not any(a <= m.start() < b for a, b in spans)]
    return sentence[outside[-1].end() :].strip(_ENDINGS) if outside else ""


def _groups(text: str) -> Iterator[str]:
    """The formulas of a text; those joined by commas and "and" as one."""
    group: list[str] = []
    end = 0
    for match in _SPAN.finditer(text):
        if group and not (match.start() > end and _joins(text[end : match.start()])):
            yield ", ".join(group)
            group = []
        group.append(_inside(match).strip(_ENDINGS))
        end = match.end()
    if group:
        yield ", ".join(group)
