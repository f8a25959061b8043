"""Audits as text and JSON, and the baseline of findings that are known."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from symdl.core import InputError

from .audit import Audit, AuditedItem
from .findings import AuditFinding

Json = dict[str, Any]


def audit_json(audit: Audit) -> Json:
    """The value that ``symdl audit --format json`` prints."""
    return {
        "version": 1,
        "findings": [asdict(finding) for finding in audit.findings],
        "items": [_without_empty(asdict(item)) for item in audit.items],
        "activations": [asdict(row) for row in audit.activations],
    }


def _without_empty(row: Json) -> Json:
    return {key: value for key, value in row.items() if key != "refused" or value}


def audit_text(audit: Audit) -> str:
    """A line an item, a paragraph a finding, and a summary."""
    rows = [_item_line(item) for item in audit.items]
    rows += ["", *(finding_text(finding) for finding in audit.findings)]
    errors = sum(finding.severity == "error" for finding in audit.findings)
    rows.append(f"{len(audit.items)} items, {len(audit.findings)} findings, {errors} errors")
    return "\n".join(rows)


def _item_line(item: AuditedItem) -> str:
    name = f"{item.library} {item.version} {item.label}"
    if item.refused:
        return f"{name}: not run: {item.refused}"
    if item.family is None:
        return f"{name}: no known rule"
    return f"{name}: {item.family}{choices_text(item.conventions)}, agreement {item.agreement:.0e}"


def choices_text(conventions: Any) -> str:
    """Conventions in brackets; nothing where there are none."""
    shown = "; ".join(f"{axis}: {choice}" for axis, choice in conventions.items())
    return f" ({shown})" if shown else ""


def finding_text(finding: AuditFinding) -> str:
    """A finding in one or more lines."""
    place = f"{finding.library} {finding.item}" + (f" ({_place(finding)})" if finding.line else "")
    text = f"{place}: {finding.code} {finding.severity}: {finding.message}"
    if finding.first_step is not None and finding.size is not None:
        text += f" [step {finding.first_step}, {finding.size:.2g}]"
    if finding.documented and finding.code.startswith("DOC"):
        text += f"\n  documented: {finding.documented}\n  computed:   {finding.computed}"
    return text


def _place(finding: AuditFinding) -> str:
    return finding.source or f"line {finding.line} of the docstring"


def without_known(audit: Audit, baseline: str) -> Audit:
    """The audit less the findings that an earlier one, stored as JSON, has already.

    A finding is known by library, item, code and message. Raises :class:`InputError` for a file that is no audit.
    """
    try:
        stored = json.loads(Path(baseline).read_text(encoding="utf-8"))
        known = {(row["library"], row["item"], row["code"], row["message"]) for row in stored["findings"]}
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(
            f"{baseline} is no stored audit ({error})", remedy="write one with symdl audit ... --format json > FILE"
        ) from error
    kept = [f for f in audit.findings if (f.library, f.item, f.code, f.message) not in known]
    return replace(audit, findings=tuple(kept))
