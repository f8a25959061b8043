"""Small sizes and exact small entries for the inputs of array claims, and both sides there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from symdl.calculus.derivatives import activation_derivative
from symdl.calculus.expansion import expand
from symdl.core import (
    Activation,
    Array,
    ArrayExpr,
    Claim,
    Compare,
    Dimension,
    FunctionParameter,
    UndefinedValue,
    UnsupportedOperation,
    Witness,
    symbol,
)
from symdl.core.array_graph import graph
from symdl.core.array_inverse import Inverse
from symdl.core.arrays import ArgMax, Call, Constant, Contract, Map, Slope, constant
from symdl.core.chains import Collected, Final
from symdl.core.dimensions import fitting, size_of
from symdl.numerics import ball

from .budget import require_size
from .rewriting import domain_conditions
from .signs import ALLOWED

Sides = tuple[ArrayExpr, ArrayExpr]
_SIZES = (2, 3, 4, 5)
_MOST_NODES = 400
_MOST_DEGREE = 60
_MOST_ENTRIES = 20_000
_MOST_SAMPLES = 24
_BITS = 192
_SCALARS = tuple(map(sp.Rational, ("2", "1/2", "3", "-1", "1/3", "1", "5", "-2", "1/4")))


def array_sides(statement: object) -> Sides | None:
    """Both sides of a comparison of arrays, a scalar beside an array repeated to its sizes."""
    if not isinstance(statement, Compare):
        return None
    left, right = statement.lhs, statement.rhs
    if not isinstance(left, ArrayExpr) and not isinstance(right, ArrayExpr):
        return None
    if not isinstance(left, ArrayExpr):
        left = constant(left, *right.dimensions)
    if not isinstance(right, ArrayExpr):
        right = constant(right, *left.dimensions)
    return left, right


@dataclass(frozen=True)
class Sample:
    """Values for everything in a claim, and the entries of both sides there.

    ``formulas`` gives the sides in symbols, where parts of them may be undefined.
    """

    sizes: dict[str, int]
    arrays: dict[str, Any]
    scalars: dict[sp.Symbol, sp.Rational]
    left: Any
    right: Any
    formulas: Callable[[], tuple[Any, Any]] | None = None

    def differing(self) -> tuple[int, ...] | None:
        """The first place where both sides have a value and certainly differ."""
        for place in np.ndindex(*self.left.shape):
            if _sign(self.left[place] - self.right[place]) in (1, -1) and self._has_values(place):
                return place
        return None

    @property
    def is_defined(self) -> bool:
        """Whether every entry of both sides certainly has a value."""
        return all(self._has_values(place) for place in np.ndindex(*self.left.shape))

    def _has_values(self, place: tuple[int, ...]) -> bool:
        """Whether both sides have a value at a place, with everything that they are computed from."""
        if self.formulas is None:
            return all(_number(side[place]) is not None for side in (self.left, self.right))
        points = {**self.scalars}
        for name, value in self.arrays.items():
            points |= {symbol("_".join([name, *map(str, k)])): value[k] for k in np.ndindex(*value.shape)}
        return all(_number(side[place], points) is not None for side in self.formulas())

    def witness(self, place: tuple[int, ...]) -> Witness:
        """The inputs, and both sides at one place."""
        shown = [(name, _nested(value)) for name, value in sorted(self.arrays.items())]
        shown += [(str(scalar), value) for scalar, value in self.scalars.items()]
        left, right = _printed(self.left[place]), _printed(self.right[place])
        return Witness(tuple(shown), f"entry [{', '.join(map(str, place))}] {left}" if place else left, right)


def sizes_of(*roots: ArrayExpr, last_first: bool = False) -> dict[str, int]:
    """A small size for each name, different ones for different names as far as they go.

    With ``last_first`` the names that come first have the larger ones.

    Raises :class:`UnsupportedOperation` for chains over layers, :class:`BudgetExceeded` for long graphs.
    """
    nodes = graph(*roots)
    require_size(len(nodes), _MOST_NODES, "nodes in array expressions")
    if any(node.level or isinstance(node, Final | Collected) for node in nodes):
        raise UnsupportedOperation("a chain over layers is not compared entry by entry")
    dimensions = [d for node in nodes for d in node.dimensions]
    names = [d.name for d in dimensions if d.formula is None]
    names += [Dimension.read(str(s.args[0])).name for s in _size_atoms(nodes)]
    distinct = list(dict.fromkeys(names))[:: -1 if last_first else 1]
    sizes = {name: _SIZES[k % len(_SIZES)] for k, name in enumerate(distinct)}
    sizes = fitting(sizes, dimensions)
    sizes |= {d.name: size_of(d, sizes) for d in dimensions if d.formula is not None}
    for node in nodes:
        require_size(prod(sizes[d.name] for d in node.dimensions), _MOST_ENTRIES, "entries")
    _require_low_degree(nodes)
    return sizes


def _size_atoms(nodes: Sequence[ArrayExpr]) -> list[sp.Expr]:
    found = [node.value for node in nodes if isinstance(node, Constant)]
    found += [node.function.expr for node in nodes if isinstance(node, Map) and isinstance(node.function, sp.Lambda)]
    heads = sp.core.function.AppliedUndef
    return [a for expr in found for a in sorted(expr.atoms(heads), key=str) if a.func.__name__ == "size"]


def _require_low_degree(nodes: Sequence[ArrayExpr]) -> None:
    """Numbers stay short: no input is raised to a high power."""
    degrees: dict[ArrayExpr, int] = {}
    for node in nodes:
        inner = [degrees[operand] for operand in node.operands]
        degree = sum(inner) if isinstance(node, Contract) else max(inner, default=1)
        if isinstance(node, Map) and isinstance(node.function, sp.Lambda):
            degree *= _degree(node.function.expr)
        degrees[node] = degree
        require_size(degree, _MOST_DEGREE, "factors in an entry")


def _degree(expr: sp.Expr) -> int:
    if expr.is_Pow and expr.exp.is_Rational:
        return max(1, abs(int(expr.exp))) * _degree(expr.base)
    inner = [_degree(argument) for argument in expr.args]
    return sum(inner) if expr.is_Mul else max(inner, default=1)


# --- values


def _integers(count: int, seed: int, last: int) -> list[sp.Rational]:
    return [sp.Integer((7 * k + 4 * seed + k * k) % 9 - 4 or 5) for k in range(count)]


def _positive(count: int, seed: int, last: int) -> list[sp.Rational]:
    return [sp.Integer((3 * k + 2 * seed + k * k) % 5 + 1) for k in range(count)]


def _fractions(count: int, seed: int, last: int) -> list[sp.Rational]:
    return [sp.Rational((3 * k + 2 * seed + k * k) % 5 + 1, 7) for k in range(count)]


def _unit_rows(count: int, seed: int, last: int) -> list[sp.Rational]:
    return [sp.Integer(k % last == (k // last + seed) % last) for k in range(count)]


def _even_rows(count: int, seed: int, last: int) -> list[sp.Rational]:
    return [sp.Rational(1, last)] * count


def _symmetric(count: int, seed: int, last: int) -> list[sp.Rational]:
    """Entries of square matrices that do not change when row and column are exchanged."""
    places = (divmod(k, last) for k in range(count))
    return [sp.Integer((row * column + row + column + seed) % 4 + 5 * (row == column)) for row, column in places]


_FREE = (_integers, _positive, _fractions)
_BOUND = (_symmetric, _unit_rows, _even_rows, _integers, _positive, _fractions)


def _filled(node: Array, sizes: dict[str, int], seed: int, pattern: Any) -> Any:
    shape = tuple(sizes[d.name] for d in node.dimensions)
    count, last = prod(shape), shape[-1] if shape else 1
    entries = [sp.Integer((k + seed) % 2) for k in range(count)] if node.integer else pattern(count, seed, last)
    result = np.empty(shape, dtype=object)
    for place, entry in zip(np.ndindex(*shape), entries, strict=True):
        result[place] = entry
    return result


def _functions(nodes: Sequence[ArrayExpr]) -> dict[str, Any]:
    """``x^2 + x`` for each function parameter, and its derivative where it is paired with one."""
    found: dict[str, Any] = {}
    parameters = [node.function for node in nodes if isinstance(node, Map | Call)]
    for parameter in parameters:
        if isinstance(parameter, FunctionParameter):
            found[parameter.name] = lambda x: x**2 + x
    for parameter in parameters:
        if isinstance(parameter, FunctionParameter) and parameter.derivative:
            found[parameter.derivative] = lambda x: 2 * x + 1
    return found


def samples(claim: Claim, sides: Sides) -> Iterator[Sample]:
    """Samples at which the assumptions certainly hold."""
    conditions = [item for item in claim.given if isinstance(item, Compare)]
    if len(conditions) < len(claim.given):
        raise UnsupportedOperation("an array claim takes relations as assumptions")
    pairs = [(c, array_sides(c)) for c in conditions]
    roots = [*sides, *(side for _, pair in pairs if pair for side in pair)]
    nodes = graph(*roots)
    if any(isinstance(node, Call) for node in nodes):
        raise UnsupportedOperation("functions of whole arrays have no sample values")
    orders = (False, True) if any(isinstance(node, Inverse) for node in nodes) else (False,)
    for last_first in orders:
        yield from _samples_of(roots, pairs, sizes_of(*roots, last_first=last_first))


def _samples_of(
    roots: Sequence[ArrayExpr], pairs: list[tuple[Compare, Sides | None]], sizes: dict[str, int]
) -> Iterator[Sample]:
    """Samples of some sizes."""
    nodes, sides = graph(*roots), (roots[0], roots[1])
    held = {n.name for n in graph(*roots[2:]) if isinstance(n, Array)} if roots[2:] else set()
    inputs = {node.name: node for node in nodes if isinstance(node, Array)}
    functions, formulas = _functions(nodes), _formulas(nodes, sides, sizes)
    for bound, free in islice(product(_BOUND if held else (None,), _FREE), _MOST_SAMPLES):
        arrays = {
            name: _filled(node, sizes, seed, bound if name in held else free)
            for seed, (name, node) in enumerate(sorted(inputs.items()))
        }
        try:
            entries = [expand(root, sizes, arrays, functions) for root in roots]
        except UndefinedValue:
            continue
        for scalars in _scalars(entries, pairs):
            left, right = (_at(side, scalars) for side in entries[:2])
            labels = {name: value for name, value in arrays.items() if inputs[name].integer}
            yield Sample(sizes, arrays, scalars, left, right, formulas and partial(formulas, labels))


def _formulas(nodes: Sequence[ArrayExpr], sides: Sides, sizes: dict[str, int]) -> Any:
    """Both sides in symbols for given labels, where some function of them is not defined everywhere."""
    if not any(_is_partial(node) for node in nodes):
        return None
    if any(isinstance(node, ArgMax) for node in nodes):
        raise UnsupportedOperation("the place of a maximum beside functions that are not defined everywhere")
    known: dict[str, Any] = {}

    def formulas(labels: dict[str, Any]) -> tuple[Any, Any]:
        key = str(labels)
        if key not in known:
            known[key] = tuple(expand(side, sizes, labels, _functions(nodes)) for side in sides)
        return known[key]

    return formulas


def _is_partial(node: ArrayExpr) -> bool:
    """Whether a node applies a function that is not defined everywhere, or divides."""
    if not isinstance(node, Map):
        return False
    scalar = node.function
    body = scalar.expr if isinstance(scalar, sp.Lambda | Activation) else None
    if isinstance(scalar, Slope):
        body = activation_derivative(scalar.activation, scalar.order)
    return body is not None and any(domain_conditions(body))


def _scalars(entries: list[Any], pairs: list[tuple[Compare, Sides | None]]) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    """Values for the scalars that are left in the entries, where the assumptions hold."""
    plain = [c for c, pair in pairs if pair is None]
    relations = [c.relation for c, pair in pairs if pair is not None]
    parts = [entry for side in entries for entry in side.flat] + [e for c in plain for e in (c.lhs, c.rhs)]
    symbols = sorted({s for part in parts for s in part.free_symbols}, key=str)
    for shift in range(len(_SCALARS) if symbols else 1):
        values = {s: _SCALARS[(shift + k) % len(_SCALARS)] for k, s in enumerate(symbols)}
        others = [_at(side, values) for side in entries[2:]]
        held = all(
            _hold(first - second, relation)
            for relation, first, second in zip(relations, others[::2], others[1::2], strict=True)
        )
        if held and all(_sign((c.lhs - c.rhs).xreplace(values)) in ALLOWED[c.relation] for c in plain):
            yield values


def _at(side: Any, values: dict[sp.Symbol, sp.Rational]) -> Any:
    result = np.empty(side.shape, dtype=object)
    for place in np.ndindex(*side.shape):
        result[place] = side[place].xreplace(values)
    return result


def _hold(difference: Any, relation: str) -> bool:
    return all(_sign(sp.sympify(entry)) in ALLOWED[relation] for entry in np.asarray(difference, dtype=object).flat)


# --- numbers


def _number(value: sp.Expr, points: dict[sp.Symbol, sp.Rational] | None = None) -> Any:
    """A certified enclosure, None where there is no value."""
    exact = {symbol: Fraction(int(v.p), int(v.q)) for symbol, v in (points or {}).items()}
    try:
        found = ball.evaluate(value, exact, _BITS)
    except UndefinedValue:
        return None
    return found if found.is_finite() else None


def _sign(value: sp.Expr) -> int | None:
    """The sign of a number, None where it is not certain."""
    if value.is_Rational:
        return int(sp.sign(value))
    found = _number(value)
    if found is None or not (found > 0 or found < 0):
        return 0 if found is not None and found.is_zero() else None
    return 1 if found > 0 else -1


def _printed(value: sp.Expr) -> str:
    return str(value) if value.is_Rational else str(_number(value).str(10, radius=False))


def _nested(value: Any) -> sp.Basic:
    """An array as tuples of its rows."""
    entries = value.tolist()
    return _tuples(entries) if isinstance(entries, list) else entries


def _tuples(rows: Any) -> sp.Basic:
    return sp.Tuple(*map(_tuples, rows)) if isinstance(rows, list) else rows
