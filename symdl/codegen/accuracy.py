"""How well a function of floats computes a formula: worst error in ULP, failures, warnings.

The truth is taken in ball arithmetic at points over the whole finite range of the dtype. Relative
error means nothing next to a root of the formula (other than 0), so points there are judged by the
error in units of the sum of the absolute terms instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise, product
from math import ceil, isfinite, log2
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import NDArray

from symdl.core import BudgetExceeded, Compare, DefinitionError, Parameter, UndefinedValue
from symdl.numerics import ball, ranges, ulp
from symdl.numerics.precision import precision
from symdl.numerics.sweeps import enclosures

from .cancellation import NEAR_ROOT, terms_next_to_root
from .conditions import share_of_allowed

DTYPES = ("float32", "float64")
POINTS = 1500
"""Enough to choose between plans."""
FINE_POINTS = 10_000
"""For the bound that is stated."""
_TRUTH_BITS = 90
_MOST_BITS = 20_000
_KEPT_BITS = 120
_BELOW_ALL_FLOATS = 1200
_BETWEEN = 16
_ABOVE = 256.0
_MOST_ROOTS, _HALVINGS = 8, 80
_SPECIMENS = tuple(sp.Rational(p, q) for p, q in ((1, 2), (2, 1), (1, 1), (1, 4), (3, 2), (-1, 2), (0, 1), (10, 1)))


_OTHERS = tuple(sp.Rational(p, q) for p, q in ((17, 10), (3, 10), (-7, 10), (13, 3), (7, 3), (-9, 7), (1, 40)))
_MOST_SPECIMENS = 3


@dataclass(frozen=True)
class Truth:
    """True values of a formula at sorted points of one dtype; ``outside`` are points without one."""

    formula: sp.Expr
    variable: sp.Symbol
    points: NDArray[Any]
    outside: NDArray[Any]
    rounded: NDArray[Any]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    near_root: NDArray[np.bool_]
    around: tuple[float, ...]
    """Where points stand close together: kinks."""
    terms: NDArray[np.float64]
    """The sum of the absolute terms at the points next to roots."""

    def errors(self, computed: NDArray[Any]) -> NDArray[np.float64]:
        """abs(computed - truth) in ULP of the rounded truth; infinite where only one is finite."""
        with np.errstate(all="ignore"):
            largest = np.finfo(self.rounded.dtype).max
            size = np.minimum(np.abs(self.rounded), np.nextafter(largest, np.zeros_like(largest)))
            distance = np.abs((computed.astype(np.float64) - self.high) - self.low)
            errors = distance / np.spacing(size).astype(np.float64)
        errors[~np.isfinite(computed) | ~np.isfinite(self.high)] = np.inf
        errors[computed == self.rounded] = np.minimum(errors, 0.5)[computed == self.rounded]
        return errors

    def finer(self) -> Truth:
        """The truth of the same formula at many more points, as far out as these."""
        around = (*self.around, *self.roots())
        fine = truth(self.formula, self.variable, self.points.dtype.name, FINE_POINTS, around)
        return fine.within(float(np.abs(self.points).max()))

    def roots(self) -> tuple[float, ...]:
        """Floats next to which the values change their sign, the first few."""
        return self._roots

    @cached_property
    def _roots(self) -> tuple[float, ...]:
        places = np.flatnonzero(np.sign(self.high[:-1]) * np.sign(self.high[1:]) < 0)[:_MOST_ROOTS]
        return tuple(_bisected(self, *map(float, self.points[place : place + 2])) for place in places)

    def within(self, size: float) -> Truth:
        """The part of it where the argument is at most ``size``."""
        inside = np.abs(self.points) <= size
        kept = {name: getattr(self, name)[inside] for name in ("points", "rounded", "high", "low", "near_root")}
        outside = self.outside[np.abs(self.outside) <= size]
        return replace(self, **kept, outside=outside, terms=self.terms[inside[self.near_root]])

    def settled(self, limit: float | None, direction: int) -> float:
        """The least power of two from which on every value rounds to ``limit``."""
        if limit is None:
            return float("inf")
        others = self.points[(self.rounded != np.array(limit, self.rounded.dtype)) & (direction * self.points > 0)]
        largest = float(np.abs(others).max()) if others.size else 0.5
        return 2.0 ** min(1023, ceil(log2(largest)) + 1)


def _bisected(exact: Truth, low: float, high: float) -> float:
    """A float close to where the values change their sign between two of them."""
    rising = _true_value(exact.formula, exact.variable, high)
    for _ in range(_HALVINGS):
        middle = low / 2 + high / 2
        value = _true_value(exact.formula, exact.variable, middle)
        if rising is None or value is None or middle in (low, high):
            break
        low, high = (low, middle) if value * rising > 0 else (middle, high)
    return low


@dataclass(frozen=True)
class Accuracy:
    """What was measured. ``worst`` is in ULP, away from roots; ``near_roots`` in units of eps times
    the sum of the absolute terms there; ``failures`` counts zeros and infinities where the truth is a
    finite normal number, and nans; ``floods`` are the floating-point warnings by NumPy's names."""

    worst: float
    at: float
    near_roots: float
    failures: int
    limits: bool
    nan: bool
    floods: tuple[str, ...]
    zeros: int = 0
    """How often the value next to a root is 0 where the truth is a normal number."""
    share: float = 0.0
    """The most of what :mod:`.conditions` allows; 0 where no error is larger than it allows everywhere."""

    @property
    def sound(self) -> bool:
        """No failure, no warning, the limits at infinity, nan for nan."""
        return not self.failures and self.limits and self.nan and not self.floods


