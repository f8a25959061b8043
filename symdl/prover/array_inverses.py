"""Products of a matrix with its inverse in sums over indices.

Where M is ``c*P + R`` with an entry or a contraction P, ``sum_k P[i, k] inverse(M)[k, j]`` becomes
``(delta[i, j] - sum_k R[i, k] inverse(M)[k, j])/c``, and likewise on the other side. Where P is itself
a sum of products, these are looked for among the factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import function

if TYPE_CHECKING:
    from .array_terms import Algebra

DELTA = function("delta of indices")
Places = Mapping[sp.Symbol, sp.Symbol]


@dataclass(frozen=True)
class Inverted:
    """What is known of the inverse of a matrix M: ``M[i, j] = coefficient*base + rest`` at ``indices`` i, j.

    ``base`` is the product of ``factors``, summed over ``bound``.
    """

    indices: tuple[sp.Symbol, sp.Symbol]
    coefficient: sp.Expr
    base: AppliedUndef
    rest: sp.Expr
    factors: tuple[sp.Expr, ...]
    bound: tuple[sp.Symbol, ...]


def cancelled(algebra: Algebra, factors: Sequence[sp.Expr], bound: Sequence[sp.Symbol]) -> sp.Expr | None:
    """The sum of a product without its first matrix beside an inverse; None where there is none."""
    for inverse in factors:
        known = algebra.inverses.get(inverse.func.__name__) if len(inverse.args) == 2 else None
        if known is None or inverse.args[0] == inverse.args[1]:
            continue
        others = [factor for factor in factors if factor is not inverse]
        for row, column, index in _sides(algebra, inverse, known):
            if index not in bound:
                continue
            for places, rest in _found(algebra, (known.factors, known.bound), others, {row: index}):
                gone = [places[i] for i in known.bound]
                if _only_here([index], bound, rest) and _only_here(gone, bound, [*rest, inverse]):
                    at = {row: index, column: places[column]}
                    return _replaced(algebra, known, inverse, rest, at, [i for i in bound if i not in gone])
    return None


def _only_here(indices: Sequence[sp.Symbol], bound: Sequence[sp.Symbol], rest: Sequence[sp.Expr]) -> bool:
    """Whether different indices are summed over, and stand in none of the other factors."""
    distinct = len(set(indices)) == len(indices) and set(indices) <= set(bound)
    return distinct and not any(factor.free_symbols & set(indices) for factor in rest)


def _sides(
    algebra: Algebra, inverse: AppliedUndef, known: Inverted
) -> Iterator[tuple[sp.Symbol, sp.Symbol, sp.Symbol]]:
    """The index of the matrix that is summed over, the other one, and what it is: before the inverse, behind it."""
    row, column = known.indices
    piece = algebra.pieces.get(inverse.func.__name__)
    yield column, row, inverse.args[0]
    yield row, column, inverse.args[1]
    if piece is not None and len(piece.symmetries) > 1:
        yield column, row, inverse.args[1]
        yield row, column, inverse.args[0]


def _replaced(
    algebra: Algebra,
    known: Inverted,
    inverse: AppliedUndef,
    rest: Sequence[sp.Expr],
    at: Places,
    bound: Sequence[sp.Symbol],
) -> sp.Expr:
    """The sum with the unit matrix in the place of the product, without what the matrix has beside its base."""
    algebra.work.spend(10, "matrices beside their inverses")
    index, end = at.values()
    beyond = inverse.args[1] if inverse.args[0] == index else inverse.args[0]
    unit = DELTA(*sorted((end, beyond), key=str)) if end != beyond else sp.Integer(1)
    total = algebra.summed(sp.Mul(*rest) * unit / known.coefficient, [i for i in bound if i != index])
    if known.rest == 0:
        return total
    product = algebra.renamed(known.rest, at) * inverse / known.coefficient
    return total - algebra.summed(sp.Mul(*rest) * product, bound)


def _found(
    algebra: Algebra,
    pattern: tuple[tuple[sp.Expr, ...], tuple[sp.Symbol, ...]],
    factors: Sequence[sp.Expr],
    places: Places,
) -> Iterator[tuple[Places, list[sp.Expr]]]:
    """The ways in which the pattern stands among the factors: its indices there, and the other factors."""
    wanted, bound = pattern
    if not wanted:
        yield places, list(factors)
        return
    first, *others = wanted
    for k, factor in enumerate(factors):
        if factor.func != first.func or len(factor.args) != len(first.args):
            continue
        piece = algebra.pieces.get(factor.func.__name__)
        for order in piece.symmetries if piece is not None else (tuple(range(len(first.args))),):
            pairs = list(zip(first.args, (factor.args[n] for n in order), strict=True))
            if all(places.get(a, b) == b for a, b in pairs):
                rest = [*factors[:k], *factors[k + 1 :]]
                yield from _found(algebra, (tuple(others), bound), rest, {**places, **dict(pairs)})


def with_base(algebra: Algebra, entry: sp.Expr, indices: tuple[sp.Symbol, sp.Symbol]) -> Inverted | None:
    """A matrix as a multiple of one of its terms, and the rest; None where no term has both indices."""
    for term in sp.Add.make_args(entry):
        coefficient, base = term.as_independent(*indices, as_Add=False)
        if not isinstance(base, AppliedUndef) or base.func == DELTA or set(base.args) != set(indices):
            continue
        piece = algebra.pieces.get(base.func.__name__)
        if piece is None or piece.kind != "sum":
            return Inverted(indices, coefficient, base, entry - term, (base,), ())
        summand, fresh = algebra.opened(base, piece)
        factors = tuple(_powers_apart(summand))
        if all(isinstance(factor, AppliedUndef) for factor in factors):
            return Inverted(indices, coefficient, base, entry - term, factors, tuple(fresh))
    return None


def _powers_apart(product: sp.Expr) -> Iterator[sp.Expr]:
    for factor in sp.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        yield from [base] * int(exponent) if exponent.is_Integer and exponent > 0 else [factor]
