"""Reports and verdicts as JSON values; ``docs/json.md`` describes the schema."""

from __future__ import annotations

from typing import Any

from ..core import CheckedStatement, Evidence, FileReport, Finding, Report, Verdict, Witness

Json = dict[str, Any]


def report_json(report: Report) -> Json:
    """The value that ``symdl check --format json`` prints.

    >>> report_json(Report(()))["summary"]["statements"]
    0
    """
    return {"version": 1, "files": [_file(file) for file in report.files], "summary": report.summary}


def _file(file: FileReport) -> Json:
    findings = [{"line": place.line, "column": place.column, **finding_json(f)} for place, f in file.findings]
    return {"path": file.path, "statements": [_statement(s) for s in file.statements], "findings": findings}


def _statement(statement: CheckedStatement) -> Json:
    place = statement.place
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "cell": place.cell,
        "tex": statement.tex,
        "read_as": statement.read_as,
        "role": statement.role,
        "outcome": statement.outcome,
        "given": list(statement.given),
        "witness": _witness(statement.witness),
        "evidence": [_evidence(e) for e in statement.evidence],
        "findings": [finding_json(f) for f in statement.findings],
    }


def finding_json(finding: Finding) -> Json:
    """A finding as a JSON value."""
    fix = None if finding.fix is None else {"text": finding.fix.text, "safe": finding.fix.safe}
    related = [{"line": line} for line in finding.related]
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "fix": fix,
        "related": related,
    }


def _witness(witness: Witness | None) -> Json | None:
    return None if witness is None else witness.as_dict()


def _evidence(evidence: Evidence) -> Json:
    return {
        "method": evidence.method,
        "trust": evidence.trust,
        "detail": evidence.detail,
        "effort": evidence.effort,
    }


def verdict_json(verdict: Verdict) -> Json:
    """The value that ``symdl verify --format json`` prints."""
    witness = verdict.witness
    return {
        "version": 1,
        "claim": str(verdict.claim.statement),
        "name": verdict.claim.name,
        "given": [str(given) for given in verdict.claim.given],
        "read_as": verdict.read_as,
        "outcome": verdict.outcome,
        "expected": verdict.claim.expected,
        "idea": verdict.idea,
        "witness": _witness(witness),
        "values": None if witness is None else {"lhs": witness.lhs, "rhs": witness.rhs},
        "evidence": [_evidence(e) for e in verdict.evidence],
    }
