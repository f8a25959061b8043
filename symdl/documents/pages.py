"""A document and its report as a page shows them."""

from __future__ import annotations

from symdl.core import FileReport
from symdl.report.web import HIDDEN, Page

from .containers import read_document
from .tasks import Task


def page_of(task: Task, report: FileReport) -> Page:
    """A document and its report as a page shows them: the delimiters of formulas are not shown."""
    document = read_document(task.text, task.name, task.macros)
    starts = [document.source_offset(statement.place) for statement in report.statements]
    ranges = [(start, start + len(s.tex)) for start, s in zip(starts, report.statements, strict=True)]
    characters = list(document.source)
    origin = document.reading.notes.origin
    for span in document.reading.math:
        for offset in (*range(span.outer[0], span.start), *range(span.end, span.outer[1])):
            characters[min(origin(offset), len(characters) - 1)] = HIDDEN
    return Page("".join(characters), report, ranges, document.macros)
