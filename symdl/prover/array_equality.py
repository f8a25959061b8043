"""Equality of arrays: entries in einsum normal form, then the normal form of scalars.

Where the normal forms differ in elementwise functions under a sum, terms summed over the same indices are
put back under one sum, and its summand is shown to vanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, permutations, product

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Array, Claim, Compare, Dimension, Evidence, Witness, function
from symdl.core.arrays import Contract, describe

from .array_forms import Forms
from .array_samples import Sides, array_sides, samples, sizes_of
from .array_terms import Algebra, Piece
from .budget import Work
from .cells import explore
from .control import Open
from .equality import difference_vanishes, trust
from .problems import pose

METHOD = "einsum normal form"
_TRUST = "expansion by SymPy"
_EXACT = "exact rational and ball arithmetic (FLINT)"
_MOST_ALIGNMENTS = 24
_ENOUGH_SAMPLES = 2
_ENOUGH_WITH_SCALARS = 6


def by_array_normal_form(claim: Claim) -> Evidence | None:
    """An equality of arrays whose entries have the same normal form."""
    sides = array_sides(claim.statement)
    if sides is None or not _is_equality(claim) or sides[0].dimensions != sides[1].dimensions:
        return None
    comparison = _Comparison(claim)
    idea = comparison.show(sides)
    require_defined(claim, sides)
    work = comparison.work
    return Evidence(METHOD, f"{_TRUST}, {trust(work)}", idea, work.spent)


def by_small_arrays(claim: Claim) -> Evidence | None:
    """An entry in which two arrays certainly differ, at small sizes and small entries."""
    sides = array_sides(claim.statement)
    if sides is None or not _is_equality(claim):
        return None
    if sides[0].dimensions != sides[1].dimensions:
        return _of_other_sizes(sides)
    defined = 0
    for sample in samples(claim, sides):
        place = sample.differing()
        if place is not None:
            sizes = ", ".join(f"{name} = {size}" for name, size in sample.sizes.items())
            detail = "the entries differ there, certainly" + (f" (sizes {sizes})" if sizes else "")
            return Evidence("witness", _EXACT, detail, witness=sample.witness(place))
        defined += sample.is_defined
        if defined == (_ENOUGH_WITH_SCALARS if sample.scalars else _ENOUGH_SAMPLES):
            break
    return None


def require_defined(claim: Claim, sides: Sides) -> None:
    """Raise :class:`Open` unless both sides have all their entries in some sample."""
    if not any(sample.is_defined for sample in samples(claim, sides)):
        raise Open("no sample was found where the assumptions hold and both sides are defined")


def _is_equality(claim: Claim) -> bool:
    return isinstance(claim.statement, Compare) and claim.statement.relation == "="


def _of_other_sizes(sides: Sides) -> Evidence:
    sizes = sizes_of(*sides)
    shapes = [f"shape ({', '.join(str(sizes[d.name]) for d in side.dimensions)})" for side in sides]
    values = tuple((name, sp.Integer(size)) for name, size in sizes.items())
    detail = f"{describe(sides[0])} and {describe(sides[1])} have other sizes"
    return Evidence("witness", "the declared sizes", detail, witness=Witness(values, *shapes))


class _Comparison:
    """The normal forms of both sides of one claim, and what is known for them."""

    def __init__(self, claim: Claim) -> None:
        self.work = Work()
        self.algebra = Algebra(self.work)
        self.forms = Forms(self.algebra)
        self.symbols: dict[sp.Expr, sp.Symbol] = {}
        relations = [item for item in claim.given if isinstance(item, Compare)]
        for name in filter(None, map(_said_symmetric, relations)):
            self.forms.symmetric(f"entry of {name}")
        self.assumptions = [c for c in map(self._assumed, relations) if c is not None]

    def _assumed(self, relation: Compare) -> Compare | None:
        """An assumption on scalars; one that gives a contraction its value is put in wherever it occurs."""
        sides = array_sides(relation)
        if sides is None:
            return relation
        if _said_symmetric(relation):
            return None
        axes = [self.algebra.index(size) for size in sides[0].dimensions]
        left, right = (self.forms.entry(side, axes) for side in sides)
        name = left.func.__name__
        if relation.relation == "=" and name in self.algebra.pieces and len(set(left.args)) == len(axes):
            places = dict(zip(left.args, self.algebra.pieces[name].free, strict=True))
            self.algebra.known[name] = right.xreplace(places)
        return None if axes else Compare(left, relation.relation, right)

    def show(self, sides: Sides) -> str:
        """The idea of the proof; raises :class:`Open` where the difference is not shown to vanish."""
        axes = [self.algebra.index(size) for size in sides[0].dimensions]
        left, right = (self.forms.entry(side, axes) for side in sides)
        difference = self.algebra.on_diagonals(self.algebra.expanded(left - right))
        count = sum(piece.kind == "sum" for piece in self.algebra.pieces.values())
        idea = f"entry by entry, {count} contraction{'s' * (count != 1)} up to the names of indices"
        if difference == 0:
            return f"{idea}: the same terms on both sides"
        if self._vanishes(left, right):
            return f"{idea}: difference 0 by the normal form of scalars"
        if self._vanishes_under_sums(difference):
            return f"{idea}: difference 0 under the sums, by the normal form of scalars"
        raise Open("the entries have other normal forms, and no sample in which they differ was found")

    # --- scalars

    def _vanishes(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether two entries are equal for all values of what stands in them."""
        statement = Compare(self._plain(left), "=", self._plain(right))
        given = [Compare(self._plain(c.lhs), c.relation, self._plain(c.rhs)) for c in self.assumptions]
        sizes = [s for entry, s in self.symbols.items() if entry.func.__name__ == "size"]
        positive = [s for entry, s in self.symbols.items() if self._is_positive(entry)]
        given += [Compare(s, ">", sp.Integer(0)) for s in (*sizes, *positive)]
        problem = pose(statement, tuple(given))
        return explore(problem.setting, difference_vanishes(problem), self.work).succeeded

    def _is_positive(self, entry: sp.Expr) -> bool:
        """Whether an entry is a sum of exponentials."""
        piece = self._piece(entry)
        return piece is not None and all(isinstance(f, sp.exp) for f in sp.Mul.make_args(piece.summand))

    def _plain(self, expr: sp.Expr) -> sp.Expr:
        """Entries and contractions as symbols; functions that the caller gives stay functions."""
        found = {}
        for node in sorted(expr.atoms(AppliedUndef), key=str):
            if node.func.__name__.startswith("function "):
                found[node] = function(node.func.__name__.replace(" ", "_"))(*map(self._plain, node.args))
            else:
                found[node] = self.symbols.setdefault(node, sp.Symbol(f"e{len(self.symbols)}", real=True))
        return expr.xreplace(found)

    # --- under sums

    def _vanishes_under_sums(self, difference: sp.Expr) -> bool:
        groups: dict[tuple[Dimension, ...], list[tuple[sp.Expr, sp.Expr]]] = {}
        rest = sp.Integer(0)
        for term in sp.Add.make_args(difference):
            sums = [f for f in sp.Mul.make_args(term) if self._piece(f) is not None]
            if len(sums) == 1:
                piece = self._piece(sums[0])
                assert piece is not None
                groups.setdefault(piece.sizes, []).append((term / sums[0], sums[0]))
            else:
                rest += term
        return bool(groups) and self._vanishes(rest, sp.Integer(0)) and all(map(self._group_vanishes, groups.values()))

    def _piece(self, factor: sp.Expr) -> Piece | None:
        piece = self.algebra.pieces.get(factor.func.__name__) if isinstance(factor, AppliedUndef) else None
        return piece if piece is not None and piece.kind == "sum" else None

    def _group_vanishes(self, group: Sequence[tuple[sp.Expr, sp.Expr]]) -> bool:
        """Whether sums over the same indices add up to 0 entry by entry, for some way to match the indices."""
        (weight, first), *others = group
        piece = self._piece(first)
        assert piece is not None
        start, names = self.algebra.opened(first, piece)
        matches = islice(product(_matches(names, piece), repeat=len(others)), _MOST_ALIGNMENTS)
        for match in matches:
            total = weight * start
            for (coefficient, applied), chosen in zip(others, match, strict=True):
                inner = self._piece(applied)
                assert inner is not None
                total += coefficient * self.algebra.opened(applied, inner, chosen)[0]
            if self._vanishes(total, sp.Integer(0)):
                return True
        return False


def _said_symmetric(relation: Compare) -> str:
    """The name of the matrix that a relation says to be its own transpose."""
    sides = array_sides(relation)
    if sides is None or relation.relation != "=":
        return ""
    for matrix, other in (sides, sides[::-1]):
        transposed = isinstance(other, Contract) and other.subscripts == "ij->ji"
        inner = other.operands[0] if transposed else None
        if isinstance(matrix, Array) and isinstance(inner, Array) and matrix.name == inner.name:
            return matrix.name
    return ""


def _matches(names: Sequence[sp.Symbol], piece: Piece) -> list[tuple[sp.Symbol, ...]]:
    """The orders of indices that respect their sizes."""
    sizes = dict(zip(names, piece.sizes, strict=True))
    return [
        order for order in islice(permutations(names), 720) if tuple(sizes[index] for index in order) == piece.sizes
    ]
