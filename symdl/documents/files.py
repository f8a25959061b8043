"""Files -> texts: one file, standard input, or the documents of a directory in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from symdl.core import InputError

from .containers import SUFFIXES
from .macros import read_macros

_LARGEST_FILE = 20_000_000
_LARGEST_MACROS = 1_000_000
_INPUT = re.compile(r"\\(?:input|include|usepackage|RequirePackage)\s*\{(?P<names>[\w\-., ]{1,200})\}")
_HIDDEN = re.compile(r"^[._]|^node_modules$|\.egg-info$")


def read_text(path: str | Path) -> str:
    """The text of a file.

    Raises :class:`InputError` for what is no file, is no text in UTF-8, or is too large.
    """
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{path} is a directory", remedy="name a file in it")
    if not file.is_file():
        raise InputError(f"{path}: no such file", remedy="check the path")
    if file.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{path} is larger than {_LARGEST_FILE // 1_000_000} MB", remedy="split it")
    return decoded(file.read_bytes(), str(path))


def decoded(content: bytes, name: str) -> str:
    """Bytes as text in UTF-8, with or without a byte order mark; raises :class:`InputError` else."""
    if b"\0" in content:
        raise InputError(f"{name} is a binary file", remedy="name a text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{name}: line {line} is no text in UTF-8", remedy="save the file as UTF-8") from None


def macros_beside(path: Path, text: str) -> Mapping[str, str]:
    """The macros of the files that a TeX source takes in from its own folder."""
    found: dict[str, str] = {}
    if path.suffix.lower() not in (".tex", ".ltx", ".latex"):
        return found
    for match in _INPUT.finditer(text):
        for name in match["names"].split(","):
            for file in _candidates(path.parent, name.strip()):
                found.update(macros_in(file))
    return found


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    """The file of a name in a folder, and in no other."""
    names = [name] if Path(name).suffix in (".tex", ".sty") else [f"{name}.tex", f"{name}.sty"]
    for candidate in (folder / n for n in names if Path(n).name == n):
        if candidate.is_file() and candidate.stat().st_size <= _LARGEST_MACROS:
            yield candidate


def macros_in(path: Path) -> dict[str, str]:
    """The macros that a file defines; raises :class:`InputError` where it cannot be read."""
    return {macro.name: macro.body for macro in read_macros(read_text(path))}


def documents_of(paths: Iterable[str], exclude: tuple[str, ...] = ()) -> Iterator[str]:
    """The named files, and in sorted order the documents of the named directories.

    Hidden files and those that match a pattern of ``exclude`` are left out of directories.
    """
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            yield path
            continue
        found = [str(file) for file in _walked(Path(path)) if not excluded(file, exclude)]
        if not found:
            known = " ".join(sorted(SUFFIXES))
            raise InputError(f"{path} has no documents", remedy=f"symdl reads files that end in {known}")
        yield from found


def _walked(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if _HIDDEN.search(entry.name) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walked(entry)
        elif entry.suffix.lower() in SUFFIXES - {".sty"}:
            yield entry


def excluded(path: Path, patterns: tuple[str, ...]) -> bool:
    """Whether a path, or a folder that it is in, matches a pattern.

    >>> excluded(Path("docs/old/a.md"), ("old",)), excluded(Path("docs/a.md"), ("docs/*.rst",))
    (True, False)
    """
    names = [str(path), *(str(parent) for parent in path.parents), *path.parts]
    return any(fnmatch(name, pattern.rstrip("/")) for pattern in patterns for name in names)
