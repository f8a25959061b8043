"""Evaluation of SymPy expressions in ball arithmetic.

Every result encloses the exact real value. Rational operations on rational values stay exact, so
that a guard such as ``x = 0`` is decided and a rational zero is recognised.

Source: F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE
Transactions on Computers 66 (2017), 1281-1292.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from numbers import Rational
from typing import Any, TypeAlias

import sympy as sp
from flint import arb, fmpq

from symdl.core.errors import BudgetExceeded, InputError, UnboundSymbol, UndefinedValue, UnsupportedOperation
from symdl.core.operations import operation_of

from .ball_operations import BALL, Number, Truth, hull
from .precision import precision

__all__ = ["BALL", "Number", "Truth", "compiled", "enclose", "evaluate", "hull", "number", "precision", "refined"]

_Closure: TypeAlias = Callable[[list[Any]], Any]
_LARGEST_EXACT = arb(2) ** 5000


def number(value: Any) -> Number:
    """``value`` as an exact rational where it is one, else as a ball at the working precision.

    Takes int, float (its exact dyadic value), Fraction, NumPy scalars, ``fmpq``, ``arb`` and
    constant SymPy expressions. Raises :class:`InputError` for anything else, infinities and nan.

    >>> number(0.5), number(sp.Rational(1, 3))
    (1/2, 1/3)
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, arb):
        return _from_ball(value)
    if isinstance(value, sp.Rational):
        return fmpq(int(value.p), int(value.q))
    if isinstance(value, sp.Expr):
        return compiled(value, ())()
    if isinstance(value, Rational):
        return fmpq(int(value.numerator), int(value.denominator))
    if hasattr(value, "as_integer_ratio"):
        return _from_float(value)
    raise InputError(f"{value!r} is not a real number", remedy="give an int, a float, a Fraction, an fmpq or an arb")


def _from_ball(value: arb) -> Number:
    if not value.is_finite():
        raise InputError(f"{value} is not a finite number")
    if value == 0:
        return fmpq(0)
    if value.is_exact() and 1 / _LARGEST_EXACT < abs(value) < _LARGEST_EXACT:
        return value.fmpq()
    return value


def _from_float(value: Any) -> fmpq:
    try:
        return fmpq(*map(int, value.as_integer_ratio()))
    except (OverflowError, ValueError):
        raise InputError(f"{value} is not a finite number") from None


