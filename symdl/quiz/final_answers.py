r"""Final answers as models write them, in pieces that can be marked: lists, brackets, labels, words.

Units, degrees, currency and the words between formulas are laid aside; what is left is cut at its commas and each
piece keeps what stands before its equals sign. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Shape = Literal["value", "list", "round", "square", "set", "matrix", "words"]
_WORDS = r"\\(?:text|textbf|textit|textrm|textnormal|mathrm|mbox)\s*\{([^{}]*)\}"
_TEXT = re.compile(_WORDS)
_TEXT_UNIT = re.compile(r"(?<=[\d})%])(?:\s|\\[ ,;])*" + _WORDS + r"(?:\s*\^\s*\{?[23]\}?)?(?=\s*(?:[,;$]|\Z|\\text))")
_LONE_LETTER = re.compile(r"\\(?:text|textbf|textrm|mathrm)\s*\{\s*\(?([A-Za-z])\)?\s*\}")
_ALL_WORDS = re.compile(r"(?:\s|" + _WORDS + r")+")
_AND = re.compile(r",?\s*\b(?:and|or)\b\s*,?|(?<=[\d)\]])(?:and|or)(?=[\s(A-Za-z\\-])", re.IGNORECASE)
_SPACE = re.compile(
    r"\\q?quad|(?<!\\)\\[;: ]|~|\\hspace\{[^{}]*\}|\\displaystyle|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])"
)
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*(?:,\s*\\!\s*|\{\s*,\s*\}\s*|\\,\s*|\\!\s*)(?=\d{3}(?!\d))")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_SPACED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d+,\d{1,2}|\d+,\d{4,}|0,\d+)")
_DEGREE = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|°|\\degree(?![A-Za-z])")
_PERCENT = re.compile(r"\s*(?:\\?%|\b(?:percentage|percent|pct)\b)")
_CURRENCY = re.compile(r"\\\$|[€£¥$]")
_UNIT = re.compile(r"(?<=[\d}])\s+[A-Za-z]{2,}(?:\s+[A-Za-z]+)*[²³]?\.?\Z|(?<=\d)\s*(?:k?m|cm|mm|kg|g)[²³]\Z")
_LETTER, _COMMAND, _CUP = re.compile("[A-Za-z]"), re.compile(r"\\[A-Za-z]+"), re.compile(r"\\cup(?![A-Za-z])|∪")
_RELATION = re.compile(
    r"\\(?:leqslant|geqslant|leq|geq|neq|le|ge|ne|lt|gt|in|approx|sim)(?![A-Za-z])|<=|>=|!=|[<>=≤≥≠≈∈:]"
)
_ORDER = {r"\le": "<=", r"\leq": "<=", r"\leqslant": "<=", "≤": "<=", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">="}
_ORDER |= {"≥": ">=", r"\lt": "<", r"\gt": ">", r"\in": "in", "∈": "in", r"\approx": "approx", "≈": "approx"}
_ORDER |= {r"\sim": "approx", r"\ne": "!=", r"\neq": "!=", "≠": "!="}
_NAME = r"[A-Za-z]{1,4}'*|\\[A-Za-z]+"
_INDEX = r"(?:_(?:\w|\{[^{}]*\}))?"
_LABEL = re.compile(
    rf"(?:{_NAME}){_INDEX}(?:\([\w,\s]*\))?"
    rf"|\|\s*(?:{_NAME}){_INDEX}\s*\||\\frac\{{(?:{_NAME}){_INDEX}\}}\{{(?:{_NAME}){_INDEX}\}}"
    rf"|\((?:\s*(?:{_NAME}){_INDEX}\s*,?)+\)"
)
_MOST_LETTERS, _MOST_DEPTH = 8_000, 30
"""Of an answer that is taken apart; a larger one is one formula."""
_BETTER = tuple(
    (re.compile(pattern), better)
    for pattern, better in [
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\\boxed\s*(?=\{)", ""),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\[?\s*\\begin\{array\}\s*\{[clr| ]*\}", r"\\begin{matrix}"),
        (r"\\end\{array\}\s*\]?", r"\\end{matrix}"),
    ]
)
_PLUS_MINUS, _MINUS_PLUS = re.compile(r"\\pm(?![A-Za-z])|±"), re.compile(r"\\mp(?![A-Za-z])|∓")
_MATRIX = re.compile(r"(\\begin\{[pbB]?matrix\}.*?\\end\{[pbB]?matrix\})", re.DOTALL)
_MOST_MATRICES = 5
"""Matrices and the signs between them."""
_TIMES = ("", r"\cdot", r"\times", "*")


@dataclass(frozen=True)
class Answer:
    """A final answer in pieces: a ``value`` is one formula, anything else but words holds ``items``.

    ``label`` is what stood before an equals sign, ``whole`` the text with it, ``ends`` the brackets of an interval
    or a tuple.
    """

    shape: Shape
    text: str
    items: tuple[Answer, ...] = ()
    label: str = ""
    ends: str = ""
    percent: bool = False
    whole: str = ""

    def __str__(self) -> str:
        return self.text


def read_answer(text: str, *, plain: bool = False) -> Answer:
    r"""The pieces of an answer; ``plain`` text may have a decimal comma.

    >>> [(item.label, item.text) for item in read_answer(r"x = 1 \text{ or } x = 2").items]
    [('x', '1'), ('x', '2')]
    >>> read_answer(r"15\text{ cm}^2").text
    '15'
    """
    if len(text) < _MOST_LETTERS and _ALL_WORDS.fullmatch(text.strip()):
        words = " ".join(_TEXT.sub(r" \1 ", text).split())
        return Answer("words", words.strip("() .").casefold())
    if len(text) > _MOST_LETTERS:
        return Answer("value", text, whole=text)
    clean = _cleaned(text, plain)
    deep = max((depth for _, depth in _depths(clean)), default=0) > _MOST_DEPTH
    return Answer("value", clean, whole=clean) if deep else _answer(clean)


def _cleaned(text: str, plain: bool) -> str:
    text = " ".join(text.split())
    if "\\begin" not in text:
        text = re.sub(r"\\\\(?=[A-Za-z(){}\[\]])", r"\\", text)
        text = _TEXT.sub(lambda m: f" {m[1]} " if _AND.fullmatch(m[1].strip()) else m.group(), text)
        text = _LONE_LETTER.sub(r" \1 ", _TEXT_UNIT.sub(" ", text))
    text = _SPACE.sub(" ", _BETWEEN_DIGITS.sub("", text))
    text = _DEGREE.sub("", text).replace("\\!", "").replace("\\,", " ")
    for pattern, better in _BETTER:
        text = pattern.sub(better, text)
    text = _CURRENCY.sub("", text).strip().rstrip(".,;:").strip()
    text = _UNIT.sub("", text).strip() if not _PERCENT.search(text) and not _AND.search(text) else text
    if _GROUPED.fullmatch(text) or _SPACED.fullmatch(text):
        return re.sub("[ ,]", "", text)
    return text.replace(",", ".") if plain and _DECIMAL_COMMA.fullmatch(text) else text


def _answer(text: str) -> Answer:
    for separator in (";", ","):
        pieces = list(_pieces(text, separator))
        if len(pieces) > 1:
            signed = [sign for piece in pieces for sign in _signs(piece)]
            return Answer("list", text, tuple(_answer(piece) for piece in signed), whole=text)
    signs = _signs(text.strip())
    return _single(text.strip()) if len(signs) == 1 else Answer("list", text, tuple(map(_single, signs)), whole=text)


def _signs(text: str) -> list[str]:
    """The text once with each sign of its plus-minus."""
    if "\\pm" not in text and "±" not in text:
        return [text]
    return [_PLUS_MINUS.sub(plus, _MINUS_PLUS.sub(minus, text)) for plus, minus in ("+-", "-+")]


def _pieces(text: str, separator: str) -> Iterator[str]:
    """Cut outside all brackets; "and" and "or" cut where commas do."""
    if separator == ",":
        text = _AND.sub(",", text)
    start = 0
    for place, depth in _depths(text):
        if depth == 0 and text[place] == separator:
            if text[start:place].strip():
                yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Places with the number of brackets open there, of whatever kind; intervals need not match."""
    depth = 0
    for place, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(0, depth - 1)
        if text.startswith("\\begin", place):
            depth += 1
        elif text.startswith("\\end", place):
            depth = max(0, depth - 1)
        yield place, depth


