"""The formulas of a document, each with its place and the words around it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from symdl.core import Place, ReadError
from symdl.notation.latex import read, read_rows
from symdl.notation.spans import MathSpan, SpanProblem, find_math
from symdl.notation.syntax import Node, Parsed, Remark

from .blocks import Outline, Topic, outline

_OPENING = re.compile(r"(\$\$?|\\{1,2}[(\[])\s*$")
_LONGEST_ROWS = 5_000
_CLOSING = re.compile(r"\s*(\$\$?|\\{1,2}[)\]])")


@dataclass(frozen=True)
class Formula:
    """One statement of a math span.

    ``span`` is the text between the delimiters, ``tex`` the part of it that is this statement.
    ``position`` is where the span begins in the document. ``node`` is None when ``error`` says what
    could not be read. ``before`` and ``after`` are the words of the sentence around the span,
    ``column`` is the head of its column in a table.
    """

    number: int
    span: str
    tex: str
    position: int
    place: Place
    topic: Topic
    before: str
    after: str
    column: str
    node: Node | None = None
    error: ReadError | None = None
    remarks: tuple[Remark, ...] = ()

    def source(self, node: Node) -> str:
        """The text that a part of the formula was read from."""
        return self.span[node.start : node.end]

    def edited(self, changes: dict[tuple[int, int], str]) -> str:
        """The statement with the text of some parts, by their offsets in the span, replaced."""
        start = self.node.start if self.node is not None else 0
        text, moved = self.tex, 0
        for (first, last), new in sorted(changes.items()):
            text = text[: first - start + moved] + new + text[last - start + moved :]
            moved += len(new) - (last - first)
        return text


def formulas(text: str) -> tuple[tuple[Formula, ...], Outline, tuple[SpanProblem, ...]]:
    """Every statement of every math span, the outline of the text, and delimiters without a partner.

    >>> found, _, _ = formulas("The rule is $a = 1, \\\\quad b = 2$.")
    >>> [(formula.tex, formula.place.column, formula.before) for formula in found]
    [('a = 1', 14, 'The rule is'), ('b = 2', 27, 'The rule is')]
    """
    math = find_math(text)
    structure = outline(text, [_outer(text, span) for span in math.spans])
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    drafts = (draft for span in math.spans for draft in _statements(text, span, structure, lines))
    numbered = tuple(Formula(number, *draft) for number, draft in enumerate(drafts))
    return numbered, structure, math.problems


def _outer(text: str, span: MathSpan) -> tuple[int, int]:
    """The range of a span with its delimiters."""
    opening = _OPENING.search(text, max(0, span.start - 40), span.start)
    closing = _CLOSING.match(text, span.end)
    return opening.start() if opening else span.start, closing.end() if closing else span.end


_Draft = tuple[str, str, int, Place, Topic, str, str, str, Node | None, ReadError | None, tuple[Remark, ...]]


def _statements(text: str, span: MathSpan, structure: Outline, lines: list[int]) -> Iterator[_Draft]:
    start, end = _outer(text, span)
    words = (structure.words_before(start), structure.words_after(end), structure.column(start))
    topic = structure.topic(start)
    for first, last, row in _rows(span.tex):
        if isinstance(row, ReadError):
            place = _place(lines, span.start + first, span.start + last)
            yield span.tex, span.tex[first:last], span.start, place, topic, *words, None, row, ()
            continue
        for node in row.statements:
            place = _place(lines, span.start + node.start, span.start + node.end)
            remarks = tuple(r for r in row.remarks if node.start <= r.start < node.end)
            yield span.tex, row.source(node), span.start, place, topic, *words, node, None, remarks


def _rows(tex: str) -> list[tuple[int, int, Parsed | ReadError]]:
    """A span as a whole, or where it cannot be read so, row by row."""
    try:
        return [(0, len(tex), read(tex))]
    except ReadError as error:
        rows = read_rows(tex) if len(tex) <= _LONGEST_ROWS else []
        return rows if len(rows) > 1 else [(0, len(tex), error)]


def _place(lines: list[int], first: int, last: int) -> Place:
    line = bisect_right(lines, first)
    return Place(line, first - lines[line - 1] + 1, bisect_right(lines, last - 1))
