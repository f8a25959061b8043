"""The page of an audit: what each optimizer is, and every finding, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from .audit import Audit, AuditedItem
from .findings import AuditFinding
from .output import choices_text

_TITLES = (
    ("AUD001", "Not what the name says"),
    ("DOC001", "Documented formulas that are not the code"),
    ("DOC003", "Conventions that the text states wrongly"),
    ("DOC004", "Names in documented code that nothing gives"),
    ("ARG001", "Arguments without effect"),
    ("DTYPE001", "State narrower than the parameters"),
    ("KINK002", "Derivatives outside the Clarke interval"),
    ("VAL001", "Defaults that are another function"),
    ("KINK003", "Other slopes at kinks"),
    ("ACC001", "Activations that lose their accuracy"),
    ("CONV003", "Departures from the papers"),
    ("CONV004", "Differences between the libraries"),
    ("AUD002", "Rules that are not in the library"),
    ("AUD003", "Rules of coupled coordinates that were not matched"),
    ("DOC002", "Formulas that were not run"),
)


def page(audit: Audit, command: str) -> str:
    """The audit as a page, with the versions and the command that made it."""
    return "\n".join(_rows(audit, command)) + "\n"


def _rows(audit: Audit, command: str) -> Iterator[str]:
    versions = sorted({f"{item.library} {item.version}" for item in audit.items})
    yield "# What the optimizers of libraries compute\n"
    yield f"Made by `{command}` with {', '.join(versions)}."
    yield "Every optimizer was run in float64 on rational gradients with telling hyper-parameters (epsilon 1/8, rate"
    yield "1/8) and held against exact runs of the library's rules under each of their conventions. [Rules](rules.md)"
    yield "explains the codes. Sizes are the largest difference of a parameter over twelve steps of such gradients, not"
    yield "what a training run would show.\n"
    yield "## The point of each optimizer\n"
    yield "| library | optimizer | rule | conventions | agreement |"
    yield "|---|---|---|---|---|"
    yield from (_item_row(item) for item in audit.items)
    yield "\n## Under their options\n"
    yield "| library | optimizer | arguments | rule | conventions |"
    yield "|---|---|---|---|---|"
    yield from (row for item in audit.items for row in _option_rows(item))
    if audit.activations:
        yield from _accuracy_rows(audit)
    for code, title in _TITLES:
        found = [finding for finding in audit.findings if finding.code == code]
        if found:
            yield f"\n## {title}\n"
            yield from (row for finding in found for row in _finding_rows(finding))


def _accuracy_rows(audit: Audit) -> Iterator[str]:
    yield "\n## How accurate the activations are\n"
    yield "Worst errors in units in the last place over the normal numbers of float64, kinks left out; and how many of"
    yield "the tried values and derivatives are 0, nan or infinite where the truth is not.\n"
    yield "| library | activation | definition | value, ULP | at | derivative, ULP | at | 0 | nan | infinite |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in audit.activations:
        errors = f"{row.worst_value_ulp:.2g} | {row.value_at:.4g} | {row.worst_slope_ulp:.2g} | {row.slope_at:.4g}"
        wrong = f"{row.zeros} | {row.nans} | {row.infinities}"
        yield f"| {row.library} | {row.item} | {row.definition} | {errors} | {wrong} |"


def _item_row(item: AuditedItem) -> str:
    start = f"| {item.library} | {item.label} "
    if item.refused:
        return f"{start}| not run | {_escaped(item.refused)} | |"
    if item.family is None:
        return f"{start}| none known | | |"
    return f"{start}| {item.family} | {_conventions(item.conventions)} | {item.agreement:.0e} |"


def _conventions(conventions: object) -> str:
    return _escaped(choices_text(conventions).strip().removeprefix("(").removesuffix(")"))


def _option_rows(item: AuditedItem) -> Iterator[str]:
    for option in item.options:
        if option.get("family"):
            shown = ", ".join(f"{name}={value}" for name, value in option["set"].items())
            choices = _conventions(option["conventions"])
            yield f"| {item.library} | {item.label} | `{shown}` | {option['family']} | {choices} |"


def _finding_rows(finding: AuditFinding) -> Iterator[str]:
    step = f" First at step {finding.first_step}." if finding.first_step is not None else ""
    size = f" Size {finding.size:.2g}." if finding.size else ""
    source = f" ({finding.source})" if finding.source else ""
    line = f", line {finding.line} of the docstring{source}" if finding.line else ""
    yield f"- **{finding.library} {finding.item}**{line} ({finding.code}): {_escaped(finding.message)}.{step}{size}"
    if finding.documented and finding.code.startswith("DOC"):
        yield f"\n  ```text\n  documented: {finding.documented}\n  computed:   {finding.computed}\n  ```\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
