r"""LaTeX formulas to the syntax tree.

:func:`read` takes one math span and gives its statements (an aligned block has one for each row), the
remarks on how it is written and the words between; :func:`parse` takes a single formula.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from symdl.core import ReadError

from .grammar import Parser
from .latex_commands import ROW_SPACING
from .latex_tokens import tokenize
from .raised import with_indices
from .syntax import Node, Parsed
from .tokens import TABLES, check_length

_ROW_MARKS = re.compile(rf"\\(?P<side>begin|end)\{{(?P<name>[A-Za-z]+\*?)\}}|\\\\(?:{ROW_SPACING.pattern})?")
_BRACE = re.compile(r"(?<!\\)[{}]")
_CLOSES = re.compile(r"\s*\}")
_COLOURED = re.compile(r"\\(?:text)?color\s*\{[^{}]*\}\s*\{\s*\Z")
_GOES_ON = re.compile(r"[\s&]*(?:[=<>+\-]|\\(?:le|ge|leq|geq|approx|equiv|leqslant|geqslant|cdot|times|odot)\b)")


def read(text: str, macros: Mapping[str, str] | None = None) -> Parsed:
    r"""Every statement of one math span (without its dollars).

    Raises :class:`ReadError` with the place of what cannot be read.

    >>> parsed = read(r"\hat{A} = 2,\quad f(x) = \max{x,0};")
    >>> [parsed.source(statement) for statement in parsed.statements]
    ['\\hat{A} = 2', 'f(x) = \\max{x,0}']
    >>> parsed.remarks[0].code, parsed.remarks[0].fix
    ('TEX001', '\\max\\{x,0\\}')
    """
    check_length(text)
    parsed = Parser(text, tokenize(text, macros or {}), latex=True).document()
    return replace(parsed, statements=tuple(with_indices(_balanced(node, text)) for node in parsed.statements))


def _balanced(node: Node, text: str) -> Node:
    r"""The statement with the braces around a coloured part of it, ``\textcolor{red}{x}``, complete."""
    start, end = node.start, node.end
    closing, depth = 0, 0
    for brace in _BRACE.findall(text, start, end):
        depth += (brace == "{") - (brace == "}")
        closing, depth = closing + (depth < 0), max(depth, 0)
    while depth and (after := _CLOSES.match(text, end)):
        end, depth = after.end(), depth - 1
    while closing and (before := _COLOURED.search(text, 0, start)):
        start, closing = before.start(), closing - 1
    return node if (start, end) == (node.start, node.end) else replace(node, start=start, end=end)


def read_rows(text: str, macros: Mapping[str, str] | None = None) -> list[tuple[int, int, Parsed | ReadError]]:
    r"""Each row of an aligned block by itself: where it stands, and its statements or why it was not read.

    Rows that go on with an operator or a relation belong to the row before; rows of layout alone are left out.

    >>> [(s, e, type(row).__name__) for s, e, row in read_rows("\\begin{split} a &= 1 \\\\ b &= \\foo \\end{split}")]
    [(14, 20, 'Parsed'), (24, 33, 'ReadError')]
    """
    rows = []
    for start, end in _row_ranges(text):
        alone = " " * start + text[start:end] + " " * (len(text) - end)
        try:
            parsed: Parsed | ReadError = replace(read(alone, macros), text=text)
        except ReadError as error:
            if _is_layout(alone, macros or {}):
                continue
            parsed = ReadError(error.message, text=text, position=error.position, remedy=error.remedy)
        rows.append((start, end, parsed))
    return rows


def _is_layout(row: str, macros: Mapping[str, str]) -> bool:
    r"""Whether a row says nothing: a ``\rule``, a space."""
    try:
        return {token.kind for token in tokenize(row, macros)} <= {"end", "cell"}
    except ReadError:
        return False


def _row_ranges(text: str) -> list[tuple[int, int]]:
    """Where the rows of the aligned blocks in a span stand, without spaces around them."""
    depth, first = 0, 0
    ranges: list[tuple[int, int]] = []
    for mark in _ROW_MARKS.finditer(text + "\\\\"):
        table = mark["name"] is not None and mark["name"].rstrip("*") in TABLES
        depth += (mark["side"] == "begin") - (mark["side"] == "end") if table else 0
        if depth or table:
            continue
        if ranges and _GOES_ON.match(text, first):
            ranges[-1] = (ranges[-1][0], mark.start())
        else:
            ranges.append((first, mark.start()))
        first = mark.end()
    trimmed = [(start + len(text[start:end]) - len(text[start:end].lstrip(" \t\n&")), end) for start, end in ranges]
    return [(start, start + len(text[start:end].rstrip())) for start, end in trimmed if text[start:end].strip()]


def parse(text: str, macros: Mapping[str, str] | None = None) -> Node:
    r"""The one statement of ``text``.

    >>> parse(r"x_t")
    Scripted(base=Name(base='x', decorations=()), subscript=Name(base='t', decorations=()), superscript=None, primes=0)
    """
    return only_statement(read(text, macros))


def only_statement(parsed: Parsed) -> Node:
    """The statement of a text that has one; raises :class:`ReadError` otherwise."""
    if len(parsed.statements) != 1:
        position = parsed.statements[1].start if parsed.statements else 0
        raise ReadError(
            f"{len(parsed.statements)} statements where one is expected",
            text=parsed.text,
            position=position,
            remedy="read them one by one",
        )
    return parsed.statements[0]
