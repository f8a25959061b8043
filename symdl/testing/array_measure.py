"""Losses and layers: generated array code against the expression written out in scalars, in balls.

Code made of exponentials and sums of one sign is held to ULP of each entry, also at logits of
thousands. Products summed over an axis cancel: there errors count against the largest entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.codegen.accuracy import specimen
from symdl.codegen.array_arguments import functions_of
from symdl.codegen.cancellation import magnitude
from symdl.core import Array, ArrayExpr, Layer, Loss
from symdl.core.array_graph import graph
from symdl.core.array_places import Window
from symdl.core.array_simplex import Projection
from symdl.core.arrays import Contract, Map, Reduce
from symdl.core.chains import Final
from symdl.core.dimensions import fitting
from symdl.numerics import ball, ulp

from .measure import required

Arrays: TypeAlias = dict[str, Any]
"""The arguments of a call by name: an array, or a list of arrays for a family."""

_SIZES = (2, 3, 4)
_ALONE = 5
_WIDTHS = (3, 4, 2)
_DEPTH = 2
_SCALES = (1e-3, 1.0, 5.0, 30.0, 800.0)
_TRUTH_BITS = 90
_BELOW_ALL_FLOATS = 1200


@dataclass(frozen=True)
class ArrayAccuracy:
    """The worst error of one function over all samples; ``at`` shows the inputs."""

    function: str
    worst: float = 0.0
    at: str = ""
    zeros: int = 0
    nans: int = 0
    infinities: int = 0
    warnings: tuple[str, ...] = ()


def is_mixing(item: Loss | Layer) -> bool:
    """Whether the item sums products or runs a chain, or is a layer that sums other than exponentials.

    Then its terms may cancel.
    """
    nodes = graph(item.expr)
    mixes = any(isinstance(node, Contract | Final | Window | Projection) for node in nodes)
    return mixes or (isinstance(item, Layer) and any(map(_sums_both_signs, nodes)))


def _sums_both_signs(node: ArrayExpr) -> bool:
    if not isinstance(node, Reduce) or node.kind != "sum":
        return False
    summand = node.operands[0]
    formula = summand.function if isinstance(summand, Map) else None
    return not (isinstance(formula, sp.Lambda) and isinstance(formula.expr, sp.exp))


def sizes_of(item: Loss | Layer) -> dict[str, Any]:
    """A small size for each name, a sequence for those of levels, and the depth."""
    inputs = (*item.inputs, *_learned(item))
    flat = dict.fromkeys(d.name for a in inputs for d in a.dimensions if not d.level)
    levels = dict.fromkeys(d.name for a in inputs for d in a.dimensions if d.level)
    few = _SIZES if len(flat) > 1 else (_ALONE,)
    sizes: dict[str, Any] = {name: few[index % len(few)] for index, name in enumerate(flat)}
    depths = {node.chain.depth: _DEPTH for node in graph(item.expr) if isinstance(node, Final)}
    sizes |= dict.fromkeys(levels, _WIDTHS) | depths
    return fitting(sizes, {d for node in graph(item.expr) for d in node.dimensions})


def _learned(item: Loss | Layer) -> tuple[Array, ...]:
    return item.learned if isinstance(item, Layer) else ()


def samples(item: Loss | Layer, dtype: np.dtype[Any], rounds: int = 1) -> Iterator[Arrays]:
    """Arguments: random ones of several scales, ``rounds`` of each, ties, zeros, huge and subnormal entries."""
    generator = np.random.default_rng(5)
    scales = (1.0,) if is_mixing(item) else _SCALES
    for scale in scales:
        for _ in range(rounds):
            yield _drawn(item, dtype, lambda shape, s=scale: s * generator.standard_normal(shape), generator)
    if is_mixing(item):
        return
    info = np.finfo(dtype)
    for corner in (0.0, 3.0, float(info.max) / 8, float(info.smallest_subnormal)):
        for signs in ((1.0,), (1.0, -1.0)):
            yield _drawn(item, dtype, lambda shape, c=corner, s=signs: c * np.resize(np.array(s), shape), generator)


def _drawn(
    item: Loss | Layer, dtype: np.dtype[Any], fill: Callable[..., Any], generator: np.random.Generator
) -> Arrays:
    sizes = sizes_of(item)
    smallest = min(size for size in sizes.values() if isinstance(size, int))

    def of(entries: NDArray[Any], integer: bool) -> NDArray[Any]:
        if integer:
            return generator.integers(0, smallest, entries.shape)
        return np.asarray(fill(entries.shape), dtype).reshape(entries.shape)

    arguments: Arrays = {}
    for a in (*item.inputs, *_learned(item)):
        shape = _entries(a, sizes)
        arguments[a.name] = [of(e, a.integer) for e in shape] if isinstance(shape, list) else of(shape, a.integer)
    return arguments


def _entries(a: Array, sizes: Mapping[str, Any]) -> Any:
    """The symbols of an input; of an integer one, zeros in its shape."""
    if a.integer:
        return np.zeros([sizes[d.name] for d in a.dimensions], int)
    return expand(a, sizes)


def truths(item: Loss | Layer, expr: ArrayExpr, arguments: Arrays) -> tuple[NDArray[Any], NDArray[Any]]:
    """True entries of ``expr`` as balls, and the sum of absolute terms of each polynomial entry."""
    sizes = sizes_of(item)
    values = {symbol: float(value) for symbol, value in specimen(item.parameters).items()}
    for a in (*item.inputs, *_learned(item)):
        if not a.integer:
            for entries, given in zip(members(_entries(a, sizes)), members(arguments[a.name]), strict=True):
                values |= dict(zip(entries.ravel(), map(float, given.ravel()), strict=True))
    integers = tuple((a.name, tuple(arguments[a.name].ravel().tolist())) for a in item.inputs if a.integer)
    shape, written = _written_out(item, expr, integers)
    exact, terms = [], []
    for entry in written:
        used = {symbol: values[symbol] for symbol in entry.symbols}
        exact.append(ball.enclose(entry.expr, used, _TRUTH_BITS, 20_000, _BELOW_ALL_FLOATS))
        terms.append(exact[-1] if entry.magnitude is None else ball.evaluate(entry.magnitude, used))
    return _objects(exact, shape), _objects(terms, shape)


@dataclass(frozen=True)
class _Entry:
    """One scalar of a written out array; ``magnitude`` is its sum of absolute terms, for polynomials."""

    expr: sp.Expr
    symbols: tuple[sp.Symbol, ...]
    magnitude: sp.Expr | None


@lru_cache(maxsize=64)
def _written_out(
    item: Loss | Layer, expr: ArrayExpr, integers: tuple[tuple[str, tuple[int, ...]], ...]
) -> tuple[tuple[int, ...], tuple[_Entry, ...]]:
    functions = {f.name: sp.tanh for f in functions_of(expr)}
    shapes = {a.name: _entries(a, sizes_of(item)).shape for a in item.inputs if a.integer}
    given = {name: np.reshape(values, shapes[name]) for name, values in integers}
    entries = np.asarray(expand(expr, sizes_of(item), given, functions), dtype=object)
    rows = (
        _Entry(e, tuple(sorted(e.free_symbols, key=str)), magnitude(e) if e.is_polynomial() else None)
        for e in entries.ravel()
    )
    return entries.shape, tuple(rows)


def members(value: Any) -> list[NDArray[Any]]:
    """The arrays of a family, or the one array."""
    return value if isinstance(value, list) else [value]


def _objects(values: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result.reshape(shape)


def array_accuracies(item: Loss | Layer, dtype: np.dtype[Any], functions: Any, rounds: int) -> list[ArrayAccuracy]:
    """The value, and for a loss its gradient: in ULP, or for mixing items in eps of the largest entry."""
    value = required(functions, item.name)
    callables = {f.name: np.tanh for f in functions_of(item.expr)}
    rows: list[tuple[str, Callable[..., Any], ArrayExpr]] = [(item.name, partial(value, **callables), item.expr)]
    if isinstance(item, Loss):
        name = f"{item.name}_gradient"
        rows.append((name, required(functions, name), gradient(item.expr, item.inputs[0])))
    return [_accuracy(item, name, function, expr, samples(item, dtype, rounds)) for name, function, expr in rows]


def _accuracy(
    item: Loss | Layer, name: str, function: Callable[..., Any], expr: ArrayExpr, drawn: Iterable[Arrays]
) -> ArrayAccuracy:
    worst, at, zeros, nans, infinities = 0.0, "", 0, 0, 0
    said: set[str] = set()
    for arguments in drawn:
        dtype = _dtype(arguments)
        exact, terms = truths(item, expr, arguments)
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("always")
            computed = np.asarray(function(**arguments))
        said |= {str(warning.message) for warning in caught}
        if computed.shape != exact.shape or computed.dtype != dtype:
            raise ValueError(f"gives shape {computed.shape}, {computed.dtype}; expected {exact.shape}, {dtype}")
        errors = _errors(computed, exact, terms, is_mixing(item))
        rounded = np.array([ulp.nearest(value.mid(), dtype) for value in exact.ravel()]).reshape(exact.shape)
        finite = np.isfinite(rounded)
        normal = finite & (np.abs(rounded) >= float(np.finfo(dtype).tiny)) & ~_cancelling(exact, terms)
        zeros += int(np.count_nonzero((computed == 0) & normal))
        nans += int(np.count_nonzero(np.isnan(computed) & finite))
        infinities += int(np.count_nonzero(np.isinf(computed) & finite))
        if errors.max() > worst:
            worst, at = float(errors.max()), _shown(arguments)
    return ArrayAccuracy(name, worst, at, zeros, nans, infinities, tuple(sorted(said)))


def _errors(computed: NDArray[Any], exact: NDArray[Any], terms: NDArray[Any], mixing: bool) -> NDArray[np.float64]:
    """In ULP of each entry (of its sum of absolute terms where it is a polynomial), or in eps of the largest."""
    distances = ulp.distance(computed, list(exact.ravel())).reshape(exact.shape)
    units = np.array([ulp.unit(ulp.nearest(v.mid(), computed.dtype), computed.dtype) for v in exact.ravel()])
    if mixing:
        largest = max(float(value.abs_upper()) for value in exact.ravel())
        wide = np.full(units.shape, largest * float(np.finfo(computed.dtype).eps))
    else:
        wide = np.array([ulp.unit(ulp.nearest(v.mid(), computed.dtype), computed.dtype) for v in terms.ravel()])
    scale = units / (wide if mixing else np.maximum(units, wide))
    return np.asarray(distances * scale.reshape(exact.shape), np.float64)


def _dtype(arguments: Arrays) -> np.dtype[Any]:
    return next(m.dtype for value in arguments.values() for m in members(value) if m.dtype.kind == "f")


def _cancelling(exact: NDArray[Any], terms: NDArray[Any]) -> NDArray[np.bool_]:
    """Entries whose terms are larger than they are."""
    pairs = zip(exact.ravel(), terms.ravel(), strict=True)
    return np.array([a is not b for a, b in pairs]).reshape(exact.shape)


def _shown(arguments: Arrays) -> str:
    return ", ".join(f"{name} = {np.asarray(v).tolist()}" for name, v in arguments.items() if not isinstance(v, list))
