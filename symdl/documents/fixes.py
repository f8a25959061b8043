"""Safe repairs written into a document: only where the formula stands as it was read, and only if it helps."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symdl.core import FileReport, Fix, Place

from .config import Config
from .containers import read_document
from .document import Document
from .selection import selected
from .tasks import Task
from .workers import check_task

_ROUNDS = 10


@dataclass(frozen=True)
class Edit:
    """A formula at a place of a document, and what to write there."""

    place: Place
    tex: str
    text: str


@dataclass(frozen=True)
class Fixed:
    """A text with its repairs, the report on it, and how many there were."""

    text: str
    report: FileReport
    count: int


def fixed(task: Task, report: FileReport, config: Config) -> Fixed:
    """A document with its safe repairs written in, one at a time, each kept only if fewer findings remain.

    So what is repaired is never repaired again, and a repair that the check does not bear out is none.
    """
    result = Fixed(task.text, selected(report, config), 0)
    refused: set[Edit] = set()
    for _ in range(_ROUNDS * max(1, len(list(_edits(result.report))))):
        edit = next((edit for edit in _edits(result.report) if edit not in refused), None)
        if edit is None:
            break
        document = read_document(result.text, task.name, task.macros)
        text = _edited(result.text, document, edit)
        after = None if text is None else selected(check_task(replace(task, text=text)), config)
        if text is not None and after is not None and _graver(after) < _graver(result.report):
            result = Fixed(text, after, result.count + 1)
        else:
            refused.add(edit)
    return result


def _edits(report: FileReport) -> Iterator[Edit]:
    for statement in report.statements:
        fixes: list[Fix] = [f.fix for f in statement.findings if f.fix is not None and f.fix.safe]
        yield from (Edit(statement.place, statement.tex, fix.text) for fix in fixes[:1])


def _graver(report: FileReport) -> tuple[int, int]:
    """The number of errors and unread formulas, and that of all findings but information."""
    findings = [f for s in report.statements for f in s.findings] + [f for _, f in report.findings]
    errors = sum(f.severity == "error" for f in findings)
    unread = sum(s.outcome == "unread" for s in report.statements)
    return errors + unread, sum(f.severity != "info" for f in findings)


def _edited(text: str, document: Document, edit: Edit) -> str | None:
    """The text with one formula replaced; None where it does not stand there as it was read."""
    if document.container == "notebook":
        return _edited_notebook(text, document, edit)
    start = document.source_offset(edit.place)
    doubled = (edit.tex.replace("\\", "\\\\"), edit.text.replace("\\", "\\\\"))
    for old, new in ((edit.tex, edit.text), doubled):
        if text.startswith(old, start):
            return text[:start] + new + text[start + len(old) :]
    return None


def _edited_notebook(text: str, document: Document, edit: Edit) -> str | None:
    """A notebook with one line of a cell replaced, where that line stands in its file once."""
    start = document.source_offset(edit.place)
    first = document.source.rfind("\n", 0, start) + 1
    line = document.source[first:].partition("\n")[0]
    if not document.source.startswith(edit.tex, start) or "\n" in edit.tex:
        return None
    column = start - first
    mended = line[:column] + edit.text + line[column + len(edit.tex) :]
    for ascii_only in (False, True):
        old, new = (json.dumps(part, ensure_ascii=ascii_only)[1:-1] for part in (line, mended))
        if text.count(old) == 1:
            return text.replace(old, new)
    return None


def diff_text(name: str, before: str, after: str) -> str:
    """What changes from one text to another, as a unified diff.

    >>> print(diff_text("a.md", "x\\n", "y\\n"))
    --- a/a.md
    +++ b/a.md
    @@ -1 +1 @@
    -x
    +y
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    rows = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(row if row.endswith("\n") else row + "\n\\ No newline at end of file\n" for row in rows).rstrip("\n")
