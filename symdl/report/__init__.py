"""Findings, verdicts and tables as text and JSON: functions from values to strings."""

from .json import derivation_json, report_json, verdict_json
from .tables import table
from .text import report_text, verdict_text

__all__ = ["derivation_json", "report_json", "report_text", "table", "verdict_json", "verdict_text"]
