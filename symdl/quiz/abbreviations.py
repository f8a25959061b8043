"""Letters that a question defines by a formula, as ``p = 1/(1 + exp(-z))``: replaced by what they stand for."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import Belongs, Compare, Given
from symdl.prover.rewriting import substitute

from .equality import Side


def written_out(side: Side) -> Side:
    """A side with the letters that the question defines written out, in it and in what is assumed.

    >>> from symdl.core import symbol
    >>> p, z = symbol("p"), symbol("z")
    >>> given = (Compare(p, "=", 1 / (1 + sp.exp(-z))), Compare(p, ">", sp.Integer(0)))
    >>> side = written_out(Side(1 - p, (), given))
    >>> side.expr, len(side.given)
    (1 - 1/(1 + exp(-z)), 1)
    """
    table = _definitions(side.given)
    if not table:
        return side
    rest = tuple(entry for entry in side.given if not _defines(entry, table))
    return replace(
        side,
        expr=substitute(side.expr, table),
        conditions=tuple(_relation(entry, table) for entry in side.conditions),
        given=tuple(_relation(entry, table) if isinstance(entry, Compare) else entry for entry in rest),
    )


def _definitions(given: tuple[Given, ...]) -> dict[sp.Symbol, sp.Expr]:
    """What each letter stands for; one that is a number of some kind, or stands for itself in the end, is left."""
    kinds = {entry.symbol for entry in given if isinstance(entry, Belongs)}
    table: dict[sp.Symbol, sp.Expr] = {}
    for entry in given:
        if not isinstance(entry, Compare) or entry.relation != "=" or not entry.lhs.is_Symbol or entry.lhs in kinds:
            continue
        meaning = substitute(entry.rhs, table)
        if entry.lhs not in table and entry.lhs not in meaning.free_symbols and meaning.args:
            table = {name: substitute(value, {entry.lhs: meaning}) for name, value in table.items()}
            table[entry.lhs] = meaning
    return table


def _defines(entry: Given, table: dict[sp.Symbol, sp.Expr]) -> bool:
    if not isinstance(entry, Compare) or entry.relation != "=" or entry.lhs not in table:
        return False
    return bool(substitute(entry.rhs, table) == table[entry.lhs])


def _relation(entry: Compare, table: dict[sp.Symbol, sp.Expr]) -> Compare:
    defined = tuple(_relation(part, table) for part in entry.defined)
    return Compare(substitute(entry.lhs, table), entry.relation, substitute(entry.rhs, table), defined)
