r"""Algorithms as documentation writes them: rows of displayed math, indented, with conditions and assignments.

Read are ``\textbf{for}``, ``\textbf{if}``, ``\textbf{else}``, ``\textbf{input}`` with the argument of each
letter in ``\text{}``, ``\textbf{initialize}``, and assignments by ``\leftarrow``, ``\gets`` or ``=``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_HORIZONTAL = re.compile(r"\\(?:hspace|vspace)\{([\d.]*)[a-z]*\}|\\rule\{[^}]*\}\{[^}]*\}")
_SPACING = re.compile(r"\\[:;,! ]|\\quad|\\qquad|\\(?:big|Big|bigg|Bigg)(?![a-z])|\\(?:left|right)(?![a-z])|~")
_BREAK = re.compile(r"\\\\(?:\[[^\]]*\])?")
_ASSIGN = re.compile(r"\\leftarrow(?![a-z])|\\gets(?![a-z])")
_KEYWORD = re.compile(
    r"^\s*\\?(?:textbf|mathbf|bf)?\s*\{?\\?(?:bf)?\s*(for|if|else\s*if|else|input|initialize|return)\b\s*\}?\s*:?", re.I
)
_REMARK = re.compile(r"\\(?:text|textrm|mathrm)\{\s*\([^{}]*\)\s*\}|\\text\{\s+\}")


@dataclass(frozen=True)
class Row:
    """A row of a display: its line in the text, how far it is indented, and its LaTeX without layout."""

    line: int
    indent: float
    text: str

    @property
    def keyword(self) -> str:
        """for, if, else if, else, input, initialize, return, or nothing."""
        match = _KEYWORD.match(self.text)
        return " ".join(match.group(1).lower().split()) if match else ""

    @property
    def rest(self) -> str:
        """What follows the keyword."""
        return _KEYWORD.sub("", self.text, count=1).strip().rstrip(":").strip()


@dataclass(frozen=True)
class Assigned:
    """``target`` becomes ``value``; both LaTeX."""

    line: int
    target: str
    value: str


@dataclass(frozen=True)
class Choice:
    """Branches by condition, in order; the condition of an else is empty."""

    line: int
    branches: tuple[tuple[str, tuple[Statement, ...]], ...]


Statement = Assigned | Choice


@dataclass(frozen=True)
class Box:
    """An algorithm: its statements, the start of its states, and which argument each letter is called."""

    line: int
    statements: tuple[Statement, ...]
    starts: tuple[Assigned, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    source: str = field(default="", compare=False)


def displays(doc: str) -> Iterator[tuple[int, str]]:
    """The displays of a docstring: the line that each begins at, from 1, and its LaTeX."""
    lines = doc.splitlines()
    index = 0
    while index < len(lines):
        directive = re.match(r"^(\s*)\.\. math::\s*(.*)$", lines[index])
        index += 1
        if directive is None:
            continue
        margin, first = len(directive.group(1)), index
        while index < len(lines) and (not lines[index].strip() or _margin(lines[index]) > margin):
            index += 1
        body = "\n".join(lines[first:index])
        yield first + 1, directive.group(2) + body


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def rows_of(start: int, display: str) -> list[Row]:
    """The rows of a display, those of cases kept together, and a row that goes on with an operator joined."""
    text = re.sub(r"\\(begin|end)\{(aligned|align\*?|split|gather\*?)\}", "", display)
    rows: list[Row] = []
    position = 0
    for piece in _pieces(text):
        line = start + text[:position].count("\n") + len(piece) - len(piece.lstrip("\n"))
        position = text.index(piece, position) + len(piece)
        indent = sum(float(m.group(1) or 0) for m in _HORIZONTAL.finditer(_head(piece)) if m.group(1) is not None)
        body = " ".join(_SPACING.sub(" ", _HORIZONTAL.sub(" ", piece).replace("&", " ")).split())
        if not body:
            continue
        if rows and re.match(r"[+\-*/]", body):
            rows[-1] = Row(rows[-1].line, rows[-1].indent, f"{rows[-1].text} {body}")
        else:
            rows.append(Row(line, indent, body))
    return rows


def _pieces(text: str) -> Iterator[str]:
    """The text between line breaks that stand in no inner environment."""
    depth, begin = 0, 0
    for match in re.finditer(r"\\begin\{|\\end\{|\\\\(?:\[[^\]]*\])?", text):
        if match.group().startswith(r"\begin"):
            depth += 1
        elif match.group().startswith(r"\end"):
            depth -= 1
        elif depth == 0:
            yield text[begin : match.start()]
            begin = match.end()
    yield text[begin:]


def _head(piece: str) -> str:
    """The layout before the first sign of a row."""
    match = re.match(r"(?:\s|&|\\hspace\{[^}]*\}|\\[:;,! ])*", piece)
    return match.group() if match else ""


def box_of(start: int, display: str) -> Box | None:
    """The algorithm in a display; None where nothing is assigned there."""
    rows = rows_of(start, display)
    inputs: list[tuple[str, str]] = []
    starts: list[Assigned] = []
    steps: list[Row] = []
    section = ""
    nested = [row for row in rows if row.keyword == "for"]
    for row in rows:
        if row.keyword in ("input", "initialize", "return", "for"):
            section = row.keyword
        text = row.rest if row.keyword else row.text
        if section == "input":
            inputs += _inputs(text)
        elif section == "initialize":
            starts += [a for part in _parts(text) for a in _assigned(row.line, part)]
        elif row.keyword not in ("for", "return"):
            steps.append(row)
    index = _component(nested[-1].rest) if len(nested) > 1 else ""
    if index:
        steps = [Row(r.line, r.indent, re.sub(rf"\^\{{?{index}\}}?(?![a-z])", "", r.text)) for r in steps]
    statements = tuple(_block(steps))
    return Box(start, statements, tuple(starts), tuple(inputs), display) if statements else None


def _component(text: str) -> str:
    match = re.match(r"(?:\\text\{\s*\})?\s*([a-z])\s*=", text)
    return match.group(1) if match else ""


def _inputs(text: str) -> Iterator[tuple[str, str]]:
    r"""Pairs of a letter and what it is called: ``\gamma \text{ (lr)}``."""
    text = re.sub(r"\\text\{\s*\(\s*\}(.*?)\\text\{([^{}]*)\)\s*\}", r"\\text{(\1\2)}", text)
    for match in re.finditer(
        r"([^,:()]+(?:,[^,:()]+)*?|\(a,b,c\))\s*\\text\{\s*\(([^{}]*)\)\s*\}|\\beta_1\s*,\s*\\beta_2", text
    ):
        if match.group(2):
            yield match.group(1).strip(), match.group(2).strip()


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r",(?![^{]*\})", text) if part.strip()]


def _cases(line: int, target: str, value: str) -> Choice | None:
    """A value by cases as branches: each entry with the condition behind it, without if."""
    match = re.fullmatch(r"\\begin\{cases\}(.*)\\end\{cases\}", value.strip(), re.S)
    if match is None:
        return None
    branches: list[tuple[str, tuple[Statement, ...]]] = []
    for entry in _BREAK.split(match.group(1)):
        plain = re.sub(r"\\(?:text|texttt|mathrm)\{([^{}]*)\}", r" \1 ", entry)
        head, word, condition = (
            re.split(r"\b(if|otherwise|else)\b", plain, maxsplit=1) if entry.strip() else ("", "", "")
        )
        if word:
            branches.append((" ".join(condition.split()), (Assigned(line, target, head.strip().rstrip(",").strip()),)))
    return Choice(line, tuple(branches))


def _stated(line: int, text: str) -> Iterator[Statement]:
    """An assignment, or the branches of one by cases."""
    for assigned in _assigned(line, text):
        yield _cases(line, assigned.target, assigned.value) or assigned


def _assigned(line: int, text: str) -> Iterator[Assigned]:
    plain = re.sub(r"\\text\{\s*(\w+)\s*\([^{}]*\)\s*\}", r"\\text{\1}", _REMARK.sub("", text)).strip()
    sides = _ASSIGN.split(plain) if _ASSIGN.search(plain) else plain.split("=", 1)
    if len(sides) == 2 and sides[0].strip():
        yield Assigned(line, sides[0].strip(), sides[1].strip().rstrip(".,").strip())


def _block(rows: list[Row]) -> Iterator[Statement]:
    """Statements by indentation: what stands deeper under a condition belongs to it."""
    index = 0
    while index < len(rows):
        row = rows[index]
        if row.keyword != "if":
            index += 1
            yield from _stated(row.line, row.text)
            continue
        branches: list[tuple[str, tuple[Statement, ...]]] = []
        while index < len(rows) and rows[index].keyword in (("if",) if not branches else ("else if", "else")):
            head = rows[index]
            end = index + 1
            while end < len(rows) and rows[end].indent > head.indent:
                end += 1
            branches.append((head.rest, tuple(_block(rows[index + 1 : end]))))
            index = end
        yield Choice(row.line, tuple(branches))


def inline_starts(doc: str) -> tuple[Assigned, ...]:
    """Values at time 0 that stand in the text: ``:math:`m_0 = g_0```."""
    found = []
    for match in re.finditer(r":math:`([A-Za-z\\]+_0\s*=[^`=]*)`", doc):
        found += list(_assigned(doc[: match.start()].count("\n") + 1, match.group(1)))
    return tuple(found)