def specimen(
    parameters: Sequence[Parameter], candidates: Sequence[sp.Rational] = _SPECIMENS
) -> dict[sp.Symbol, sp.Rational]:
    """Values of the parameters to measure with: the defaults, else the first candidates in the domain.

    Raises :class:`DefinitionError` when no small number lies in the domain.
    """
    choices = [(p.default,) if p.default is not None else candidates for p in parameters]
    domain = [relation for parameter in parameters for relation in parameter.domain]
    for values in product(*choices):
        chosen = dict(zip((p.symbol for p in parameters), values, strict=True))
        if all(_holds(relation, chosen) for relation in domain):
            return chosen
    names = ", ".join(parameter.name for parameter in parameters)
    raise DefinitionError(f"no small number lies in the domain of {names}", remedy="give a default")


def specimens(parameters: Sequence[Parameter]) -> tuple[dict[sp.Symbol, sp.Rational], ...]:
    """The values of :func:`specimen`, and two others in the domain that are no round numbers.

    >>> from symdl.core import symbol
    >>> k = symbol("k")
    >>> specimens((Parameter(k, "slope", sp.Integer(1), (Compare(k, ">", sp.Integer(0)),)),))
    ({k: 1}, {k: 17/10}, {k: 3/10})
    """
    usual = specimen(parameters)
    found = [usual]
    domain = [relation for parameter in parameters for relation in parameter.domain]
    for start in range(len(_OTHERS)) if parameters else ():
        rows = product(*(_OTHERS[start + index :] for index in range(len(parameters))))
        candidates = (dict(zip((p.symbol for p in parameters), row, strict=True)) for row in rows)
        fit = next((values for values in candidates if all(_holds(relation, values) for relation in domain)), None)
        if fit is not None and fit not in found:
            found.append(fit)
        if len(found) == _MOST_SPECIMENS:
            break
    return tuple(found)


def as_floats(values: Mapping[sp.Symbol, sp.Rational], dtype: str = "float64") -> dict[sp.Symbol, sp.Rational]:
    """The exact values of the numbers of ``dtype`` nearest to ``values``: what the code is given."""
    kind = np.dtype(dtype).type
    return {symbol: sp.Rational(float(kind(float(value)))) for symbol, value in values.items()}


def _holds(relation: Compare, values: dict[sp.Symbol, sp.Rational]) -> bool:
    return bool(sp.Rel(relation.lhs.subs(values), relation.rhs.subs(values), relation.relation))


