"""Reports as a linter prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..core import CheckedStatement, FileReport, Finding, Place, Report, Verdict
from ..core.rules import RULES
from .annotations import findings_of
from .tables import table

_WIDTH = 120


def report_text(report: Report, *, verbose: bool = False) -> str:
    """Findings of severity error and warning, and one summary line; with ``verbose`` every statement.

    >>> print(report_text(Report(())))
    0 statements
    """
    rows = [row for file in report.files for row in _file_rows(file, verbose)]
    return "\n".join([*rows, summary_text(report.files)])


def _file_rows(file: FileReport, verbose: bool) -> Iterator[str]:
    if not verbose:
        for place, finding, tex in findings_of(file):
            if finding.severity != "info" or not tex:
                yield from _finding_rows(file.path, place, finding, tex)
        return
    for place, finding in file.findings:
        yield from _finding_rows(file.path, place, finding)
    for statement in file.statements:
        yield from _statement_rows(file.path, statement)


def _statement_rows(path: str, statement: CheckedStatement) -> Iterator[str]:
    place = statement.place
    yield f"{_where(path, place)}: {statement.outcome:9}  {statement.role:10}  {statement.read_as}"
    if statement.given:
        yield f"    given {', '.join(statement.given)}"
    if statement.witness:
        yield f"    witness {statement.witness}"
    for evidence in statement.evidence:
        if evidence.detail:
            yield f"    {evidence.detail}"
    for finding in statement.findings:
        yield from ("    " + row for row in finding_body(finding))


def _where(path: str, place: Place) -> str:
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    return f"{path}:{cell}{place.line}:{place.column}"


def _finding_rows(path: str, place: Place, finding: Finding, tex: str = "") -> Iterator[str]:
    """A finding, with its formula and a caret unless its message has them."""
    first, *rest = finding_body(finding)
    yield f"{_where(path, place)}: {first}"
    if tex and "^" not in finding.message:
        line = tex.partition("\n")[0].replace("\t", " ")[:_WIDTH]
        yield from (f"    {line}", "    ^" + "~" * (len(line) - 1))
    yield from ("    " + row for row in rest)


def finding_body(finding: Finding) -> Iterator[str]:
    """The code, the severity and the message, the repair, and the lines that belong to it."""
    yield f"{finding.code} {finding.severity}: {finding.message}"
    if finding.fix:
        yield f"repair{'' if finding.fix.safe else ' (look at it first)'}: {finding.fix.text}"
    if finding.related:
        yield "see line " + ", ".join(map(str, finding.related))


def statistics_text(report: Report) -> str:
    """How often each rule found something, the most frequent first.

    >>> place, finding = Place(1, 1, 1), Finding("READ003", "info", "none")
    >>> print(statistics_text(Report((FileReport("a.md", (), ((place, finding),)),))))
    count  code     rule
    1      READ003  no formulas
    """
    counts = Counter(finding.code for finding in report.findings).most_common()
    titles = {rule.code: rule.title for rule in RULES}
    rows = [(str(count), code, titles.get(code, "")) for code, count in sorted(counts, key=lambda c: (-c[1], c[0]))]
    return table(["count", "code", "rule"], rows)


def summary_text(files: tuple[FileReport, ...]) -> str:
    """How many statements files have, and what came of them, in a line."""
    counts = Report(files).summary
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
