"""Where each key and value of a TOML text stands: tomllib gives the values alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document to a value."""
Places = Mapping[Path, int]
"""The position of each value's key (of an array's element: of the element itself) in the text."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*(\.)?""")
_STRING = re.compile(
    r'"{3}(?:[^\\]|\\.)*?"{3,5}(?!")' r"|'{3}.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\r\n]*")


def places(text: str) -> Places:
    r"""The places in a text that tomllib has read.

    >>> found = places('[[question]]\nid = "one"\nrejected = ["a",\n  "b"]\n')
    >>> [line_and_column('[[question]]\nid = "one"\nrejected = ["a",\n  "b"]\n', at) for at in found.values()]
    [(1, 3), (1, 3), (2, 1), (3, 1), (3, 13), (4, 3)]
    >>> list(found)[-1]
    ('question', 0, 'rejected', 1)
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.found


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Line and column of a position, both from 1."""
    return text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while True:
            self._skip_blank()
            if self.position >= len(self.text):
                return
            table = self._header() if self.text[self.position] == "[" else self._pair(table)

    def _skip_blank(self) -> None:
        self.position = self._end(_BLANK)

    def _end(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.position)
        return match.end() if match else self.position

    def _keys(self) -> tuple[list[str], int]:
        """A dotted key and where it starts."""
        keys: list[str] = []
        start = -1
        while match := _KEY.match(self.text, self.position):
            group = next(group for group in (1, 2, 3) if match.group(group) is not None)
            start = match.start(group) - (group > 1) if start < 0 else start
            keys.append(match.group(group))
            self.position = match.end()
            if match.group(4) is None:
                break
        return keys, start

    def _header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self.position) else 1
        self.position += brackets
        keys, start = self._keys()
        self.position += brackets
        path: Path = ()
        for key in keys[:-1]:
            self.found.setdefault((*path, key), start)
            path = self._latest((*path, key))
        path = (*path, keys[-1])
        if brackets == 1:
            path = self._latest(path)
        else:
            self.found.setdefault(path, start)
            self.counts[path] = self.counts.get(path, 0) + 1
            path = self._latest(path)
        self.found[path] = start
        return path

    def _latest(self, path: Path) -> Path:
        """The last table of an array of tables, where the path names one."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _pair(self, table: Path) -> Path:
        keys, start = self._keys()
        path = (*table, *keys)
        for length in range(len(table) + 1, len(path) + 1):
            self.found.setdefault(path[:length], start)
        self.position += 1  # the sign =
        self._value(path)
        return table

    def _value(self, path: Path) -> None:
        self._skip_blank()
        opening = self.text[self.position]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline(path)
        else:
            self.position = self._end(_STRING if opening in "\"'" else _BARE)

    def _array(self, path: Path) -> None:
        self.position += 1
        number = 0
        while True:
            self._skip_blank()
            if self.text[self.position] == "]":
                break
            self.found[(*path, number)] = self.position
            self._value((*path, number))
            number += 1
            self._separator()
        self.position += 1

    def _inline(self, path: Path) -> None:
        self.position += 1
        while True:
            self._skip_blank()
            if self.text[self.position] == "}":
                break
            self._pair(path)
            self._separator()
        self.position += 1

    def _separator(self) -> None:
        self._skip_blank()
        if self.text[self.position] == ",":
            self.position += 1
