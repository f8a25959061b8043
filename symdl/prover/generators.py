"""Generators of a field of expressions: what the letters of a normal form stand for.

The structure theorem (R. Risch, The problem of integration in finite terms, Transactions of the AMS
139, 1969; M. Rothstein and B. Caviness, A structure theorem for exponential and primitive functions,
SIAM Journal on Computing 8, 1979) says when exponentials and logarithms are algebraically independent:
when the exponents are linearly independent over the rationals, and the arguments of the logarithms
multiplicatively so. A normal form is then a quotient of polynomials in these letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import sympy as sp

if TYPE_CHECKING:
    from .field import Field, Ratio

Polynomial: TypeAlias = Any
"""A ``flint.fmpz_mpoly`` in the context of a field."""


@dataclass(frozen=True)
class Variable:
    """A free symbol."""

    symbol: sp.Symbol


@dataclass(frozen=True)
class Constant:
    """A positive number with no algebraic relation that is used: pi."""

    value: sp.Expr


@dataclass(frozen=True)
class Exponential:
    """``e**exponent``; the exponents of a field are linearly independent over the rationals."""

    exponent: Ratio


@dataclass(frozen=True)
class Logarithm:
    """``log(abs(argument))`` of an irreducible polynomial or a prime number."""

    argument: Polynomial


@dataclass(frozen=True)
class Root:
    """``abs(radicand)**(1/degree)`` of an irreducible polynomial or a prime number."""

    radicand: Polynomial
    degree: int


@dataclass(frozen=True)
class Power:
    """``base**(exponent - shift)`` for an integer-valued exponent, whatever the sign of the base."""

    base: Polynomial
    exponent: Ratio
    shift: int


@dataclass(frozen=True)
class Sine:
    """``sin(angle)``; its square is 1 - cos(angle)**2, the cosine being generator ``cosine``."""

    angle: Ratio
    cosine: int


@dataclass(frozen=True)
class Cosine:
    """``cos(angle)``."""

    angle: Ratio


@dataclass(frozen=True)
class Opaque:
    """A function of which only congruence is used: equal arguments give equal values."""

    head: Any
    arguments: tuple[Ratio, ...]
    odd: bool = False


@dataclass(frozen=True)
class Series:
    """``sum(term, index, lower, upper)`` with an upper end that is not a number."""

    term: Ratio
    index: sp.Symbol
    lower: int
    upper: Ratio


Generator: TypeAlias = Variable | Constant | Exponential | Logarithm | Root | Power | Sine | Cosine | Opaque | Series


def meaning(field: Field, generator: Generator) -> sp.Expr:
    """The generator as an expression."""
    match generator:
        case Variable(symbol):
            return symbol
        case Constant(value):
            return value
        case Exponential(exponent):
            return sp.exp(expression(field, exponent))
        case Logarithm(argument):
            return sp.log(_size(field, argument))
        case Root(radicand, degree):
            return _size(field, radicand) ** sp.Rational(1, degree)
        case Power(base, exponent, shift):
            return sp.Pow(polynomial_expression(field, base), expression(field, exponent) - shift)
        case Sine(angle, _):
            return sp.sin(expression(field, angle))
        case Cosine(angle):
            return sp.cos(expression(field, angle))
        case Series(term, index, lower, upper):
            return sp.Sum(expression(field, term), (index, lower, expression(field, upper)))
        case Opaque(head, arguments):
            return head(*(expression(field, argument) for argument in arguments))


def _size(field: Field, polynomial: Polynomial) -> sp.Expr:
    """``abs(polynomial)``, without the bars where it is known to be positive."""
    value = polynomial_expression(field, polynomial)
    signs = field.signs.known(polynomial)
    if signs <= {0, 1}:
        return value
    return -value if signs <= {0, -1} else sp.Abs(value)


def polynomial_expression(field: Field, polynomial: Polynomial) -> sp.Expr:
    """A polynomial in generators as an expression."""
    terms = []
    for exponents, coefficient in polynomial.to_dict().items():
        factors = [field.meaning(index) ** exponent for index, exponent in enumerate(exponents) if exponent]
        terms.append(sp.Mul(sp.Integer(int(coefficient)), *factors))
    return sp.Add(*terms)


def expression(field: Field, ratio: Ratio) -> sp.Expr:
    """A quotient of polynomials in generators as an expression."""
    return polynomial_expression(field, ratio.numerator) / polynomial_expression(field, ratio.denominator)
