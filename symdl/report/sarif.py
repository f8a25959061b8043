"""Reports as SARIF 2.1.0, which code hosts show beside the lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from symdl import __version__

from ..core import CheckedStatement, FileReport, Finding, Place, Report
from ..core.rules import RULES, Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def report_sarif(report: Report) -> dict[str, Any]:
    """The value that ``symdl check --format sarif`` prints.

    >>> report_sarif(Report(()))["version"]
    '2.1.0'
    """
    driver = {"name": "symdl", "version": __version__, "rules": [_rule(rule) for rule in RULES]}
    results = [result for file in report.files for result in _results(file)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.title.split()),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\nExample: {rule.example}\nRepair: {rule.repair}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _results(file: FileReport) -> Iterator[dict[str, Any]]:
    for place, finding in file.findings:
        yield _result(file.path, place, finding, None)
    for statement in file.statements:
        for finding in statement.findings:
            yield _result(file.path, statement.place, finding, statement)


def _result(path: str, place: Place, finding: Finding, statement: CheckedStatement | None) -> dict[str, Any]:
    index = next((n for n, rule in enumerate(RULES) if rule.code == finding.code), -1)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(path, place, statement.tex if statement else None)],
    }
    if finding.related:
        related = [_location(path, Place(line, 1, line, place.cell), None) for line in finding.related]
        result["relatedLocations"] = [{"id": n, **location} for n, location in enumerate(related, 1)]
    if finding.fix is not None and statement is not None and place.cell is None:
        result["fixes"] = [_fix(path, place, finding.fix.text, statement.tex)]
    return result


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(PurePath(path).as_posix())}


def _location(path: str, place: Place, tex: str | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if place.cell is None:
        physical["region"] = _region(place, tex)
        return {"physicalLocation": physical}
    where = f"cell {place.cell}, line {place.line}, column {place.column}"
    return {"physicalLocation": physical, "logicalLocations": [{"name": where, "kind": "module"}]}


def _region(place: Place, tex: str | None) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line, "startColumn": place.column}
    if tex is not None:
        region |= {"endLine": place.end_line, "snippet": {"text": tex}}
        if place.end_line == place.line:
            region["endColumn"] = place.column + len(tex)
    return region


def _fix(path: str, place: Place, text: str, tex: str) -> dict[str, Any]:
    last = tex.rpartition("\n")[2]
    column = place.column + len(tex) if "\n" not in tex else len(last) + 1
    deleted = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.line + tex.count("\n"),
        "endColumn": column,
    }
    replacement = {"deletedRegion": deleted, "insertedContent": {"text": text}}
    return {"artifactChanges": [{"artifactLocation": _artifact(path), "replacements": [replacement]}]}
