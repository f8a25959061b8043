"""Text whose characters know where in their source they came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Located:
    """A text made of pieces of a source.

    ``marks`` are pairs (offset here, offset in the source), ascending in the first: from each on, both
    count up together. Text that stands in no source takes the place of what is before it.

    >>> source = Located.whole("Adam\\n====")
    >>> title = Located("# ") + source[:4]
    >>> title.text, title.origin(2)
    ('# Adam', 0)
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def whole(text: str) -> Located:
        """A source itself."""
        return Located(text, ((0, 0),))

    @staticmethod
    def join(parts: Iterable[Located]) -> Located:
        """The parts one after the other."""
        texts: list[str] = []
        marks: list[tuple[int, int]] = []
        length = 0
        for part in parts:
            marks += [(length + here, there) for here, there in part.marks]
            texts.append(part.text)
            length += len(part.text)
        return Located("".join(texts), tuple(marks))

    @cached_property
    def _heres(self) -> list[int]:
        return [here for here, _ in self.marks]

    def origin(self, offset: int) -> int:
        """Where in the source the character at ``offset`` stands."""
        found = bisect_right(self._heres, offset) - 1
        if found < 0:
            return self.marks[0][1] if self.marks else 0
        here, there = self.marks[found]
        return there + offset - here

    def __getitem__(self, piece: slice) -> Located:
        start, stop, _ = piece.indices(len(self.text))
        first = max(0, bisect_right(self._heres, start) - 1)
        last = bisect_right(self._heres, max(start, stop - 1))
        kept = self.marks[first:last]
        marks = tuple((max(0, here - start), there + max(0, start - here)) for here, there in kept if start < stop)
        return Located(self.text[start:stop], marks)

    def __add__(self, other: Located) -> Located:
        return Located.join((self, other))

    def __bool__(self) -> bool:
        return bool(self.text)

    def lines(self) -> Iterator[Located]:
        """The lines, without their ends."""
        start = 0
        for line in self.text.split("\n"):
            yield self[start : start + len(line)]
            start += len(line) + 1

    def stripped(self) -> Located:
        """Without spaces at either end."""
        start = len(self.text) - len(self.text.lstrip())
        return self[start : max(start, len(self.text.rstrip()))]

    def within(self, outer: Located) -> Located:
        """This text, which was made of ``outer.text``, with places in the source of ``outer``."""
        marks: list[tuple[int, int]] = []
        for (here, there), following in zip(self.marks, (*self._heres[1:], len(self.text)), strict=True):
            piece = outer[there : there + max(1, following - here)]
            marks += [(here + inner, origin) for inner, origin in piece.marks]
        return Located(self.text, tuple(marks))
