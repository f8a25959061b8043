"""Comments that silence rules: ``symdl: ignore[OPT001]``, in the comment syntax of each container."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symdl.core import CheckedStatement, FileReport, Finding, Place
from symdl.core.rules import RULES, nearest_code

from .document import Suppression

_ORDER = re.compile(r"symdl:\s*ignore(?:\[(?P<codes>[^\]\n]{0,500})\]|(?![^\s\-*}]))")
_ALONE = re.compile(r"^\s*(?:<!--|\.\.|%|#)\s*symdl:[^\n]*$")
_CODES = frozenset(rule.code for rule in RULES)


def suppressions(source: str, places: Iterable[tuple[int, Place]]) -> Iterator[Suppression]:
    """What the comments at some offsets of a source silence.

    A comment behind text is about its own line; one that stands alone is about the block below it, up to
    the next blank line, with what is indented deeper.

    >>> text = "<!-- symdl: ignore[DER001] -->\\nso $x$\\nand $y$\\n\\nend"
    >>> [(s.codes, s.first, s.last) for s in suppressions(text, [(0, Place(1, 1, 1))])]
    [(('DER001',), 1, 3)]
    """
    for offset, place in places:
        start = source.rfind("\n", 0, offset) + 1
        end = source.find("\n", offset)
        line = source[start : end if end >= 0 else len(source)]
        order = _ORDER.search(line, offset - start)
        if order is None:
            continue
        codes = tuple(code.strip().upper() for code in (order["codes"] or "").split(",") if code.strip())
        length = _block_length(source[end + 1 :]) if end >= 0 and _ALONE.match(line) else 0
        yield Suppression(place, codes, place.line, place.line + length)


def _block_length(text: str) -> int:
    """How many lines the first block of a text takes, blank lines before it included."""
    length = first = 0
    indent: int | None = None
    for number, line in enumerate(text.split("\n"), 1):
        here = len(line) - len(line.lstrip())
        if not line.strip():
            first = first or length
            continue
        if indent is not None and length < number - 1 and here <= indent:
            break
        indent = here if indent is None else indent
        length = number
    return length


def without_suppressed(report: FileReport, orders: tuple[Suppression, ...]) -> FileReport:
    """The report without what comments silence, and with a finding for each comment that silences nothing."""
    if not orders:
        return report
    used: set[tuple[int, str]] = set()
    statements = tuple(_silenced(statement, orders, used) for statement in report.statements)
    findings = [(place, f) for place, f in report.findings if not _silences(place, f, orders, used)]
    findings += [entry for number, order in enumerate(orders) for entry in _unused(number, order, used)]
    return replace(report, statements=statements, findings=tuple(sorted(findings, key=_position)))


def _position(entry: tuple[Place, Finding]) -> tuple[int, int, int]:
    return entry[0].cell or 0, entry[0].line, entry[0].column


def _silenced(
    statement: CheckedStatement, orders: tuple[Suppression, ...], used: set[tuple[int, str]]
) -> CheckedStatement:
    kept = tuple(f for f in statement.findings if not _silences(statement.place, f, orders, used))
    return statement if kept == statement.findings else replace(statement, findings=kept)


def _silences(place: Place, finding: Finding, orders: tuple[Suppression, ...], used: set[tuple[int, str]]) -> bool:
    silent = False
    for number, order in enumerate(orders):
        if order.place.cell == place.cell and order.first <= place.end_line and place.line <= order.last:
            codes = [code for code in order.codes or ("",) if finding.code.startswith(code)]
            used.update((number, code) for code in codes)
            silent = silent or bool(codes)
    return silent


def _unused(number: int, order: Suppression, used: set[tuple[int, str]]) -> Iterator[tuple[Place, Finding]]:
    for code in order.codes or ("",):
        if (number, code) in used:
            continue
        if code and not any(known.startswith(code) for known in _CODES):
            message = f"there is no rule {code}; did you mean {nearest_code(code)}?"
        else:
            message = f"nothing here is found by {code or 'any rule'}: remove the comment"
        yield order.place, Finding("SUP001", "warning", message)