def _single(text: str) -> Answer:
    label, value = _unlabelled(text)
    if label:
        inner = _answer(value)
        return replace(inner, label=label, whole=text)
    parts = [part.strip() for part in _CUP.split(text)]
    if len(parts) > 1 and all(part[:1] in ("(", "[", "\\") for part in parts):
        return Answer("list", text, tuple(_bracketed(part) for part in parts), whole=text)
    bounds = _bounds(text)
    if bounds:
        return _interval(text, *bounds)
    matrix = _matrix(text)
    if matrix is not None:
        return matrix
    percent = bool(_PERCENT.search(text)) and "\\begin" not in text
    bare = _PERCENT.sub("", text).strip() if percent else text
    return Answer("value", bare, percent=True, whole=bare) if percent else _bracketed(bare)


Cells = list[list[str]]


def _matrix(text: str) -> Answer | None:
    """Matrices, and their sums and products, entry by entry; None where the text is something else."""
    first, *parts = _MATRIX.split(text)
    last = parts.pop() if parts else ""
    if not parts or len(parts) > _MOST_MATRICES or first.strip("([ ") or last.strip(")] "):
        return None
    signs = [sign.strip() for sign in parts[1::2]]
    terms = [("+", _cells(parts[0]))]
    for sign, cells in zip(signs, map(_cells, parts[2::2]), strict=True):
        if sign in _TIMES:
            terms[-1] = (terms[-1][0], _product(terms[-1][1], cells))
        elif sign in ("+", "-"):
            terms.append((sign, cells))
        else:
            return None
    if any(not cells or _size(cells) != _size(terms[0][1]) for _, cells in terms):
        return None
    cells = terms[0][1]
    for sign, more in terms[1:]:
        both = zip(cells, more, strict=True)
        cells = [[f"({a}){sign}({b})" for a, b in zip(*rows, strict=True)] for rows in both]
    rows = tuple(Answer("matrix", "&".join(row), tuple(map(_answer, row))) for row in cells)
    return Answer("matrix", text, rows, whole=text)


