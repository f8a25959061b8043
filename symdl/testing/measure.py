"""How accurate is elementwise code? Worst error in ULP over the whole range of a dtype.

The truth is the symbolic form in ball arithmetic. Errors count in units in the last place of the
true value. Within .1 of a root other than by underflow no relative accuracy can be had from code
that subtracts: there they count in units in the last place of the sum of the absolute terms of the
formula (for tanh near 0, one term, that is the same as ever), and are given in eps of that sum too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial, reduce
from inspect import signature
from math import isfinite
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import DTypeLike, NDArray

from symdl.codegen.accuracy import as_floats, specimens
from symdl.codegen.cancellation import terms_next_to_root
from symdl.codegen.located import located
from symdl.core import Activation, BudgetExceeded, InputError, UndefinedValue
from symdl.numerics import ball, ranges, ulp

_TRUTH_BITS = 90
_BELOW_ALL_FLOATS = {"float32": 220, "float64": 1200}
_MOST_BITS = 20_000
_HALVINGS = 40
_MOST_ROOTS = 100
_FEWER = 4
_FAR_INSIDE = 16.0


@dataclass(frozen=True)
class Accuracy:
    """The worst error of one function in ULP, where it is, and what came out wrong altogether.

    ``zeros`` counts points where the truth is a normal number away from a root, ``nans`` and
    ``infinities`` those where it is finite; ``warnings`` are the floating-point warnings
    under NumPy's default error state.
    """

    function: str
    dtype: str
    points: int
    worst_ulp: float
    at: float
    computed: float
    truth: float
    zeros: int
    nans: int
    infinities: int
    warnings: tuple[str, ...]
    keywords: tuple[tuple[str, float], ...] = ()
    near_roots: float = 0.0
    """The worst error next to roots, in eps of the sum of the absolute terms."""

    @property
    def reproducer(self) -> str:
        """The call with the worst error, what it gives and what is true."""
        kind: Any = np.dtype(self.dtype).type
        at, computed, truth = (str(kind(number)) for number in (self.at, self.computed, self.truth))
        given = "".join(f", {name}={value}" for name, value in self.keywords)
        call = f"{self.function}(np.{self.dtype}({at}){given})"
        return f"{call} is {computed}, the truth is {truth}: {self.worst_ulp:.3g} ULP"


@dataclass(frozen=True)
class Measurement:
    """The accuracy of an activation's functions in one dtype."""

    name: str
    dtype: str
    value: Accuracy
    derivative: Accuracy
    from_output: Accuracy | None = None
    elsewhere: Measurement | None = None


@dataclass(frozen=True)
class Truth:
    """True values of a formula at sorted points, with the ULP that errors count in there."""

    points: NDArray[Any]
    values: tuple[arb, ...]
    rounded: NDArray[np.float64]
    relief: NDArray[np.float64]
    near_roots: NDArray[np.float64]
    """Next to roots an ULP of the value in eps of the sum of the absolute terms, elsewhere 0."""

    def errors(self, computed: NDArray[Any]) -> NDArray[np.float64]:
        """Distances in ULP, those near roots in ULP of the sum of the absolute terms."""
        return ulp.distance(computed, self.values) * self.relief

    def within(self, size: float) -> Truth:
        """The part of it where the argument is at most ``size``."""
        inside = np.abs(self.points) <= size
        values = tuple(value for value, kept in zip(self.values, inside, strict=True) if kept)
        return Truth(self.points[inside], values, self.rounded[inside], self.relief[inside], self.near_roots[inside])


def find(functions: Any, name: str) -> Callable[..., Any] | None:
    """The function ``name`` of a generated namespace, module or mapping; None where it has none."""
    found = functions.get(name) if isinstance(functions, Mapping) else getattr(functions, name, None)
    return found if callable(found) else None


def required(functions: Any, name: str) -> Callable[..., Any]:
    """The same; raises :class:`InputError` where it is missing."""
    found = find(functions, name)
    if found is None:
        raise InputError(f"there is no function {name} in {functions!r}", remedy="pass generate(item).load()")
    return found


