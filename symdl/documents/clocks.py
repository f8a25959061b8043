r"""One letter for the step count: a text that writes ``x_{k+1} = x_k - \eta g_k`` counts steps by ``k``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symdl.notation.indices import TIME_NAMES, indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import Name, Node, Relation, Scripted, walk

from .formulas import Formula
from .trees import rewritten

_STEP = "t"


def with_one_clock(formulas: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """The formulas with every letter that counts steps called ``t``; their texts stay as they are.

    A letter counts steps where some formula of the document moves it by one (``x_{k+1}``), in each
    formula that has it as an index.
    """
    letters = frozenset(letter for formula in formulas for letter in _moved(formula))
    return tuple(_renamed(formula, letters) for formula in formulas) if letters else formulas


def with_clock_of(formula: Formula, other: Formula) -> Formula:
    """A formula with the letters that count steps in another one called ``t``, as they are there."""
    parts = walk(other.node) if other.node is not None else ()
    letters = {other.source(part) for part in parts if isinstance(part, Name) and part.base == _STEP} - {_STEP}
    return _renamed(formula, frozenset(letters))


def _moved(formula: Formula) -> Iterator[str]:
    node = formula.node
    if not isinstance(node, Relation):
        return
    time = time_names(node)
    for part in walk(node):
        place = indexed(part, time) if isinstance(part, Scripted) else None
        if place is not None and place.index is not None and place.offset and place.index not in TIME_NAMES:
            yield place.index


def _renamed(formula: Formula, letters: frozenset[str]) -> Formula:
    node = formula.node
    if node is None or any(isinstance(part, Name) and part.base == _STEP for part in walk(node)):
        return formula
    indices = {name_of(part) for script in _scripts(node) for part in walk(script)}
    counted = letters & indices
    if len(counted) != 1:
        return formula

    def change(part: Node) -> Node | None:
        return replace(part, base=_STEP) if isinstance(part, Name) and name_of(part) in counted else None

    return replace(formula, node=rewritten(node, change))


def _scripts(node: Node) -> Iterator[Node]:
    for part in walk(node):
        if isinstance(part, Scripted):
            yield from (script for script in (part.subscript, part.superscript) if script is not None)