def _cells(text: str) -> Cells:
    """The rows of one matrix; none where its rows differ in length."""
    inside = text[text.index("}") + 1 : text.rindex("\\end")]
    rows = [[cell.strip() for cell in row.split("&")] for row in re.split(r"\\\\", inside) if row.strip()]
    return rows if len({len(row) for row in rows}) == 1 and "\\begin" not in inside else []


def _size(cells: Cells) -> tuple[int, int]:
    return len(cells), len(cells[0]) if cells else 0


def _product(left: Cells, right: Cells) -> Cells:
    if _size(left)[1] != len(right):
        return []
    columns = list(zip(*right, strict=True))
    return [["+".join(f"({a})*({b})" for a, b in zip(row, column, strict=True)) for column in columns] for row in left]


def _interval(text: str, low: str, opening: str, closing: str, high: str, middle: str) -> Answer:
    """``a < x <= b`` as brackets; ``a <= |x| <= b`` as two of them."""
    first, last = "[" if "=" in opening else "(", "]" if "=" in closing else ")"
    upper = Answer("square", text, (_answer(low), _answer(high)), ends=first + last, whole=text)
    if not middle.startswith("|"):
        return upper
    mirrored = {"[": "]", "(": ")", "]": "[", ")": "("}
    ends = mirrored[last] + mirrored[first]
    lower = Answer("square", text, (_answer(f"-({high})"), _answer(f"-({low})")), ends=ends)
    return Answer("list", text, (lower, upper), whole=text)


def _bracketed(text: str) -> Answer:
    for opening, closing in ((r"\{", r"\}"), ("{", "}"), ("(", ")"), ("[", "]"), ("(", "]"), ("[", ")")):
        inside = text[len(opening) : len(text) - len(closing)]
        if not (text.startswith(opening) and text.endswith(closing)) or not _encloses(text, opening, closing):
            continue
        if opening == "{":
            return _answer(inside)
        inner = _answer(inside) if opening != r"\{" else Answer("list", inside, _set_items(inside))
        if inner.shape == "list":
            shape: Shape = "set" if opening == r"\{" else "round" if opening + closing == "()" else "square"
            return Answer(shape, text, inner.items, ends=opening + closing, whole=text)
        if opening == "(":
            return replace(inner, text=text, whole=text)
    return Answer("value", text, whole=text)


def _set_items(inside: str) -> tuple[Answer, ...]:
    inner = _answer(inside)
    return inner.items if inner.shape == "list" else (inner,)


def _encloses(text: str, opening: str, closing: str) -> bool:
    """Whether the first bracket is closed by the last."""
    last = len(text) - 1
    first = len(opening) - 1
    return all(depth > 0 for place, depth in _depths(text) if first <= place < last)


def _sides(text: str) -> list[tuple[str, str]]:
    """The sides of a chain of relations, each with the relation before it."""
    depths = dict(_depths(text))
    found, start, before = [], 0, ""
    for match in _RELATION.finditer(text):
        if depths[match.start()] == 0 and match.start() >= start:
            found.append((before, text[start : match.start()].strip()))
            before, start = _ORDER.get(match.group(), match.group()), match.end()
    return [*found, (before, text[start:].strip())]


def _unlabelled(text: str) -> tuple[str, str]:
    r"""What an answer names, and its value: the last of a chain of equals, before an approximation of it."""
    sides = _sides(text)
    signs = {before for before, _ in sides[1:]}
    if not signs or not signs <= {"=", "approx", "in", ":"} or (signs == {":"}):
        return "", text
    parts = [(before, side) for before, side in sides if side]
    while len(parts) > 2 and parts[-1][0] == "approx":
        parts.pop()
    ratio = [index for index, (before, _) in enumerate(parts) if before not in ("", ":")]
    if not ratio:
        return "", text
    head = ":".join(side for _, side in parts[: ratio[0]])
    named = all(_LABEL.fullmatch(side) for _, side in parts[: ratio[0]])
    value = ":".join(side for _, side in parts[ratio[-1] :])
    chained = len(ratio) > 1 and "=" in signs and bool(_LABEL.fullmatch(parts[0][1]))
    worked_out = signs == {"="} and not any(_LETTER.search(_COMMAND.sub("", parts[at][1])) for at in (0, -1))
    return (head, value) if named or chained or worked_out else ("", text)


def _bounds(text: str) -> tuple[str, str, str, str, str] | None:
    """``a < x <= b`` as the ends of an interval, and what lies in it."""
    sides = _sides(text)
    if len(sides) != 3 or not _LABEL.fullmatch(sides[1][1]):
        return None
    (_, low), (first, middle), (second, high) = sides
    if {first, second} <= {"<", "<="}:
        return low, first, second, high, middle
    return (high, second, first, low, middle) if {first, second} <= {">", ">="} else None
