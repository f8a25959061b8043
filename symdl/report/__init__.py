"""Findings, verdicts and tables as text and JSON: functions from values to strings."""

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
