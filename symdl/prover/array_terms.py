"""Contractions in normal form: products summed over indices, alike up to the names of the indices.

An entry ``W[i, j]`` stands as ``W(i, j)``, an unknown function of index symbols. A sum over indices is
distributed over its terms, sums inside it are drawn together (Fubini), and what shares no index of summation
comes apart again; each connected piece gets a name of its own and its free indices as arguments. Equal
pieces get equal names whatever their indices were called and in whatever order they were summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, prod

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Dimension, function

from .array_inverses import Inverted, cancelled
from .array_labels import Order, labellings
from .budget import Work, require_size

MOST_TERMS = 400
_MOST_FACTORS = 40
DELTA = function("delta of indices")
ONE_HOT = function("one at the position")


@dataclass(frozen=True)
class Piece:
    """``summand`` summed (or its maximum taken) over ``bound``; ``free`` are the places of its arguments.

    ``symmetries`` are the orders of the arguments that leave its value as it is.
    """

    kind: str
    summand: sp.Expr
    bound: tuple[sp.Symbol, ...]
    sizes: tuple[Dimension, ...]
    free: tuple[sp.Symbol, ...]
    symmetries: tuple[tuple[int, ...], ...]


@dataclass
class Algebra:
    """The indices and the named pieces of one comparison; ``known`` holds pieces with a given value."""

    work: Work
    sizes: dict[sp.Symbol, Dimension] = field(default_factory=dict)
    pieces: dict[str, Piece] = field(default_factory=dict)
    names: dict[tuple[object, ...], str] = field(default_factory=dict)
    known: dict[str, sp.Expr] = field(default_factory=dict)
    inverses: dict[str, Inverted] = field(default_factory=dict)

    def index(self, size: Dimension) -> sp.Symbol:
        """A new index that runs over an axis."""
        new = sp.Symbol(f"#{len(self.sizes)}", real=True)
        self.sizes[new] = size
        return new

    def indices_in(self, expr: sp.Expr) -> list[sp.Symbol]:
        """The indices that an expression depends on, by name."""
        return sorted((s for s in expr.free_symbols if s in self.sizes), key=str)

    def renamed(self, expr: sp.Expr, names: Mapping[sp.Symbol, sp.Symbol]) -> sp.Expr:
        """``expr`` at other indices."""
        return self._arranged(expr.xreplace(dict(names)))

    def _arranged(self, expr: sp.Expr) -> sp.Expr:
        """Arguments of symmetric pieces in their order, ``delta(i, i)`` as 1."""
        changes = {}
        for node in expr.atoms(AppliedUndef):
            piece = self.pieces.get(node.func.__name__)
            if node.func == DELTA:
                first, second = sorted(node.args, key=str)
                changes[node] = sp.Integer(1) if first == second else DELTA(first, second)
            elif piece is not None and len(piece.symmetries) > 1:
                changes[node] = node.func(*_least(node.args, piece.symmetries))
        changes = {node: new for node, new in changes.items() if node != new}
        return expr.xreplace(changes) if changes else expr

    # --- sums

    def summed(self, expr: sp.Expr, indices: Sequence[sp.Symbol]) -> sp.Expr:
        """The sum of ``expr`` over indices."""
        expr = self.expanded(expr)
        if not indices:
            return expr
        terms = sp.Add.make_args(expr)
        self.work.spend(10 * len(terms), "terms of a contraction")
        return sp.Add(*(self._summed_term(term, indices) for term in terms))

    def expanded(self, expr: sp.Expr) -> sp.Expr:
        """``expr`` with products distributed over sums; bounded before it starts."""
        require_size(_count(expr), MOST_TERMS, "terms of a contraction")
        self.work.spend(_count(expr), "terms of a contraction")
        sums = [node for node in expr.atoms(sp.exp) if node.args[0].is_Add]
        if sums:
            expr = expr.xreplace({node: sp.Mul(*map(sp.exp, node.args[0].args)) for node in sums})
        return sp.expand(expr, power_exp=False, power_base=False, log=False)

    def on_diagonals(self, expr: sp.Expr) -> sp.Expr:
        """``expr`` with one index for both where a term has ``delta(i, j)``."""
        terms = []
        for term in sp.Add.make_args(expr):
            for delta in sorted((f for f in sp.Mul.make_args(term) if f.func == DELTA), key=str):
                term = delta * self.renamed(term / delta, {delta.args[1]: delta.args[0]})
            terms.append(term)
        return sp.Add(*terms)

    def _summed_term(self, term: sp.Expr, indices: Sequence[sp.Symbol]) -> sp.Expr:
        bound = list(indices)
        factors = self._without_deltas(self._drawn_together(list(_factors(term)), bound), bound)
        found = cancelled(self, factors, bound) if self.inverses else None
        if found is not None:
            return found
        factors = _without_positions(factors, bound)
        used = {index for factor in factors for index in factor.free_symbols}
        sizes = [self.sizes[index].size for index in bound if index not in used]
        outside = [factor for factor in factors if not factor.free_symbols & set(bound)]
        inside = [factor for factor in factors if factor.free_symbols & set(bound)]
        pieces = [self.named("sum", sp.Mul(*group), shared) for group, shared in _connected(inside, bound)]
        return self.expanded(sp.Mul(*sizes, *outside, *pieces))

    def _drawn_together(self, factors: list[sp.Expr], bound: list[sp.Symbol]) -> list[sp.Expr]:
        """Sums inside a sum as one: a piece that depends on an index of summation is opened."""
        result: list[sp.Expr] = []
        while factors:
            factor = factors.pop()
            piece = self.pieces.get(factor.func.__name__) if isinstance(factor, AppliedUndef) else None
            if piece is None or piece.kind != "sum" or not factor.free_symbols & set(bound):
                result.append(factor)
                continue
            self.work.spend(1, "sums drawn together")
            inner, fresh = self.opened(factor, piece)
            bound += fresh
            factors += _factors(inner)
            require_size(len(factors) + len(result), _MOST_FACTORS, "factors of a contraction")
        return result

    def opened(
        self, applied: sp.Expr, piece: Piece, names: Sequence[sp.Symbol] = ()
    ) -> tuple[sp.Expr, list[sp.Symbol]]:
        """The summand of a piece at its arguments, and the indices that it is summed over."""
        fresh = list(names) or [self.index(size) for size in piece.sizes]
        places = dict(zip((*piece.free, *piece.bound), (*applied.args, *fresh), strict=True))
        return self.renamed(piece.summand, places), fresh

    def _without_deltas(self, factors: list[sp.Expr], bound: list[sp.Symbol]) -> list[sp.Expr]:
        while True:
            delta = next((f for f in factors if f.func == DELTA and set(f.args) & set(bound)), None)
            if delta is None:
                return factors
            first, second = delta.args
            gone, kept = (first, second) if first in bound else (second, first)
            bound.remove(gone)
            changed = [self.renamed(factor, {gone: kept}) for factor in factors if factor is not delta]
            factors = [factor for whole in changed for factor in _factors(whole)]

    # --- names

    def maximum(self, expr: sp.Expr, index: sp.Symbol, kind: str) -> sp.Expr:
        """The maximum over an index, or its place; what does not depend on the index is taken out."""
        terms = sp.Add.make_args(self.expanded(expr))
        inside = sp.Add(*(term for term in terms if index in term.free_symbols))
        outside = sp.Add(*(term for term in terms if index not in term.free_symbols))
        if inside == 0:
            return outside if kind == "max" else sp.Integer(0)
        return self.named(kind, inside, [index]) + (outside if kind == "max" else 0)

    def named(self, kind: str, summand: sp.Expr, bound: Sequence[sp.Symbol]) -> sp.Expr:
        """The piece under its name, at its free indices: alike for all names and orders of the indices."""
        free = [index for index in self.indices_in(summand) if index not in bound]
        orders = labellings(self, summand, bound, free)
        forms = [(self.renamed(summand, _places(*order)), order) for order in orders]
        if len(forms) == 1:
            return self._applied(kind, forms[0][0], [orders[0]])
        marks = [str(form) for form, _ in forms]
        best = forms[marks.index(min(marks))][0]
        return self._applied(kind, best, [order for form, order in forms if form == best])

    def _applied(self, kind: str, form: sp.Expr, orders: Sequence[Order]) -> sp.Expr:
        bound, free = orders[0]
        sizes = tuple(self.sizes[index] for index in bound)
        key = kind, form, sizes, tuple(self.sizes[index] for index in free)
        name = self.names.setdefault(key, f"{kind} {len(self.names)}")
        if name not in self.pieces:
            places = _places(bound, free)
            symmetries = tuple(dict.fromkeys(tuple(free.index(i) for i in order) for _, order in orders))
            self.pieces[name] = Piece(
                kind, form, tuple(places[i] for i in bound), sizes, tuple(places[i] for i in free), symmetries
            )
        arguments = _least(free, self.pieces[name].symmetries)
        if name in self.known:
            return self.renamed(self.known[name], dict(zip(self.pieces[name].free, arguments, strict=True)))
        return function(name)(*arguments)


def _least(arguments: Sequence[sp.Symbol], symmetries: Sequence[tuple[int, ...]]) -> list[sp.Symbol]:
    return min(([arguments[place] for place in order] for order in symmetries), key=lambda row: list(map(str, row)))


def _places(bound: Sequence[sp.Symbol], free: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Symbol]:
    """The names of indices inside a piece."""
    pairs = [(index, f"bound {k}") for k, index in enumerate(bound)]
    pairs += [(index, f"free {k}") for k, index in enumerate(free)]
    return {index: sp.Symbol(name, real=True) for index, name in pairs}


def _factors(term: sp.Expr) -> Iterator[sp.Expr]:
    """The factors of a product, positive integer powers of entries one by one."""
    for factor in sp.Mul.make_args(term):
        base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, sp.Integer(1))
        if isinstance(base, AppliedUndef) and exponent.is_Integer and 0 < exponent <= MOST_TERMS:
            yield from [base] * int(exponent)
        else:
            yield factor


def _without_positions(factors: list[sp.Expr], bound: list[sp.Symbol]) -> list[sp.Expr]:
    """A one-hot factor is its own square, and its sum over all positions is 1."""
    marks = list(dict.fromkeys(factor for factor in factors if factor.func == ONE_HOT))
    rest = [factor for factor in factors if factor.func != ONE_HOT]
    for mark in list(marks):
        place = mark.args[1]
        others = [*rest, *(m for m in marks if m is not mark)]
        if place in bound and not any(place in other.free_symbols for other in others):
            marks.remove(mark)
            bound.remove(place)
    return rest + marks


def _connected(
    factors: Sequence[sp.Expr], bound: Sequence[sp.Symbol]
) -> Iterator[tuple[list[sp.Expr], list[sp.Symbol]]]:
    """Factors that hang together by indices of summation, with these indices."""
    waiting = list(factors)
    while waiting:
        group, shared = [waiting.pop(0)], set(bound)
        reached = group[0].free_symbols & shared
        grown = True
        while grown:
            joined = [factor for factor in waiting if factor.free_symbols & reached]
            grown = bool(joined)
            group += joined
            waiting = [factor for factor in waiting if not factor.free_symbols & reached]
            reached |= {index for factor in joined for index in factor.free_symbols & shared}
        yield group, [index for index in bound if index in reached]


def _count(expr: sp.Expr) -> int:
    """An upper bound of the number of terms after expansion, at any level."""
    if expr.is_Add:
        return sum(map(_count, expr.args))
    if expr.is_Mul:
        return prod(map(_count, expr.args))
    if expr.is_Pow and expr.exp.is_Integer:
        terms = _count(expr.base)
        return comb(terms + abs(int(expr.exp)) - 1, terms - 1) if terms > 1 else 1
    return max(map(_count, expr.args), default=1) if expr.args else 1
