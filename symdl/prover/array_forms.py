"""Array expressions entry by entry: each node as a scalar expression in the indices of its axes."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdl.calculus.derivatives import activation_derivative
from symdl.core import Activation, Array, ArrayExpr, DefinitionError, FunctionParameter, UnsupportedOperation, function
from symdl.core.array_graph import graph
from symdl.core.array_inverse import Inverse, inverse
from symdl.core.array_places import Accumulate, Gather
from symdl.core.arrays import (
    ArgMax,
    Call,
    Constant,
    Contract,
    Map,
    Reduce,
    Repeat,
    ScalarFunction,
    Scatter,
    Select,
    Slope,
    describe,
)
from symdl.core.chains import Collected, Final

from .array_inverses import with_base
from .array_terms import DELTA, ONE_HOT, Algebra, Piece
from .rewriting import substitute

Form = tuple[tuple[sp.Symbol, ...], sp.Expr]
"""The indices of the axes, and the entry at these indices."""


class Forms:
    """The entries of all nodes of a comparison, over one algebra of contractions."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.known: dict[ArrayExpr, Form] = {}
        self.inputs: dict[str, ArrayExpr] = {}

    def entry(self, expr: ArrayExpr, indices: Sequence[sp.Symbol]) -> sp.Expr:
        """The entry of an array at indices, products distributed over sums.

        Raises :class:`UnsupportedOperation` for chains over layers, :class:`BudgetExceeded` where a sum of
        products would be too long.
        """
        for node in graph(expr):
            if node not in self.known:
                self.algebra.work.spend(1, "nodes")
                axes = tuple(self.algebra.index(size) for size in node.dimensions)
                self.known[node] = axes, self._entry(node, axes)
        return self.algebra.expanded(self._at(expr, indices))

    def _at(self, expr: ArrayExpr, indices: Sequence[sp.Symbol]) -> sp.Expr:
        formal, entry = self.known[expr]
        return self.algebra.renamed(entry, dict(zip(formal, indices, strict=True)))

    def _entry(self, node: ArrayExpr, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        if node.level or isinstance(node, Final | Collected):
            raise UnsupportedOperation(f"{node!r} is a chain over layers, which is not compared entry by entry")
        match node:
            case Array():
                return self._input(node, axes)
            case Constant(value=value):
                return value
            case Map(function=scalar):
                return _applied(scalar, [self._at(operand, axes) for operand in node.operands])
            case Contract():
                return self._contraction(node, axes)
            case Reduce(kind="sum", axis=axis):
                index = self.algebra.index(node.operands[0].dimensions[axis])
                return self.algebra.summed(self._at(node.operands[0], _with(axes, axis, index)), [index])
            case Reduce(axis=axis) | ArgMax(axis=axis):
                kind = "max" if isinstance(node, Reduce) else "argmax"
                index = self.algebra.index(node.operands[0].dimensions[axis])
                return self.algebra.maximum(self._at(node.operands[0], _with(axes, axis, index)), index, kind)
        return self._arranged(node, axes)

    def _arranged(self, node: ArrayExpr, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        match node:
            case Repeat(axis=axis):
                return self._at(node.operands[0], _without(axes, axis))
            case Select(axis=axis):
                place = self.algebra.index(node.operands[0].dimensions[axis])
                entry = self._at(node.operands[0], _with(axes, axis, place))
                return self.algebra.summed(entry * ONE_HOT(self._at(node.operands[1], axes), place), [place])
            case Scatter(axis=axis):
                inner = _without(axes, axis)
                return self._at(node.operands[0], inner) * ONE_HOT(self._at(node.operands[1], inner), axes[axis])
            case Call(function=called):
                return self._called(node, called, axes)
            case Gather(operands=(table, index)):
                place = self.algebra.index(table.dimensions[0])
                entry = self._at(table, (place, *axes[index.rank :]))
                return self.algebra.summed(entry * ONE_HOT(self._at(index, axes[: index.rank]), place), [place])
            case Accumulate(operands=(members, index)):
                places = [self.algebra.index(size) for size in index.dimensions]
                entry = self._at(members, (*places, *axes[1:]))
                return self.algebra.summed(entry * ONE_HOT(self._at(index, places), axes[0]), places)
            case Inverse(operands=(matrix,)):
                return self._inverse(matrix, axes)
        raise UnsupportedOperation(f"{type(node).__name__} is not compared entry by entry")

    def _input(self, node: Array, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        if self.inputs.setdefault(node.name, node).dimensions != node.dimensions:
            raise DefinitionError(f"{describe(node)} and {describe(self.inputs[node.name])} share a name")
        return function(f"entry of {node.name}")(*axes)

    def symmetric(self, name: str) -> None:
        """Note that a function of two indices does not change when these are exchanged."""
        places = tuple(sp.Symbol(f"free {k}", real=True) for k in range(2))
        self.algebra.pieces[name] = Piece("entry", sp.Integer(0), (), (), places, ((0, 1), (1, 0)))

    def _inverse(self, matrix: ArrayExpr, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        """The entry of an inverse: of a product, that of the inverses; else unknown, with what cancels beside it."""
        factors = matrix.operands
        if isinstance(matrix, Contract) and matrix.subscripts == "ij,jk->ik" and all(map(_is_square, factors)):
            return self.entry(inverse(factors[1]) @ inverse(factors[0]), axes)
        row, column = (sp.Symbol(f"axis {k} of {matrix.dimensions[0]}", real=True) for k in range(2))
        self.algebra.sizes |= {row: matrix.dimensions[0], column: matrix.dimensions[0]}
        entry = self.entry(matrix, (row, column))
        name = f"inverse of {entry}"
        if name not in self.algebra.inverses:
            if self.entry(matrix, (column, row)) == entry:
                self.symmetric(name)
            found = with_base(self.algebra, entry, (row, column))
            if found is not None:
                self.algebra.inverses[name] = found
        return function(name)(*axes)

    def _contraction(self, node: Contract, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        inputs, output = node.subscripts.split("->")
        names: dict[str, sp.Symbol] = {}
        factors: list[sp.Expr] = []
        for letter, axis in zip(output, axes, strict=True):
            if names.setdefault(letter, axis) != axis:
                factors.append(DELTA(*sorted((names[letter], axis), key=str)))
        for letters, operand in zip(inputs.split(","), node.operands, strict=True):
            for letter, size in zip(letters, operand.dimensions, strict=True):
                if letter not in names:
                    names[letter] = self.algebra.index(size)
            factors.append(self._at(operand, [names[letter] for letter in letters]))
        bound = [names[letter] for letter in names if letter not in output]
        return self.algebra.summed(sp.Mul(*factors), bound)

    def _called(self, node: ArrayExpr, called: FunctionParameter, axes: tuple[sp.Symbol, ...]) -> sp.Expr:
        """A function of whole arrays: the same wherever its operands have the same entries."""
        entries = []
        for operand in node.operands:
            inner = [sp.Symbol(f"axis {k} of {d}", real=True) for k, d in enumerate(operand.dimensions)]
            entries.append(self.algebra.expanded(self._at(operand, inner)))
        return function(f"{called.name} of {entries}")(*axes)


def _is_square(matrix: ArrayExpr) -> bool:
    return matrix.rank == 2 and matrix.dimensions[0] == matrix.dimensions[1]


def _applied(scalar: ScalarFunction, entries: Sequence[sp.Expr]) -> sp.Expr:
    match scalar:
        case Activation(argument=argument, expr=formula):
            return substitute(formula, {argument: entries[0]})
        case Slope(activation=activation, order=order):
            return substitute(activation_derivative(activation, order), {activation.argument: entries[0]})
        case FunctionParameter(name=name):
            return function(f"function {name}")(*entries)
    return substitute(scalar.expr, dict(zip(scalar.variables, entries, strict=True)))


def _with(axes: tuple[sp.Symbol, ...], axis: int, index: sp.Symbol) -> tuple[sp.Symbol, ...]:
    return (*axes[:axis], index, *axes[axis:])


def _without(axes: tuple[sp.Symbol, ...], axis: int) -> tuple[sp.Symbol, ...]:
    return axes[:axis] + axes[axis + 1 :]
