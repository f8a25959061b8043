"""A file that only grows, batch by batch, and a journal beside it: what a kill leaves can be continued.

The journal's first line is the fingerprint of the run. Each further line tells how many rows and bytes the file
holds after a batch, and the batch's checksum; it is written once the batch is on disk. Whatever stands behind the
last whole line of the journal was not finished: it is cut off, and graded again.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from symdl.core import InputError

Fingerprint = Mapping[str, str]
"""What must be the same for a run to be continued: the name of each thing, and its value or hash."""


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Journal:
    """The rows of an output file that are done, across kills.

    Raises :class:`InputError` where the file is of another run, is being written by one, or was changed since.
    """

    def __init__(self, path: Path, fingerprint: Fingerprint) -> None:
        self.path = path
        self.rows = 0
        self.size = 0
        self.counts: Mapping[str, int] = {}
        self.finished = False
        self.beside = path.with_name(path.name + ".journal")
        known = self.beside.exists() and path.exists()
        if path.exists() and not known and path.stat().st_size:
            raise InputError(f"{path} exists, and no journal beside it", remedy="remove it, or name another file")
        self._journal = self.beside.open("r+b" if self.beside.exists() else "w+b")
        self._lock()
        entries = self._entries() if known else []
        if len(entries) > 1:
            self._compare(entries[0], fingerprint)
        else:
            self._begin(fingerprint)
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._continue(entries[1:])

    def append(self, rows: int, data: bytes, counts: Mapping[str, int]) -> None:
        """Add the bytes of so many rows, and then say so in the journal, with what is counted of all rows so far."""
        self._file.write(data)
        _to_disk(self._file)
        self.rows += rows
        self.size += len(data)
        self.counts = dict(counts)
        self._note({**self._state(), "batch": len(data), "crc": zlib.crc32(data)})

    def finish(self) -> None:
        """Say that no row is left."""
        if not self.finished:
            self._note({**self._state(), "finished": True})
            self.finished = True

    def _state(self) -> dict[str, object]:
        return {"rows": self.rows, "bytes": self.size, "counts": self.counts}

    def close(self) -> None:
        """Give the files back."""
        self._file.close()
        self._journal.close()

    def _lock(self) -> None:
        """One run at a time, where the system can tell; a lock ends with its process."""
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._journal.close()
            raise InputError(
                f"another run is writing {self.path}", remedy="wait for it, or name another file"
            ) from None

    def _entries(self) -> list[dict[str, Any]]:
        """The whole lines of the journal; a torn last one is cut off."""
        data = self._journal.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._journal.truncate(len(whole))
        self._journal.seek(len(whole))
        try:
            return [json.loads(line) for line in whole.splitlines()]
        except ValueError:
            self._journal.close()
            raise InputError(f"{self.beside} is no journal", remedy=f"remove it and {self.path}") from None

    def _begin(self, fingerprint: Fingerprint) -> None:
        self._journal.seek(0)
        self._journal.truncate()
        self._note(dict(fingerprint))

    def _compare(self, before: Mapping[str, object], now: Fingerprint) -> None:
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            self._journal.close()
            remedy = f"remove {self.path} to begin anew, or name another file"
            raise InputError(f"{self.path} was begun with another {' and '.join(changed)}", remedy=remedy)

    def _continue(self, entries: list[dict[str, Any]]) -> None:
        if entries:
            last = entries[-1]
            self.rows, self.size = last["rows"], last["bytes"]
            self.counts = last["counts"]
            self.finished = bool(last.get("finished"))
            self._check([entry for entry in entries if "crc" in entry])
        self._file.truncate(self.size)
        self._file.seek(self.size)

    def _check(self, batches: list[dict[str, Any]]) -> None:
        length = batches[-1]["batch"] if batches else 0
        self._file.seek(self.size - length)
        data = self._file.read(length)
        if batches and (len(data) < length or zlib.crc32(data) != batches[-1]["crc"]):
            self.close()
            raise InputError(f"{self.path} was changed since the last batch", remedy="remove it to begin anew")

    def _note(self, entry: Mapping[str, object]) -> None:
        self._journal.write(json.dumps(entry).encode() + b"\n")
        _to_disk(self._journal)


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
