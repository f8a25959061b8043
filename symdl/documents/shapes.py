r"""Sizes of arrays that a text declares: ``W \in \mathbb{R}^{m \times n}``, "$W$ of shape $m \times n$"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symdl.notation.names import name_of
from symdl.notation.syntax import Listing, Name, Node, Product, Relation, Scripted

from .blocks import MASK
from .context import surrounds
from .formulas import Formula

_OF_SHAPE = re.compile(
    rf"{MASK}[^{MASK}.;]{{0,25}}\b(of|has|with|have) (the )?(shapes?|sizes?|dimensions?)\s*$", re.IGNORECASE
)
_MATRIX_AFTER = re.compile(r"^\s*[- ]?(symmetric )?matri(x|ces)\b", re.IGNORECASE)
_SYMMETRIC = re.compile(r"\bsymmetric\b", re.IGNORECASE)
_SETS = frozenset({("R", ("bb",)), ("R", ())})


@dataclass(frozen=True)
class DeclaredShape:
    """The sizes of an array, and the formula that states them."""

    formula: Formula
    name: str
    sizes: tuple[str, ...]


@dataclass(frozen=True)
class Shapes:
    """The sizes that a document declares, and whether it calls a matrix symmetric."""

    declared: tuple[DeclaredShape, ...]
    symmetric: bool = False

    def at(self, formula: Formula) -> dict[str, tuple[str, ...]]:
        """The sizes in force at a formula, by name: those of its topic and of the topics around it."""
        near = (d for d in self.declared if surrounds(d.formula.topic, formula.topic))
        return {declared.name: declared.sizes for declared in near}


def declared_shapes(formulas: tuple[Formula, ...]) -> Shapes:
    """Every declaration of sizes in a document."""
    found = tuple(entry for formula in formulas for entry in _declared(formula, formulas))
    words = (text for formula in formulas for text in (formula.before, formula.after))
    return Shapes(found, any(_SYMMETRIC.search(text) for text in words))


def _declared(formula: Formula, formulas: tuple[Formula, ...]) -> Iterator[DeclaredShape]:
    node = formula.node
    if isinstance(node, Product) and (sizes := _sizes(node)):
        before = formulas[formula.number - 1].node if formula.number else None
        after = formulas[formula.number + 1].node if formula.number + 1 < len(formulas) else None
        if before is not None and _OF_SHAPE.search(formula.before):
            yield from (DeclaredShape(formula, name, sizes) for name in _names(before))
        elif after is not None and _MATRIX_AFTER.match(formula.after):
            yield from (DeclaredShape(formula, name, sizes) for name in _names(after))
        return
    names: list[str] = []
    for part in node.items if isinstance(node, Listing) else (node,):
        if not isinstance(part, Relation):
            names += _names(part) if part is not None else ()
            continue
        if part.relations == ("in",) and (sizes := _of_space(part.rest[0][1])):
            yield from (DeclaredShape(formula, name, sizes) for name in (*names, *_names(part.first)))
        names = []


def _names(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, Listing) else (node,)
    return tuple(name for item in items if (name := name_of(item)))


def _of_space(node: Node) -> tuple[str, ...]:
    r"""The sizes of ``\mathbb{R}^{m \times n}``; nothing for another set, or for sizes that are no names."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Name) or node.superscript is None:
        return ()
    return _sizes(node.superscript) if (node.base.base, node.base.decorations) in _SETS else ()


def _sizes(node: Node) -> tuple[str, ...]:
    parts = [node]
    if isinstance(node, Product):
        if any(operator not in ("*", "times") for operator, _ in node.rest):
            return ()
        parts = [node.first, *(operand for _, operand in node.rest)]
    names = [name_of(part) or "" for part in parts]
    return tuple(names) if all(name.isidentifier() for name in names) and len(names) <= 2 else ()
