"""Cards as text, Markdown, HTML and JSON.

Text and Markdown are two writings of the same sections, so that neither has what the other lacks.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .card_data import Card, Formula, Input
from .curves import curve_text
from .tables import table


@dataclass(frozen=True)
class Section:
    """A part of a card under its title; what is empty is left out."""

    title: str
    formulas: tuple[Formula, ...] = ()
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    drawing: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.formulas or self.lines or self.rows or self.drawing)


def sections(card: Card) -> Iterator[Section]:
    """The parts of a card that have something to show, in order."""
    yield from (section for section in _sections(card) if not section.empty)


def _sections(card: Card) -> Iterator[Section]:
    where = (f"defined for {card.domain}",) if card.domain else ()
    yield Section("definition", card.definition, (*where, *((card.smoothness,) if card.smoothness else ())))
    inputs = tuple((i.name, " x ".join(i.sizes) or "any shape", _role(i)) for i in card.inputs)
    yield Section("inputs", head=("name", "sizes", "what"), rows=inputs)
    constants = tuple(
        (p.name, p.symbol, p.default or "none", p.domain, "yes" if p.learned else "no") for p in card.parameters
    )
    yield Section("parameters", head=("name", "in the formula", "default", "domain", "learned"), rows=constants)
    yield Section("derivative", card.derivative)
    kinks = tuple(
        (
            k.point,
            k.left,
            k.right,
            f"[{k.interval[0]}, {k.interval[1]}]",
            k.declared or "none",
            "yes" if k.jump else "no",
        )
        for k in card.kinks
    )
    head = ("at", "slope from the left", "from the right", "Clarke interval", "declared slope", "jump")
    yield Section("kinks", head=head, rows=kinks)
    properties = tuple((p.name, p.outcome, p.claim) for p in card.properties)
    yield Section("properties", lines=card.declared, head=("claim", "outcome", "statement"), rows=properties)
    family = (f"a member of the family {card.family}",) if card.family else ()
    axes = tuple((c.axis, c.choice, ", ".join(c.others) or "none") for c in card.conventions)
    yield Section("conventions", lines=family, head=("axis", "here", "elsewhere"), rows=axes)
    yield Section("curve", drawing=curve_text(card.curve) if card.curve else "")
    routines = tuple((r.signature, _lowered(r.error) or "not stated") for r in card.routines)
    yield Section("code", lines=(card.module,) if card.module else (), head=("function", "error"), rows=routines)
    yield Section("source", lines=(card.source,) if card.source else ())
    yield Section("notes", lines=card.notes)


def _role(given: Input) -> str:
    return "learned" if given.learned else "integers, which name a component" if given.integer else "numbers"


def _lowered(sentence: str) -> str:
    text = sentence.removeprefix("Error, ").removesuffix(".")
    return text[:1].lower() + text[1:]


def card_text(card: Card) -> str:
    """The card as text: formulas in plain text and in LaTeX, tables, the curve drawn with characters."""
    rows = [f"{card.name}: {card.kind}"]
    rows += [f"  also called {', '.join(card.also_called)}"] if card.also_called else []
    for section in sections(card):
        rows += ["", section.title, *_indented(_section_text(section))]
    return "\n".join(rows)


def _section_text(section: Section) -> Iterator[str]:
    for given in section.formulas:
        yield f"{given.text}{f'   ({given.note})' if given.note else ''}"
    for given in section.formulas:
        yield f"LaTeX  {given.latex}"
    yield from section.lines
    if section.rows:
        yield from table(section.head, section.rows).splitlines()
    yield from section.drawing.splitlines()


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}".rstrip() for line in lines)


def card_markdown(card: Card) -> str:
    """The card as a page of Markdown."""
    rows = [f"# {card.name}", "", f"{_article(card.kind)}{_aliases(card)}."]
    for section in sections(card):
        rows += ["", f"## {section.title.capitalize()}", "", *_section_markdown(section)]
    return "\n".join(rows) + "\n"


def _article(kind: str) -> str:
    return f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"


def _aliases(card: Card) -> str:
    return f", also called {', '.join(card.also_called)}" if card.also_called else ""


def _section_markdown(section: Section) -> Iterator[str]:
    blocks: list[list[str]] = []
    if section.formulas:
        shown = [f"{f.text}{f'   ({f.note})' if f.note else ''}" for f in section.formulas]
        blocks += [["```text", *shown, "```"], *([f"$${f.latex}$$"] for f in section.formulas)]
    if section.lines:
        blocks.append([f"- {_cell(line)}" for line in section.lines])
    if section.rows:
        blocks.append(_table_markdown(section.head, section.rows))
    if section.drawing:
        blocks.append(["```text", *section.drawing.splitlines(), "```"])
    for index, block in enumerate(blocks):
        yield from ["", *block] if index else block


def _table_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: str) -> str:
    """Text that Markdown shows as it is."""
    return text.replace("\\", "\\\\").replace("|", "&#124;").replace("*", "\\*").replace("<", "&lt;")


def card_html(card: Card) -> str:
    """The card for a notebook: formulas in LaTeX, everything else as in :func:`card_text`."""
    formulas = "".join(f"<p>$${html.escape(f.latex)}$$</p>" for f in (*card.definition, *card.derivative))
    return f"<h4>{html.escape(card.name)}</h4>{formulas}<pre>{html.escape(card_text(card))}</pre>"


def card_json(card: Card) -> dict[str, Any]:
    """The value that ``symdl show --format json`` prints."""
    return {"version": 1, **asdict(card)}
