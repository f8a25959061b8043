"""A chain over several rows as one checked statement for each row, with the findings of its own links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symdl.core import CheckedStatement, Finding, Fix

from .assessments import Assessment, together
from .formulas import Formula, Row, edited


def row_statements(formula: Formula, assessment: Assessment) -> Iterator[CheckedStatement]:
    """The checked statements of a formula: one, or one for each row of its chain."""
    if not formula.rows:
        yield _statement(Row(formula.tex, _start(formula), formula.place, (0, 0)), assessment, formula)
        return
    first, *others = formula.rows
    parts = [_part(assessment, row) for row in others]
    theirs = {finding.message for part in parts for finding in part.findings}
    own = tuple(finding for finding in assessment.findings if finding.message not in theirs)
    start = _part(assessment, first)
    if assessment.links:
        start = replace(start, role=assessment.role, findings=own)
    for row, part in zip(formula.rows, (start, *parts), strict=True):
        yield _statement(row, part, formula)


def _start(formula: Formula) -> int:
    return formula.node.start if formula.node is not None else 0


def _part(assessment: Assessment, row: Row) -> Assessment:
    """What is said of the links that end in a row; of a chain that was not judged link by link, the whole."""
    links = assessment.links[slice(*row.links)]
    if not assessment.links:
        first = row.links[0] == 0
        return replace(assessment, findings=assessment.findings if first else ())
    if not links:
        return Assessment(assessment.role, "noted", assessment.read_as)
    found = together(links)
    return found if row.links[0] == 0 else replace(found, role="step")


def _statement(row: Row, assessment: Assessment, formula: Formula) -> CheckedStatement:
    """The checked statement of one row; a repair of the whole is cut to it where it changes nothing else."""
    remarks = tuple(
        Finding(r.code, "warning", r.message, Fix(edited(row.tex, row.start, {(r.start, r.end): r.fix}), safe=True))
        for r in formula.remarks
        if not formula.rows or row.start <= r.start < row.start + len(row.tex)
    )
    return CheckedStatement(
        row.place,
        row.tex,
        assessment.read_as,
        assessment.role,
        assessment.outcome,
        assessment.given,
        assessment.witness,
        assessment.evidence,
        (*remarks, *(_cut(finding, row, formula) for finding in assessment.findings)),
    )


def _cut(finding: Finding, row: Row, formula: Formula) -> Finding:
    """A finding with the part of its repair that is this row, where the rows around it stay as they are."""
    if finding.fix is None or not formula.rows:
        return finding
    offset = row.start - _start(formula)
    before, after = formula.tex[:offset], formula.tex[offset + len(row.tex) :]
    text = finding.fix.text
    if not (text.startswith(before) and text.endswith(after)) or len(text) < len(before) + len(after):
        return finding
    return replace(finding, fix=replace(finding.fix, text=text[len(before) : len(text) - len(after)]))
