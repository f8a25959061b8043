"""The line of a source file that a line of a docstring stands on, where docstrings are assembled at run time too."""

from __future__ import annotations

from functools import partial
from inspect import getsourcefile, isclass, unwrap
from itertools import takewhile
from pathlib import Path
from typing import Any

_CONTEXT = 8
_INSTALLED = "site-packages"


def source_of(value: Any, doc: str, line: int) -> str:
    """``package/module.py:12`` for a line of a docstring, from 1; empty where the text stands in no such file."""
    target = unwrap(value.func if isinstance(value, partial) else value)
    target = target.__init__ if isclass(target) else target
    try:
        file = Path(getsourcefile(unwrap(target)) or "")
        rows = [row.strip() for row in file.read_text(encoding="utf-8").splitlines()]
    except (TypeError, OSError):
        return ""
    wanted = [row.strip() for row in doc.splitlines()[line - 1 :]]
    skipped = len(list(takewhile(lambda row: not row, wanted)))
    wanted = wanted[skipped : skipped + _CONTEXT]
    if not wanted:
        return ""
    places = [place for place, row in enumerate(rows) if wanted[0] in row]
    if not places:
        return ""
    best = max(places, key=lambda place: sum(a == b for a, b in zip(rows[place:], wanted, strict=False)))
    return f"{_from_package(file)}:{best + 1}"


def _from_package(file: Path) -> str:
    """The file below the folder that packages are installed in, else from the outermost package on."""
    if _INSTALLED in file.parts:
        return "/".join(file.parts[len(file.parts) - file.parts[::-1].index(_INSTALLED) :])
    folders = takewhile(lambda folder: (folder / "__init__.py").exists(), file.parents)
    return "/".join([*(folder.name for folder in list(folders)[::-1]), file.name])
