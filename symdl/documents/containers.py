"""The containers of documents: one function each from text to notes and formulas, and which file is which."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TypeAlias

from .document import Document, Math, Reading, bounded
from .html import read_html
from .located import Located
from .macros import Macro, read_macros
from .markdown import read_markdown
from .notebook import read_notebook
from .python import read_python
from .rst import read_rst
from .suppressions import suppressions
from .tex import read_tex

Contents: TypeAlias = tuple[str, Reading, tuple[tuple[int, int], ...]]
"""The source that places count in, its reading, and the cells in it."""


@dataclass(frozen=True)
class Container:
    """A form of document: its file suffixes, what tells it where there is none, and its reader."""

    name: str
    suffixes: tuple[str, ...]
    told_by: re.Pattern[str] | None
    read: Callable[[str], Contents]


def _of_text(read: Callable[[str], Reading]) -> Callable[[str], Contents]:
    return lambda text: (text, read(bounded(text)), ())


CONTAINERS: tuple[Container, ...] = (
    Container("notebook", (".ipynb",), re.compile(r'\A\s*\{\s*"(?:cells|metadata|nbformat)"'), read_notebook),
    Container("html", (".html", ".htm", ".xhtml"), re.compile(r"\A\s*<(?:!doctype|html)\b", re.I), _of_text(read_html)),
    Container("python", (".py", ".pyi"), None, _of_text(read_python)),
    Container(
        "tex",
        (".tex", ".ltx", ".latex", ".sty"),
        re.compile(r"^[ \t]*\\(?:documentclass|begin\s*\{document\}|chapter\s*\{|section\s*\{)", re.M),
        _of_text(read_tex),
    ),
    Container("rst", (".rst", ".rest"), re.compile(r":math:`|^[ \t]*\.\. math::", re.M), _of_text(read_rst)),
    Container("markdown", (".md", ".markdown", ".mdx", ".qmd", ".rmd", ".txt"), None, _of_text(read_markdown)),
)
"""Every container; where no suffix and no mark tells, a text is Markdown."""

SUFFIXES = frozenset(suffix for container in CONTAINERS for suffix in container.suffixes)
_TOLD_BY_CONTENT = ("", ".txt")
_LONGEST_LOOK = 200_000


def container_of(name: str, text: str) -> Container:
    """The container of a text, by the suffix of its name, else by what it holds.

    >>> container_of("adam.rst", "").name, container_of("<text>", "the rate :math:`x`").name
    ('rst', 'rst')
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES and suffix not in _TOLD_BY_CONTENT:
        return next(container for container in CONTAINERS if suffix in container.suffixes)
    start = text[:_LONGEST_LOOK]
    told = (container for container in CONTAINERS if container.told_by is not None and container.told_by.search(start))
    return next(told, CONTAINERS[-1])


def read_document(text: str, name: str = "<text>", macros: Mapping[str, str] | None = None) -> Document:
    r"""A text read by the container that it is in.

    ``macros`` are known beside those that the document defines. Raises :class:`InputError` for a
    notebook or source file that is none.

    >>> document = read_document("\\newcommand{\\R}{x}\nLet $\\R = 1$ be", "a.md")
    >>> document.container, document.place(document.reading.math[0].start), dict(document.macros)
    ('markdown', Place(line=2, column=6, end_line=2, cell=None), {'R': 'x'})
    """
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    container = container_of(name, text)
    source, reading, cells = container.read(text)
    defined = tuple(read_macros(reading.notes.text if container.name != "tex" else source))
    if container.name != "tex":
        reading = _without_definitions(reading, defined)
    known = {**(macros or {}), **{macro.name: macro.body for macro in defined}}
    document = Document(name, container.name, source, reading, known, cells=cells)
    offsets = [reading.notes.origin(start) for start, _ in reading.comments]
    places = [(offset, document.source_place(offset, offset)) for offset in offsets]
    return replace(document, suppressions=tuple(suppressions(source, places)))


def _without_definitions(reading: Reading, macros: tuple[Macro, ...]) -> Reading:
    """The reading with definitions of macros blank: they are no formulas."""
    if not macros:
        return reading
    text = reading.notes.text
    for macro in macros:
        text = text[: macro.start] + " " * (macro.end - macro.start) + text[macro.end :]
    math = tuple(span for span in (_trimmed(text, span) for span in reading.math) if span.start < span.end)
    return replace(reading, notes=Located(text, reading.notes.marks), math=math)


def _trimmed(text: str, span: Math) -> Math:
    content = text[span.start : span.end]
    start = span.start + len(content) - len(content.lstrip())
    return replace(span, start=start, end=max(start, span.start + len(content.rstrip())))
