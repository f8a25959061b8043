"""The operation table in intervals: values, and how an operand's error acts on the result.

For an operation v = g(a, b) each operand has three numbers, all enclosed: the slope dg/da, which takes an
absolute error of a to one of v; the mixed slope (dg/da)/v, which takes it to a relative error of v; and
the condition a (dg/da)/v, which takes relative errors to relative ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

from .rounding_bounds_intervals import INFINITY, LINE, ONE, UNIT, ZERO, Interval, corners

_ONE = Interval(ONE, ONE)
_ZERO = Interval(ZERO, ZERO)
_BOTH = Interval(-ONE, ONE)
_REACH, _FAR = arb(100_000), arb(1000)


@dataclass(frozen=True, slots=True)
class Effect:
    """How the error of one operand acts: the slope, and the condition where it is known better than from that."""

    slope: Interval
    condition: Interval | None = None


Operands = tuple[Interval, ...]


@dataclass(frozen=True)
class Rule:
    """The value of an operation, and the effects of its operands given the value."""

    value: Callable[[Operands], Interval]
    effects: Callable[[Operands, Interval], tuple[Effect, ...]]


def _share(a: Interval, total: Interval, b: Interval) -> Interval | None:
    """a / (a + b), where a + b has one sign."""
    if total.has_zero or a.has_zero or b.has_zero:
        return None
    if (a.low > 0) == (b.low > 0):
        return corners(lambda p, q: 1 / (1 + q / p), a, b)
    exact = corners(lambda p, q: p / (p + q), a, b)
    return exact if not (a + b).has_zero else None


def _sum_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    a, b = operands
    return Effect(_ONE, _share(a, value, b)), Effect(_ONE, _share(b, value, a))


def _difference_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    a, b = operands
    share = _share(-b, value, a)
    return Effect(_ONE, _share(a, value, -b)), Effect(-_ONE, share)


def _product_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    a, b = operands
    return Effect(b, _ONE), Effect(a, _ONE)


def _quotient_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    _, b = operands
    return Effect(_ONE / b, _ONE), Effect(-(value / b), -_ONE)


def _hypot_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    parts = [abs(operand) / value for operand in operands]
    bounded = [Interval(ZERO, min(part.high, ONE)) for part in parts]
    return tuple(Effect(part.hull(-part), part * part) for part in bounded)


def _larger(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    a, b = operands
    return _of_two(a.low >= b.high, b.low >= a.high)


def _smaller(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    a, b = operands
    return _of_two(a.high <= b.low, b.high <= a.low)


def _of_two(first: bool, second: bool) -> tuple[Effect, ...]:
    """The effects of two operands of which one is the value."""
    if first or second:
        return (Effect(_ONE, _ONE), Effect(_ZERO, _ZERO))[:: 1 if first else -1]
    return Effect(UNIT, UNIT), Effect(UNIT, UNIT)


def _square_effects(operands: Operands, value: Interval) -> tuple[Effect, ...]:
    two = Interval(ONE + 1, ONE + 1)
    return (Effect(two * operands[0], two),)


def _signed(operands: Operands) -> Interval:
    size, (_, b) = abs(operands[0]), operands
    return size if b.low >= 0 else -size if b.high < 0 else size.hull(-size)


def _sign(operands: Operands) -> Interval:
    (a,) = operands
    return Interval(
        ONE if a.low > 0 else ZERO if a.low >= 0 else -ONE, -ONE if a.high < 0 else ZERO if a.high <= 0 else ONE
    )


def _even(function: Callable[[arb], arb], a: Interval) -> Interval:
    """The image under an even function that grows with the size."""
    return abs(a).increasing(function)


def _falling(function: Callable[[arb], arb], a: Interval) -> Interval:
    """The image of the size under a function that falls from 1 at 0."""
    size = abs(a)
    return Interval.of(ZERO if size.high == INFINITY else function(size.high), _at(function, size.low))


def _rising(function: Callable[[arb], arb], a: Interval) -> Interval:
    """The image of the size under a function that grows from 1 at 0."""
    size = abs(a)
    return Interval.of(_at(function, size.low), INFINITY if size.high == INFINITY else function(size.high))


def _at(function: Callable[[arb], arb], size: arb) -> arb:
    return ONE if size == 0 else function(size)


def _unary(
    value: Callable[[Interval], Interval],
    slope: Callable[[Interval, Interval], Interval],
    condition: Callable[[Interval, Interval], Interval | None] = lambda a, v: None,
) -> Rule:
    return Rule(
        lambda operands: value(operands[0]),
        lambda operands, v: (Effect(slope(operands[0], v), condition(operands[0], v)),),
    )


def _inside(a: Interval, low: arb) -> bool:
    return bool(a.low > low)


def _erf(a: arb) -> arb:
    return a.erf() if a.is_finite() else ONE if a > 0 else -ONE


def _erfc(a: arb) -> arb:
    return a.erfc() if a.is_finite() else ZERO if a > 0 else ONE + 1


def erfcx(a: arb) -> arb:
    """exp(a^2) erfc(a)."""
    if abs(a) <= _FAR:
        return (a * a).exp() * a.erfc()
    most = 1 / (a * arb.pi().sqrt())
    return (most * (1 - 1 / (2 * a * a))).union(most) if a > 0 else INFINITY


def _density(a: Interval) -> Interval:
    """2/sqrt(pi) exp(-a^2)."""
    size = abs(a)
    return Interval.of((-size.high * size.high).exp(), (-size.low * size.low).exp()) * Interval.point(
        2 / arb.pi().sqrt()
    )


def _bounded(function: Callable[[arb], arb], a: Interval) -> Interval:
    """sin or cos."""
    if not (a.high - a.low).is_finite():
        return _BOTH
    image = function(a.ball)
    return Interval(max(-ONE, image.lower()), min(ONE, image.upper()))


def _exp(a: Interval) -> Interval:
    """exp, its ends infinite or 0 beyond the reach of ball arithmetic."""
    low = ZERO if a.low < -_REACH else min(a.low, _REACH).exp()
    return Interval.of(low, INFINITY if a.high > _REACH else max(a.high, -_REACH).exp())


def _expm1_condition(a: Interval, v: Interval) -> Interval:
    """a exp(a)/(exp(a) - 1), which increases from 0 to infinity and is 1 at 0."""
    low = ZERO if a.low < -_REACH else ONE if a.low == 0 else a.low / -(-a.low).expm1()
    high = INFINITY if a.high == INFINITY else ONE if a.high == 0 else a.high / -(-max(a.high, -_REACH)).expm1()
    return Interval.of(low, high)


def _log1p_condition(a: Interval, v: Interval) -> Interval | None:
    """a/((1 + a) log(1 + a)), which decreases and is 1 at 0."""
    if not a.low > -1:
        return None
    low = ZERO if a.high == INFINITY else ONE if a.high == 0 else a.high / ((1 + a.high) * a.high.log1p())
    return Interval.of(low, ONE if a.low == 0 else a.low / ((1 + a.low) * a.low.log1p()))


def _log(a: Interval) -> Interval:
    if a.high <= 0 or a.low < 0:
        return LINE
    return Interval.of(-INFINITY if a.low == 0 else a.low.log(), INFINITY if a.high == INFINITY else a.high.log())


def _log1p(a: Interval) -> Interval:
    return _log(a + _ONE) if not a.low > -1 or a.high == INFINITY else a.increasing(lambda p: p.log1p())


def _sqrt(a: Interval) -> Interval:
    if a.low < 0:
        return LINE
    return Interval.of(a.low.sqrt(), INFINITY if a.high == INFINITY else a.high.sqrt())


def _hypot(operands: Operands) -> Interval:
    a, b = (abs(operand) for operand in operands)
    return _sqrt(a * a + b * b)


def _half(a: Interval) -> Interval:
    return a * Interval.point(0.5)


RULES: dict[str, Rule] = {
    "add": Rule(lambda o: o[0] + o[1], _sum_effects),
    "subtract": Rule(lambda o: o[0] - o[1], _difference_effects),
    "multiply": Rule(lambda o: o[0] * o[1], _product_effects),
    "divide": Rule(lambda o: o[0] / o[1], _quotient_effects),
    "reciprocal": Rule(lambda o: _ONE / o[0], lambda o, v: (Effect(-(v * v), -_ONE),)),
    "square": Rule(lambda o: abs(o[0]) * abs(o[0]), _square_effects),
    "hypot": Rule(_hypot, _hypot_effects),
    "maximum": Rule(lambda o: Interval(max(o[0].low, o[1].low), max(o[0].high, o[1].high)), _larger),
    "minimum": Rule(lambda o: Interval(min(o[0].low, o[1].low), min(o[0].high, o[1].high)), _smaller),
    "copysign": Rule(_signed, lambda o, v: (Effect(_BOTH, _ONE), Effect(_ZERO, _ZERO))),
    "sign": Rule(_sign, lambda o, v: (Effect(_ZERO if v.low == v.high else LINE, _ZERO if v.low == v.high else LINE),)),
    "negate": _unary(lambda a: -a, lambda a, v: -_ONE, lambda a, v: _ONE),
    "copy": _unary(lambda a: a, lambda a, v: _ONE, lambda a, v: _ONE),
    "absolute": _unary(abs, lambda a, v: _BOTH if a.has_zero else _sign((a,)), lambda a, v: _ONE),
    "sqrt": _unary(_sqrt, lambda a, v: _half(_ONE / v), lambda a, v: _half(_ONE)),
    "exp": _unary(_exp, lambda a, v: v, lambda a, v: a),
    "expm1": _unary(
        lambda a: _exp(a) - _ONE if abs(a).high > 1 else a.increasing(lambda p: p.expm1()),
        lambda a, v: v + _ONE,
        _expm1_condition,
    ),
    "log": _unary(_log, lambda a, v: _ONE / a, lambda a, v: _ONE / v),
    "log1p": _unary(_log1p, lambda a, v: _ONE / (a + _ONE), _log1p_condition),
    "sin": _unary(lambda a: _bounded(lambda p: p.sin(), a), lambda a, v: _bounded(lambda p: p.cos(), a)),
    "cos": _unary(lambda a: _bounded(lambda p: p.cos(), a), lambda a, v: _bounded(lambda p: p.sin(), a)),
    "tanh": _unary(
        lambda a: a.increasing(lambda p: p.tanh()),
        lambda a, v: _falling(lambda p: p.sech() ** 2, a),
        lambda a, v: _falling(lambda p: 2 * p / (2 * p).sinh(), a),
    ),
    "sinh": _unary(
        lambda a: a.increasing(lambda p: p.sinh()),
        lambda a, v: _even(lambda p: p.cosh(), a),
        lambda a, v: _rising(lambda p: p * p.coth(), a),
    ),
    "cosh": _unary(
        lambda a: _even(lambda p: p.cosh(), a),
        lambda a, v: a.increasing(lambda p: p.sinh()),
        lambda a, v: _even(lambda p: p * p.tanh(), a),
    ),
    "arctan": _unary(
        lambda a: a.increasing(lambda p: p.atan()),
        lambda a, v: _ONE / (_ONE + abs(a) * abs(a)),
        lambda a, v: _falling(lambda p: p / ((1 + p * p) * p.atan()), a),
    ),
    "arcsinh": _unary(
        lambda a: a.increasing(lambda p: p.asinh()),
        lambda a, v: _ONE / _sqrt(_ONE + abs(a) * abs(a)),
        lambda a, v: _falling(lambda p: p / ((1 + p * p).sqrt() * p.asinh()), a),
    ),
    "erf": _unary(
        lambda a: a.increasing(_erf),
        lambda a, v: _density(a),
        lambda a, v: _falling(lambda p: 2 / arb.pi().sqrt() * p * (-p * p).exp() / p.erf(), a),
    ),
    "erfc": _unary(lambda a: a.decreasing(_erfc), lambda a, v: -_density(a)),
    "erfcx": _unary(
        lambda a: a.decreasing(erfcx),
        lambda a, v: _half(a) * Interval.point(4.0) * v - Interval.point(2 / arb.pi().sqrt()),
    ),
}
"""The operations that rounding bounds can follow; for a program with another one no bound is given."""
