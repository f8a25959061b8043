"""Steps whose entries depend on each other, as loops over whole arrays: shapes, totals, products.

A shape is a pair of sides, each ``rows``, ``columns`` or ``1``: what single entries have, vectors of
row or column totals, numbers of an array, and products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

import sympy as sp

from symdl.core import THETA, Assignment, DefinitionError, Optimizer, UnsupportedOperation, symbol
from symdl.core.couplings import (
    Coupling,
    column_total,
    damped_solution,
    list_total,
    product_with,
    product_with_transposed,
    row_total,
    total,
    unfolded,
)

from .source import Lines
from .text import scalar

Part: TypeAlias = Assignment | Coupling
Shape: TypeAlias = tuple[str, str]
LineMaker: TypeAlias = Callable[[Sequence[Assignment], Sequence[str], Sequence[str]], Lines]

ENTRY, NUMBER, CURVATURE = ("rows", "columns"), ("1", "1"), ("entries", "entries")
_ASKED = {"gradient": ENTRY, "curvature": CURVATURE}
_SIDES = {"rows": "theta.shape[0]", "columns": "theta.shape[1]", "1": "1"}


def shapes(optimizer: Optimizer) -> dict[sp.Symbol, Shape]:
    """The shape of the parameter, the gradients, the states and everything that a step assigns.

    Raises :class:`DefinitionError` where shapes do not fit.
    """
    known = {THETA: ENTRY, **{e.symbol: _ASKED[e.quantity] for e in optimizer.evaluations}}
    known |= {s.symbol: ENTRY if THETA in s.start.free_symbols else NUMBER for s in optimizer.state}
    parts = unfolded(optimizer)
    while True:
        before = dict(known)
        for part in parts:
            own = _coupled_shape(part, known) if isinstance(part, Coupling) else _joined(part.expr, known)
            known[part.symbol] = _common(known.get(part.symbol, NUMBER), own, optimizer.name)
        if known == before:
            return known


def _joined(expr: sp.Expr, known: Mapping[sp.Symbol, Shape]) -> Shape:
    shape = NUMBER
    for name in expr.free_symbols:
        shape = _common(shape, known.get(name, NUMBER), str(expr))
    return shape


def _common(one: Shape, other: Shape, where: str) -> Shape:
    if any("1" not in pair and pair[0] != pair[1] for pair in zip(one, other, strict=True)):
        raise DefinitionError(f"{where}: the shapes {one} and {other} do not fit")
    return (one[0] if other[0] == "1" else other[0], one[1] if other[1] == "1" else other[1])


def _coupled_shape(part: Coupling, known: Mapping[sp.Symbol, Shape]) -> Shape:
    operands = [known.get(operand, NUMBER) for operand in part.operands]
    if part.operation is damped_solution:
        return ENTRY
    if part.operation is product_with:
        return (operands[0][0], operands[1][1])
    if part.operation is product_with_transposed:
        return (operands[0][0], operands[1][0])
    kept = {row_total: ("rows", "1"), column_total: ("1", "columns")}.get(part.operation, NUMBER)
    return NUMBER if operands[0] == NUMBER else kept


def allocation(shape: Shape) -> str:
    """The NumPy shape of an array beside the parameter ``theta``."""
    return "theta.shape" if shape == ENTRY else f"({_SIDES[shape[0]]}, {_SIDES[shape[1]]})"


def list_total_rows(parts: Sequence[Part], sources: Mapping[str, str], lines: LineMaker) -> list[str]:
    """The totals over the whole list, each from what is known before the step."""
    rows: list[str] = []
    terms = {part.symbol: part for part in parts if isinstance(part, Assignment)}
    for part in parts:
        if isinstance(part, Coupling):
            (operand,) = part.operands
            term = terms.get(operand, Assignment(operand, operand))
            arrays = sorted(str(name) for name in term.expr.free_symbols if str(name) in sources)
            if not arrays:
                raise UnsupportedOperation(f"{part.symbol} is a total over the list of a number")
            target = str(operand) if operand in terms else ""
            made = lines([term], [*arrays, target], [target]) if target else Lines((), ())
            names = ", ".join([*arrays, *([target] if target else []), *made.buffers])
            count = len(made.buffers) + bool(target)
            rows += [f"{part.symbol} = 0.0", *made.scalars]
            over = tuple_of([sources[name] for name in arrays])
            rows += [f"for {names}{',' if ',' not in names else ''} in _tiles({over}, {count}):"]
            rows += [f"    {line}" for line in made.body]
            rows += [f"    {part.symbol} += float(np.sum({operand}, dtype=np.float64))"]
    return rows


def tuple_of(items: Sequence[str]) -> str:
    """The source text of a tuple.

    >>> tuple_of(["a"]), tuple_of(["a", "b"])
    ('(a,)', '(a, b)')
    """
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


class CoupledLoop:
    """The statements for one array: numbers, vectors and entries in the order of the step."""

    def __init__(
        self,
        parts: Sequence[Part],
        known: Mapping[sp.Symbol, Shape],
        kept: Sequence[str],
        names: dict[sp.Symbol, str],
        lines: LineMaker,
    ) -> None:
        entries = [part for part in parts if isinstance(part, Coupling) or known[part.symbol] == ENTRY]
        self.squares = _squares(entries, {symbol(name) for name in kept})
        self.parts = [part for part in parts if part.symbol not in self.squares]
        self.known, self.kept, self.lines = known, set(kept), lines
        self.names = names | {part.symbol: str(part.symbol) for part in parts}
        self.allocated: dict[str, Shape] = {}
        self.defined: list[str] = []

    def rows(self, arrays: Sequence[str]) -> list[str]:
        """All statements, in terms of the ``arrays`` that belong to one parameter."""
        self.defined = list(arrays)
        rows, index = [], 0
        for key, group in groupby(self.parts, self._kind):
            parts = list(group)
            index += len(parts)
            for part in parts if key in (NUMBER, None) else ():
                rows += self._coupling(part) if isinstance(part, Coupling) else [self._number(part)]
                self.defined.append(str(part.symbol))
            if isinstance(key, tuple) and key != NUMBER:
                assignments = [part for part in parts if isinstance(part, Assignment)]
                rows += self._entries(assignments, key, self.parts[index:])
        return rows

    def _kind(self, part: Part) -> Shape | None:
        return None if isinstance(part, Coupling) else self.known[part.symbol]

    def _number(self, part: Assignment) -> str:
        return f"{part.symbol} = {scalar(part.expr, self.names)}"

    def _entries(self, assignments: Sequence[Assignment], shape: Shape, later: Sequence[Part]) -> list[str]:
        needed = {str(name) for part in later for name in _read(part)}
        outputs = [str(a.symbol) for a in assignments if str(a.symbol) in self.kept | needed]
        self.defined += [name for name in outputs if name not in self.defined]
        arrays = [name for name in self.defined if self.known.get(symbol(name), NUMBER) != NUMBER]
        made = self.lines(assignments, arrays, outputs)
        fresh = [*(name for name in dict.fromkeys(outputs) if name not in self.kept), *made.buffers]
        rows = [
            f"{name} = np.empty({allocation(shape)}, theta.dtype)"
            for name in fresh
            if self.allocated.get(name) != shape
        ]
        self.allocated |= dict.fromkeys(fresh, shape)
        for line in made.body:
            self.allocated.pop(line.split(" = ")[0], None)
        return [*rows, *made.scalars, *made.body]

    def _coupling(self, part: Coupling) -> list[str]:
        operands = [scalar(o, self.names | {o: self.names.get(o, str(o))}) for o in part.operands]
        if part.operation in (product_with, product_with_transposed):
            turned = ".T" if part.operation is product_with_transposed else ""
            value = f"{operands[0]} @ {operands[1]}{turned}"
        elif part.operation is damped_solution:
            value = f"_solved({', '.join(operands)})"
        else:
            value = self._total(part, operands[0])
        if str(part.symbol) in self.kept:
            return [f"np.copyto({part.symbol}, {value})"]
        return [f"{part.symbol} = {value}"]

    def _total(self, part: Coupling, operand: str) -> str:
        """A sum over the sides that vary, times the length of those that do not."""
        if part.operands[0] in self.squares:
            root = self.squares[part.operands[0]]
            return f"float(np.vdot({root}, {root}))"
        shape = self.known.get(part.operands[0], NUMBER)
        summed = {total: ENTRY, row_total: ("1", "columns"), column_total: ("rows", "1")}[part.operation]
        if shape == ENTRY and part.operation is total:
            return f"float(np.sum({operand}, dtype=np.float64))"
        if shape == NUMBER and part.operation is total:
            return "float(theta.size)" if operand == "1.0" else f"{operand}*theta.size"
        missing = [_SIDES[side] for side, own in zip(summed, shape, strict=True) if side != "1" and own == "1"]
        axes = [axis for axis, side in enumerate(summed) if side != "1" and shape[axis] != "1"]
        if part.operation is total:
            value = f"float(np.sum({operand}, dtype=np.float64))"
        elif axes:
            value = f"np.sum({operand}, axis={axes[0]}, keepdims=True)"
        else:
            value = f"float({missing.pop()})" if operand == "1.0" else operand
        return "*".join([value, *missing])


def _squares(parts: Sequence[Part], kept: set[sp.Symbol]) -> dict[sp.Expr, sp.Symbol]:
    """Squares that a total alone reads, right after them, by what is squared: no array is needed for these."""
    found = {}
    for square, after in pairwise(parts):
        if isinstance(square, Assignment) and isinstance(after, Coupling) and after.operation is total:
            squared = square.expr.is_Pow and square.expr.exp == 2 and square.expr.base.is_Symbol
            once = sum(square.symbol in _read(part) for part in parts) == 1 and square.symbol not in kept
            if squared and once and after.operands == (square.symbol,):
                found[square.symbol] = square.expr.base
    return found


def _read(part: Part) -> set[sp.Symbol]:
    if isinstance(part, Coupling):
        return {operand for operand in part.operands if operand.is_Symbol}
    free: set[sp.Symbol] = part.expr.free_symbols
    return free


def check_states(optimizer: Optimizer, known: Mapping[sp.Symbol, Shape], scalars: frozenset[sp.Symbol]) -> None:
    """Raise :class:`UnsupportedOperation` for a state that holds one number for an array, or a product."""
    for state in optimizer.state:
        shape = known[state.symbol]
        if state.symbol not in scalars and shape not in (ENTRY, ("rows", "1"), ("1", "columns")):
            raise UnsupportedOperation(f"{optimizer.name}: the state {state.symbol} of shape {shape} cannot be kept")


__all__ = ["ENTRY", "NUMBER", "CoupledLoop", "allocation", "check_states", "list_total", "list_total_rows", "shapes"]
