"""Stand-alone tests of generated losses and layers: the oracle is in the file, correctly rounded.

The expected values are those of the expression written out in scalars at small sizes, the expected
gradients derivatives of these scalars, entry by entry: nothing of reverse mode or lowering is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from string import Template
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import sympy as sp

from symdl.calculus.expansion import Entries, Value, expand
from symdl.calculus.kinks import kinks
from symdl.core import (
    Activation,
    Array,
    BudgetExceeded,
    Layer,
    Loss,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    symbol,
)
from symdl.core.array_graph import graph
from symdl.core.arrays import ArrayExpr, Map
from symdl.core.dimensions import fitting
from symdl.numerics import ball, ulp

from .accuracy import specimen
from .array_activations import activations_of
from .array_arguments import chain_of, domain_of, functions_of, holds, indexed, nodes_of, works_along_axis
from .array_test_files import GRADIENTS, LAYER, LOSS, PRODUCTS, REFUSALS, ROW_GRADIENTS, ROWS
from .arrays import bounds, parameters_of, slopes_of
from .text import number, prose

_DTYPES = ("float32", "float64")
_BITS = 120
_SCALES = (sp.Rational(1, 8), sp.Integer(1), sp.Integer(25))
"""The last, where exponentials overflow, is for items with a committed bound."""
_LAYER_SCALES = (sp.Rational(1, 8), sp.Rational(1, 2))
"""Smaller, because layers multiply."""
_WIDTHS = (2, 3, 2)
_CANDIDATES = [sp.Rational(n, 8) for n in (0, 8, 4, 2, 6, 1, 3, 5, 7, -8, 12, 20, -4)]
"""Values of inputs with a domain."""
_TRIES = 20
_MANY = 48
"""Entries of inputs above which one case has to do."""
_DIGITS = 40
_MOVED = symbol("_moved")
_UNKNOWN_BOUND = 64
"""ULP of the largest entry, for items without a committed bound: a hundred roundings add up to less."""

Move: TypeAlias = Callable[[sp.Rational, int], sp.Rational]
"""What becomes of a number between -4 and 4 in the last place of an array."""
Nested: TypeAlias = Any
"""Nested lists of numbers or texts, as they stand in the file."""


def array_tests(item: Loss | Layer) -> str:
    """The test file that stands beside the module of a loss or a layer."""
    if isinstance(item, Loss):
        sizes = _sizes(item.expr, item.inputs)
        below = [int(sizes[indexed(a, item.expr).name]) if a.integer else None for a in item.inputs[1:]]
        shared = repr(_shared(item.inputs, 0)[1:])
        names = {"below": repr(below), "shared": shared, "gradients": repr(_gradients(item))}
        return _filled(item, LOSS, _loss_cases(item), names)
    if works_along_axis(item):
        derivable = _is_derivable(item)
        template = ROWS.replace("$gradients", ROW_GRADIENTS if derivable else "")
        return _filled(item, template, _row_cases(item, derivable), {})
    functions = [name for f in functions_of(item.expr) for name in (f.name, f.derivative)]
    arrays = (*item.inputs, *item.learned)
    names = {"functions": repr(functions), "learned": repr(len(item.inputs)), "shared": repr(_shared(arrays, -1))}
    names["floats"] = repr(sum(not a.integer for a in arrays))
    derivable = _is_derivable(item)
    template = LAYER + (PRODUCTS if derivable else "") + (GRADIENTS if item.learned else "") + REFUSALS
    return _filled(item, template, _layer_cases(item, derivable), names)


def _gradients(item: Loss) -> dict[str, int]:
    """The gradients of a loss by the ends of their names, with the positions of the inputs."""
    further = {f"{a.name}_gradient": item.inputs.index(a) for a in item.differentiable}
    return {"gradient": 0} | further


def _is_derivable(item: Layer) -> bool:
    with suppress(UnsupportedDerivative):
        return bool(slopes_of(item))
    return False


def _shared(arrays: Sequence[Array], axis: int) -> list[bool]:
    """Whether the size of each array along ``axis`` is that of another axis too."""
    known = Counter(d.name for a in arrays for d in a.dimensions)
    return [known[a.dimensions[axis].name] > 1 for a in arrays]


def _filled(item: Loss | Layer, template: str, cases: Sequence[Nested], names: Mapping[str, str]) -> str:
    values = specimen(item.parameters)
    keywords = ", ".join(f'"{name}": {number(values[p.symbol])}' for name, p in parameters_of(item))
    rows = "".join(f"    {case!r},\n" for case in cases)
    suffixes = _gradients(item) if isinstance(item, Loss) else ("gradient",)
    return Template(template).substitute(
        title=prose(f"{item.name}: {item.expr!r}.", 0),
        module=item.name,
        keywords=f"{{{keywords}}}",
        bounds=repr({"value": _bound(item, ""), **{suffix: _bound(item, f"_{suffix}") for suffix in suffixes}}),
        cases=f"CASES = [\n{rows}]",
        **names,
    )


def _bound(item: Loss | Layer, suffix: str) -> dict[str, tuple[int, bool]]:
    """ULP by dtype, and whether they are those of each entry."""
    known = bounds().get(f"{item.name}{suffix}: {item.expr!r}")
    exact = known is not None and "terms" not in known
    return {dtype: (known[dtype], True) if known and exact else (_UNKNOWN_BOUND, False) for dtype in _DTYPES}


def _loss_cases(item: Loss) -> list[Nested]:
    cases = []
    for point in _points(item, item.inputs):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            value = point.entries(item.expr, {})
            slopes = [_rounded(point.slopes(item, item.inputs[place])) for place in _gradients(item).values()]
            cases.append((point.inputs(item.inputs), _rounded(value), slopes))
    return cases


def _layer_cases(item: Layer, derivable: bool) -> list[Nested]:
    arrays = (*item.inputs, *item.learned)
    cases = []
    for point in _points(item, arrays):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            slopes = [_rounded(point.slopes(item, a)) for a in arrays if derivable and not a.integer]
            by_dtype = {dtype: [slope[dtype] for slope in slopes] for dtype in _DTYPES}
            cases.append((point.inputs(arrays), _rounded(point.entries(item.expr, {})), by_dtype))
            if sum(len(_flat(value)) for value in point.values.values()) > _MANY:
                break
    return cases


def _row_cases(item: Layer, derivable: bool) -> list[Nested]:
    cases = []
    for point in _points(item, item.inputs):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            (row,) = point.inputs(item.inputs)
            slopes = _rounded(point.slopes(item, item.inputs[0])) if derivable else {}
            cases.append((row, _rounded(point.entries(item.expr, {})), slopes))
    return cases


@dataclass(frozen=True)
class _Point:
    """Small sizes, exact values of inputs, and values of the parameters."""

    sizes: Mapping[str, Any]
    values: Mapping[str, Value]
    scalars: Mapping[sp.Symbol, sp.Rational]

    def entries(self, expr: ArrayExpr, changed: Mapping[str, Value]) -> Entries:
        """The exact entries of an expression, some inputs changed."""
        expanded = expand(expr, self.sizes, {**self.values, **changed}, {"activation": lambda z: z**2})
        assert isinstance(expanded, np.ndarray)
        return _each(lambda e: sp.sympify(e).xreplace(dict(self.scalars)), expanded)

    def slopes(self, item: Loss | Layer, by: Array) -> Value:
        """The gradient of a loss, or of half the squares of what a layer gives, entry by entry of an input."""
        value = self.values[by.name]
        if not isinstance(value, list):
            return self._slopes(item, lambda member: {by.name: member}, value)
        families = [partial(_with_member, by.name, value, level) for level in range(len(value))]
        return [self._slopes(item, change, member) for change, member in zip(families, value, strict=True)]

    def _slopes(self, item: Loss | Layer, change: Callable[[Entries], Mapping[str, Value]], member: Entries) -> Entries:
        result = np.empty(member.shape, dtype=object)
        for place in np.ndindex(*member.shape):
            moved = member.copy()
            moved[place] = _MOVED
            entries = self.entries(item.expr, change(moved)).ravel()
            total = (
                sp.Add(*(e**2 for e in entries if _MOVED in e.free_symbols)) / 2
                if isinstance(item, Layer)
                else entries[0]
            )
            result[place] = _slope(total, member[place])
        return result

    def inputs(self, arrays: Sequence[Array]) -> Nested:
        """The values as decimals, which are exact: they are multiples of 1/64."""
        return tuple(_nested(_mapped(int if a.integer else float, self.values[a.name])) for a in arrays)


def _slope(total: sp.Expr, at: sp.Rational) -> sp.Expr:
    """The derivative in the moved entry; by polynomials where it can be, which is much faster."""
    smooth = total.replace(lambda e: isinstance(e, sp.Max | sp.Min | sp.Abs), partial(_attained, at=at))
    if not smooth.atoms(sp.Function) and smooth.is_polynomial(_MOVED):
        return sp.Poly(smooth, _MOVED).diff(_MOVED).eval(at)
    return _derivative(smooth, {}).xreplace({_MOVED: at})


def _derivative(expr: sp.Expr, known: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    """The derivative in the moved entry, that of each part once: expressions share many."""
    if expr not in known:
        known[expr] = _derived(expr, known) if _MOVED in expr.free_symbols else sp.Integer(0)
    return known[expr]


def _derived(expr: sp.Expr, known: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    parts = expr.args
    if isinstance(expr, sp.Add):
        return sp.Add(*(_derivative(part, known) for part in parts))
    if isinstance(expr, sp.Mul):
        moved = (k for k, part in enumerate(parts) if _MOVED in part.free_symbols)
        return sp.Add(*(sp.Mul(*parts[:k], _derivative(parts[k], known), *parts[k + 1 :]) for k in moved))
    if isinstance(expr, sp.exp):
        return expr * _derivative(parts[0], known)
    if expr.is_Pow and _MOVED not in expr.exp.free_symbols:
        return expr.exp * expr.base ** (expr.exp - 1) * _derivative(expr.base, known)
    return sp.diff(expr, _MOVED)


def _attained(extremum: sp.Expr, at: sp.Rational) -> sp.Expr:
    """The argument that a maximum or a minimum is at a point, also of an absolute value."""
    (first, *_) = extremum.args
    sign = -1 if isinstance(extremum, sp.Min) else 1
    candidates = (first, -first) if isinstance(extremum, sp.Abs) else extremum.args
    return max(candidates, key=lambda argument: sign * argument.xreplace({_MOVED: at}).n(_DIGITS))


def _with_member(name: str, family: list[Entries], level: int, member: Entries) -> Mapping[str, Value]:
    return {name: [*family[:level], member, *family[level + 1 :]]}


def _points(item: Loss | Layer, arrays: Sequence[Array]) -> Iterator[_Point]:
    """Values of both signs of several sizes, then some in (0, 1), for formulas that need them so."""
    sizes = _sizes(item.expr, arrays)
    scalars = specimen(
        [*item.parameters, *(p for a in activations_of(item.expr, item.parameters) for p in a.parameters)]
    )
    known = f"{item.name}: {item.expr!r}" in bounds()
    scales = _LAYER_SCALES if isinstance(item, Layer) and item.learned else _SCALES if known else _SCALES[:2]
    moves: list[Move] = [partial(_scaled, scale=scale) for scale in scales]
    moves += [partial(_mixed_sizes, tiny=21), partial(_mixed_sizes, tiny=50)] if known else []
    moves.append(lambda r, _: (abs(r) + sp.Rational(1, 4)) / 8)
    for first, move in enumerate(moves):
        points = (_point(item, arrays, sizes, scalars, seed, move) for seed in range(first, first + 10 * _TRIES, 10))
        yield from islice((point for point in points if not _is_near_kink(item, point)), 1)


def _point(
    item: Loss | Layer,
    arrays: Sequence[Array],
    sizes: Mapping[str, Any],
    scalars: Mapping[sp.Symbol, sp.Rational],
    seed: int,
    move: Move,
) -> _Point:
    values = {a.name: _values(a, item.expr, sizes, seed, move) for a in arrays}
    return _Point(sizes, {name: _in_domain(item, name, value, seed) for name, value in values.items()}, scalars)


def _in_domain(item: Loss | Layer, name: str, value: Value, seed: int) -> Value:
    """The values, where the input has a domain as numbers of it, the ends left to targets."""
    relations = domain_of(item, name)
    if not relations:
        return value
    inside = [c for c in _CANDIDATES if all(holds(relation, name, c) for relation in relations)]
    kept = inside if name != item.inputs[0].name or len(inside) < 3 else [c for c in inside if c not in (0, 1)]
    return _mapped(lambda entry: kept[_mixed(str(entry), seed) % len(kept)], value)


def _is_near_kink(item: Loss | Layer, point: _Point) -> bool:
    """Whether an activation is applied next to one of its kinks, where there is no Taylor expansion."""
    for node in graph(item.expr):
        if isinstance(node, Map) and isinstance(node.function, Activation):
            entries = expand(node.operands[0], point.sizes, point.values)
            places = [kink.point for kink in kinks(node.function)]
            close = sp.Rational(1, 16)
            if any(abs((e - place).xreplace(dict(point.scalars))) < close for e in _flat(entries) for place in places):
                return True
    return False


def _scaled(value: sp.Rational, _: int, scale: sp.Rational) -> sp.Rational:
    return value * scale


def _mixed_sizes(value: sp.Rational, place: int, tiny: int) -> sp.Rational:
    """Large and tiny numbers in turn, whose differences are no floats."""
    return value / 2**tiny if place % 2 else 5 * value


def _sizes(expr: ArrayExpr, arrays: Sequence[Array]) -> dict[str, Any]:
    """Sizes 2, 3, 4, 2 ... in the order of the names, 6 for a vector; levels have widths of their own."""
    given = {d for a in arrays for d in a.dimensions}
    sizes: dict[str, Any] = {d.name: 6 for d in expr.dimensions if d in given} if expr.rank == 1 else {}
    scan = chain_of(expr)
    for dimension in (d for a in arrays for d in a.dimensions):
        sizes.setdefault(dimension.name, list(_WIDTHS) if dimension.level else 2 + len(sizes) % 3)
    if scan is not None:
        sizes[scan.depth] = len(_WIDTHS) - 1
    return fitting(sizes, {d for node in nodes_of(expr) for d in node.dimensions})


def _values(a: Array, expr: ArrayExpr, sizes: Mapping[str, Any], seed: int, move: Move) -> Value:
    places = expand(replace(a, integer=False), sizes)
    if a.integer:
        below = int(sizes[indexed(a, expr).name])
        return _mapped(lambda place: sp.Integer(_mixed(str(place), seed) % below), places)
    return _mapped(lambda place: move(sp.Rational(_mixed(str(place), seed) % 65 - 32, 8), _last(str(place))), places)


def _last(place: str) -> int:
    """The last index in the name of an entry."""
    index = place.rpartition("_")[2]
    return int(index) if index.isdecimal() else 0


def _mixed(text: str, seed: int) -> int:
    """A number that looks random and is the same everywhere."""
    return crc32(f"{text} {seed}".encode()) >> 7


def _mapped(change: Callable[[Any], Any], value: Value) -> Value:
    if isinstance(value, list):
        return [_each(change, member) for member in value]
    return _each(change, value)


def _each(change: Callable[[Any], Any], entries: Entries) -> Entries:
    result = np.empty(entries.shape, dtype=object)
    for place in np.ndindex(*entries.shape):
        result[place] = change(entries[place])
    return result


def _flat(value: Value) -> list[Any]:
    members = value if isinstance(value, list) else [value]
    return [entry for member in members for entry in member.ravel()]


def _nested(value: Value) -> Nested:
    return tuple(member.tolist() for member in value) if isinstance(value, list) else value.tolist()


def _rounded(value: Value) -> dict[str, Nested]:
    """By dtype, the hexadecimal texts of the floats nearest to exact values."""
    balls = _mapped(lambda e: ball.enclose(e, {}, _BITS), value)
    return {dtype: _nested(_mapped(partial(ulp.hexadecimal, dtype=dtype), balls)) for dtype in _DTYPES}