@lru_cache(maxsize=1024)
def compiled(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Callable[..., Number]:
    """``expr`` as a function of numbers, in the order of ``symbols``, at the working precision.

    Shared subexpressions are evaluated once a call. Raises :class:`UnboundSymbol` for a free symbol
    that is not among ``symbols`` and :class:`UnsupportedOperation` for a head outside the table; the
    function raises :class:`UndefinedValue` where there is no real value.

    >>> x = sp.Symbol("x", real=True)
    >>> compiled(x / 3 + 1, (x,))(fmpq(1, 2))
    7/6
    """
    slots: dict[sp.Basic, int] = {symbol: index for index, symbol in enumerate(symbols)}
    for node in _shared(expr):
        slots[node] = len(slots)
    root = _closure(expr, slots, {})
    blank = [None] * (len(slots) - len(symbols))

    def function(*values: Number) -> Number:
        return root([*values, *blank])

    return function


def _shared(expr: sp.Expr) -> list[sp.Basic]:
    """The composite subexpressions that occur more than once."""
    seen: set[sp.Basic] = set()
    shared: dict[sp.Basic, None] = {}
    stack: list[sp.Basic] = [expr]
    while stack:
        node = stack.pop()
        if not node.args:
            continue
        if node in seen:
            shared[node] = None
        else:
            seen.add(node)
            stack.extend(node.args)
    return list(shared)


def _closure(expr: sp.Basic, slots: dict[sp.Basic, int], built: dict[sp.Basic, _Closure]) -> _Closure:
    if expr not in built:
        built[expr] = _remembered(expr, slots, built) if expr.args else _atom(expr, slots)
    return built[expr]


def _remembered(expr: sp.Basic, slots: dict[sp.Basic, int], built: dict[sp.Basic, _Closure]) -> _Closure:
    inner = _composite(expr, slots, built)
    slot = slots.get(expr)
    if slot is None:
        return inner

    def closure(values: list[Any]) -> Any:
        if values[slot] is None:
            values[slot] = inner(values)
        return values[slot]

    return closure


def _atom(expr: sp.Basic, slots: dict[sp.Basic, int]) -> _Closure:
    if expr in slots:
        slot = slots[expr]
        return lambda values: values[slot]
    if isinstance(expr, sp.Rational):
        constant = fmpq(int(expr.p), int(expr.q))
        return lambda values: constant
    if expr in (sp.true, sp.false):
        truth = bool(expr)
        return lambda values: truth
    if expr in (sp.pi, sp.E):
        name = "pi" if expr is sp.pi else "const_e"
        return lambda values: getattr(arb, name)()
    if isinstance(expr, sp.Symbol):
        raise UnboundSymbol(f"{expr} has no value", remedy="give it one")
    if expr in (sp.I, sp.oo, -sp.oo, sp.zoo, sp.nan):
        raise UndefinedValue(f"{expr} is not a real number")
    raise UnsupportedOperation(f"{expr} is not an exact real number", remedy="write decimals as rationals")


def _composite(expr: sp.Basic, slots: dict[sp.Basic, int], built: dict[sp.Basic, _Closure]) -> _Closure:
    if isinstance(expr, sp.Piecewise):
        return _pieces([tuple(_closure(part, slots, built) for part in piece.args) for piece in expr.args])
    if isinstance(expr, sp.Not | sp.And | sp.Or | sp.Ne):
        return _connective(expr, [_closure(argument, slots, built) for argument in expr.args])
    operation = BALL[operation_of(expr)]
    arguments = [_closure(argument, slots, built) for argument in expr.args]
    if len(arguments) == 1:
        (only,) = arguments
        return lambda values: operation(only(values))
    if len(arguments) == 2:
        first, second = arguments
        return lambda values: operation(first(values), second(values))
    return lambda values: reduce(operation, [argument(values) for argument in arguments])


def _connective(expr: sp.Basic, arguments: list[_Closure]) -> _Closure:
    """Three-valued: None where the balls do not decide."""
    if isinstance(expr, sp.Ne):
        left, right = arguments
        return lambda values: _negation(BALL["equal"](left(values), right(values)))
    if isinstance(expr, sp.Not):
        return lambda values: _negation(arguments[0](values))
    decisive = isinstance(expr, sp.Or)
    return lambda values: _junction([argument(values) for argument in arguments], decisive)


def _negation(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _junction(truths: list[Truth], decisive: bool) -> Truth:
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _pieces(pieces: list[tuple[_Closure, ...]]) -> _Closure:
    """Branches in order; an undecided guard gives the hull of its branch and what follows."""

    def closure(values: list[Any], start: int = 0) -> Number:
        for index, (branch, guard) in enumerate(pieces[start:], start):
            truth = guard(values)
            if truth:
                return branch(values)
            if truth is None:
                return _undecided(lambda: branch(values), lambda: closure(values, index + 1))  # noqa: B023
        raise UndefinedValue("no branch of the piecewise expression applies")

    return closure


def _undecided(*branches: Callable[[], Number]) -> arb:
    """The hull of the branches; unknown when one of them may have no value."""
    try:
        return hull(*(branch() for branch in branches))
    except UndefinedValue:
        return arb.nan()


def evaluate(expr: sp.Expr, values: Mapping[sp.Symbol, Any], bits: int = 113) -> arb:
    """A ball that encloses ``expr`` at ``values``, worked out at ``bits`` bits.

    A guard that the balls do not decide gives the hull of its branches; a ball that is not finite
    says that nothing is known at this precision. Raises :class:`UndefinedValue` where there
    certainly is no real value (log of a negative number, division by 0), :class:`UnboundSymbol`,
    :class:`UnsupportedOperation`, and :class:`InputError` for infinities and nan.

    >>> x = sp.Symbol("x", real=True)
    >>> print(evaluate(sp.exp(x), {x: 1}).str(10))
    [2.718281828 +/- 4.60e-10]
    """
    function = compiled(expr, tuple(values))
    with precision(bits):
        return arb(function(*map(number, values.values())))


def enclose(
    expr: sp.Expr,
    values: Mapping[sp.Symbol, Any],
    relative_bits: int = 120,
    max_bits: int = 70_000,
    absolute_bits: int | None = None,
) -> arb:
    """As :func:`evaluate`, with a radius below 2**-relative_bits of the value.

    The precision is raised until that is reached, or the value is exactly 0, or (where
    ``absolute_bits`` is given) certainly below 2**-absolute_bits in size. Raises
    :class:`BudgetExceeded` when ``max_bits`` do not suffice, as for an irrational expression that
    is 0 in truth.

    >>> x = sp.Symbol("x", real=True)
    >>> print(enclose(1 - sp.tanh(x) ** 2, {x: 200}).str(10))
    [7.660678387e-174 +/- 1.44e-184]
    """
    result, _ = refined(expr, values, relative_bits, max_bits, absolute_bits)
    if result is None:
        raise BudgetExceeded(f"{expr} is 0 or needs more than {max_bits} bits at {_shown(values)}")
    return result


def refined(
    expr: sp.Expr,
    values: Mapping[sp.Symbol, Any],
    relative_bits: int,
    max_bits: int,
    absolute_bits: int | None = None,
    start_bits: int = 0,
) -> tuple[arb | None, int]:
    """As :func:`enclose`, None where ``max_bits`` do not suffice, and the bits that it took from ``start_bits`` on.

    >>> x = sp.Symbol("x", real=True)
    >>> refined(sp.exp(x) - sp.exp(x + 1) / sp.E, {x: 1}, 60, 500)
    (None, 500)
    """
    bits = max(start_bits, relative_bits + 40)
    while True:
        result = evaluate(expr, values, bits)
        if result.is_zero() or result.rel_accuracy_bits() >= relative_bits:
            return result, bits
        if absolute_bits is not None and result.is_finite() and result.abs_upper() < arb(2) ** -absolute_bits:
            return result, bits
        if bits >= max_bits:
            return None, bits
        bits = min(max_bits, _next_precision(result, bits, relative_bits))


def _next_precision(result: arb, bits: int, relative_bits: int) -> int:
    if not result.is_finite() or 0 in result:
        return 2 * bits
    return min(2 * bits, bits + relative_bits - int(result.rel_accuracy_bits()) + 20)


def _shown(values: Mapping[sp.Symbol, Any]) -> str:
    return ", ".join(f"{symbol} = {value}" for symbol, value in values.items()) or "no values"
