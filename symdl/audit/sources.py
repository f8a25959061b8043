"""The line of a source file that a line of a docstring stands on, where docstrings are assembled at run time too."""

from __future__ import annotations

import sys
from functools import partial
from inspect import getsourcefile, unwrap
from itertools import takewhile
from pathlib import Path
from typing import Any

_CONTEXT = 8


def source_of(value: Any, doc: str, line: int) -> str:
    """``package/module.py:12`` for a line of a docstring, from 1; empty where the text stands in no such file."""
    target = unwrap(value.func if isinstance(value, partial) else value)
    module = sys.modules.get(getattr(target, "__module__", ""))
    try:
        file = getsourcefile(target)
        rows = [row.strip() for row in Path(file or "").read_text(encoding="utf-8").splitlines()]
    except (TypeError, OSError):
        return ""
    wanted = [row.strip() for row in doc.splitlines()[line - 1 :]]
    skipped = len(list(takewhile(lambda row: not row, wanted)))
    wanted = wanted[skipped : skipped + _CONTEXT]
    if not wanted or module is None or file is None:
        return ""
    places = [place for place, row in enumerate(rows) if wanted[0] in row]
    if not places:
        return ""
    best = max(places, key=lambda place: sum(a == b for a, b in zip(rows[place:], wanted, strict=False)))
    return f"{_shown(module.__name__, Path(file))}:{best + 1}"


def _shown(module: str, file: Path) -> str:
    """The file from its package on."""
    depth = len(module.split(".")) + (file.name == "__init__.py")
    return "/".join(file.parts[-depth:])
