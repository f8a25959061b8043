"""The ball column: each operation of the table over exact rationals and balls.

A number is an exact rational (``fmpq``) for as long as the operations are rational, and a ball
(``arb``, a midpoint with a radius that encloses the true value) from the first irrational one on.
A truth value is True, False, or None where the balls do not decide it. A ball that is not finite
means that nothing is known at this precision; :class:`UndefinedValue` is raised only where the
operands certainly have no real value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from flint import arb, fmpq

from symdl.core.errors import UndefinedValue

Number: TypeAlias = fmpq | arb
Truth: TypeAlias = bool | None

EXACT_BITS = 1 << 15
"""Rationals with a numerator or denominator above this size go on as balls."""
_WIDE = 20
_HALF = fmpq(1, 2)


def bounded(value: Number) -> Number:
    """``value``, as a ball when it is a rational of more than :data:`EXACT_BITS` bits."""
    return arb(value) if type(value) is fmpq and value.height_bits() > EXACT_BITS else value


def hull(a: Number, b: Number) -> arb:
    """A ball that holds both."""
    return arb(a).union(arb(b))


def _add(a: Number, b: Number) -> Number:
    return bounded(a + b)


def _subtract(a: Number, b: Number) -> Number:
    return bounded(a - b)


def _multiply(a: Number, b: Number) -> Number:
    return bounded(a * b)


def _divide(a: Number, b: Number) -> Number:
    if b == 0:
        raise UndefinedValue("division by zero")
    return bounded(a / b)


def _negate(a: Number) -> Number:
    return -a


def _reciprocal(a: Number) -> Number:
    return _divide(fmpq(1), a)


def _square(a: Number) -> Number:
    return _integer_power(a, 2)


def _absolute(a: Number) -> Number:
    if a >= 0:
        return a
    return -a if a <= 0 else hull(fmpq(0), a.abs_upper())


def _sign(a: Number) -> Number:
    if a > 0:
        return fmpq(1)
    if a < 0:
        return fmpq(-1)
    return fmpq(0) if a == 0 else hull(fmpq(-1), fmpq(1))


def _copysign(magnitude: Number, sign: Number) -> Number:
    size = _absolute(magnitude)
    return _where(_greater_equal(sign, fmpq(0)), size, -size)


def _maximum(a: Number, b: Number) -> Number:
    if a >= b:
        return a
    return b if b >= a else arb(a).max(arb(b))


def _minimum(a: Number, b: Number) -> Number:
    if a <= b:
        return a
    return b if b <= a else arb(a).min(arb(b))


def _integer_power(base: Number, exponent: int) -> Number:
    if exponent < 0:
        return _reciprocal(_integer_power(base, -exponent))
    if type(base) is fmpq:
        if base.height_bits() * exponent <= EXACT_BITS or base in (0, 1, -1):
            return base**exponent
        base = arb(base)
    if exponent <= 1:
        return base**exponent
    if base.rel_accuracy_bits() < _WIDE and base.is_finite():
        return _wide_power(base, exponent)
    return base**exponent


def _wide_power(base: arb, exponent: int) -> arb:
    """A power of a wide ball by its ends: x**n is monotone, or even and then so in abs(x)."""
    if exponent % 2 == 0:
        return hull(base.abs_lower() ** exponent, base.abs_upper() ** exponent)
    return hull(_signed_power(base.lower(), exponent), _signed_power(base.upper(), exponent))


def _signed_power(end: arb, exponent: int) -> arb:
    return end**exponent if end >= 0 else -((-end) ** exponent)


def _power(base: Number, exponent: Number) -> Number:
    integer = _integer_value(exponent)
    if integer is not None:
        return _integer_power(base, integer)
    if exponent == _HALF:
        return _sqrt(base)
    if base == 0:
        return _power_of_zero(exponent)
    if base < 0 and not arb(exponent).contains_integer():
        raise UndefinedValue("a negative number has no real power with an exponent that is no integer")
    return arb(base) ** exponent


def _integer_value(number: Number) -> int | None:
    if type(number) is arb:
        return int(number.unique_fmpz()) if number.is_exact() and number.is_integer() else None
    return int(number.p) if number.q == 1 else None


def _power_of_zero(exponent: Number) -> Number:
    if exponent < 0:
        raise UndefinedValue("division by zero: a negative power of 0")
    return fmpq(0) if exponent > 0 else arb.nan()


def _sqrt(a: Number) -> Number:
    if a < 0:
        raise UndefinedValue("the square root of a negative number is not real")
    if type(a) is fmpq and a.p.is_square() and a.q.is_square():
        return a.sqrt()
    return arb(a).sqrt()


def _hypot(a: Number, b: Number) -> Number:
    return _sqrt(_add(_square(a), _square(b)))


def _within(name: str, inside: Callable[[Number], bool], outside: Callable[[Number], bool]) -> Callable[..., Number]:
    """The method ``name`` of balls on its domain; undefined outside; unknown where undecided."""
    method = getattr(arb, name)

    def operation(a: Number) -> Number:
        if outside(a):
            raise UndefinedValue(f"{name} is not real at {float(arb(a).mid()):.6g}")
        return method(arb(a)) if inside(a) else arb.nan()

    return operation


def _entire(name: str) -> Callable[..., Number]:
    """The method ``name`` of balls, for a function that is defined on all of the reals."""
    method = getattr(arb, name)

    def operation(a: Number) -> Number:
        return method(arb(a))

    return operation


def _erfcx(a: Number) -> Number:
    return arb(_square(a)).exp() * arb(a).erfc()


def _log_erfc(a: Number) -> Number:
    return arb(a).erfc().log()


def _less(a: Number, b: Number) -> Truth:
    return True if a < b else False if a >= b else None


def _less_equal(a: Number, b: Number) -> Truth:
    return True if a <= b else False if a > b else None


def _greater(a: Number, b: Number) -> Truth:
    return _less(b, a)


def _greater_equal(a: Number, b: Number) -> Truth:
    return _less_equal(b, a)


def _equal(a: Number, b: Number) -> Truth:
    return True if a == b else False if a != b else None


def _where(condition: Truth, a: Number, b: Number) -> Number:
    if condition is None:
        return hull(a, b)
    return a if condition else b


BALL: dict[str, Callable[..., Any]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "negate": _negate,
    "square": _square,
    "reciprocal": _reciprocal,
    "exp": _entire("exp"),
    "expm1": _entire("expm1"),
    "log": _within("log", lambda a: a > 0, lambda a: a <= 0),
    "log1p": _within("log1p", lambda a: a > -1, lambda a: a <= -1),
    "sqrt": _sqrt,
    "hypot": _hypot,
    "absolute": _absolute,
    "sign": _sign,
    "copysign": _copysign,
    "maximum": _maximum,
    "minimum": _minimum,
    "sin": _entire("sin"),
    "cos": _entire("cos"),
    "tan": _entire("tan"),
    "sinh": _entire("sinh"),
    "cosh": _entire("cosh"),
    "tanh": _entire("tanh"),
    "arcsin": _within("asin", lambda a: -1 <= a <= 1, lambda a: a < -1 or a > 1),
    "arccos": _within("acos", lambda a: -1 <= a <= 1, lambda a: a < -1 or a > 1),
    "arctan": _entire("atan"),
    "arcsinh": _entire("asinh"),
    "arccosh": _within("acosh", lambda a: a >= 1, lambda a: a < 1),
    "arctanh": _within("atanh", lambda a: -1 < a < 1, lambda a: a <= -1 or a >= 1),
    "erf": _entire("erf"),
    "erfc": _entire("erfc"),
    "erfcx": _erfcx,
    "log_erfc": _log_erfc,
    "less": _less,
    "less_equal": _less_equal,
    "greater": _greater,
    "greater_equal": _greater_equal,
    "equal": _equal,
    "where": _where,
}
"""Each operation of :data:`symdl.core.operations.OPERATIONS` over numbers and truth values."""
