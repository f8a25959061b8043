"""Labels for the indices of a product that do not depend on their names.

Indices are told apart by the factors in which they stand, and by the indices beside them, until nothing new
is told; where several are still alike, each is tried as the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from .budget import require_size

if TYPE_CHECKING:
    from .array_terms import Algebra

Order: TypeAlias = tuple[tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]
"""The bound indices and the free ones, each in their order."""
Colours: TypeAlias = dict[sp.Symbol, int]
_MOST_ORDERS = 120


def labellings(
    algebra: Algebra, summand: sp.Expr, bound: Sequence[sp.Symbol], free: Sequence[sp.Symbol]
) -> list[Order]:
    """The orders of indices that the structure of a product cannot tell apart, at least one.

    Raises :class:`BudgetExceeded` where there are too many.
    """
    colours = _ranked({index: (index in free, str(algebra.sizes[index])) for index in (*bound, *free)})
    factors = sp.Mul.make_args(summand)
    found: list[Order] = []
    waiting = [colours]
    while waiting:
        colours = _refined(algebra, factors, waiting.pop())
        alike = _first_class(colours)
        if alike:
            require_size(len(waiting) + len(alike), _MOST_ORDERS, "orders of indices")
            waiting += [_ranked({i: (c, i is not first) for i, c in colours.items()}) for first in alike]
            continue
        order = sorted(colours, key=lambda index: colours[index])
        found.append((tuple(i for i in order if i in bound), tuple(i for i in order if i in free)))
        require_size(len(found), _MOST_ORDERS, "orders of indices")
    return found


def _ranked(marks: Mapping[sp.Symbol, object]) -> Colours:
    """Numbers for marks, in their order."""
    ranks = {mark: rank for rank, mark in enumerate(sorted(set(marks.values()), key=repr))}
    return {index: ranks[mark] for index, mark in marks.items()}


def _first_class(colours: Colours) -> list[sp.Symbol]:
    """The indices of the first colour that several have."""
    counts: dict[int, list[sp.Symbol]] = {}
    for index, colour in colours.items():
        counts.setdefault(colour, []).append(index)
    return next((counts[colour] for colour in sorted(counts) if len(counts[colour]) > 1), [])


def _refined(algebra: Algebra, factors: Sequence[sp.Expr], colours: Colours) -> Colours:
    """Colours that are told apart by the factors around an index and the colours there."""
    while len(set(colours.values())) < len(colours):
        algebra.work.spend(len(colours), "labels of indices")
        marks = {
            index: (
                f"{colour:04}",
                sorted(_around(algebra, factor, index, colours) for factor in factors if index in factor.free_symbols),
            )
            for index, colour in colours.items()
        }
        finer = _ranked({index: repr(mark) for index, mark in marks.items()})
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer
    return colours


def _around(algebra: Algebra, factor: sp.Expr, index: sp.Symbol, colours: Colours) -> str:
    """A factor as it looks from one of its indices."""
    shown = {other: "self" if other is index else f"{colour:04}" for other, colour in colours.items()}
    name = factor.func.__name__
    piece = algebra.pieces.get(name)
    if isinstance(factor, AppliedUndef) and all(argument in shown for argument in factor.args):
        row = [shown[argument] for argument in factor.args]
        return name + str(min([row[place] for place in order] for order in piece.symmetries) if piece else row)
    places = {other: sp.Symbol(text, real=True) for other, text in shown.items()}
    return str(algebra.renamed(factor, places))
