"""Findings: what a document check reports, as plain data that every format is printed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .claims import Evidence, Witness

Severity = Literal["error", "warning", "info"]
Role = Literal[
    "definition",
    "derivative",
    "identity",
    "inequality",
    "step",
    "update",
    "recurrence",
    "initial",
    "assumption",
    "mention",
]
StatementOutcome = Literal["defined", "noted", "proved", "refuted", "supported", "undecided", "unread"]


@dataclass(frozen=True)
class Fix:
    """A replacement for the formula; ``safe`` when it cannot change what was meant."""

    text: str
    safe: bool = False


@dataclass(frozen=True)
class Finding:
    """A rule code, how grave it is, and what to do. ``related`` are lines of connected formulas."""

    code: str
    severity: Severity
    message: str
    fix: Fix | None = None
    related: tuple[int, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a formula stands: lines and columns count from 1, in code points; the cell of a notebook."""

    line: int
    column: int
    end_line: int
    cell: int | None = None


@dataclass(frozen=True)
class CheckedStatement:
    """One formula of a document with its role, its outcome and its findings."""

    place: Place
    tex: str
    read_as: str
    role: Role
    outcome: StatementOutcome
    given: tuple[str, ...] = ()
    witness: Witness | None = None
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """Every formula of one file, in order, and findings on the file itself (unbalanced dollars)."""

    path: str
    statements: tuple[CheckedStatement, ...]
    findings: tuple[tuple[Place, Finding], ...] = ()


@dataclass(frozen=True)
class Report:
    """The outcome of a document check.

    >>> Report(()).summary["statements"]
    0
    """

    files: tuple[FileReport, ...] = field(default_factory=tuple)

    @property
    def summary(self) -> dict[str, int]:
        """How many statements there are, and how many of each outcome."""
        statements = [s for file in self.files for s in file.statements]
        counts = {"statements": len(statements)}
        for outcome in ("defined", "noted", "proved", "refuted", "supported", "undecided", "unread"):
            counts[outcome] = sum(s.outcome == outcome for s in statements)
        return counts

    @property
    def findings(self) -> list[Finding]:
        """All findings, in order."""
        inner = [f for file in self.files for s in file.statements for f in s.findings]
        return inner + [f for file in self.files for _, f in file.findings]

    @property
    def failed(self) -> bool:
        """Whether there is a finding of severity error."""
        return any(finding.severity == "error" for finding in self.findings)
