"""Losses and layers: generated array code against the expression written out in scalars, in balls.

Code made of exponentials and sums of one sign is held to ULP of each entry, also at logits of
thousands. Products summed over an axis cancel: there errors count against the largest entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import cycle, islice
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.calculus.expansion import expand
from symdl.calculus.kinks import kinks
from symdl.calculus.reverse import gradient
from symdl.codegen.accuracy import specimen
from symdl.codegen.array_activations import activations_of
from symdl.codegen.array_arguments import UPSTREAM, domain_of, functions_of, holds, works_along_axis
from symdl.codegen.arrays import bounds, parameters_of, slopes_of
from symdl.codegen.cancellation import magnitude
from symdl.core import Array, ArrayExpr, Layer, Loss, UndefinedValue
from symdl.core.array_graph import graph, inputs_of
from symdl.core.array_places import Window
from symdl.core.array_simplex import Projection
from symdl.core.arrays import ArgMax, Contract, Map, Reduce, Slope
from symdl.core.chains import Final
from symdl.core.dimensions import fitting
from symdl.core.errors import UnsupportedDerivative
from symdl.numerics import ball, ranges, ulp

from .measure import find, required

Arrays: TypeAlias = dict[str, Any]
"""The arguments of a call by name: an array, or a list of arrays for a family."""
Fill: TypeAlias = Callable[[tuple[int, ...]], Any]
"""Entries for a shape."""

_SIZES = (2, 3, 4)
_ALONE = 5
_WIDTHS = (3, 4, 2)
_DEPTH = 2
_SCALES = (1e-3, 1.0, 5.0, 30.0, 800.0)
_EXPONENTS = (-0.8, -0.2, 0.2, 0.8)
"""Powers of the largest float, the scales of items that mix."""
_FEWEST = 17
_INSIDE = 0.125
_TRUTH_BITS = 90
_ROUGH_BITS = 30
_BELOW_ALL_FLOATS = 1200
VALUE_ULP, DERIVATIVE_ULP = 4.0, 8.0
"""What the value of a loss and a gradient may be off at most."""


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
    """Whether the item sums products or runs a chain, or is a layer that sums other than exponentials, or learns.

    Then its terms may cancel: what is learned is added with its own sign.
    """
    nodes = graph(item.expr)
    mixes = any(isinstance(node, Contract | Final | Window | Projection) for node in nodes)
    return mixes or (isinstance(item, Layer) and (bool(item.learned) or any(map(_sums_both_signs, nodes))))


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
    indices = {a.level for a in inputs}
    depths = {d.level for a in inputs for d in a.dimensions if d.level.isidentifier() and d.level not in indices}
    depths |= {node.chain.depth for node in graph(item.expr) if isinstance(node, Final)}
    sizes |= dict.fromkeys(levels, _WIDTHS) | dict.fromkeys(depths, _DEPTH)
    return fitting(sizes, {d for node in graph(item.expr) for d in node.dimensions})


def _learned(item: Loss | Layer) -> tuple[Array, ...]:
    return item.learned if isinstance(item, Layer) else ()


def samples(item: Loss | Layer, dtype: np.dtype[Any], rounds: int = 1) -> Iterator[Arrays]:
    """Arguments: random ones of several scales, ``rounds`` of each; for losses then floats of all sizes.

    Inputs with a domain take random numbers and corners of it throughout.
    """
    generator = np.random.default_rng(5)
    choices = {a.name: _admissible(item, a, dtype, generator) for a in _restricted(item)}

    def drawn(fill: Fill) -> Arrays:
        return _drawn(item, dtype, fill, choices, generator)

    if is_mixing(item):
        for pattern in islice(cycle(_patterns(item, dtype)), max(rounds, _FEWEST)):
            plain = drawn(generator.standard_normal)
            yield {name: _times(value, pattern[name], name in choices) for name, value in plain.items()}
        return
    for scale in _SCALES:
        for _ in range(rounds):
            yield drawn(partial(generator.normal, 0.0, scale))
    info = np.finfo(dtype)
    for corner in (0.0, 3.0, float(info.max) / 8, float(info.smallest_subnormal)):
        for signs in ((1.0,), (1.0, -1.0)):
            yield drawn(partial(np.resize, corner * np.array(signs)))
    if isinstance(item, Loss):
        for _ in range(2):
            yield drawn(partial(generator.choice, (-1.0, 0.0, 1.0)))
        yield from _far_and_near(drawn, dtype, rounds, generator)


def _patterns(item: Loss | Layer, dtype: np.dtype[Any]) -> list[dict[str, float]]:
    """Scales of the inputs: all 1, the first one tiny to huge, all others, all, ``upstream`` alone.

    All of them only as far as their products are floats.
    """
    names = [a.name for a in (*item.inputs, *_learned(item))]
    first, *others = [name for name in names if name != UPSTREAM]
    reach = float(np.log10(np.finfo(dtype).max))
    ones = dict.fromkeys(names, 1.0)
    found = [ones]
    for exponent in _EXPONENTS:
        alone, together = 10 ** (exponent * reach), 10 ** (exponent * reach / 2)
        groups = [([first], alone), (others, alone), ([first, *others], together), (set(names) & {UPSTREAM}, alone)]
        found += [{**ones, **dict.fromkeys(group, scale)} for group, scale in groups]
    return list({tuple(pattern.items()): pattern for pattern in found}.values())


def _times(value: Any, scale: float, kept: bool) -> Any:
    """An array or a family, scaled, unless it is made of integers or has a domain."""
    if isinstance(value, list):
        return [_times(member, scale, kept) for member in value]
    return value if kept or value.dtype.kind != "f" else value * value.dtype.type(scale)


def moderate_samples(item: Loss, dtype: np.dtype[Any], rounds: int) -> Iterator[Arrays]:
    """Arguments of normal size, those with a domain inside of it: where a Taylor expansion is."""
    generator = np.random.default_rng(7)
    choices = {a.name: _admissible(item, a, dtype, generator) for a in _restricted(item)}
    first = item.inputs[0].name
    kept = {
        name: v[(np.abs(v) < 1 / _INSIDE) & ((name != first) | ((v > _INSIDE) & (v < 1 - _INSIDE)))]
        for name, v in choices.items()
    }
    for _ in range(rounds):
        yield _drawn(item, dtype, generator.standard_normal, kept, generator)


def _far_and_near(
    drawn: Callable[[Fill], Arrays], dtype: np.dtype[Any], rounds: int, generator: np.random.Generator
) -> Iterator[Arrays]:
    """Entries of all sizes and signs, then inputs that differ in their last places."""
    points = np.array([p for p in ranges.float_range(dtype, 400) if abs(p) < float(np.finfo(dtype).max) / 8])
    for _ in range(2 * rounds):
        yield drawn(partial(generator.choice, points))
    for _ in range(rounds):
        middle = generator.standard_normal()
        steps = middle * (1 + float(np.finfo(dtype).eps) * np.arange(-3, 4))
        yield drawn(partial(generator.choice, steps))


def _restricted(item: Loss | Layer) -> list[Array]:
    """The inputs whose entries satisfy relations."""
    return [a for a in item.inputs if domain_of(item, a.name)]


def _admissible(
    item: Loss | Layer, a: Array, dtype: np.dtype[Any], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Floats in the domain of an input: round ones, ends of the range, numbers next to 1, random ones."""
    info = np.finfo(dtype)
    corners = [0.0, 1.0, -1.0, 0.5, 2.0, 1.0 - float(info.epsneg), 1.0 + float(info.eps), float(info.eps)]
    corners += [float(info.smallest_subnormal), float(info.tiny), float(info.max) / 8, 1e30, -1e30, -700.0, 1e-30]
    free = np.concatenate([generator.standard_normal(20), generator.random(20), 10 ** generator.uniform(-30, 0, 10)])
    tried = np.array([*corners, *free], dtype).astype(np.float64)
    own = domain_of(item, a.name)
    return np.array([v for v in tried if all(holds(relation, a.name, sp.Rational(float(v))) for relation in own)])


