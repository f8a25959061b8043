"""A text in either syntax to its statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from symdl.core import ReadError

from . import latex, plain
from .syntax import Parsed

Syntax = Literal["auto", "latex", "plain"]


def read_text(text: str, syntax: Syntax = "auto", macros: Mapping[str, str] | None = None) -> Parsed:
    r"""The statements of ``text``. ``auto``: a backslash, ``^{``, ``_{`` or dollars mean LaTeX.

    >>> read_text(r"\frac{x}{2}") == read_text(r"\frac{x}{2}", "latex")
    True
    """
    if syntax not in ("auto", "latex", "plain"):
        raise ReadError(f"no syntax is called {syntax!r}", text=text, remedy="choose auto, latex or plain")
    stripped = text.strip()
    in_dollars = stripped.startswith("$") and stripped.endswith("$")
    if syntax == "latex" or (syntax == "auto" and (in_dollars or any(mark in text for mark in ("\\", "^{", "_{")))):
        return latex.read(text, macros)
    return plain.read(text)
