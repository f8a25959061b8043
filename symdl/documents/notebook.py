"""Jupyter notebooks -> notes: the Markdown cells, each with its number; code and outputs are passed over."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

from symdl.core import InputError

from .document import Reading, bounded, prose
from .located import Located
from .markdown import read_markdown

_REMEDY = "save it again from Jupyter, as a notebook of format 4"


def read_notebook(text: str) -> tuple[str, Reading, tuple[tuple[int, int], ...]]:
    r"""The source that places count in, the formulas of a notebook, and where each cell begins.

    Raises :class:`InputError` for what is no notebook.

    >>> book = '{"cells": [{"source": "$"}, {"cell_type": "markdown", "source": ["so\\n", "$x$"]}]}'
    >>> source, reading, cells = read_notebook(book)
    >>> source, cells, reading.notes.text[reading.math[0].start]
    ('so\n$x$\n\n', ((0, 2),), 'x')
    """
    found = _markdown_cells(text)
    parts = [content + "\n\n" for _, content in found]
    starts = [0, *accumulate(map(len, parts))]
    cells = [(start, number) for start, (number, _) in zip(starts, found, strict=False)]
    whole = Located.whole(bounded("".join(parts)))
    readings = []
    for (start, _), part in zip(cells, parts, strict=True):
        cell = whole[start : start + len(part)]
        readings.append(read_markdown(part).within(cell))
    return whole.text, Reading.join(readings or [prose(whole)]), tuple(cells)


def _markdown_cells(text: str) -> list[tuple[int, str]]:
    cells = _loaded(text).get("cells")
    if not isinstance(cells, list):
        raise InputError("this is no notebook of format 4: it has no list of cells", remedy=_REMEDY)
    found = []
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", "") if isinstance(cell, dict) else None
        content = "".join(source) if isinstance(source, list) and all(isinstance(p, str) for p in source) else source
        if not isinstance(content, str):
            raise InputError(f"cell {number} of this notebook has no text", remedy=_REMEDY)
        if cell.get("cell_type") == "markdown":
            found.append((number, content.replace("\r\n", " \n").replace("\r", "\n")))
    return found


def _loaded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"this is no notebook: {error.msg} at {place}", remedy=_REMEDY) from None
    except RecursionError:
        raise InputError("this is no notebook: it is nested too deeply", remedy=_REMEDY) from None
    except ValueError as error:
        raise InputError(f"this is no notebook: {error}", remedy=_REMEDY) from None
    if not isinstance(value, dict):
        raise InputError("this is no notebook: it is no JSON object", remedy=_REMEDY)
    return value