def _drawn(
    item: Loss | Layer,
    dtype: np.dtype[Any],
    fill: Fill,
    choices: Mapping[str, NDArray[np.float64]],
    generator: np.random.Generator,
) -> Arrays:
    sizes = sizes_of(item)
    smallest = min(size for size in sizes.values() if isinstance(size, int))

    def of(entries: NDArray[Any], a: Array) -> NDArray[Any]:
        if a.integer:
            return generator.integers(0, smallest, entries.shape)
        if a.name in choices:
            return generator.choice(choices[a.name], entries.shape).astype(dtype)
        return np.asarray(fill(entries.shape), dtype).reshape(entries.shape)

    arguments: Arrays = {}
    for a in (*item.inputs, *_learned(item)):
        shape = _entries(a, sizes)
        arguments[a.name] = [of(e, a) for e in shape] if isinstance(shape, list) else of(shape, a)
    return arguments


def _entries(a: Array, sizes: Mapping[str, Any]) -> Any:
    """The symbols of an input; of an integer one, zeros in its shape."""
    if a.integer:
        return np.zeros([sizes[d.name] for d in a.dimensions], int)
    return expand(a, sizes)


def truths(item: Loss | Layer, expr: ArrayExpr, arguments: Arrays) -> tuple[NDArray[Any], NDArray[Any]]:
    """True entries of ``expr`` as balls, and the sum of the absolute terms of each."""
    sizes = sizes_of(item)
    values = {symbol: float(value) for symbol, value in specimen(item.parameters).items()}
    for a in (*item.inputs, *_learned(item)):
        if not a.integer:
            for entries, given in zip(members(_entries(a, sizes)), members(arguments[a.name]), strict=True):
                values |= dict(zip(entries.ravel(), map(float, given.ravel()), strict=True))
    numeric = any(isinstance(node, ArgMax) for node in graph(expr))
    numbers = tuple(
        (a.name, tuple(map(sp.Rational, arguments[a.name].ravel().tolist())))
        for a in item.inputs
        if a.integer or (numeric and not a.level)
    )
    shape, written = _written_out(item, expr, numbers)
    exact, terms = [], []
    for entry in written:
        used = {symbol: values[symbol] for symbol in entry.symbols}
        exact.append(ball.enclose(entry.expr, used, _TRUTH_BITS, 20_000, _BELOW_ALL_FLOATS))
        terms.append(ball.enclose(entry.magnitude, used, _ROUGH_BITS, 20_000, _BELOW_ALL_FLOATS))
    return _objects(exact, shape), _objects(terms, shape)


