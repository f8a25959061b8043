"""Reports kept from run to run, keyed by everything that they depend on.

The key is a digest of the text, the container, the macros, the names and of symdl itself: its version
and its files. What cannot be read or written is passed over: a cache is never a reason to fail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath

from symdl import __version__
from symdl.core import FileReport, InputError
from symdl.report.stored import restored, stored

_NAME = ".symdl_cache"
_FORMAT = "1"


def digest(text: str, name: str, macros: Mapping[str, str], names: Mapping[str, str]) -> str:
    """The key of a document."""
    parts = [_FORMAT, _of_symdl(), PurePath(name).suffix.lower(), text]
    parts += [json.dumps(sorted(table.items())) for table in (macros, names)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _of_symdl() -> str:
    """The version, and the size and time of every file of the package."""
    package = Path(__file__).parent.parent
    stats = [(str(file), file.stat()) for file in sorted(package.rglob("*.py"))]
    return repr((__version__, [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]))


@dataclass(frozen=True)
class Cache:
    """Reports in a folder; without one nothing is kept."""

    folder: Path | None

    @staticmethod
    def beside(root: Path) -> Cache:
        """The cache of a project."""
        return Cache(root / _NAME)

    def get(self, key: str, name: str) -> FileReport | None:
        """The report kept under a key, under the name that the document has now."""
        if self.folder is None:
            return None
        try:
            value = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            return replace(restored(value), path=name)
        except (OSError, ValueError, RecursionError, InputError):
            return None

    def put(self, key: str, report: FileReport) -> None:
        """Keep a report; written beside and moved, so that no other run sees half of it."""
        if self.folder is None:
            return
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True)
                (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            part = self.folder / f"{key}.part"
            part.write_text(json.dumps(stored(report)), encoding="utf-8")
            part.replace(self.folder / f"{key}.json")
        except (OSError, UnicodeEncodeError):
            return
