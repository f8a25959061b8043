"""The formulas of a document, each with its place and the words around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symdl.core import Place, ReadError
from symdl.notation.latex import read, read_rows
from symdl.notation.syntax import Node, Parsed, Remark

from .blocks import Outline, Topic, outline
from .document import Document, Math

_LONGEST_ROWS = 5_000


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
    return tuple(Formula(number, *draft) for number, draft in enumerate(drafts)), structure


_Draft = tuple[str, str, int, Place, Topic, str, str, str, Node | None, ReadError | None, tuple[Remark, ...]]


def _statements(document: Document, span: Math, structure: Outline) -> Iterator[_Draft]:
    start, end = span.outer
    words = (structure.words_before(start), structure.words_after(end), structure.column(start))
    topic = structure.topic(start)
    tex = document.text[span.start : span.end]
    for first, last, row in _rows(tex, document.macros):
        if isinstance(row, ReadError):
            place = document.place(span.start + first, span.start + last)
            yield tex, tex[first:last], span.start, place, topic, *words, None, row, ()
            continue
        for node in row.statements:
            place = document.place(span.start + node.start, span.start + node.end)
            remarks = tuple(r for r in row.remarks if node.start <= r.start < node.end)
            yield tex, row.source(node), span.start, place, topic, *words, node, None, remarks


def _rows(tex: str, macros: Mapping[str, str]) -> list[tuple[int, int, Parsed | ReadError]]:
    """A span as a whole, or where it cannot be read so, row by row."""
    try:
        return [(0, len(tex), read(tex, macros))]
    except ReadError as error:
        rows = read_rows(tex, macros) if len(tex) <= _LONGEST_ROWS else []
        return rows if len(rows) > 1 else [(0, len(tex), error)]
