"""What was decided already: pairs that come again are looked up, in bounded memory."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Self

from symdl.core import Question

_KIBIBYTES = 65_536
"""Of memory; what is above it goes to a temporary file that has no name and ends with the process."""


def key_of(question: Question, answer: str) -> bytes:
    """What makes two answers the same: the whole question and the text."""
    return hashlib.blake2b(repr((question, answer)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memory:
    """Marks by key, each as a mapping of plain values.

    >>> with Memory() as memory:
    ...     memory.keep([(b"k", {"grade": "RIGHT"})])
    ...     memory.recall([b"k", b"l"])
    {b'k': {'grade': 'RIGHT'}}
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.execute(f"PRAGMA cache_size = -{_KIBIBYTES}")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("CREATE TABLE marks (key BLOB PRIMARY KEY, mark TEXT) WITHOUT ROWID")

    def recall(self, keys: Iterable[bytes]) -> dict[bytes, Mapping[str, Any]]:
        """The marks of those keys that are known."""
        found = {}
        for key in keys:
            row = self._base.execute("SELECT mark FROM marks WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found[key] = json.loads(row[0])
        return found

    def keep(self, marks: Iterable[tuple[bytes, Mapping[str, Any]]]) -> None:
        """Remember marks."""
        rows = [(key, json.dumps(mark, ensure_ascii=False)) for key, mark in marks]
        self._base.execute("BEGIN")
        self._base.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", rows)
        self._base.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()
