"""A document as every reader of a container gives it: notes, their formulas, and where each stands.

``notes`` is prose in one form for all containers: headings are marked by ``#``, list items by ``-``,
rows of tables by ``|``. Each character knows its place in the source.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from symdl.core import InputError, Place

from .located import Located

_LONGEST_TEXT = 3_000_000
"""Characters of a document; what takes longer to check than anybody waits is refused before work starts."""


@dataclass(frozen=True)
class Math:
    """A formula: the characters between the delimiters, and ``outer`` with them; ``plain`` for one in ASCII."""

    start: int
    end: int
    outer: tuple[int, int]
    display: bool = True
    plain: bool = False


@dataclass(frozen=True)
class Problem:
    """Something amiss in the container itself, with a rule code."""

    message: str
    position: int
    code: str = "READ002"


@dataclass(frozen=True)
class Reading:
    """What a reader found in a text; positions are offsets in ``notes``."""

    notes: Located
    math: tuple[Math, ...] = ()
    problems: tuple[Problem, ...] = ()
    comments: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def join(readings: Iterable[Reading]) -> Reading:
        """Several readings one after the other."""
        parts = list(readings)
        math: list[Math] = []
        problems: list[Problem] = []
        comments: list[tuple[int, int]] = []
        length = 0
        for part in parts:
            math += [_moved(span, length) for span in part.math]
            problems += [replace(problem, position=problem.position + length) for problem in part.problems]
            comments += [(start + length, end + length) for start, end in part.comments]
            length += len(part.notes.text)
        return Reading(Located.join(part.notes for part in parts), tuple(math), tuple(problems), tuple(comments))

    def within(self, outer: Located) -> Reading:
        """This reading of ``outer.text``, with places in the source of ``outer``."""
        return replace(self, notes=self.notes.within(outer))


def _moved(span: Math, by: int) -> Math:
    outer = (span.outer[0] + by, span.outer[1] + by)
    return replace(span, start=span.start + by, end=span.end + by, outer=outer)


def prose(notes: Located) -> Reading:
    """A reading without formulas."""
    return Reading(notes)


def formula(tex: Located, display: bool = True) -> Reading:
    """A reading that is one formula, without outer spaces; empty where there is nothing else."""
    inner = tex.stripped()
    return Reading(inner, (Math(0, len(inner.text), (0, len(inner.text)), display),) if inner else ())


@dataclass(frozen=True)
class Suppression:
    """A comment that silences rules in a range of lines; without codes every rule."""

    place: Place
    codes: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Document:
    """A document read: what the check works on.

    ``source`` is the text that places count in; ``cells`` are the offsets in it where the cells of a
    notebook begin, with their numbers.
    """

    name: str
    container: str
    source: str
    reading: Reading
    macros: Mapping[str, str] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        """The notes."""
        return self.reading.notes.text

    @cached_property
    def _lines(self) -> list[int]:
        return line_starts(self.source)

    @cached_property
    def _cells(self) -> list[int]:
        return [start for start, _ in self.cells]

    @cached_property
    def _begins(self) -> dict[int, int]:
        return {number: begin for begin, number in self.cells}

    def place(self, start: int, end: int | None = None) -> Place:
        """Where the characters of the notes from ``start`` to ``end`` stand in the source."""
        origin = self.reading.notes.origin
        return self.source_place(origin(start), origin(max(start, (start + 1 if end is None else end) - 1)))

    def source_place(self, first: int, last: int) -> Place:
        """The place of a range of characters of the source, both ends within."""
        line, end_line = bisect_right(self._lines, first), bisect_right(self._lines, last)
        column = first - self._lines[line - 1] + 1
        cell = bisect_right(self._cells, first)
        if not cell:
            return Place(line, column, end_line)
        begin, number = self.cells[cell - 1]
        before = bisect_right(self._lines, begin) - 1
        return Place(line - before, column, end_line - before, number)

    def source_offset(self, place: Place) -> int:
        """The offset in the source of a place."""
        before = bisect_right(self._lines, self._begins[place.cell]) - 1 if place.cell is not None else 0
        return self._lines[place.line + before - 1] + place.column - 1


def line_starts(text: str) -> list[int]:
    """The offset of each line."""
    starts = [0]
    while (found := text.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    return starts


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def bounded(text: str) -> str:
    """A text that is not too long to be read; raises :class:`InputError` for a longer one."""
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"this text is longer than {_LONGEST_TEXT:,} characters", remedy="split it")
    return text
