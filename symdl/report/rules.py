"""Rule codes explained: one as text, all as a page of the docs (``python -m symdl.report.rules > docs/rules.md``)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..core.rules import RULES, Rule


def rule_text(rule: Rule) -> str:
    """The code, its title and severity, what it means, an example and its repair."""
    body = textwrap.fill(rule.explanation, 96, initial_indent="  ", subsequent_indent="  ")
    rows = [f"{rule.code}  {rule.title}  ({rule.severity})", body, f"  example: {rule.example}"]
    return "\n".join([*rows, f"  repair:  {rule.repair}"])


def rules_page() -> str:
    """Every rule as Markdown, in the order of the table."""
    return "\n".join(_page_rows())


def _page_rows() -> Iterator[str]:
    yield "# Rules\n"
    yield "What the codes of `symdl check` mean; `symdl rule CODE` prints one. Errors say that something is false,"
    yield "warnings that a reader may be misled, information names a convention or an assumption.\n"
    for rule in RULES:
        yield f"## {rule.code}\n\n**{rule.title[0].upper()}{rule.title[1:]}** ({rule.severity}). {rule.explanation}\n"
        yield f"```text\nexample: {rule.example}\nrepair:  {rule.repair}\n```\n"


if __name__ == "__main__":
    print(rules_page(), end="")