@dataclass(frozen=True)
class _Entry:
    """One scalar of a written out array; ``magnitude`` is the sum of its absolute terms."""

    expr: sp.Expr
    symbols: tuple[sp.Symbol, ...]
    magnitude: sp.Expr


@lru_cache(maxsize=64)
def _written_out(
    item: Loss | Layer, expr: ArrayExpr, numbers: tuple[tuple[str, tuple[sp.Rational, ...]], ...]
) -> tuple[tuple[int, ...], tuple[_Entry, ...]]:
    functions: dict[str, Any] = {f.name: sp.tanh for f in functions_of(item.expr)}
    functions |= {f.derivative: _slope_of_tanh for f in functions_of(item.expr)}
    shapes = {a.name: _entries(a, sizes_of(item)).shape for a in item.inputs if a.name in dict(numbers)}
    given = {name: np.reshape(np.array(values, dtype=object), shapes[name]) for name, values in numbers}
    entries = np.asarray(_joined(expand(expr, sizes_of(item), given, functions)), dtype=object)
    constants = specimen([*item.parameters, *(p for a in activations_of(expr, item.parameters) for p in a.parameters)])
    written = (e.xreplace(constants) for e in entries.ravel())
    shifts = any(isinstance(node, Projection) for node in graph(expr))
    cancels = isinstance(item, Loss) or (is_mixing(item) and not shifts)
    rows = ((e, _terms(e) if cancels or e.is_polynomial() else sp.Abs(e)) for e in written)
    return entries.shape, tuple(_Entry(e, tuple(sorted(e.free_symbols, key=str)), terms) for e, terms in rows)


def _slope_of_tanh(x: sp.Expr) -> sp.Expr:
    return 1 - sp.tanh(x) ** 2


def _terms(entry: sp.Expr) -> sp.Expr:
    """The sum of the absolute terms, those of the branches of a maximum too."""
    if isinstance(entry, sp.Max):
        return sp.Max(*map(_terms, entry.args))
    if isinstance(entry, sp.Add | sp.Mul):
        return entry.func(*map(_terms, entry.args))
    return magnitude(entry)


def members(value: Any) -> list[NDArray[Any]]:
    """The arrays of a family, or the one array."""
    return value if isinstance(value, list) else [value]


def _joined(value: Any) -> Any:
    """The entries of all members of a family side by side; an array as it is."""
    return np.concatenate([np.ravel(member) for member in value]) if isinstance(value, list) else value


