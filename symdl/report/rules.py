"""A rule code explained, as text."""

from __future__ import annotations

import textwrap

from ..core.rules import Rule


def rule_text(rule: Rule) -> str:
    """The code, its title and severity, what it means, an example and its repair."""
    body = textwrap.fill(rule.explanation, 96, initial_indent="  ", subsequent_indent="  ")
    rows = [f"{rule.code}  {rule.title}  ({rule.severity})", body, f"  example: {rule.example}"]
    return "\n".join([*rows, f"  repair:  {rule.repair}"])
