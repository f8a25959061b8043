"""Two readings with numbers for the norms of vectors of which they say nothing else."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import Compare, symbol
from symdl.notation.syntax import Name, Norm, walk

from .norms import NORM, ORDER, names_in_norms, with_numbers
from .reading import Context, Reading, reading_of


def norms_as_numbers(context: Context, gold: Reading, own: Reading) -> tuple[Context, Reading, Reading]:
    """The readings with numbers for the norms of names that stand nowhere else; else as they are."""
    nodes = (*gold.nodes, *own.nodes)
    if not any(isinstance(part, Norm) for node in nodes for part in walk(node)):
        return context, gold, own
    found = [names_in_norms(node) for node in nodes]
    letters = {name.base for inside in found if inside is not None for name in inside}
    bases = {part.base for node in nodes for part in walk(with_numbers(node)) if isinstance(part, Name)}
    sizes = {base for base in bases if base.startswith(NORM)}
    if None in found or bases & letters or len({size.split(ORDER)[0] for size in sizes}) < len(sizes):
        return context, gold, own
    bounds = [Compare(symbol(size), ">=", sp.Integer(0)) for size in sorted(sizes)]
    context = replace(context, ready=context.ready.adding(*bounds))
    gold, own = (
        reading_of(r.text, tuple(map(with_numbers, r.nodes)), context, r.notes, alternatives=r.alternatives)
        for r in (gold, own)
    )
    return context, gold, own


def are_related(context: Context, gold: Reading, own: Reading) -> bool:
    """Whether something is known of norms that the readings do not have as numbers: a difference shows nothing then."""
    there = {part.base for r in (gold, own) for node in r.nodes for part in walk(node) if isinstance(part, Name)}
    told = {s.name for entry in context.ready.entries if isinstance(entry, Compare) for s in _symbols(entry)}
    return any(name.startswith(NORM) and name not in there for name in told)


def _symbols(entry: Compare) -> set[sp.Symbol]:
    return {s for side in (entry.lhs, entry.rhs) if isinstance(side, sp.Expr) for s in side.free_symbols}
