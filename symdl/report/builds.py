"""What a build made: every statement with its verdict, then a row for each definition."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..core.builds import BuildResult, BuildRow
from .json import report_json
from .tables import table
from .text import report_text

_HEAD = ("line", "rule", "kind", "derived", "generated", "tested", "worst error")


def build_text(result: BuildResult) -> str:
    """The check in full, the table of definitions, and notes on what was repaired or left out."""
    notes = [f"{row.name}: {row.note}" for row in result.rows if row.note]
    built = sum(row.passed for row in result.rows)
    summary = f"{built} of {len(result.rows)} built and tested"
    return "\n".join(
        [report_text(result.report, verbose=True), "", table(_HEAD, map(_row, result.rows)), *notes, summary]
    )


def _row(row: BuildRow) -> tuple[str, ...]:
    return (str(row.line), row.name, row.kind, row.derived, row.generated, row.tested, row.worst)


def build_json(result: BuildResult) -> dict[str, Any]:
    """The value that ``symdl build --format json`` prints."""
    return {
        "version": 1,
        "report": report_json(result.report),
        "rows": [{**asdict(row), "passed": row.passed} for row in result.rows],
        "repaired": result.repaired,
        "succeeded": result.succeeded,
    }
