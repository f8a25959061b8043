"""Typed reading of TOML tables: what is wrong is collected with its place, never raised at the first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .toml_places import Path, Places, line_and_column

_NUMBER = re.compile(r"[+-]?[0-9]{0,99}(?:\.[0-9]{0,99})?(?:e[+-]?[0-9]{1,2})?(?:/[0-9]{1,99})?", re.IGNORECASE)
"""What is taken for an exact number: its size is bounded before it is computed."""


class Decimal(float):
    """A decimal that remembers how it was written."""

    written: str

    def __new__(cls, text: str) -> Decimal:
        """The decimal of a TOML float."""
        value = super().__new__(cls, text)
        value.written = text.replace("_", "")
        return value


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file of questions: where, what, and what to do."""

    line: int
    column: int
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Document:
    """A TOML text with its values, their places, and the problems found so far."""

    text: str
    values: dict[str, Any]
    places: Places
    problems: list[Problem] = field(default_factory=list)

    def blame(self, path: Path, message: str, remedy: str = "") -> None:
        """Note a problem at the nearest place that the text has for a path, once."""
        line, column = line_and_column(self.text, self.places.get(self._nearest(path), 0))
        problem = Problem(line, column, message, remedy)
        if problem not in self.problems:
            self.problems.append(problem)

    def _nearest(self, path: Path) -> Path:
        """The longest beginning of a path that has a place; what a question takes from the defaults stands there."""
        if len(path) > 2 and path[:3] not in self.places:
            inherited = ("defaults", *path[2:])
            path = inherited if inherited[:2] in self.places else path
        while path and path not in self.places:
            path = path[:-1]
        return path

    def line(self, path: Path) -> int:
        """The line where a value stands."""
        return line_and_column(self.text, self.places.get(path, 0))[0]


@dataclass(frozen=True)
class Table:
    """One table of a document."""

    document: Document
    path: Path
    values: dict[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def blame(self, key: str | int | None, message: str, remedy: str = "") -> None:
        """Note a problem at a key, or at the table itself."""
        self.document.blame(self.path if key is None else (*self.path, key), message, remedy)

    def only(self, known: Sequence[str], what: str) -> None:
        """Note every key that is not known, with the nearest that is."""
        for key in self.values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
                remedy = f"did you mean {close[0]}?" if close else f"the keys are {', '.join(known)}"
                self.blame(key, f"{what} has no key {key}", remedy)

    def string(self, key: str, default: str = "") -> str:
        """A text; a number counts as it is written."""
        value = self.values.get(key, default)
        text = as_text(value)
        if text is None:
            self.blame(key, f"{key} is {_kind(value)}, not a text", f"write {key} = '...'")
            return default
        return text

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts; one alone counts as a list of one."""
        value = self.values.get(key, [])
        entries = value if isinstance(value, list) else [value]
        texts = [as_text(entry) for entry in entries]
        for number, text in enumerate(texts):
            if text is None:
                where = (*self.path, key, number)
                self.document.blame(where, f"{key} holds {_kind(entries[number])}", f"write {key} = ['...', '...']")
        return tuple(text for text in texts if text is not None)

    def number(self, key: str, default: float) -> float:
        """A finite number, at least 0."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            self.blame(key, f"{key} is {_kind(value)}, not a number from 0 on", f"write {key} = 1")
            return default
        return float(value)

    def integer(self, key: str) -> int | None:
        """A positive integer, or None where there is none."""
        value = self.values.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            self.blame(key, f"{key} is {_kind(value)}, not a positive integer", f"write {key} = 3")
            return None
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.blame(key, f"{key} is {_kind(value)}, not true or false", f"write {key} = true")
            return default
        return value

    def fraction(self, key: str, default: Fraction | None = None) -> Fraction | None:
        """An exact number, as written."""
        return self.exact((key,), self.values.get(key), default)

    def exact(self, keys: Path, value: object, default: Fraction | None = None) -> Fraction | None:
        """The exact value of a number or of a text such as 1/3, found at some keys of this table."""
        if value is None:
            return default
        text = as_text(value) or ""
        try:
            return Fraction(text if _NUMBER.fullmatch(text) else "")
        except (ValueError, ZeroDivisionError):
            self.document.blame((*self.path, *keys), f"{_kind(value)} is no number", "write 2, 0.5 or '1/3'")
            return default

    def one_of(self, key: str, known: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self.string(key, default)
        if value not in known:
            close = difflib.get_close_matches(value, known, n=1, cutoff=0.6)
            remedy = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}"
            self.blame(key, f"{key} is {value!r}", remedy)
            return default
        return value

    def table(self, key: str) -> Table:
        """A table within, empty where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.blame(key, f"{key} is {_kind(value)}, not a table", f"write [{key}] above its keys")
            value = {}
        return Table(self.document, (*self.path, key), value)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.blame(key, f"{key} is no array of tables", f"write [[{key}]] above each")
            return
        for number, entry in enumerate(value):
            yield Table(self.document, (*self.path, key, number), entry)


def as_text(value: object) -> str | None:
    """A value as it was written, None for what is no text, number, true or false."""
    written: Callable[[Any], str] | None = next((write for kind, write in _WRITTEN if isinstance(value, kind)), None)
    return None if written is None else written(value)


_WRITTEN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, str),
    (bool, lambda value: str(value).lower()),
    (int, str),
    (Decimal, lambda value: value.written),
)


def _kind(value: object) -> str:
    names = {dict: "a table", list: "a list"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), repr(as_text(value) or str(value)))