def measure(item: Activation, dtype: DTypeLike, functions: Any, count: int = 8400) -> Measurement:
    """Value and derivative of generated ``functions`` (NAME, NAME_derivative ...) over ``float_range``.

    Parameters take their defaults, else a small number of their domain; ``elsewhere`` is the worst
    over two further sets of parameters, where these times the argument do not overflow. Code that
    does not take the parameters is measured at their defaults alone.

    >>> from types import SimpleNamespace
    >>> from symdl.library import relu
    >>> code = SimpleNamespace(relu=lambda x: np.maximum(x, x.dtype.type(0)),
    ...                        relu_derivative=lambda x: (x > 0).astype(x.dtype))
    >>> measure(relu, np.float32, code, count=200).value.worst_ulp
    0.0
    """
    usual, *others = parameter_sets(item, dtype)
    if not _takes_all(required(functions, item.name), item):
        others = []
    result = _measured(item, np.dtype(dtype), functions, usual, count)
    fewer = max(count // _FEWER, 1)
    rows = [_measured(item, np.dtype(dtype), functions, values, fewer, inside=True) for values in others]
    return replace(result, elsewhere=reduce(_worse, rows)) if rows else result


def parameter_sets(item: Activation, dtype: DTypeLike = np.float64) -> tuple[dict[sp.Symbol, sp.Rational], ...]:
    """The exact values of the numbers of ``dtype`` at which an activation is measured: the defaults first."""
    return tuple(as_floats(values, np.dtype(dtype).name) for values in specimens(item.parameters))


def keywords_of(item: Activation, values: Mapping[sp.Symbol, sp.Rational]) -> dict[str, float]:
    """The parameters as keyword arguments."""
    return {parameter.name: float(values[parameter.symbol]) for parameter in item.parameters}


def _takes_all(function: Callable[..., Any], item: Activation) -> bool:
    """Whether ``function`` takes every parameter of the item by keyword."""
    arguments = signature(function).parameters
    if any(argument.kind is argument.VAR_KEYWORD for argument in arguments.values()):
        return True
    return all(parameter.name in arguments for parameter in item.parameters)


def _measured(
    item: Activation,
    dtype: np.dtype[Any],
    functions: Any,
    values: Mapping[sp.Symbol, sp.Rational],
    count: int,
    inside: bool = False,
) -> Measurement:
    """One row at fixed parameters; ``inside`` where their product with the argument does not overflow."""
    taken = _takes_all(required(functions, item.name), item)
    keywords = keywords_of(item, values) if taken else {}
    found = located(item)
    places = tuple(float(place.xreplace(dict(values))) for place in found.places())
    exact = (item.expr.xreplace(dict(values)), found.slope().xreplace(dict(values)))
    true_value, true_slope = (truth(expr, item.argument, dtype.name, count, places) for expr in exact)
    if inside:
        largest = float(np.finfo(dtype).max) / _FAR_INSIDE
        true_value, true_slope = true_value.within(largest), true_slope.within(largest)
    value = partial(required(functions, item.name), **keywords)
    derivative = partial(required(functions, f"{item.name}_derivative"), **keywords)
    from_output = find(functions, f"{item.name}_derivative_from_output")
    rows = [accuracy(value, item.name, true_value), accuracy(derivative, f"{item.name}_derivative", true_slope)]
    if from_output is not None:
        slope_of = partial(from_output, **keywords)
        rows.append(accuracy(lambda x: slope_of(value(x)), f"{item.name}_derivative_from_output", true_slope))
    given = tuple(keywords.items())
    return _row(item.name, dtype.name, [replace(row, keywords=given) for row in rows])


def _row(name: str, dtype: str, rows: Sequence[Accuracy]) -> Measurement:
    return Measurement(name, dtype, rows[0], rows[1], rows[2] if len(rows) > 2 else None)


def _worse(first: Measurement, second: Measurement) -> Measurement:
    """The worst of both, function by function."""
    pairs = zip(rows_of(first), rows_of(second), strict=True)
    return _row(first.name, first.dtype, [_worst(*pair) for pair in pairs])


def rows_of(measurement: Measurement) -> list[Accuracy]:
    """The functions that were measured: value, derivative, derivative from output."""
    rows = (measurement.value, measurement.derivative, measurement.from_output)
    return [row for row in rows if row is not None]


def _worst(first: Accuracy, second: Accuracy) -> Accuracy:
    worst = second if second.worst_ulp > first.worst_ulp else first
    return replace(
        worst,
        points=first.points + second.points,
        zeros=first.zeros + second.zeros,
        nans=first.nans + second.nans,
        infinities=first.infinities + second.infinities,
        warnings=tuple(sorted({*first.warnings, *second.warnings})),
        near_roots=max(first.near_roots, second.near_roots),
    )


def parameters_of(item: Activation) -> tuple[dict[sp.Symbol, sp.Rational], dict[str, float]]:
    """Exact values of the parameters, and those without default as keyword arguments."""
    values = parameter_sets(item)[0]
    keywords = {p.name: float(values[p.symbol]) for p in item.parameters if p.default is None}
    return values, keywords


def accuracy(function: Callable[[NDArray[Any]], Any], name: str, true: Truth) -> Accuracy:
    """``function`` against the truth at all points at once."""
    finite = np.isfinite(true.rounded)
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        function(true.points[finite])
    with np.errstate(all="ignore"):
        computed = np.asarray(function(true.points.copy()))
    distances = ulp.distance(computed, true.values)
    near = true.near_roots > 0
    errors = distances * true.relief
    worst = int(np.argmax(errors))
    normal = finite & (true.relief == 1) & (np.abs(true.rounded) >= float(np.finfo(true.points.dtype).tiny))
    return Accuracy(
        name,
        true.points.dtype.name,
        true.points.size,
        float(errors[worst]),
        float(true.points[worst]),
        float(computed[worst]),
        float(true.rounded[worst]),
        int(np.count_nonzero((computed == 0) & normal)),
        int(np.count_nonzero(np.isnan(computed) & finite)),
        int(np.count_nonzero(np.isinf(computed) & finite)),
        tuple(sorted({str(warning.message) for warning in caught})),
        near_roots=float((distances[near] * true.near_roots[near]).max(initial=0.0)),
    )


@lru_cache(maxsize=32)
def truth(expr: sp.Expr, variable: sp.Symbol, dtype: str, count: int, around: tuple[float, ...]) -> Truth:
    """True values of ``expr`` at ``float_range`` points where it has one, denser around its roots."""
    found = _enclosed(expr, variable, map(float, ranges.float_range(dtype, count, around)), dtype)
    roots = _roots(expr, variable, dtype, found)
    extra = ranges.float_range(dtype, 1, roots) if roots else ()
    found |= _enclosed(expr, variable, (p for p in map(float, extra) if p not in found), dtype)
    if not found:
        raise UndefinedValue(f"{expr} has no value at any float that was tried")
    points = sorted(point + 0.0 for point in found)
    if 0.0 in found:
        points.insert(points.index(0.0), -0.0)
    values = tuple(found[point] for point in points)
    rounded = np.array([ulp.nearest(value.mid(), dtype) for value in values])
    rows = [_relief(expr, variable, *row, dtype) for row in zip(points, values, strict=True)]
    relief, near = np.array(rows).T
    return Truth(np.array(points, dtype), values, rounded, relief, near)


def _relief(expr: sp.Expr, variable: sp.Symbol, point: float, value: arb, dtype: str) -> tuple[float, float]:
    """1 and 0, or next to a root the ULP of the value in ULP, and in eps, of the sum of the absolute terms."""
    terms = terms_next_to_root(expr, variable, point, value)
    if terms is None or not isfinite(terms):
        return 1.0, 0.0
    unit, wide = ulp.unit(ulp.nearest(value.mid(), dtype), dtype), ulp.unit(ulp.nearest(arb(terms), dtype), dtype)
    return unit / max(unit, wide), unit / max(terms * float(np.finfo(dtype).eps), unit)


def _enclosed(
    expr: sp.Expr, variable: sp.Symbol, points: Iterable[Any], dtype: str, bits: int = _TRUTH_BITS
) -> dict[Any, arb]:
    """True values by point, where there are any."""
    found = {}
    for point in points:
        try:
            found[point] = ball.enclose(expr, {variable: point}, bits, _MOST_BITS, _BELOW_ALL_FLOATS[dtype])
        except (UndefinedValue, BudgetExceeded):
            continue
    return found


def _roots(expr: sp.Expr, variable: sp.Symbol, dtype: str, found: Mapping[float, arb]) -> tuple[float, ...]:
    """Where the formula changes its sign or is 0 alone, found by bisection."""
    points = sorted(found)
    signs = [1 if found[p] > 0 else -1 if found[p] < 0 else 0 for p in points]
    roots = []
    for i in range(len(points) - 1):
        if signs[i] * signs[i + 1] < 0:
            roots.append(_bisected(expr, variable, points[i], points[i + 1], signs[i]))
        elif signs[i] == 0 and i and signs[i - 1] and signs[i + 1]:
            roots.append(points[i])
    return tuple(roots[:_MOST_ROOTS])


def _bisected(expr: sp.Expr, variable: sp.Symbol, low: float, high: float, sign: int) -> float:
    for _ in range(_HALVINGS):
        middle = low / 2 + high / 2
        try:
            low, high = (middle, high) if ball.evaluate(expr, {variable: middle}, 200) * sign > 0 else (low, middle)
        except UndefinedValue:
            break
    return low / 2 + high / 2
