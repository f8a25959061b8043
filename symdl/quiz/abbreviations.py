"""Letters that a question defines by a formula, as ``p = 1/(1 + exp(-z))``: replaced by what they stand for."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, symbol
from symdl.prover.rewriting import substitute

from .equality import Side

_COMPONENT = re.compile(r"\w+_\d+")
_MOST_TERMS = 12


def written_out(side: Side) -> Side:
    """A side with the letters that the question defines written out, in it and in what is assumed.

    >>> from symdl.core import symbol
    >>> p, z = symbol("p"), symbol("z")
    >>> given = (Compare(p, "=", 1 / (1 + sp.exp(-z))), Compare(p, ">", sp.Integer(0)))
    >>> side = written_out(Side(1 - p, (), given))
    >>> side.expr, len(side.given)
    (1 - 1/(1 + exp(-z)), 1)
    """
    side = _by_components(side)
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


def _by_components(side: Side) -> Side:
    """Sums of a few terms written out where the question speaks of the components by name, ``p_1 + p_2 = 1``."""
    relations = [entry for entry in side.given if isinstance(entry, Compare)]
    named = {name.name for entry in relations for name in entry.lhs.free_symbols | entry.rhs.free_symbols}
    if not any(_COMPONENT.fullmatch(name) for name in named) or not any(
        expr.has(sp.Sum) for expr in (side.expr, *(entry.rhs for entry in relations))
    ):
        return side
    given = (_each(entry, named) if isinstance(entry, Compare) else entry for entry in side.given)
    return replace(side, expr=_listed(side.expr, named), given=tuple(given))


def _each(entry: Compare, named: set[str]) -> Compare:
    return replace(entry, lhs=_listed(entry.lhs, named), rhs=_listed(entry.rhs, named))


def _listed(expr: sp.Expr, named: set[str]) -> sp.Expr:
    """The expression with its sums of a few terms written out, and their terms under the names of components."""
    totals = {total: _terms(total) for total in expr.atoms(sp.Sum)}
    expr = expr.xreplace({total: value for total, value in totals.items() if value is not None})
    calls = {call: f"{call.func.__name__}_{call.args[0]}" for call in expr.atoms(AppliedUndef) if len(call.args) == 1}
    return expr.xreplace({call: symbol(name) for call, name in calls.items() if name in named})


def _terms(total: sp.Sum) -> sp.Expr | None:
    index, low, high = total.limits[0]
    short = low.is_Integer and high.is_Integer and 0 <= high - low < _MOST_TERMS
    if len(total.limits) != 1 or not short or total.function.has(sp.Sum):
        return None
    return sp.Add(*(substitute(total.function, {index: sp.Integer(k)}) for k in range(int(low), int(high) + 1)))


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
