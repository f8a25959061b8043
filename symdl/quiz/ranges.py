r"""Ranges of sums: from the declared sizes of matrices, and counted from 0 where the lower end is a symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, symbol
from symdl.notation import plain
from symdl.notation.names import name_of
from symdl.notation.syntax import Component, Juxtaposed, Node, Number, Scripted, Summation, rewritten, walk
from symdl.prover.rewriting import substitute

from .equality import Side

_COUNT = symbol("#terms")
_STEP = symbol("#step")


def sized(gold: Node, own: Node, shapes: Mapping[str, tuple[str, ...]]) -> tuple[Node, Node]:
    """Both trees, sums without a range from 1 to the size of what their index stands at, where the other has ranges."""
    sums = [[part for part in walk(node) if isinstance(part, Summation)] for node in (gold, own)]
    ranged = [any(part.upper is not None for part in found) for found in sums]
    if not shapes or ranged[0] == ranged[1]:
        return gold, own

    def with_range(part: Node) -> Node:
        if (
            not isinstance(part, Summation)
            or part.index is None
            or (part.lower, part.upper, part.condition) != (None,) * 3
        ):
            return part
        sizes = {shape[place] for shape, place in _places(part.body, part.index, shapes)}
        return replace(part, lower=Number("1"), upper=plain.parse(sizes.pop())) if len(sizes) == 1 else part

    return (gold, rewritten(own, with_range)) if ranged[0] else (rewritten(gold, with_range), own)


def _places(body: Node, index: Node, shapes: Mapping[str, tuple[str, ...]]) -> list[tuple[tuple[str, ...], int]]:
    """The shapes of what bears an index, and the place of the index there."""
    found = []
    for part in walk(body):
        if isinstance(part, Scripted) and part.subscript is not None:
            shape, lower = shapes.get(name_of(part.base) or "", ()), part.subscript
        elif isinstance(part, Component):
            shape, lower = shapes.get(name_of(part.base) or "", ()), part.index
        else:
            continue
        indices = lower.items if isinstance(lower, Juxtaposed) else (lower,)
        if len(indices) == len(shape):
            found += [(shape, place) for place, one in enumerate(indices) if one == index]
    return found


def has_symbol_below(*sides: Side) -> bool:
    """Whether a sum or product starts at a symbol."""
    return any(
        limit[1].free_symbols for side in sides for t in side.expr.atoms(sp.Sum, sp.Product) for limit in t.limits
    )


def counted(first: Side, second: Side) -> tuple[Side, ...] | None:
    r"""Both sides with ``\sum_{k=s}^t`` as a sum over ``n`` terms, ``t`` being ``s + n - 1``; None without such sums.

    A sum with a symbol at its lower end is read for ranges that hold a term.
    """
    totals = [t for side in (first, second) for t in side.expr.atoms(sp.Sum, sp.Product)]
    ends = {tuple(t.limits[0][1:]) for t in totals if len(t.limits) == 1 and t.limits[0][1].free_symbols}
    if len(ends) != 1 or any(t.function.has(AppliedUndef, sp.Sum, sp.Product) for t in totals):
        return None
    ((low, high),) = ends
    names = sorted(high.free_symbols - low.free_symbols, key=str)
    if not names or sp.diff(high, names[0]) != 1:
        return None
    last = names[0]
    table = {last: sp.expand(low + _COUNT - 1 - (high - last))}
    known = {entry.symbol for side in (first, second) for entry in side.given if isinstance(entry, Belongs)}
    whole = tuple(Belongs(name, "integer") for name in sorted(low.free_symbols - known, key=str))
    return tuple(
        replace(s, given=(*s.given, *whole)) for s in (_counted(first, table, low), _counted(second, table, low))
    )


def _counted(side: Side, table: dict[sp.Symbol, sp.Expr], low: sp.Expr) -> Side:
    def shifted(node: sp.Expr) -> sp.Expr:
        index, start, end = node.limits[0]
        body = substitute(node.function, {index: _STEP + start})
        powers = body.replace(lambda e: isinstance(e, sp.Pow), lambda e: e.base ** sp.expand(e.exp))
        return node.func(powers, (_STEP, 0, sp.expand(end - start)))

    def moved(expr: sp.Expr) -> sp.Expr:
        open_ended = {t: shifted(t) for t in expr.atoms(sp.Sum, sp.Product) if t.limits[0][1] == low}
        value = substitute(expr.xreplace(open_ended), table)
        return value.replace(lambda e: isinstance(e, sp.Pow), lambda e: e.base ** sp.expand(e.exp)).xreplace({})

    def related(entry: Compare) -> Compare:
        return Compare(moved(entry.lhs), entry.relation, moved(entry.rhs))

    given = tuple(
        related(entry) if isinstance(entry, Compare) else entry
        for entry in side.given
        if not (isinstance(entry, Belongs) and entry.symbol in table)
    )
    count = Belongs(_COUNT, "positive integer")
    return replace(side, expr=moved(side.expr), conditions=tuple(map(related, side.conditions)), given=(*given, count))
