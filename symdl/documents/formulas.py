"""The formulas of a document, each with its place and the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from symdl.core import Place, ReadError
from symdl.notation.latex import read, read_rows
from symdl.notation.syntax import Node, Parsed, Relation, Remark
from symdl.notation.text import read_text

from .blocks import Outline, Topic, outline
from .document import Document, Math

_LONGEST_ROWS = 5_000
_BREAK = re.compile(r"\\\\(?:\*?\[[^\]]*\])?|\\(?:cr|newline)(?![A-Za-z])")
_CELLS = re.compile(r"[\s&]*")


@dataclass(frozen=True)
class Row:
    """A row of a chain that takes several: its text, its place, and which links end in it.

    ``start`` is its offset in the span, ``links`` the first link of the row and the one behind the last.
    """

    tex: str
    start: int
    place: Place
    links: tuple[int, int]


@dataclass(frozen=True)
class Formula:
    """One statement of a math span.

    ``span`` is the text between the delimiters, ``tex`` the part of it that is this statement.
    ``position`` is where the span begins in the document. ``node`` is None when ``error`` says what
    could not be read. ``before`` and ``after`` are the words of the sentence around the span,
    ``column`` is the head of its column in a table, ``rows`` are those of a chain that takes several, ``plain``
    says that it is written in ASCII. ``macros`` are the document's.
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
    rows: tuple[Row, ...] = ()
    plain: bool = False
    macros: Mapping[str, str] = field(default_factory=dict, compare=False)

    def source(self, node: Node) -> str:
        """The text that a part of the formula was read from."""
        return self.span[node.start : node.end]

    def edited(self, changes: dict[tuple[int, int], str]) -> str:
        """The statement with the text of some parts, by their offsets in the span, replaced."""
        return edited(self.tex, self.node.start if self.node is not None else 0, changes)


def edited(text: str, start: int, changes: Mapping[tuple[int, int], str]) -> str:
    """A piece of a span that begins at ``start``, with the text of some parts replaced.

    >>> edited("a + b", 10, {(14, 15): "c"})
    'a + c'
    """
    moved = 0
    for (first, last), new in sorted(changes.items()):
        text = text[: first - start + moved] + new + text[last - start + moved :]
        moved += len(new) - (last - first)
    return text


def formulas(document: Document) -> tuple[tuple[Formula, ...], Outline]:
    """Every statement of every formula of a document, and the outline of its notes.

    >>> from symdl.documents.containers import read_document
    >>> found, _ = formulas(read_document("The rule is $a = 1, \\\\quad b = 2$."))
    >>> [(formula.tex, formula.place.column, formula.before) for formula in found]
    [('a = 1', 14, 'The rule is'), ('b = 2', 27, 'The rule is')]
    """
    math = document.reading.math
    structure = outline(document.text, [span.outer for span in math])
    drafts = (draft for span in math for draft in _statements(document, span, structure))
    return tuple(Formula(number, *draft, macros=document.macros) for number, draft in enumerate(drafts)), structure


_Draft = tuple[
    str,
    str,
    int,
    Place,
    Topic,
    str,
    str,
    str,
    Node | None,
    ReadError | None,
    tuple[Remark, ...],
    tuple[Row, ...],
    bool,
]


def _statements(document: Document, span: Math, structure: Outline) -> Iterator[_Draft]:
    start, end = span.outer
    words = (structure.words_before(start), structure.words_after(end), structure.column(start))
    topic = structure.topic(start)
    tex = document.text[span.start : span.end]
    for first, last, row in _rows(tex, document.macros, span.plain):
        if isinstance(row, ReadError):
            place = document.place(span.start + first, span.start + last)
            yield tex, tex[first:last], span.start, place, topic, *words, None, row, (), (), span.plain
            continue
        for node in row.statements:
            place = document.place(span.start + node.start, span.start + node.end)
            remarks = tuple(r for r in row.remarks if node.start <= r.start < node.end)
            rows = tuple(_chain_rows(document, span, tex, node))
            yield tex, row.source(node), span.start, place, topic, *words, node, None, remarks, rows, span.plain


def _chain_rows(document: Document, span: Math, tex: str, node: Node) -> Iterator[Row]:
    """The rows of a chain that takes several; nothing for one that stands on one row."""
    breaks = list(_breaks(tex, node))
    if not breaks or not isinstance(node, Relation):
        return
    starts = [(0, node.start), *breaks]
    for (first, start), (last, _) in zip(starts, [*breaks, (len(node.rest), 0)], strict=True):
        end = node.sides[last].end
        yield Row(tex[start:end], start, document.place(span.start + start, span.start + end), (first, last))


def _breaks(tex: str, node: Node) -> Iterator[tuple[int, int]]:
    """The links that begin a new row, and the offset where it begins."""
    for number, (before, side) in enumerate(pairwise(node.sides) if isinstance(node, Relation) else ()):
        found = _BREAK.search(tex, before.end, side.start)
        if found is not None:
            yield number, _CELLS.match(tex, found.end()).end()  # type: ignore[union-attr]


def _rows(tex: str, macros: Mapping[str, str], plain: bool) -> list[tuple[int, int, Parsed | ReadError]]:
    """A span as a whole, or where it cannot be read so, row by row."""
    try:
        return [(0, len(tex), read_text(tex, "plain") if plain else read(tex, macros))]
    except ReadError as error:
        rows = read_rows(tex, macros) if len(tex) <= _LONGEST_ROWS else []
        return rows if len(rows) > 1 else [(0, len(tex), error)]