@lru_cache(maxsize=96)
def truth(expr: sp.Expr, variable: sp.Symbol, dtype: str, count: int = POINTS, around: tuple[float, ...] = ()) -> Truth:
    """True values of ``expr`` where it is defined, at about ``count`` points.

    >>> x = sp.Symbol("x", real=True)
    >>> bool(len(truth(sp.log(x), x, "float32", 50).points))
    True
    """
    places = ranges.float_range(dtype, count, around)
    tried = _true_values(expr, variable, places)
    tried += _true_values(expr, variable, _where_small(tried, dtype))
    found = sorted(((point, value) for point, value in tried if value is not None), key=lambda row: row[0])
    if not found:
        raise UndefinedValue(f"{expr} has no value that can be enclosed at any float")
    points = np.array([point for point, _ in found], dtype)
    outside = np.array([point for point, value in tried if value is None], dtype)
    with precision(_KEPT_BITS):
        high = np.array([float(value) for _, value in found])
        low = np.array([_rest(value, h) for (_, value), h in zip(found, high.tolist(), strict=True)])
    strict = NEAR_ROOT if _true_value(expr, variable, 0.0) == 0 else -1.0
    # Next to a root at 0 relative accuracy can be had, and is asked for.
    suspect = _close_to_a_change(points.astype(np.float64), high)
    terms = [
        terms_next_to_root(expr, variable, float(point), value) if close and abs(point) > strict else None
        for (point, value), close in zip(found, suspect, strict=True)
    ]
    near = np.array([sum_of_terms is not None for sum_of_terms in terms])
    sums = np.array([sum_of_terms or 0.0 for sum_of_terms in terms])
    return Truth(expr, variable, points, outside, _rounded(high, low, dtype), high, low, near, around, sums[near])


