"""Reports for machines that show them line by line: GitHub's commands, JUnit's XML, JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from ..core import FileReport, Finding, Place, Report
from .json import finding_json

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that neither XML nor a page may have."""


def findings_of(file: FileReport) -> Iterator[tuple[Place, Finding, str]]:
    """Every finding of a file with its place and its formula, in order."""
    placed = [(place, finding, "") for place, finding in file.findings]
    placed += [(s.place, finding, s.tex) for s in file.statements for finding in s.findings]
    return iter(sorted(placed, key=lambda entry: (entry[0].cell or 0, entry[0].line, entry[0].column)))


@dataclass(frozen=True)
class Case:
    """A statement as a case of a test, or a finding on the file itself."""

    place: Place
    name: str
    outcome: str
    findings: tuple[Finding, ...]


def cases_of(file: FileReport) -> Iterator[Case]:
    """The statements of a file in order, then the findings on the file."""
    for statement in file.statements:
        yield Case(statement.place, statement.tex, statement.outcome, statement.findings)
    for place, finding in file.findings:
        yield Case(place, finding.code, "noted", (finding,))


def report_github(report: Report) -> str:
    """GitHub's workflow commands: one for each finding, shown beside its line.

    >>> place, finding = Place(2, 3, 2), Finding("DER001", "error", "wrong,\\nreally")
    >>> print(report_github(Report((FileReport("a.md", (), ((place, finding),)),))))
    ::error file=a.md,line=2,endLine=2,col=3,title=DER001::wrong,%0Areally
    """
    return "\n".join(
        _command(file.path, place, finding) for file in report.files for place, finding, _ in findings_of(file)
    )


def _command(path: str, place: Place, finding: Finding) -> str:
    repair = f"\nrepair: {finding.fix.text}" if finding.fix else ""
    cell = f"cell {place.cell}, line {place.line}: " if place.cell is not None else ""
    line = 1 if place.cell is not None else place.line
    where = f"file={_property(path)},line={line}"
    if place.cell is None:
        where += f",endLine={place.end_line},col={place.column}"
    return f"::{_COMMANDS[finding.severity]} {where},title={finding.code}::{_data(cell + finding.message + repair)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def report_junit(report: Report) -> str:
    """JUnit's XML: a suite for each file, a case for each statement, a failure for each of its errors."""
    root = ElementTree.Element("testsuites", name="symdl")
    for file in report.files:
        _suite(root, file)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _suite(root: ElementTree.Element, file: FileReport) -> None:
    cases = list(cases_of(file))
    suite = ElementTree.SubElement(root, "testsuite", name=_clean(file.path), tests=str(len(cases)))
    failures = skipped = 0
    for case in cases:
        name = _clean(f"{file.path}:{case.place.line}:{case.place.column} {case.name}")
        element = ElementTree.SubElement(suite, "testcase", classname=_clean(file.path), name=name)
        errors = [finding for finding in case.findings if finding.severity == "error"]
        for finding in errors[:1]:
            message = _clean(f"{finding.code}: {finding.message}")
            ElementTree.SubElement(element, "failure", message=message, type=finding.code).text = _body(errors)
        failures += bool(errors)
        if not errors and case.outcome in ("unread", "undecided"):
            ElementTree.SubElement(element, "skipped", message=case.outcome)
            skipped += 1
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))


def _body(findings: list[Finding]) -> str:
    rows = [f"{f.code}: {f.message}" + (f"\nrepair: {f.fix.text}" if f.fix else "") for f in findings]
    return _clean("\n".join(rows))


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def file_jsonl(file: FileReport) -> str:
    """One finding a line, each with its file and place: what editors read."""
    rows = [
        {
            "path": file.path,
            "line": place.line,
            "column": place.column,
            "end_line": place.end_line,
            "cell": place.cell,
            **finding_json(finding),
            "tex": tex,
        }
        for place, finding, tex in findings_of(file)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