def _objects(values: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result.reshape(shape)


def array_accuracies(
    item: Loss | Layer, dtype: np.dtype[Any], functions: Any, rounds: int, strict: bool | None = None
) -> list[ArrayAccuracy]:
    """The value, and for a loss its gradients: in ULP, or for mixing items in eps of the largest entry.

    ``strict`` counts ULP of the value also where terms cancel; by default it is what the committed
    bound is stated in.
    """
    callables = {f.name: np.tanh for f in functions_of(item.expr)}
    keywords = {name: float(specimen([p])[p.symbol]) for name, p in parameters_of(item) if p.default is None}
    rows: list[tuple[str, ArrayExpr, float]] = [(item.name, item.expr, VALUE_ULP)]
    if isinstance(item, Loss):
        rows.append((f"{item.name}_gradient", gradient(item.expr, item.inputs[0]), DERIVATIVE_ULP))
        further = ((f"{item.name}_{a.name}_gradient", gradient(item.expr, a)) for a in item.differentiable)
        rows += [(name, slope, DERIVATIVE_ULP) for name, slope in further]
    found = []
    for name, expr, most in rows:
        called = callables if name == item.name else {}
        exactly = _is_strict(item, name) if strict is None else strict
        measured = _Measured(name, partial(required(functions, name), **called, **keywords), expr, most, exactly)
        found.append(_accuracy(item, measured, samples(item, dtype, rounds)))
    if isinstance(item, Layer):
        found += _gradient_accuracies(item, dtype, functions, rounds)
    return found


def _gradient_accuracies(item: Layer, dtype: np.dtype[Any], functions: Any, rounds: int) -> Iterator[ArrayAccuracy]:
    """The vector-Jacobian product of a layer by each input and what is learned, as layers with ``upstream``.

    Nothing where the functions have none.
    """
    single = f"{item.name}_gradient"
    name = single if works_along_axis(item) else f"{single}s"
    function = find(functions, name)
    if function is None:
        return
    try:
        slopes = slopes_of(item)
    except UnsupportedDerivative:
        return
    callables = _with_derivatives(item)
    upstream = next(a for slope in slopes.values() for a in inputs_of(slope) if a.name == UPSTREAM)
    for place, (a, slope) in enumerate(slopes.items()):
        derived = replace(item, name=f"{item.name}_{a.name}_gradient", inputs=(*item.inputs, upstream), expr=slope)
        called = partial(_part, partial(function, **callables), None if name == single else place)
        measured = _Measured(name, called, slope, DERIVATIVE_ULP, False)
        row = _accuracy(derived, measured, samples(derived, dtype, rounds))
        yield replace(row, at=f"(by {a.name}) {row.at}")


def _part(function: Callable[..., Any], place: int | None, /, **arguments: Any) -> Any:
    """One of the results of a function, or its result."""
    found = function(**arguments)
    return found if place is None else found[place]


def _with_derivatives(item: Layer) -> dict[str, Any]:
    """tanh and its derivative for the functions that a layer takes."""
    found: dict[str, Any] = {}
    for f in functions_of(item.expr):
        found |= {f.name: np.tanh, f.derivative: lambda x, out=None: 1 - np.tanh(x) ** 2}
    return found


@dataclass(frozen=True)
class _Measured:
    """A function of generated code, what it computes, and the ULP that it may be off."""

    name: str
    function: Callable[..., Any]
    expr: ArrayExpr
    most: float
    strict: bool


def _accuracy(item: Loss | Layer, measured: _Measured, drawn: Iterable[Arrays]) -> ArrayAccuracy:
    worst, at, zeros, nans, infinities = 0.0, "", 0, 0, 0
    said: set[str] = set()
    for arguments in drawn:
        dtype = _dtype(arguments)
        try:
            exact, terms = truths(item, measured.expr, arguments)
            if is_undecided(item, measured.expr, arguments):
                continue
        except UndefinedValue:
            continue
        terms = exact if measured.strict else terms
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("always")
            computed = np.asarray(_joined(measured.function(**arguments)))
        said |= {str(warning.message) for warning in caught}
        if computed.shape != exact.shape or computed.dtype != dtype:
            raise ValueError(f"gives shape {computed.shape}, {computed.dtype}; expected {exact.shape}, {dtype}")
        errors = _errors(computed, exact, _allowed(exact, terms, dtype, measured.most, is_mixing(item)))
        rounded = np.array([ulp.nearest(value.mid(), dtype) for value in exact.ravel()]).reshape(exact.shape)
        finite = np.isfinite(rounded)
        errors = np.where(finite | np.isfinite(computed), errors, 0.0)
        normal = finite & (np.abs(rounded) >= float(np.finfo(dtype).tiny)) & ~_lost(exact, terms, dtype)
        zeros += int(np.count_nonzero((computed == 0) & normal))
        nans += int(np.count_nonzero(np.isnan(computed) & finite))
        infinities += int(np.count_nonzero(np.isinf(computed) & finite))
        if errors.max() > worst:
            worst, at = float(errors.max()), _shown(arguments)
    return ArrayAccuracy(measured.name, worst, at, zeros, nans, infinities, tuple(sorted(said)))


def is_undecided(item: Loss | Layer, expr: ArrayExpr, arguments: Arrays) -> bool:
    """Whether an inexact argument is so close to a kink that floats cannot tell which slope ``expr`` takes."""
    return any(_is_beside_kink(item, slope, arguments) for slope in _rounded_slopes(expr))


def _rounded_slopes(expr: ArrayExpr) -> list[Map]:
    """The slopes at kinked functions whose arguments hold roots and the like, so that floats cannot be exact."""
    slopes = [node for node in graph(expr) if isinstance(node, Map) and isinstance(node.function, Slope)]
    return [node for node in slopes if any(map(_is_no_polynomial, graph(node.operands[0])))]


def _is_no_polynomial(node: ArrayExpr) -> bool:
    formula = node.function if isinstance(node, Map) else None
    return isinstance(formula, sp.Lambda) and not formula.expr.is_polynomial(*formula.variables)


def _is_beside_kink(item: Loss | Layer, slope: Map, arguments: Arrays) -> bool:
    """Whether an argument is so close to a kink that its terms, right but for 2 eps, do not tell on which side."""
    assert isinstance(slope.function, Slope)
    activation = slope.function.activation
    constants = specimen([*item.parameters, *activation.parameters])
    points = [float(kink.point.xreplace(constants)) for kink in kinks(activation)]
    exact, terms = truths(item, slope.operands[0], arguments)
    eps = float(np.finfo(_dtype(arguments)).eps)
    pairs = list(zip(exact.ravel(), terms.ravel(), strict=True))
    return any(abs(value - point) <= 2 * eps * size for value, size in pairs for point in points)


def _is_strict(item: Loss | Layer, name: str) -> bool:
    """Whether errors count in ULP of the value also where terms cancel: where the committed bound says so."""
    known = bounds().get(f"{name}: {item.expr!r}")
    return known is not None and "terms" not in known


def _errors(computed: NDArray[Any], exact: NDArray[Any], units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances in ``units``; infinite for nan, and for an infinity that is not the rounded truth."""
    values = list(exact.ravel())
    rounded = ulp.distance(computed.ravel(), values) == 0
    rows = zip(map(float, computed.ravel()), values, units.ravel(), rounded, strict=True)
    with ball.precision(_TRUTH_BITS):
        errors = [
            float(abs(ball.number(c) - v).mid() / unit) if np.isfinite(c) else 0.0 if right else np.inf
            for c, v, unit, right in rows
        ]
    return np.array(errors).reshape(exact.shape)


def _allowed(
    exact: NDArray[Any], terms: NDArray[Any], dtype: np.dtype[Any], most: float, mixing: bool
) -> NDArray[np.float64]:
    """What errors count in: ULP of the entry, or eps of the largest of an item that mixes.

    Near cancellation a unit is as large as makes ``most`` of them 2 eps of the sum of absolute terms.
    """
    eps = float(np.finfo(dtype).eps)
    if mixing:
        largest = max(float(value.abs_upper()) for value in (*exact.ravel(), *terms.ravel()))
        return np.full(exact.shape, max(min(largest, float(np.finfo(dtype).max)) * eps, ulp.unit(0.0, dtype)))
    units = [ulp.unit(ulp.nearest(v.mid(), dtype), dtype) for v in exact.ravel()]
    largest = float(np.finfo(np.float64).max)
    sums = [min(float(v.abs_upper() * (2 * eps / most)), largest) for v in terms.ravel()]
    return np.maximum(units, sums if terms is not exact else 0.0).reshape(exact.shape)


def _lost(exact: NDArray[Any], terms: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Entries that are smaller than the error that their terms allow."""
    eps = float(np.finfo(dtype).eps)
    pairs = zip(exact.ravel(), terms.ravel(), strict=True)
    return np.array([bool(abs(a) <= 2 * eps * b) for a, b in pairs]).reshape(exact.shape)


def _dtype(arguments: Arrays) -> np.dtype[Any]:
    return next(m.dtype for value in arguments.values() for m in members(value) if m.dtype.kind == "f")


def _shown(arguments: Arrays) -> str:
    return ", ".join(f"{name} = {np.asarray(v).tolist()}" for name, v in arguments.items() if not isinstance(v, list))
