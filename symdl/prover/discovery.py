"""The properties of an activation that declares none, as far as the prover finds them by itself.

Main results: :func:`discovered`, :func:`with_properties`. Values on a grid suggest a bound or a constant; it is kept
only if its claim is proved, so that nothing rests on the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from math import ceil

import sympy as sp
from flint import arb, fmpq

from symdl.calculus.derivatives import activation_derivative
from symdl.calculus.kinks import kinks
from symdl.core import (
    Activation,
    Compare,
    DefinitionError,
    Properties,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
)
from symdl.numerics import ball

from .properties import property_claims
from .verdicts import decide

_NEAR = [fmpq(n, 32) for n in range(-320, 321)]
_FAR = [fmpq(2**n) for n in range(4, 14)]
_SIMPLE = (1, 2, 3, 4, 6, 8)
_PARTS = 5000
_CLOSE = 1e-3
_POWERS = (sp.Integer(1), sp.Integer(-1), sp.Rational(1, 2), sp.Rational(-1, 2))
_GROWTH, _LARGE = arb(fmpq(5, 4)), arb(2) ** 60


def with_properties(item: Activation) -> Activation:
    """The activation with its declared properties, or with those that are discovered.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> with_properties(Activation("bump", x, 1 / (1 + x**2))).properties.upper
    1
    """
    return item if item.properties is not None else replace(item, properties=discovered(item))


@lru_cache(maxsize=64)
def discovered(item: Activation) -> Properties:
    """What is proved of an activation: bounds, Lipschitz constant, monotony, convexity; None for what is not.

    Raises nothing for a function out of reach: it says nothing of it.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> discovered(Activation("doubled", x, 2 * sp.Abs(x)))
    Properties(lower=0, upper=oo, lipschitz=2, monotone='neither', convex='convex', given=())
    """
    found = _for_all(item, ())
    defaults = tuple(Compare(p.symbol, "=", p.default) for p in item.parameters if p.default is not None)
    if defaults and _open(found):
        at_defaults = _for_all(item, defaults)
        found = at_defaults if len(_open(at_defaults)) < len(_open(found)) else found
    return found


def _open(found: Properties) -> list[str]:
    """The properties of which nothing is said."""
    names = ("lower", "upper", "lipschitz", "monotone", "convex")
    return [name for name in names if getattr(found, name) is None]


def _for_all(item: Activation, given: tuple[Compare, ...]) -> Properties:
    least, most = (_extremes(item, item.expr, direction, given) for direction in (-1, 1))
    candidates: dict[str, Iterator[object]] = {
        "lower": least,
        "upper": most,
        "lipschitz": _constants(item, given),
        "monotone": iter(("increasing", "decreasing", "neither")),
        "convex": iter(("convex", "concave", "neither")),
    }
    kept = {name: _first_proved(item, name, values, given) for name, values in candidates.items()}
    return Properties(**kept, given=given)  # type: ignore[arg-type]


def _first_proved(item: Activation, name: str, values: Iterator[object], given: tuple[Compare, ...]) -> object:
    """The first value with which all claims about a property are proved, or None."""
    for value in values:
        try:
            alone = replace(item, properties=Properties(**{name: value}, given=given))  # type: ignore[arg-type]
            about = property_claims(replace(item, properties=Properties()))
            claims = property_claims(alone)[len(about) :]
        except (UnsupportedDerivative, UnsupportedOperation, UndefinedValue, DefinitionError):
            return None
        if all(decide(claim).proved for claim in claims):
            return value
    return None


# --- candidates


def _constants(item: Activation, given: tuple[Compare, ...]) -> Iterator[sp.Expr]:
    """Lipschitz constants: none at a jump, else the slopes beside kinks, else the steepest on a grid."""
    try:
        found, slope = kinks(item), activation_derivative(item)
    except (UnsupportedDerivative, UnsupportedOperation):
        return
    if any(kink.jump for kink in found):
        yield sp.oo
        return
    beside = dict.fromkeys(sp.Abs(side) for kink in found for side in (kink.left, kink.right))
    yield from (*beside, *([sp.Max(*beside)] if len(beside) > 1 else []))
    yield from _extremes(item, sp.Abs(slope), 1, given)


def _extremes(item: Activation, expr: sp.Expr, direction: int, given: tuple[Compare, ...]) -> Iterator[sp.Expr]:
    """Infinity where values grow, else numbers at or just beyond the greatest (least) value of a grid."""
    values = {p.symbol: p.default if p.default is not None else sp.Integer(1) for p in item.parameters}
    found = _greatest(item, direction * expr, values)
    if found is None:
        return
    top, grows = found
    if grows:
        yield direction * sp.oo
        return
    for factor in _factors(item, direction * expr, values, top) if not given else iter((sp.Integer(1),)):
        at_default = factor.xreplace(values)
        for candidate in _numbers(top / float(at_default)):
            yield direction * candidate * factor


def _numbers(top: float) -> Iterator[sp.Expr]:
    """Simple numbers close to a value, then the next decimals above it."""
    for denominator in _SIMPLE:
        near = sp.Rational(round(top * denominator), denominator)
        if abs(float(near) - top) < _CLOSE * max(1.0, abs(top)):
            yield near
    above = ceil(top * _PARTS)
    yield from (sp.Rational(above, _PARTS), sp.Rational(above + 1, _PARTS))


def _factors(item: Activation, expr: sp.Expr, values: dict[sp.Symbol, sp.Expr], top: float) -> Iterator[sp.Expr]:
    """1, and the power of each parameter with which the greatest value grows when the parameter is doubled."""
    yield sp.Integer(1)
    for parameter in values:
        doubled = _greatest(item, expr, {**values, parameter: 2 * values[parameter]})
        for power in _POWERS:
            if doubled is not None and top and abs(doubled[0] / top - 2.0 ** float(power)) < _CLOSE:
                yield parameter**power


def _greatest(item: Activation, expr: sp.Expr, values: dict[sp.Symbol, sp.Expr]) -> tuple[float, bool] | None:
    """The greatest value on a grid, and whether it is still growing at an end; None where there is no value."""
    function = ball.compiled(expr.xreplace(values), (item.argument,))
    try:
        near = [_value(function, point) for point in _NEAR]
        left, right = ([_value(function, side * point) for point in _FAR] for side in (-1, 1))
    except UndefinedValue:
        return None
    grows = any(end[-1] > end[-2] * _GROWTH and end[-1] > max(near) + 1 for end in (left, right))
    return max(float(value) for value in (*near, *left, *right) if value < _LARGE), grows


def _value(function: Callable[..., ball.Number], point: fmpq) -> arb:
    found = arb(function(point)).mid()
    if not found.is_finite():
        raise UndefinedValue(f"no finite value at {point}")
    return found
