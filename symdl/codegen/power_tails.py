"""Functions that behave as |x|^k (p(1/|x|) + b log|x|) far out, written so from where on that is all there is of them.

There squares overflow and their reciprocals underflow before the value does, and sums with a large term
lose the small ones. k is a multiple of 1/2 and p a polynomial, by interpolation in ball arithmetic; it is an
approximation, no rewriting, whose error is measured with that of the plan.

Source: N. G. de Bruijn, Asymptotic Methods in Analysis, 3rd edition, Dover 1981, section 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from flint import arb, arb_poly, fmpq

from symdl.core import BudgetExceeded, InputError, UndefinedValue, UnsupportedOperation
from symdl.numerics import ball
from symdl.numerics.precision import precision

from .terms import MINUS_ONE, ONE, Term, add, call, multiply, substituted

_BITS, _MOST_BITS = 160, 4000
_SCALES = (200, 400)
_STARTS = tuple(2**exponent for exponent in (4, 6, 8, 10, 14, 20, 27, 40, 60))
_DEGREES = (0, 1, 2, 4, 6, 8)
_GOOD_ENOUGH = 2.0**-57
_NOTHING = 2.0**-58
_HIGHEST = 16
_CLOSE = 0.02
_TESTS = (fmpq(1), fmpq(9, 10), fmpq(5, 9), fmpq(3, 11), fmpq(1, 7), fmpq(1, 50))
_REFUSED = (UndefinedValue, BudgetExceeded, UnsupportedOperation, InputError)


@dataclass(frozen=True)
class PowerTail:
    """|x|^(halves/2) (p(1/|x|) + b log|x|) where ``direction * x >= start``; p by coefficients, the constant first."""

    direction: int
    start: int
    halves: int
    logarithm: sp.Rational
    coefficients: tuple[sp.Rational, ...]

    def term(self, variable: sp.Symbol, elsewhere: Term) -> Term:
        """The tail there, ``elsewhere`` in other places."""
        outward: Term = variable if self.direction > 0 else multiply(MINUS_ONE, variable)
        size = call("maximum", outward, sp.Integer(self.start))
        inverse = call("reciprocal", size)
        result: Term = self.coefficients[-1]
        for coefficient in self.coefficients[-2::-1]:
            result = add(multiply(result, inverse), coefficient)
        if self.logarithm != 0:
            result = add(multiply(self.logarithm, call("log", size)), result)
        operation = "multiply" if self.halves > 0 else "divide"
        whole, half = divmod(abs(self.halves), 2)
        for factor in (*[size] * whole, *[call("sqrt", size)] * half):
            result = call(operation, result, factor)
        comparison = "greater" if self.direction > 0 else "less"
        return call("where", call(comparison, variable, sp.Integer(self.direction * self.start)), result, elsewhere)


def with_power_tails(tails: Sequence[PowerTail], variable: sp.Symbol, value: Term) -> Term:
    """``value`` within the starts of ``tails``, these beyond."""
    inside: Term = variable
    for tail in tails:
        clip = "minimum" if tail.direction > 0 else "maximum"
        inside = call(clip, inside, sp.Integer(tail.direction * tail.start))
    value = substituted(value, variable, inside)
    for tail in tails:
        value = tail.term(variable, value)
    return value


@lru_cache(maxsize=512)
def power_tails(expr: sp.Expr, variable: sp.Symbol) -> tuple[PowerTail, ...]:
    """How ``expr`` behaves on the left and on the right, where it is by powers and a logarithm.

    >>> x = sp.Symbol("x", real=True)
    >>> [(t.direction, t.halves, t.logarithm, t.coefficients[0]) for t in power_tails(sp.log(1 + x**2) / x, x)]
    [(-1, -2, -2, 0), (1, -2, 2, 0)]
    """
    if expr.free_symbols != {variable}:
        return ()
    return tuple(tail for direction in (-1, 1) for tail in _tail(expr, variable, direction))


def _tail(expr: sp.Expr, variable: sp.Symbol, direction: int) -> Iterator[PowerTail]:
    try:
        halves = _halves(expr, variable, direction)
        found = None if halves is None else _fitted(expr, variable, direction, halves)
    except _REFUSED:
        return
    if found is not None:
        yield found


def _halves(expr: sp.Expr, variable: sp.Symbol, direction: int) -> int | None:
    """2k from f(2L)/f(L) at two scales L, nearly 2^k at both."""
    found = set()
    for scale in _SCALES:
        near, far = (_value(expr, variable, fmpq(direction * 2 ** (scale + index))) for index in range(2))
        if 0 in near or 0 in far or not near * far > 0:
            return None
        doubled = 2 * float(((far / near).log() / arb(2).log()).mid())
        if not abs(doubled) <= _HIGHEST or abs(doubled - round(doubled)) > _CLOSE:
            return None
        found.add(round(doubled))
    return found.pop() if len(found) == 1 else None


def _fitted(expr: sp.Expr, variable: sp.Symbol, direction: int, halves: int) -> PowerTail | None:
    """The tail from the least start, with the least degree that is good enough there."""
    known: dict[fmpq, arb] = {}

    def scaled(size: fmpq) -> arb:
        if size not in known:
            known[size] = _value(expr, variable, direction * size) / arb(size).sqrt() ** halves
        return known[size]

    with precision(2 * _BITS):
        near, far = (scaled(fmpq(2**scale)) for scale in _SCALES)
        slope = (far - near) / (arb(2).log() * (_SCALES[1] - _SCALES[0]))
        logarithm = arb(0) if abs(slope) < _NOTHING * abs(far) else _rounded(slope)
        for start in _STARTS:
            for degree in _DEGREES:
                rows = [fmpq(int(2**20 * (1 + _node(index, degree))) + 1, 2**21) for index in range(degree + 1)]
                sizes = [start / row for row in rows]
                values = [scaled(size) - logarithm * arb(size).log() for size in sizes]
                fit = arb_poly.interpolate([arb(1 / size) for size in sizes], values)
                if all(_holds(fit, logarithm, scaled, start / test) for test in _TESTS):
                    least = min(abs(scaled(fmpq(start))), abs(far)) * _NOTHING
                    floats = tuple(
                        sp.Rational(float(fit[index].mid()))
                        if abs(fit[index]) > least * start**index
                        else sp.Integer(0)
                        for index in range(degree + 1)
                    )
                    return PowerTail(direction, start, halves, sp.Rational(float(logarithm.mid())), floats)
    return None


def _holds(fit: arb_poly, logarithm: arb, scaled: object, size: fmpq) -> bool:
    exact = scaled(size)  # type: ignore[operator]
    return bool(abs((fit(arb(1 / size)) + logarithm * arb(size).log()) / exact - 1) < _GOOD_ENOUGH)


def _node(index: int, degree: int) -> float:
    """A Chebyshev point of [-1, 1]."""
    return float(arb.cos_pi(arb(fmpq(2 * index + 1, 2 * degree + 2))).mid())


def _rounded(number: arb) -> arb:
    """The float nearest to ``number``: what the code holds, so that the polynomial makes up for the rest."""
    return arb(float(number.mid()))


def _value(expr: sp.Expr, variable: sp.Symbol, at: fmpq) -> arb:
    return ball.enclose(expr, {variable: at}, _BITS, _MOST_BITS)


_LARGEST, _SMALLEST = arb(2) ** 1024, arb(2) ** -1022
_LEAST = arb(2) ** -1076
_PROBES = tuple(fmpq(2) ** exponent for exponent in (7, 10, 40, 130, 512, 530, 700, 1020))


@dataclass(frozen=True)
class Losing:
    """A subexpression ``whole``, the product of ``part``, which has a power tail, and ``rest``."""

    whole: sp.Expr
    part: sp.Expr
    rest: sp.Expr = ONE


@lru_cache(maxsize=256)
def losing(expr: sp.Expr, variable: sp.Symbol) -> tuple[Losing, ...]:
    """The smallest subexpressions with a power tail that are floats where a part of them is beyond all floats.

    Of a product the factors with a power tail count as one.

    >>> x = sp.Symbol("x", real=True)
    >>> [found.part for found in losing(sp.sin(sp.log(1 + x**2)), x)]
    [log(x**2 + 1)]
    """
    found: list[Losing] = []
    if expr.free_symbols == {variable}:
        _collect(expr, variable, found)
    return tuple(found)


def _collect(node: sp.Basic, variable: sp.Symbol, found: list[Losing]) -> bool:
    """Whether ``node`` holds such a subexpression; the innermost are appended."""
    if variable not in node.free_symbols or not node.args or isinstance(node, sp.core.relational.Relational):
        return False
    if isinstance(node, sp.Mul):
        tailed = [factor for factor in node.args if power_tails(factor, variable)]
        part = sp.Mul(*tailed)
        if any(_loses(factor, variable) for factor in tailed) and power_tails(part, variable):
            found.append(Losing(node, part, node / part))
            for factor in node.args:
                if factor not in tailed:
                    _collect(factor, variable, found)
            return True
    inner = [_collect(part, variable, found) for part in node.args]
    if any(inner):
        return True
    if isinstance(node, sp.Expr) and _loses(node, variable) and power_tails(node, variable):
        found.append(Losing(node, node))
        return True
    return False


def _loses(node: sp.Expr, variable: sp.Symbol) -> bool:
    parts = [part for part in node.args if variable in part.free_symbols and isinstance(part, sp.Expr)]
    for probe in (sign * size for size in _PROBES for sign in (1, -1)):
        try:
            whole = abs(_value(node, variable, probe))
            sizes = [abs(_value(part, variable, probe)) for part in parts]
        except _REFUSED:
            continue
        factor = isinstance(node, sp.Mul | sp.Pow)
        outside = any(size > _LARGEST or (factor and size < _SMALLEST and size > 0) for size in sizes)
        if outside and whole < _LARGEST and whole > _LEAST:
            return True
    return False
