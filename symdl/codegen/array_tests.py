"""Stand-alone tests of generated losses and layers: the oracle is in the file, correctly rounded.

The expected values are those of the expression written out in scalars at small sizes, the expected
gradients derivatives of these scalars, entry by entry: nothing of reverse mode or lowering is used.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from string import Template
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import sympy as sp

from symdl.calculus.expansion import Entries, Value, expand
from symdl.core import Array, BudgetExceeded, Layer, Loss, UndefinedValue, UnsupportedOperation
from symdl.core.arrays import ArrayExpr
from symdl.numerics import ball, ulp

from .accuracy import specimen
from .array_activations import activations_of
from .array_arguments import chain_of, functions_of, indexed
from .array_test_files import GRADIENTS, LAYER, LOSS, REFUSALS, ROWS
from .arrays import bounds, parameters_of
from .text import number, prose

_DTYPES = ("float32", "float64")
_BITS = 120
_SCALES = (sp.Rational(1, 8), sp.Integer(1), sp.Integer(25))
"""The last, where exponentials overflow, is for items with a committed bound."""
_LAYER_SCALES = (sp.Rational(1, 8), sp.Rational(1, 2))
"""Smaller, because layers multiply."""
_WIDTHS = (2, 3, 2)
_UNKNOWN_BOUND = 64
"""ULP of the largest entry, for items without a committed bound: a hundred roundings add up to less."""

Nested: TypeAlias = Any
"""Nested lists of numbers or texts, as they stand in the file."""


def array_tests(item: Loss | Layer) -> str:
    """The test file that stands beside the module of a loss or a layer."""
    if isinstance(item, Loss):
        return _filled(item, LOSS, _loss_cases(item), {})
    if item.inputs[0].rank == 1 == item.expr.rank and not item.learned:
        return _filled(item, ROWS, _row_cases(item), {})
    functions = [name for f in functions_of(item.expr) for name in (f.name, f.derivative)]
    names = {"functions": repr(functions), "learned": repr(len(item.inputs))}
    return _filled(item, LAYER + (GRADIENTS if item.learned else "") + REFUSALS, _layer_cases(item), names)


def _filled(item: Loss | Layer, template: str, cases: Sequence[Nested], names: Mapping[str, str]) -> str:
    values = specimen(item.parameters)
    keywords = ", ".join(f'"{name}": {number(values[p.symbol])}' for name, p in parameters_of(item))
    rows = "".join(f"    {case!r},\n" for case in cases)
    return Template(template).substitute(
        title=prose(f"{item.name}: {item.expr!r}.", 0),
        module=item.name,
        keywords=f"{{{keywords}}}",
        bounds=repr({"value": _bound(item, ""), "gradient": _bound(item, "_gradient")}),
        cases=f"CASES = [\n{rows}]",
        **names,
    )


def _bound(item: Loss | Layer, suffix: str) -> dict[str, tuple[int, bool]]:
    """ULP by dtype, and whether they are those of each entry."""
    known = bounds().get(f"{item.name}{suffix}: {item.expr!r}")
    return {dtype: (known[dtype], True) if known else (_UNKNOWN_BOUND, False) for dtype in _DTYPES}


def _loss_cases(item: Loss) -> list[Nested]:
    prediction = item.inputs[0]
    cases = []
    for point in _points(item, item.inputs):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            value, (slopes,) = point.derived(item.expr, (prediction,))
            cases.append((point.inputs(item.inputs), _rounded(value), _rounded(slopes)))
    return cases


def _layer_cases(item: Layer) -> list[Nested]:
    arrays = (*item.inputs, *item.learned)
    cases = []
    for point in _points(item, arrays):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            value, slopes = point.derived(item.expr, item.learned)
            rounded = [_rounded(slope) for slope in slopes]
            by_dtype = {dtype: [slope[dtype] for slope in rounded] for dtype in _DTYPES}
            cases.append((point.inputs(arrays), _rounded(value), by_dtype))
    return cases


def _row_cases(item: Layer) -> list[Nested]:
    cases = []
    for point in _points(item, item.inputs):
        with suppress(UndefinedValue, UnsupportedOperation, BudgetExceeded):
            value, _ = point.derived(item.expr, ())
            (row,) = point.inputs(item.inputs)
            cases.append((row, _rounded(value)))
    return cases


@dataclass(frozen=True)
class _Point:
    """Small sizes, exact values of inputs, and values of the parameters."""

    sizes: Mapping[str, Any]
    values: Mapping[str, Value]
    scalars: Mapping[sp.Symbol, sp.Rational]

    def derived(self, expr: ArrayExpr, unknown: Sequence[Array]) -> tuple[Value, list[Value]]:
        """The exact entries of an expression, and the gradients of it or of half its squares."""
        names = {a.name for a in unknown}
        known = {name: value for name, value in self.values.items() if name not in names}
        entries = expand(expr, self.sizes, known, {"activation": lambda z: z**2})
        assert isinstance(entries, np.ndarray)
        total = entries.item() if not entries.ndim else sp.Add(*(e**2 for e in entries.ravel())) / 2
        smooth = total.rewrite(sp.Piecewise) if total.has(sp.Max, sp.Min, sp.Abs) else total
        symbols = [expand(a, self.sizes) for a in unknown]
        at = dict(self.scalars)
        for a, places in zip(unknown, symbols, strict=True):
            at |= dict(zip(_flat(places), _flat(self.values[a.name]), strict=True))
        slopes = [_mapped(lambda s: sp.diff(smooth, s).xreplace(at), places) for places in symbols]
        return _mapped(lambda e: e.xreplace(at), entries), slopes

    def inputs(self, arrays: Sequence[Array]) -> Nested:
        """The values as decimals, which are exact: they are multiples of 1/64."""
        return tuple(_nested(_mapped(int if a.integer else float, self.values[a.name])) for a in arrays)


def _points(item: Loss | Layer, arrays: Sequence[Array]) -> Iterator[_Point]:
    """Values of both signs of several sizes, then some in (0, 1), for formulas that need them so."""
    sizes = _sizes(item.expr, arrays)
    scalars = specimen([*item.parameters, *(p for a in activations_of(item.expr) for p in a.parameters)])
    known = f"{item.name}: {item.expr!r}" in bounds()
    scales = _LAYER_SCALES if isinstance(item, Layer) and item.learned else _SCALES if known else _SCALES[:2]
    moves: list[Callable[[sp.Rational], sp.Rational]] = [partial(operator.mul, k) for k in scales]
    moves.append(lambda r: (abs(r) + sp.Rational(1, 4)) / 8)
    for seed, move in enumerate(moves):
        yield _Point(sizes, {a.name: _values(a, item.expr, sizes, seed, move) for a in arrays}, scalars)


def _sizes(expr: ArrayExpr, arrays: Sequence[Array]) -> dict[str, Any]:
    """Sizes 2, 3, 4, 2 ... in the order of the names, 4 for a vector; levels have widths of their own."""
    sizes: dict[str, Any] = {d.name: 4 for d in expr.dimensions} if expr.rank == 1 else {}
    scan = chain_of(expr)
    for dimension in (d for a in arrays for d in a.dimensions):
        sizes.setdefault(dimension.name, list(_WIDTHS) if dimension.level else 2 + len(sizes) % 3)
    if scan is not None:
        sizes[scan.depth] = len(_WIDTHS) - 1
    return sizes


def _values(
    a: Array, expr: ArrayExpr, sizes: Mapping[str, Any], seed: int, move: Callable[[sp.Rational], sp.Rational]
) -> Value:
    places = expand(replace(a, integer=False), sizes)
    if a.integer:
        below = int(sizes[indexed(a, expr).name])
        return _mapped(lambda place: sp.Integer(_mixed(str(place), seed) % below), places)
    return _mapped(lambda place: move(sp.Rational(_mixed(str(place), seed) % 65 - 32, 8)), places)


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
