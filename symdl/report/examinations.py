"""What property tests found, one row an item and dtype, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..testing import Examination
from .tables import table

_HEAD = ("item", "dtype", "value ULP", "derivative ULP", "relative", "zeros", "nans", "infinities", "properties", "")


def examinations_text(examinations: Sequence[Examination]) -> str:
    """A table with the worst errors, then each failure with its reproducer."""
    failures = [f"{e.name} {e.dtype}: {failure}" for e in examinations for failure in e.failures]
    passed = sum(e.passed for e in examinations)
    summary = f"{passed} of {len(examinations)} rows pass"
    return "\n".join([table(_HEAD, map(_row, examinations)), *failures, summary])


def _row(e: Examination) -> tuple[str, ...]:
    counts = map(str, (e.zeros, e.nans, e.infinities, e.properties_run))
    worst = _ulp(e.worst_value_ulp, e.worst_value_at), _ulp(e.worst_derivative_ulp, e.worst_derivative_at)
    relative = "" if e.worst_relative is None else f"{e.worst_relative:.1e}"
    return (e.name, e.dtype, *worst, relative, *counts, "pass" if e.passed else "FAIL")


def _ulp(worst: float | None, at: float | None) -> str:
    if worst is None:
        return ""
    return f"{worst:.2f}" + ("" if at is None else f" at {at:.6g}")


def examinations_json(examinations: Sequence[Examination]) -> dict[str, Any]:
    """The value that ``symdl test --format json`` prints."""
    return {"version": 1, "items": [{**asdict(e), "passed": e.passed} for e in examinations]}
