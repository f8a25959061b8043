"""Functions that decay as p(x) exp(-n |x|^d), p a polynomial, written so from where on that is all there is of them.

Products with an exponential underflow before their value does; here the exponential is applied in two
halves. It is an approximation, no rewriting, whose error is measured with that of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import isfinite

import sympy as sp
from flint import arb, arb_poly

from symdl.core import BudgetExceeded, UndefinedValue
from symdl.numerics import ball
from symdl.numerics.precision import precision

from .terms import Term, add, call, multiply, power

_BITS = 400
_MOST_BITS = 40_000
_FAR = 1024
_NODES = (400, 440, 480, 520, 560, 600)
_STARTS = (3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_GOOD_ENOUGH = 2.0**-58
_ZERO = 2.0**-80
_LARGEST_DENOMINATOR = 1000
_CLOSE = 1e-5
_UNDERFLOWN = 2000


@dataclass(frozen=True)
class Decay:
    """p(x) exp(-n |x|^d) where ``direction * x >= start``, p by its coefficients, the constant first.

    Beyond ``end`` that is 0.
    """

    direction: int
    start: int
    end: int
    coefficients: tuple[sp.Rational, ...]
    rate: sp.Rational
    degree: int

    def term(self, variable: sp.Symbol, elsewhere: Term) -> Term:
        """The decay there, ``elsewhere`` in other places."""
        near, far = (sp.Integer(self.direction * size) for size in (self.start, self.end))
        outward, inward = ("maximum", "minimum") if self.direction > 0 else ("minimum", "maximum")
        inside = call(inward, call(outward, variable, near), far)
        half = call("exp", multiply(-self.rate / 2, power(call("absolute", inside), self.degree)))
        front: Term = self.coefficients[-1]
        for coefficient in self.coefficients[-2::-1]:
            front = add(multiply(front, inside), coefficient)
        condition = call("greater" if self.direction > 0 else "less", variable, near)
        return call("where", condition, call("multiply", call("multiply", front, half), half), elsewhere)


@lru_cache(maxsize=256)
def decays(expr: sp.Expr, variable: sp.Symbol) -> tuple[Decay, ...]:
    """How ``expr`` decays on the left and on the right, where it is known to.

    >>> x = sp.Symbol("x", real=True)
    >>> [(d.direction, d.coefficients, d.rate, d.degree) for d in decays(x * sp.tanh(sp.exp(x)), x)]
    [(-1, (0, 1), 1, 1)]
    """
    if expr.free_symbols != {variable}:
        return ()
    found = (_decay(expr, variable, direction) for direction in (-1, 1))
    return tuple(decay for decay in found if decay is not None)


def _decay(expr: sp.Expr, variable: sp.Symbol, direction: int) -> Decay | None:
    try:
        for degree in (1, 2):
            rate = _rate(expr, variable, direction, degree)
            found = None if rate is None else _fitted(expr, variable, direction, rate, degree)
            if found is not None:
                return found
    except (UndefinedValue, BudgetExceeded):
        return None
    return None


def _rate(expr: sp.Expr, variable: sp.Symbol, direction: int, degree: int) -> sp.Rational | None:
    """n from f at L, 2 L and 4 L, where log f = -n L^d + k log L + log c, nearly."""
    values = [_value(expr, variable, direction * (_FAR << index)) for index in range(3)]
    if any(not value < 0 and not value > 0 for value in values):
        return None
    with precision(_BITS):
        logs = [abs(value).log() for value in values]
        span = arb(_FAR) ** degree * (2**degree - 1) ** 2
        middle = float(((2 * logs[1] - logs[0] - logs[2]) / span).mid())
    if not isfinite(middle):
        return None
    near = Fraction(middle).limit_denominator(_LARGEST_DENOMINATOR)
    close = near > 0 and abs(middle - near) < _CLOSE
    return sp.Rational(near.numerator, near.denominator) if close else None


def _fitted(expr: sp.Expr, variable: sp.Symbol, direction: int, rate: sp.Rational, degree: int) -> Decay | None:
    """The decay with the polynomial through points far out, from the least start at which it holds."""
    scaled = partial(_scaled, expr, variable, rate, degree)
    with precision(_BITS):
        nodes = [arb(direction * node) for node in _NODES]
        polynomial = arb_poly.interpolate(nodes, [scaled(direction * node) for node in _NODES])
        terms = [polynomial[index].mid() for index in range(len(_NODES))]
        while terms and abs(terms[-1]) < _ZERO:
            terms.pop()
        if not terms or len(terms) == len(_NODES):
            return None
        fit = arb_poly(terms)
        for start in _STARTS:
            places = [direction * size for size in (start, start + 1, 2 * start)]
            if all(abs(scaled(place) / fit(arb(place)) - 1) < _GOOD_ENOUGH for place in places):
                end = 2 * start
                while float(rate) * end**degree < _UNDERFLOWN:
                    end *= 2
                floats = (0.0 if abs(term) < _ZERO else float(term) for term in terms)
                return Decay(direction, start, end, tuple(map(sp.Rational, floats)), rate, degree)
    return None


def _scaled(expr: sp.Expr, variable: sp.Symbol, rate: sp.Rational, degree: int, at: int) -> arb:
    with precision(_BITS):
        return _value(expr, variable, at) * (arb(int(rate.p)) / int(rate.q) * abs(at) ** degree).exp()


def _value(expr: sp.Expr, variable: sp.Symbol, at: int) -> arb:
    return ball.enclose(expr, {variable: at}, _BITS // 2, _MOST_BITS)
