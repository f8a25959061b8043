"""How a text writes a quantity, and where: what repairs in the text's own spelling are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symdl.notation.indices import indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import Component, Name, Node, Relation, Scripted, walk

from .formulas import Formula


@dataclass(frozen=True)
class Occurrence:
    """A quantity where it stands in a formula: its name without indices, its text without a power."""

    name: str
    text: str
    start: int
    end: int


def occurrences(formula: Formula) -> Iterator[Occurrence]:
    r"""Every quantity in a formula, from left to right."""
    assert formula.node is not None
    time = time_names(formula.node)
    for node in walk(formula.node):
        if isinstance(node, Name | Scripted | Component):
            yield from _occurrence(node, formula, time)


def _occurrence(node: Node, formula: Formula, time: frozenset[str]) -> Iterator[Occurrence]:
    text, start = formula.source(node), node.start
    if text.startswith("{") and text.endswith("}"):
        text, start = text[1:-1], start + 1
    if isinstance(node, Scripted) and node.superscript is not None:
        text = text[: text.rindex("^")] if "^" in text else text
        node = replace(node, superscript=None)
    place = indexed(node, time)
    name = place.base if place is not None and place.index is not None else name_of(node)
    text = text.rstrip()
    if name:
        yield Occurrence(name, text, start, start + len(text))


def left_side(formula: Formula) -> str:
    """The text of what the formula defines."""
    assert isinstance(formula.node, Relation)
    return formula.source(formula.node.first)


def step_letter(formula: Formula) -> str:
    """How the formula writes the step count."""
    assert isinstance(formula.node, Relation)
    place = indexed(formula.node.first, time_names(formula.node))
    letter = place.index if place is not None and place.index is not None else "t"
    written = (formula.source(node) for node in walk(formula.node) if isinstance(node, Name) and node.base == letter)
    return next(written, letter)
