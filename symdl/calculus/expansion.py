"""Array expressions written out in scalars at small sizes: the oracle for everything made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, TypeAlias, cast

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from symdl.core.activations import Activation
from symdl.core.array_graph import graph
from symdl.core.array_inverse import Inverse
from symdl.core.array_places import Accumulate, Gather, Overlap, Steps, Window
from symdl.core.array_simplex import Projection
from symdl.core.arrays import (
    ArgMax,
    Array,
    ArrayExpr,
    Call,
    Constant,
    Contract,
    FunctionParameter,
    Map,
    Reduce,
    Repeat,
    Scatter,
    Select,
    Slope,
    describe,
)
from symdl.core.chains import Chain, Collected, Final
from symdl.core.dimensions import Dimension, size_of
from symdl.core.errors import InputError, UnboundSymbol, UndefinedValue
from symdl.core.symbols import function, symbol

from .derivatives import activation_derivative

Entries: TypeAlias = NDArray[Any]
"""An array of SymPy expressions."""
Value: TypeAlias = Entries | list[Entries]
"""A family has a list, one array for each level."""
_SIZE = function("size")
_LARGEST_SYMBOLIC = 4


def expand(
    expr: ArrayExpr,
    sizes: Mapping[str, int | Sequence[int]],
    values: Mapping[str, Any] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Value:
    """The entries of ``expr`` as SymPy expressions; for a family a list, one array for each level.

    ``sizes`` gives each named size, for levels a sequence, and the depth of chains. Inputs without
    ``values`` get symbols ``W_0_1`` (of level 2 of a family: ``W2_0_1``); integer inputs need values.
    ``functions`` gives function parameters: scalar ones map an expression to an expression.

    Raises :class:`InputError` for a size or a value that is missing or does not fit,
    :class:`UndefinedValue` for the inverse of a singular matrix.

    >>> from symdl.core.arrays import array
    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> expand((W @ x).sum(), {"out": 1, "in": 2}).item()
    W_0_0*x_0 + W_0_1*x_1
    """
    world = _World(sizes, values or {}, functions or {})
    return world.of(expr)


@dataclass
class _World:
    """One set of sizes and values; a level of a chain has its own."""

    sizes: Mapping[str, int | Sequence[int]]
    inputs: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    levels: Mapping[str, int] = field(default_factory=dict)
    known: dict[ArrayExpr, Value] = field(default_factory=dict)
    runs: dict[Chain, tuple[list[_World], Value]] = field(default_factory=dict)

    def of(self, expr: ArrayExpr) -> Value:
        """The value of an expression, each node computed once."""
        for node in graph(expr):
            if node not in self.known:
                self.known[node] = self._compute(node)
        return self.known[expr]

    def _compute(self, node: ArrayExpr) -> Value:
        operands = [self.known[operand] for operand in node.operands]
        match node:
            case Array():
                return self._input(node)
            case Final(chain=scan):
                return self._run(scan)[1]
            case Collected(chain=scan, node=inner):
                return [cast(Entries, level.of(inner)) for level in self._run(scan)[0]]
        if node.level:
            return [self._array(node, list(members)) for members in zip(*operands, strict=True)]
        return self._array(node, operands)

    def _array(self, node: ArrayExpr, operands: list[Any]) -> Entries:
        match node:
            case Constant(value=value):
                return np.full(self._shape(node), self._resolved(value), dtype=object)
            case Map(function=scalar):
                return _each(self._scalar(scalar), *operands)
            case Contract(subscripts=subscripts):
                return _contracted(subscripts, operands, self._shape(node))
            case Reduce(kind="sum", axis=axis):
                return _entries(operands[0].sum(axis=axis))
            case Reduce(axis=axis):
                return _each_row(lambda row: sp.Max(*row), operands[0], axis)
            case ArgMax(axis=axis):
                return _each_row(_first_maximum, operands[0], axis)
            case Repeat(axis=axis):
                shape = self._shape(node)
                return np.broadcast_to(np.expand_dims(operands[0], axis), shape)
            case Select(axis=axis):
                index = np.expand_dims(operands[1].astype(int), axis)
                return _entries(np.take_along_axis(operands[0], index, axis).squeeze(axis))
            case Scatter(axis=axis):
                return _scattered(operands[0], operands[1].astype(int), axis, self._shape(node))
            case Call(function=FunctionParameter(name=name)):
                return _entries(self._function(name)(*operands))
        return self._moved(node, operands)

    def _moved(self, node: ArrayExpr, operands: list[Any]) -> Entries:
        """The nodes that only move entries or add them, the projection, and inverses."""
        match node:
            case Gather():
                return _entries(np.take(operands[0], operands[1].astype(int), axis=0))
            case Accumulate():
                return _accumulated(operands[0], operands[1].astype(int), self._shape(node))
            case Window(axis=axis, steps=steps) | Overlap(axis=axis, steps=steps):
                windows = node if isinstance(node, Window) else node.operands[0]
                counts = self._shape(windows)[axis : axis + 2]
                places = self._places(steps, *counts)
                move = _windowed if isinstance(node, Window) else _overlapped
                return move(operands[0], places, axis, self._shape(node))
            case Projection(axis=axis):
                rows = np.moveaxis(operands[0], axis, -1)
                moved = np.empty_like(rows)
                for place in np.ndindex(*rows.shape[:-1]):
                    moved[place] = _projected(list(rows[place]))
                return np.moveaxis(moved, -1, axis)
            case Inverse():
                return _inverted(operands[0])
        raise InputError(f"{node!r} cannot be expanded")

    def _places(self, steps: Steps, positions: int, width: int) -> NDArray[np.int_]:
        """The place of entry k of window o."""
        stride, dilation, padding = (
            int(self._resolved(step)) for step in (steps.stride, steps.dilation, steps.padding)
        )
        return stride * np.arange(positions)[:, np.newaxis] + dilation * np.arange(width) - padding

    def _shape(self, node: ArrayExpr) -> tuple[int, ...]:
        return tuple(self._size(dimension) for dimension in node.dimensions)

    def _size(self, dimension: Dimension) -> int:
        if dimension.formula is not None:
            return size_of(dimension, {name: size for name, size in self.sizes.items() if isinstance(size, int)})
        if dimension.name not in self.sizes:
            raise InputError(f"the size {dimension.name} has no value", remedy="give it in sizes")
        size = self.sizes[dimension.name]
        if isinstance(size, int):
            return size
        return size[self._level(dimension.level) + dimension.shift]

    def _level(self, level: str) -> int:
        if level in self.levels:
            return self.levels[level]
        depth = self.sizes.get(level)
        return depth if isinstance(depth, int) else int(level)

    def _resolved(self, value: sp.Expr) -> sp.Expr:
        """A scalar with its sizes put in."""
        found = {node: self._size(Dimension.read(str(node.args[0]))) for node in value.atoms(_SIZE)}
        return value.xreplace({node: sp.Integer(size) for node, size in found.items()})

    def _input(self, node: Array) -> Value:
        if node.name in self.inputs:
            return self._given(node, self.inputs[node.name])
        if node.integer:
            raise InputError(f"the integer array {node.name} needs values")
        if not node.level:
            return _symbols(node.name, self._shape(node))
        levels = range(self._depth(node))
        return [_symbols(f"{node.name}{level}", self._at(node.level, level)._shape(node)) for level in levels]

    def _given(self, node: Array, value: Any) -> Value:
        if node.level:
            return [np.asarray(member, dtype=object) for member in value]
        result = np.asarray(value, dtype=object)
        if result.shape != self._shape(node):
            raise InputError(f"{describe(node)} has shape {result.shape}, expected {self._shape(node)}")
        return result

    def _depth(self, node: Array) -> int:
        for dimension in node.dimensions:
            size = self.sizes.get(dimension.name)
            if dimension.level == node.level and not isinstance(size, int | None):
                return len(size) - 1
        raise InputError(f"the number of levels of {describe(node)} is not known", remedy="give its values")

    def _at(self, index: str, level: int) -> _World:
        return _World(self.sizes, self.inputs, self.functions, {**self.levels, index: level})

    def _run(self, scan: Chain) -> tuple[list[_World], Value]:
        if scan not in self.runs:
            self.runs[scan] = self._run_levels(scan)
        return self.runs[scan]

    def _run_levels(self, scan: Chain) -> tuple[list[_World], Value]:
        depth = self.sizes.get(scan.depth)
        if not isinstance(depth, int):
            raise InputError(f"the depth {scan.depth} has no value", remedy="give it in sizes")
        worlds = [self._at(scan.index, level) for level in range(depth)]
        carry = self.known[scan.start]
        for level, world in reversed(list(enumerate(worlds))) if scan.backward else enumerate(worlds):
            world.known[scan.carry] = carry
            for holder, source in scan.families:
                world.known[holder] = self.known[source][level]
            carry = world.of(scan.body)
        return worlds, carry

    def _scalar(self, scalar: Any) -> Callable[..., sp.Expr]:
        match scalar:
            case sp.Lambda():
                body = self._resolved(scalar.expr)
                return lambda *entries: body.xreplace(dict(zip(scalar.variables, entries, strict=True)))
            case FunctionParameter(name=name):
                return self._function(name)
            case Slope(activation=activation, order=order):
                derived = activation_derivative(activation, order)
                return lambda entry: derived.xreplace({activation.argument: entry})
            case Activation(argument=argument, expr=formula):
                return lambda entry: formula.xreplace({argument: entry})
        raise InputError(f"{scalar} is not a scalar function")

    def _function(self, name: str) -> Callable[..., Any]:
        if name not in self.functions:
            raise UnboundSymbol(f"the function {name} is not given", remedy="give it in functions")
        return self.functions[name]


def _symbols(name: str, shape: tuple[int, ...]) -> Entries:
    result = np.empty(shape, dtype=object)
    for place in product(*map(range, shape)):
        result[place] = symbol("_".join([name, *map(str, place)]))
    return result


def _entries(value: Any) -> Entries:
    """An array of objects, also where NumPy gives back a bare entry."""
    if isinstance(value, np.ndarray):
        return value.astype(object)
    result = np.empty((), dtype=object)
    result[()] = sp.sympify(value, strict=True)
    return result


def _each(scalar: Callable[..., sp.Expr], *operands: Entries) -> Entries:
    result = np.empty(operands[0].shape, dtype=object)
    for place in np.ndindex(*result.shape):
        result[place] = scalar(*(operand[place] for operand in operands))
    return result


def _each_row(summary: Callable[[list[Any]], Any], operand: Entries, axis: int) -> Entries:
    rows = np.moveaxis(operand, axis, -1)
    result = np.empty(rows.shape[:-1], dtype=object)
    for place in np.ndindex(*result.shape):
        result[place] = summary(list(rows[place]))
    return result


def _first_maximum(row: list[Any]) -> int:
    if not all(entry.is_number for entry in row):
        raise InputError("the place of a maximum is known for numbers only", remedy="give values")
    return max(range(len(row)), key=lambda place: row[place])


def _contracted(subscripts: str, operands: list[Entries], shape: tuple[int, ...]) -> Entries:
    inputs, output = subscripts.split("->")
    distinct = "".join(dict.fromkeys(output))
    inner = np.einsum(f"{inputs}->{distinct}", *operands)
    if distinct == output:
        return _entries(inner)
    result = np.full(shape, sp.Integer(0), dtype=object)
    np.einsum(f"{output}->{distinct}", result)[...] = inner
    return result


def _scattered(operand: Entries, index: NDArray[np.int_], axis: int, shape: tuple[int, ...]) -> Entries:
    result = np.full(shape, sp.Integer(0), dtype=object)
    np.put_along_axis(result, np.expand_dims(index, axis), np.expand_dims(operand, axis), axis)
    return result


def _accumulated(operand: Entries, index: NDArray[np.int_], shape: tuple[int, ...]) -> Entries:
    result = np.full(shape, sp.Integer(0), dtype=object)
    for place in np.ndindex(*index.shape):
        result[index[place]] = result[index[place]] + operand[place]
    return result


def _windowed(operand: Entries, places: NDArray[np.int_], axis: int, shape: tuple[int, ...]) -> Entries:
    rows = np.moveaxis(operand, axis, 0)
    result = np.full((*places.shape, *rows.shape[1:]), sp.Integer(0), dtype=object)
    for at in np.ndindex(*places.shape):
        if 0 <= places[at] < len(rows):
            result[at] = rows[places[at]]
    return np.moveaxis(result, (0, 1), (axis, axis + 1))


def _overlapped(operand: Entries, places: NDArray[np.int_], axis: int, shape: tuple[int, ...]) -> Entries:
    rows = np.moveaxis(operand, (axis, axis + 1), (0, 1))
    result = np.full((shape[axis], *rows.shape[2:]), sp.Integer(0), dtype=object)
    for at in np.ndindex(*places.shape):
        if 0 <= places[at] < len(result):
            result[places[at]] = result[places[at]] + rows[at]
    return np.moveaxis(result, 0, axis)


def _inverted(entries: Entries) -> Entries:
    """The inverse over the field of the entries.

    Raises :class:`UndefinedValue` for a singular matrix.
    """
    matrix = sp.Matrix(entries)
    if len(entries) > _LARGEST_SYMBOLIC and len(matrix.free_symbols) > _LARGEST_SYMBOLIC:
        raise InputError("the inverse of a large matrix without values", remedy="give values, or smaller sizes")
    try:
        found = DomainMatrix.from_Matrix(matrix).to_field().inv().to_Matrix()
    except DMNonInvertibleMatrixError as singular:
        raise UndefinedValue("the inverse of a singular matrix") from singular
    return _entries(np.array(found.tolist(), dtype=object))


def _projected(row: list[sp.Expr]) -> list[sp.Expr]:
    """``max(z_i - t, 0)`` with the largest of all thresholds that a support would have.

    Of known entries the largest ones belong to the support first.
    """
    known = sorted((entry for entry in row if entry.is_Rational), reverse=True)
    others = [entry for entry in row if not entry.is_Rational]
    supports = (
        [*known[:first], *chosen]
        for first in range(len(known) + 1)
        for count in range(len(others) + 1)
        for chosen in combinations(others, count)
    )
    thresholds = [(sp.Add(*chosen) - 1) / len(chosen) for chosen in supports if chosen]
    if not others:
        return [max(entry - max(thresholds), sp.Integer(0)) for entry in row]
    threshold = sp.Max(*dict.fromkeys(thresholds), evaluate=False)
    return [sp.Max(entry - threshold, 0, evaluate=False) for entry in row]
