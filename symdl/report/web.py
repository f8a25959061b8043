"""A checked document as one self-contained page: its text, its formulas coloured by outcome, evidence on click."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

from symdl.notation.latex import read

from ..core import CheckedStatement, FileReport, ReadError
from .annotations import NOT_XML
from .mathml import mathml
from .text import finding_body, summary_text

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
details { display: inline-block; vertical-align: top; border-radius: 4px; padding: 0 .25em; white-space: normal; }
details[open] { display: block; margin: .5em 0; }
summary { cursor: pointer; list-style: none; display: inline-block; }
summary::-webkit-details-marker { display: none; }
.proved, .defined { background: #2a92; } .refuted { background: #d225; } .undecided, .supported { background: #db04; }
.unread { background: #d804; border-bottom: 1px dashed; } .noted { background: none; }
.legend span { padding: 0 .4em; border-radius: 4px; margin-right: .5em; }
dl { margin: .3em 0 .6em 1em; font-size: .9em; }
dt { font-weight: 600; } dd { margin: 0 0 .2em 1em; white-space: pre-wrap; }
.error dt { color: #c22; }
"""
HIDDEN = "\0"
"""Stands in the text of a page for a character that is not shown."""
_OUTCOMES = ("proved", "defined", "refuted", "supported", "undecided", "unread")


@dataclass(frozen=True)
class Page:
    """A document to show: the text, its report, and where in the text each statement stands."""

    text: str
    report: FileReport
    ranges: Sequence[tuple[int, int]]
    macros: Mapping[str, str]


def report_html(pages: Sequence[Page]) -> str:
    """One page for all documents; it needs no network and no script.

    >>> "<!doctype html>" in report_html([Page("no formulas", FileReport("a.md", ()), [], {})])
    True
    """
    legend = "".join(f'<span class="{outcome}">{outcome}</span>' for outcome in _OUTCOMES)
    title = escape(", ".join(page.report.path for page in pages)) or "symdl"
    body = "\n".join(part for page in pages for part in _document(page))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n<title>{title}</title>\n'
        f'<style>{_STYLE}</style>\n</head>\n<body>\n<p class="legend">{legend}</p>\n{body}\n</body>\n</html>\n'
    )


def _document(page: Page) -> Iterator[str]:
    yield f"<h1>{escape(page.report.path)}</h1>"
    yield f"<p>{escape(summary_text((page.report,)))}</p>"
    for place, finding in page.report.findings:
        rows = escape("\n".join(finding_body(finding)))
        yield f'<p class="{finding.severity}">line {place.line}, column {place.column}: {rows}</p>'
    yield f'<div class="text">{"".join(_pieces(page))}</div>'


def _pieces(page: Page) -> Iterator[str]:
    position = 0
    placed = sorted(zip(page.ranges, page.report.statements, strict=True), key=lambda entry: entry[0])
    for (start, end), statement in placed:
        if start < position:
            continue
        yield escape(_printable(page.text[position:start]))
        yield _statement(statement, page.macros)
        position = end
    yield escape(_printable(page.text[position:]))


def _statement(statement: CheckedStatement, macros: Mapping[str, str]) -> str:
    entries = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_printable(text))}</dd>" for name, text in _facts(statement))
    kind = " error" if any(finding.severity == "error" for finding in statement.findings) else ""
    shown = f"<summary>{_rendered(statement, macros)}</summary>"
    return f'<details class="{statement.outcome}{kind}">{shown}<dl>{entries}</dl></details>'


def _facts(statement: CheckedStatement) -> Iterator[tuple[str, str]]:
    yield f"{statement.outcome} {statement.role}", f"line {statement.place.line}: {statement.read_as}"
    for finding in statement.findings:
        yield f"{finding.code} {finding.severity}", "\n".join(finding_body(finding)).partition(": ")[2]
    if statement.witness is not None:
        yield "witness", str(statement.witness)
    if statement.given:
        yield "given", ", ".join(statement.given)
    for evidence in statement.evidence:
        trusted = f" (trusting {evidence.trust})" if evidence.trust else ""
        yield evidence.method, f"{evidence.detail}{trusted}"
    yield "as written", statement.tex


def _rendered(statement: CheckedStatement, macros: Mapping[str, str]) -> str:
    """The formula in MathML, or its text where it was not read."""
    try:
        statements = read(statement.tex, macros).statements
    except ReadError:
        statements = ()
    if len(statements) != 1:
        return f"<code>{escape(_printable(statement.tex))}</code>"
    return mathml(statements[0], display="\n" in statement.tex)


def _printable(text: str) -> str:
    """Without the characters that no page may have."""
    return NOT_XML.sub("\ufffd", text.replace(HIDDEN, ""))


def is_well_formed(page: str) -> bool:
    """Whether a page is XML but for its first line: every element closed, every sign escaped.

    >>> is_well_formed(report_html([]))
    True
    """
    try:
        ElementTree.fromstring(page.partition("\n")[2])
    except ElementTree.ParseError:
        return False
    return True