def _close_to_a_change(points: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the sign changes, or the size has a minimum, within twice the reach of a root or at a neighbour."""
    sizes, signs = np.abs(values), np.sign(values)
    change = np.zeros(points.size, bool)
    change[1:] |= signs[1:] != signs[:-1]
    change[:-1] |= signs[1:] != signs[:-1]
    change[1:-1] |= (sizes[1:-1] <= sizes[:-2]) & (sizes[1:-1] <= sizes[2:])
    centres = points[change]
    left = np.searchsorted(centres, points - 2.5 * NEAR_ROOT)
    right = np.searchsorted(centres, points + 2.5 * NEAR_ROOT, side="right")
    near = np.asarray(right > left) | change
    near[1:] |= change[:-1]
    near[:-1] |= change[1:]
    return near


def _where_small(tried: Sequence[tuple[Any, arb | None]], dtype: str) -> NDArray[Any]:
    """Points between those where the value falls below the least numbers: there digits are lost first."""
    tiny, least = (float(size) for size in (np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal))
    rows = [
        np.linspace(float(left), float(right), _BETWEEN + 2, dtype=dtype)[1:-1]
        for threshold in (least / 2, tiny, tiny * _ABOVE)
        for (left, low), (right, high) in pairwise(tried)
        if low is not None and high is not None and (abs(low) < threshold) != (abs(high) < threshold)
        if min(abs(float(left)), abs(float(right))) > tiny * _ABOVE
    ]
    known = {float(point) for point, _ in tried}
    points = np.unique(np.concatenate(rows)) if rows else np.array([], dtype)
    return np.array([point for point in points if float(point) not in known], dtype)


def _rest(value: arb, high: float) -> float:
    return float((value - high).mid()) if isfinite(high) else 0.0


def _rounded(high: NDArray[np.float64], low: NDArray[np.float64], dtype: str) -> NDArray[Any]:
    """The sum rounded once: to odd first, so that the second rounding cannot meet a false tie."""
    if dtype == "float64":
        return high
    even = high.view(np.int64) % 2 == 0
    towards = np.where(low > 0, np.inf, -np.inf)
    with np.errstate(over="ignore"):
        return np.where(even & (low != 0), np.nextafter(high, towards), high).astype(dtype)


def _true_values(expr: sp.Expr, variable: sp.Symbol, points: NDArray[Any]) -> list[tuple[Any, arb | None]]:
    """The points with their values, None where there is none."""
    known = enclosures(expr, variable, map(float, points), _TRUTH_BITS, _MOST_BITS, _BELOW_ALL_FLOATS)
    balls = ((point, known[float(point)]) for point in points)
    return [(point, None if value is None else _shortened(value)) for point, value in balls]


def _true_value(expr: sp.Expr, variable: sp.Symbol, point: float) -> arb | None:
    value = enclosures(expr, variable, (point,), _TRUTH_BITS, _MOST_BITS, _BELOW_ALL_FLOATS)[point]
    return None if value is None else _shortened(value)


def _shortened(value: arb) -> arb:
    """The midpoint, to as many bits as matter."""
    with precision(_KEPT_BITS):
        return (value.mid() + 0).mid()


def measure(
    function: Callable[[NDArray[Any]], NDArray[Any]], exact: Truth, limits: tuple[float | None, float | None]
) -> Accuracy:
    """The accuracy of ``function`` at the points of ``exact``; ``limits`` are those at -oo and oo."""
    computed, floods = _watched(function, exact.points)
    floods += tuple(name for name in _floods_outside(function, exact) if name not in floods)
    errors = exact.errors(computed)
    share = share_of_allowed(exact.formula, exact.variable, exact.points, np.where(computed == 0, 0.0, errors))
    errors[exact.near_root] = 0
    place = int(np.argmax(errors))
    return Accuracy(
        worst=float(errors[place]),
        at=float(exact.points[place]),
        near_roots=_absolute_error(computed, exact),
        failures=_failures(computed, exact),
        limits=_limits_hold(function, exact.points.dtype, limits),
        nan=bool(np.isnan(_watched(function, np.array([np.nan], exact.points.dtype))[0][0])),
        floods=floods,
        zeros=_zeros_next_to_roots(computed, exact),
        share=share,
    )


def _watched(
    function: Callable[[NDArray[Any]], NDArray[Any]], points: NDArray[Any]
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The values, and NumPy's names of the floating-point warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        computed = function(points)
    messages = " ".join(str(warning.message) for warning in caught)
    names = {"over": "overflow", "invalid": "invalid", "divide": "divide by zero"}
    return computed, tuple(name for name, word in names.items() if word in messages)


def _floods_outside(function: Callable[[NDArray[Any]], NDArray[Any]], exact: Truth) -> tuple[str, ...]:
    """The warnings where there is no true value, and at the infinities."""
    ends = np.array([-np.inf, np.inf], exact.points.dtype)
    return _watched(function, np.concatenate([exact.outside, ends]))[1]


def _absolute_error(computed: NDArray[Any], exact: Truth) -> float:
    if not exact.near_root.any():
        return 0.0
    near = exact.near_root & np.isfinite(exact.high)
    found = computed.astype(np.float64)[near]
    if not np.isfinite(found).all():
        return float("inf")
    unit = np.maximum(exact.terms[near[exact.near_root]] * np.finfo(computed.dtype).eps, np.finfo(computed.dtype).tiny)
    return float((np.abs((found - exact.high[near]) - exact.low[near]) / unit).max(initial=0.0))


def _failures(computed: NDArray[Any], exact: Truth) -> int:
    size = np.abs(exact.rounded)
    normal = (size >= np.finfo(computed.dtype).tiny) & np.isfinite(size) & ~exact.near_root
    return int(np.count_nonzero(np.isnan(computed) | (normal & ((computed == 0) | np.isinf(computed)))))


def _zeros_next_to_roots(computed: NDArray[Any], exact: Truth) -> int:
    normal = exact.near_root & (np.abs(exact.rounded) >= np.finfo(computed.dtype).tiny)
    return int(np.count_nonzero(normal & (computed == 0)))


def _limits_hold(
    function: Callable[[NDArray[Any]], NDArray[Any]], dtype: np.dtype[Any], limits: tuple[float | None, float | None]
) -> bool:
    for end, limit in zip((-np.inf, np.inf), limits, strict=True):
        if limit is None:
            continue
        computed, _ = _watched(function, np.array([end], dtype))
        if not np.isclose(computed[0], limit, rtol=8 * float(np.finfo(dtype).eps), atol=0):
            return False
    return True


@lru_cache(maxsize=256)
def limits(expr: sp.Expr, variable: sp.Symbol, dtype: str) -> tuple[float | None, float | None]:
    """The limits at -oo and oo as floats; None where they are not seen from large numbers.

    They are read off at 10**k for growing k: a value that no longer changes in ``dtype``, or that
    grows past its largest number.
    """
    return _limit(expr, variable, -1, dtype), _limit(expr, variable, 1, dtype)


def _limit(expr: sp.Expr, variable: sp.Symbol, direction: int, dtype: str) -> float | None:
    seen = set()
    for exponent in (330, 400, 700):
        try:
            value = ball.enclose(expr, {variable: direction * 10**exponent}, _TRUTH_BITS, 10_000, _BELOW_ALL_FLOATS)
        except (UndefinedValue, BudgetExceeded):
            return None
        if not value.is_finite():
            return None
        seen.add(ulp.nearest(_shortened(value), dtype))
    return seen.pop() + 0.0 if len(seen) == 1 else None
