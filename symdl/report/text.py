"""Reports as a linter prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core import CheckedStatement, FileReport, Finding, Report, Verdict
from ..core.findings import Place


def report_text(report: Report, *, verbose: bool = False) -> str:
    """Findings of severity error and warning, and one summary line; with ``verbose`` every statement.

    >>> print(report_text(Report(())))
    0 statements
    """
    rows = [row for file in report.files for row in _file_rows(file, verbose)]
    return "\n".join([*rows, _summary(report)])


def _file_rows(file: FileReport, verbose: bool) -> Iterator[str]:
    for place, finding in file.findings:
        yield from _finding_rows(file.path, place, finding)
    for statement in file.statements:
        if verbose:
            yield from _statement_rows(file.path, statement)
        else:
            for finding in statement.findings:
                if finding.severity != "info":
                    yield from _finding_rows(file.path, statement.place, finding)


def _statement_rows(path: str, statement: CheckedStatement) -> Iterator[str]:
    place = statement.place
    yield f"{path}:{place.line}:{place.column}: {statement.outcome:9}  {statement.role:10}  {statement.read_as}"
    if statement.given:
        yield f"    given {', '.join(statement.given)}"
    if statement.witness:
        yield f"    witness {statement.witness}"
    for evidence in statement.evidence:
        if evidence.detail:
            yield f"    {evidence.detail}"
    for finding in statement.findings:
        yield from ("    " + row for row in _finding_body(finding))


def _finding_rows(path: str, place: Place, finding: Finding) -> Iterator[str]:
    first, *rest = _finding_body(finding)
    yield f"{path}:{place.line}:{place.column}: {first}"
    yield from ("    " + row for row in rest)


def _finding_body(finding: Finding) -> Iterator[str]:
    yield f"{finding.code} {finding.severity}: {finding.message}"
    if finding.fix:
        yield f"repair{'' if finding.fix.safe else ' (look at it first)'}: {finding.fix.text}"
    if finding.related:
        yield "see line " + ", ".join(map(str, finding.related))


def _summary(report: Report) -> str:
    counts = report.summary
    parts = [f"{n} {name}" for name, n in counts.items() if n and name != "statements"]
    total = f"{counts['statements']} statement{'' if counts['statements'] == 1 else 's'}"
    return f"{total}: {', '.join(parts)}" if parts else total


def verdict_text(verdict: Verdict) -> str:
    """A verdict with its witness, its idea and what it trusted."""
    trusted = sorted({e.trust for e in verdict.evidence if e.trust})
    return "\n".join([str(verdict), *(f"  trusting {trust}" for trust in trusted)])


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """One line a claim, and a summary; a claim whose outcome is not the expected one in full."""
    rows = [
        f"{v.outcome:9}  {v.claim.name or v.claim.statement}" if v.as_expected else f"not expected: {verdict_text(v)}"
        for v in verdicts
    ]
    surprises = sum(not v.as_expected for v in verdicts)
    return "\n".join([*rows, f"{len(verdicts)} claims, {len(verdicts) - surprises} with the expected outcome"])
