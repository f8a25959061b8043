r"""The final answer in what a model wrote: the last box, what is stated as the answer, the last formula.

Nothing is made up: where no final answer stands in the text, the reason is told.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from symdl.notation.tokens import GREEK

LONGEST = 1_000_000
"""Characters of a text; a longer one is not searched."""
_END = 20_000
"""Characters at the end of a text where a final answer without a box is looked for."""
_LAST = 20
"""Boxes and statements at the end that are looked at."""
_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")
_THOUGHT = re.compile(r"</think>|</reasoning>|<\|channel\|>final", re.IGNORECASE)
_JOIN = re.compile(
    r"(?:[\s$]*(?:[a-z]+ ){1,2}and\b|\s*\\text\s*\{[a-z() ]{0,30} and\s*\})?"
    r"(?:\s|\$|\\[()\[\]]|[,;~&]|\\\\|\\q?quad(?![a-z])|\\[,; ]"
    r"|\\(?:text|mathrm|textrm|mbox)\s*\{\s*,?\s*(?:and|or)\s*\}|\band\b|\bor\b){0,60}(?:[A-Za-z]\w{0,3} = )?"
)
_STATED = re.compile(
    r"(?:\bfinal\s+answers?|\banswers?|\bresults?|\bsolutions?)\b(?:\s+to\s+[^.$\n:]{0,80})?"
    r"\s*(?P<by>\s(?:is|are|equals|=)\b|[:=])"
    r"[\s:*_]{0,10}|####",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\$\$(?P<a>(?:[^$\\]|\\.){1,4000}?)\$\$|(?<![\\$])\$(?P<b>(?:[^$\\\n]|\\.){1,2000}?)\$"
    r"|\\\((?P<c>.{1,2000}?)\\\)|\\\[(?P<d>.{1,4000}?)\\\]",
    re.DOTALL,
)
_WORD = re.compile(r"(?<![\\A-Za-z_{])[A-Za-z]{2,}(?:'[a-z]+)?(?=[\s,;:!?]|\.(?:\s|$)|$)")
_IS = re.compile(r"\b(?:is|are|equals|becomes|be)\b\s*(?:exactly|equal to)?\s*[:=]?\s*", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[^\d\s])\.\s+(?=[A-Z])|(?<=\d)\.\s+(?=[A-Z])|\n")
_TAIL = re.compile(r"<\|(?:im_start|im_end|endoftext|eot_id)\|>.*|I hope (?:it|this) is correct\.?", re.DOTALL)
_AFTER_BOX = re.compile(r"\bfinal\s+answer\b", re.IGNORECASE)
_LEADING = re.compile(
    r"(?:(?:therefore|thus|hence|then|so|consequently|finally|simply|just|exactly|given by|equal to)\b[,:]?\s*){1,3}",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:,|\s)\s?(?:because|since|which|where|i\.e\.|that is|as (?:was|is|required))(?=[\s,])", re.IGNORECASE
)
_NAMED = re.compile(r"\\text\s*\{[^{}]*[:=]\s*\}\s*")
_ONE_ROW = re.compile(r"\s*\\begin\{(aligned|align\*?|gathered|split)\}(.*)\\end\{\1\}\s*", re.DOTALL)
_DENIED = re.compile(r"\b(?:not|never|false|wrong|incorrect|unless|only if|no, wait)\b|n't\b", re.IGNORECASE)
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
    found = _found(text)
    if found.text or found.problem:
        return found
    what = "the last box is empty" if found.found == "box" else "no final answer was found in the text"
    return FinalAnswer("", "", what)


def _found(text: str) -> FinalAnswer:
    if len(text) > LONGEST:
        return FinalAnswer("", "", f"the text has more than {LONGEST} characters")
    if not text.strip():
        return FinalAnswer("", "", "the text is empty")
    text = _TAIL.sub("", text) or text
    spoken = _THOUGHT.split(text)[-1]
    if not spoken.strip():
        spoken = text
    if "<think>" in spoken and not _boxed(spoken):
        return FinalAnswer("", "", "the thoughts come to no end, and hold no box")
    found = _boxed(spoken) or _unboxed(spoken)
    return found if found.text or spoken == text else _boxed(text) or found


def _unboxed(text: str) -> FinalAnswer:
    found = _in_words(text)
    last = _SENTENCE.split(text[-_END:].strip())[-1]
    if found.found in ("statement", "formula") and _DENIED.search(_SPAN.sub(" ", last)):
        return FinalAnswer("", "", "the text denies or limits what it states")
    return found


def _in_words(text: str) -> FinalAnswer:
    whole, text = text, text[-_END:]
    stated = _stated(text)
    if stated:
        return FinalAnswer(stated, "statement")
    bare = _without_words(text)
    if bare and not _is_prose(bare):
        too_long = FinalAnswer("", "", f"a formula of more than {_END} characters")
        return FinalAnswer(_bare(bare), "whole") if whole == text else too_long
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    said = _without_words(_said(last))
    if said and not _is_prose(said) and "$" not in said and not _WORD.search(said):
        return FinalAnswer(said, "last line")
    groups = list(_groups(text))
    if groups:
        return FinalAnswer(groups[-1], "formula")
    return FinalAnswer("", "", "no final answer was found in the text")


def _is_prose(text: str) -> bool:
    """Whether words stand between the formulas, or are all there is."""
    outside = _SPAN.sub(" ", text)
    if outside != text and outside.strip(_ENDINGS):
        return True
    return len([word for word in _WORD.findall(outside) if word not in GREEK]) >= 3 if outside == text else False


def _without_words(text: str) -> str:
    """Without "therefore" before a formula and the reason behind it."""
    text = text.strip()
    leading = _LEADING.match(text)
    text = text[leading.end() :] if leading else text
    return _REASON.split(text, maxsplit=1)[0].strip()


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
    for match in deque(_BOX.finditer(text), _LAST):
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
        if not _joins(text[box[2] + 1 : joined[0][0]].rstrip("\\")):
            break
        joined.insert(0, box)
    contents = dict.fromkeys(_content(text[start:closing]) for _, start, closing in joined)
    behind = text[end:][-_END:]
    later = _stated(behind) if _AFTER_BOX.search(behind) else ""
    if later:
        return FinalAnswer(later, "statement")
    return FinalAnswer(", ".join(contents), "box")


def _content(text: str) -> str:
    """What a box holds, without a name in words before it and a frame of one row around it."""
    row = _ONE_ROW.fullmatch(text)
    if row and "\\\\" not in row[2]:
        text = row[2].replace("&", "")
    named = _NAMED.match(text.strip())
    return text.strip()[named.end() :] if named else text.strip()


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
    for match in reversed(deque(_STATED.finditer(text), _LAST)):
        sentence = _sentence(text[match.end() : match.end() + 5000])
        if match["by"] in (":", "=", None):
            sentence = _said(sentence) or sentence
        group = next(_groups(sentence), "")
        if group:
            return group
        plain = _without_words(sentence).strip(_ENDINGS)
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


def last_sentence(text: str) -> str:
    """The last sentence, where it stands behind all formulas."""
    text = _TAIL.sub("", text).strip(_ENDINGS)
    spans = [match.end() for match in _SPAN.finditer(text)]
    behind = text[spans[-1] :] if spans else text
    return [*_SENTENCE.split(behind)][-1].strip()


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
