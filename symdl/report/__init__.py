"""Findings, verdicts and tables as text and JSON: functions from values to strings.

Each is loaded when it is asked for: what a kept report needs to be printed loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .annotations import file_jsonl, report_github, report_junit
    from .builds import build_json, build_text
    from .card_forms import card_html, card_json, card_markdown, card_text
    from .derivations import derivation_json, derivation_text
    from .examinations import examinations_json, examinations_text
    from .json import report_json, verdict_json
    from .rules import rule_text
    from .sarif import report_sarif
    from .tables import table
    from .text import report_text, statistics_text, verdict_text, verdicts_text

_MODULES = {
    "annotations": (
        "file_jsonl",
        "report_github",
        "report_junit",
    ),
    "builds": (
        "build_json",
        "build_text",
    ),
    "card_forms": (
        "card_html",
        "card_json",
        "card_markdown",
        "card_text",
    ),
    "derivations": (
        "derivation_json",
        "derivation_text",
    ),
    "examinations": (
        "examinations_json",
        "examinations_text",
    ),
    "json": (
        "report_json",
        "verdict_json",
    ),
    "rules": ("rule_text",),
    "sarif": ("report_sarif",),
    "tables": ("table",),
    "text": (
        "report_text",
        "statistics_text",
        "verdict_text",
        "verdicts_text",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "build_json",
    "build_text",
    "card_html",
    "card_json",
    "card_markdown",
    "card_text",
    "derivation_json",
    "derivation_text",
    "examinations_json",
    "examinations_text",
    "file_jsonl",
    "report_github",
    "report_json",
    "report_junit",
    "report_sarif",
    "report_text",
    "rule_text",
    "statistics_text",
    "table",
    "verdict_json",
    "verdict_text",
    "verdicts_text",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
