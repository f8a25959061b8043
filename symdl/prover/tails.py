"""Signs far out: beyond some number the fastest growing term outweighs all the others together.

A polynomial in generators is written in scales ``log(y)**k y**i e**p(y)`` with ball coefficients, by
``erf(z) = 1 - d`` with ``0 <= d <= e**(-z**2)/(z sqrt(pi))``, ``log(A(1 + r)) = log(A) + d`` with
``abs(d) <= abs(r)/(1 - abs(r))`` and ``abs((1 + r)**a - 1) <= abs(r)`` for ``0 < a < 1``. Where every
quotient by the greatest scale falls from y = Y on, its value at Y bounds it for all y >= Y.

Source: G. H. Hardy, Orders of infinity, Cambridge University Press 1910.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import comb, log
from typing import TYPE_CHECKING

import sympy as sp
from flint import arb, fmpq

from symdl.core import SymdlError
from symdl.numerics import ball

from .generators import Cosine, Exponential, Logarithm, Opaque, Polynomial, Root, Sine

if TYPE_CHECKING:
    from .field import Field, Ratio
    from .signs import Signs, SignSet

_BITS = 128
_MOST_TERMS = 400
_MOST_DEGREE = 64
_FAR = 1000


@dataclass(frozen=True)
class Tail:
    """All ``direction * symbol >= edge``; the edge is at least 2."""

    symbol: sp.Symbol
    direction: int
    edge: int


class _Unknown(Exception):
    """The growth of something is not known."""


@dataclass(frozen=True)
class Scale:
    """``log(y)**logs y**power e**exponent``; the exponent is an element of the field."""

    logs: Fraction
    power: Fraction
    exponent: Ratio

    @property
    def key(self) -> str:
        """The same text for the same scale."""
        return f"{self.logs} {self.power} {self.exponent}"

    def __mul__(self, other: Scale) -> Scale:
        return Scale(self.logs + other.logs, self.power + other.power, self.exponent + other.exponent)

    def __pow__(self, degree: Fraction) -> Scale:
        exponent = self.exponent * self.exponent.field.constant(degree)
        return Scale(self.logs * degree, self.power * degree, exponent)


Terms = dict[str, tuple[arb, Scale]]
"""A sum of scales with coefficients in balls, by the key of the scale."""


def signs_far_out(signs: Signs, polynomial: Polynomial, known: SignSet) -> SignSet:
    """The signs among ``known`` that a polynomial can have on the tail of its cell."""
    if signs.tail is None:
        return known
    signs.field.work.spend(50 + len(polynomial), "terms in a tail")
    with ball.precision(_BITS):
        try:
            leading, _, rest = _Expansion(signs.field, signs.tail).dominated(polynomial)
        except (_Unknown, SymdlError):
            return known
        if rest < abs(leading):
            return known & {1 if leading > 0 else -1} or known
    return known


class _Expansion:
    """Generators written in scales of ``y = direction * symbol``."""

    def __init__(self, field: Field, tail: Tail) -> None:
        self.field = field
        self.tail = tail
        self.unit = Scale(Fraction(0), Fraction(0), field.constant(0))
        self.memo: dict[int, Terms] = {}

    # --- sums of scales

    def dominated(self, polynomial: Polynomial) -> tuple[arb, Scale, arb]:
        """The coefficient of the greatest scale, that scale, and what the others add up to at most."""
        leading, scale, others = self.split(self.of(polynomial))
        return leading, scale, sum((size * self.at_edge(quotient) for size, quotient in others), arb(0))

    def split(self, terms: Terms) -> tuple[arb, Scale, list[tuple[arb, Scale]]]:
        """The leading term, and the others as sizes times quotients by its scale that fall."""
        key = max(terms, key=lambda name: self.far(terms[name][1]), default=None)
        if key is None or 0 in terms[key][0]:
            raise _Unknown
        leading, scale = terms[key]
        inverse = scale ** Fraction(-1)
        others = [(abs(c).upper(), s * inverse) for name, (c, s) in terms.items() if name != key]
        if not all(self.falls(quotient) for _, quotient in others):
            raise _Unknown
        return leading, scale, others

    def of(self, polynomial: Polynomial) -> Terms:
        """A polynomial in generators."""
        total: Terms = {}
        for exponents, coefficient in polynomial.to_dict().items():
            term = _single(arb(int(coefficient)), self.unit)
            if max(exponents, default=0) > _MOST_DEGREE:
                raise _Unknown
            for index, exponent in enumerate(exponents):
                for _ in range(int(exponent)):
                    term = _product(term, self.generator(index))
            total = _sum([total, term])
        return total

    def of_ratio(self, value: Ratio) -> Terms:
        """An element without the variable in its denominator."""
        below = self.of(value.denominator)
        if set(below) != {self.unit.key}:
            raise _Unknown
        return _product(self.of(value.numerator), _single(1 / below[self.unit.key][0], self.unit))

    # --- growth

    def coefficients(self, exponent: Ratio) -> list[arb]:
        """An exponent as a polynomial in y, lowest power first."""
        found = self.of_ratio(exponent)
        degree = max((int(scale.power) for _, scale in found.values()), default=0)
        result = [arb(0)] * (degree + 1)
        for coefficient, scale in found.values():
            plain = scale.exponent.is_zero and not scale.logs and scale.power >= 0 and scale.power.denominator == 1
            if not plain:
                raise _Unknown
            result[int(scale.power)] += coefficient
        return result

    def far(self, scale: Scale) -> float:
        """The logarithm of a scale at a number far out, roughly."""
        y = float(_FAR * self.tail.edge)
        exponent = sum(float(c.mid()) * y**n for n, c in enumerate(self.coefficients(scale.exponent)))
        return exponent + float(scale.power) * log(y) + float(scale.logs) * log(log(y))

    def falls(self, scale: Scale) -> bool:
        """Whether a scale certainly falls, or stays, from the edge on: ``k/log(y) + i + y p'(y) <= 0``."""
        edge = arb(self.tail.edge)
        slope = [n * c for n, c in enumerate(self.coefficients(scale.exponent))]
        slope[0] += _ball(scale.power) + max(_ball(scale.logs) / edge.log(), arb(0))
        return all(bool(c <= 0) for c in _shifted(slope, edge))

    def at_edge(self, scale: Scale) -> arb:
        """A scale at the edge."""
        edge = arb(self.tail.edge)
        exponent = sum((c * edge**n for n, c in enumerate(self.coefficients(scale.exponent))), arb(0))
        return exponent.exp() * edge ** _ball(scale.power) * edge.log() ** _ball(scale.logs)

    # --- generators

    def generator(self, index: int) -> Terms:
        """A generator in scales; raises :class:`_Unknown` where that is not known."""
        if index not in self.memo:
            self.memo[index] = self._generator(index)
        return self.memo[index]

    def _generator(self, index: int) -> Terms:
        meaning = self.field.meaning(index)
        if not meaning.free_symbols:
            return _single(ball.evaluate(meaning, {}, _BITS), self.unit)
        if meaning == self.tail.symbol:
            return _single(arb(self.tail.direction), self._power(1))
        match self.field.generators[index]:
            case Exponential(exponent):
                self.coefficients(exponent)
                return _single(arb(1), Scale(Fraction(0), Fraction(0), exponent))
            case Logarithm(argument):
                return self._logarithm(argument)
            case Root(radicand, degree):
                return self._root(radicand, Fraction(1, degree))
            case Opaque(head, (argument,), True):
                return self._bounded(head.__name__, argument)
            case Sine() | Cosine():
                return _single(_around(arb(1)), self.unit)
        raise _Unknown

    def _power(self, power: int | Fraction) -> Scale:
        return Scale(Fraction(0), Fraction(power), self.unit.exponent)

    def _logarithm(self, argument: Polynomial) -> Terms:
        leading, scale, others = self.split(self.of(argument))
        rest = self._rest(leading, others)
        if scale.logs or not rest < 1:
            raise _Unknown
        parts = [
            _single(abs(leading).log(), self.unit),
            _single(_ball(scale.power), Scale(Fraction(1), Fraction(0), self.unit.exponent)),
            self.of_ratio(scale.exponent),
            *(_single(_around(size / abs(leading) / (1 - rest)), quotient) for size, quotient in others),
        ]
        return _sum(parts)

    def _root(self, radicand: Polynomial, degree: Fraction) -> Terms:
        leading, scale, others = self.split(self.of(radicand))
        if not self._rest(leading, others) < 1:
            raise _Unknown
        errors = [_single(_around(size / abs(leading)), quotient) for size, quotient in others]
        outer = _single(abs(leading) ** _ball(degree), scale**degree)
        return _product(outer, _sum([_single(arb(1), self.unit), *errors]))

    def _rest(self, leading: arb, others: Iterable[tuple[arb, Scale]]) -> arb:
        """What the others add up to at most, compared with the leading term."""
        return sum((size * self.at_edge(quotient) for size, quotient in others), arb(0)) / abs(leading)

    def _bounded(self, name: str, argument: Ratio) -> Terms:
        """``erf(z)`` and ``arctan(z)`` tend to a limit as z grows."""
        found = self.of_ratio(argument)
        leading, scale, others = self.split(found)
        if not self._rest(leading, others) < 1 or not (scale.power > 0 or self.far(scale) > 0):
            raise _Unknown
        sign = 1 if leading > 0 else -1
        if name == "erf":
            square = Scale(Fraction(0), Fraction(0), -(argument * argument))
            self.coefficients(square.exponent)
            least = abs(leading) * (1 - self._rest(leading, others)) * arb.pi().sqrt()
            error = _single(-sign * _half_open() / least, square * scale ** Fraction(-1))
            return _sum([_single(arb(sign), self.unit), error])
        if name == "atan" and not others:
            error = _single(-sign * _half_open() / abs(leading), scale ** Fraction(-1))
            return _sum([_single(sign * arb.pi() / 2, self.unit), error])
        raise _Unknown


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def _around(radius: arb) -> arb:
    """All numbers of size at most ``radius``."""
    return arb(0).union(radius.upper()).union(-radius.upper())


def _half_open() -> arb:
    """All numbers from 0 to 1."""
    return arb(0).union(arb(1))


def _single(coefficient: arb, scale: Scale) -> Terms:
    return {scale.key: (coefficient, scale)}


def _sum(parts: Iterable[Terms]) -> Terms:
    total: Terms = {}
    for part in parts:
        for key, (coefficient, scale) in part.items():
            known = total[key][0] if key in total else arb(0)
            total[key] = known + coefficient, scale
    if len(total) > _MOST_TERMS:
        raise _Unknown
    return {key: term for key, term in total.items() if not term[0].is_zero()}


def _product(left: Terms, right: Terms) -> Terms:
    if len(left) * len(right) > _MOST_TERMS:
        raise _Unknown
    return _sum([_single(a * b, s * t) for a, s in left.values() for b, t in right.values()])


def _shifted(coefficients: list[arb], shift: arb) -> list[arb]:
    """The coefficients of ``p(shift + s)``: all of one sign where p has that sign for s >= 0."""
    size = len(coefficients)
    return [
        reduce(lambda a, b: a + b, (coefficients[n] * comb(n, k) * shift ** (n - k) for n in range(k, size)))
        for k in range(size)
    ]
