"""Exponentials, logarithms, roots and powers in a field, by laws that hold with no condition left over.

``log(abs(f g)) = log(abs(f)) + log(abs(g))`` holds wherever f and g are not zero, and so does
``abs(f g)**r = abs(f)**r abs(g)**r``: sizes of irreducible factors are the generators, and a sign is
asked for only where a factor itself is needed.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import ceil, floor, lcm
from typing import TYPE_CHECKING

from flint import fmpq_mat, fmpz

from symdl.core import UnsupportedOperation

from .control import OutsideDomain
from .generators import Cosine, Exponential, Logarithm, Polynomial, Power, Root, Sine
from .signs import NONNEGATIVE, NONZERO, POSITIVE

if TYPE_CHECKING:
    from .field import Field, Ratio

_FACTORED_BITS = 100
_MOST_EXPONENT = 12


def primes(number: int) -> list[tuple[int, int]]:
    """Prime factors of a positive integer; a long one counts as prime.

    >>> primes(12)
    [(2, 2), (3, 1)]
    """
    if number.bit_length() > _FACTORED_BITS:
        return [(number, 1)]
    return [(int(prime), int(count)) for prime, count in fmpz(number).factor()]


def parts(field: Field, value: Ratio) -> list[tuple[Polynomial, int]]:
    """Primes and irreducible factors of ``abs(value)`` with their exponents, negative in the denominator."""
    found = []
    for polynomial, direction in ((value.numerator, 1), (value.denominator, -1)):
        content, factors = field.factors(polynomial)
        found += [(field.context.constant(prime), count * direction) for prime, count in primes(abs(content))]
        found += [(factor, count * direction) for factor, count in factors]
    return found


def product(field: Field, values: list[Ratio]) -> Ratio:
    """The product of elements."""
    return reduce(lambda a, b: a * b, values, field.constant(1))


# --- logarithms


def log(field: Field, value: Ratio) -> Ratio:
    """``log(value)``; only where the value is positive does it exist."""
    field.signs.assume(value, POSITIVE)
    terms = (field.constant(count) * log_size(field, factor) for factor, count in parts(field, value))
    return sum(terms, field.constant(0))


def log_size(field: Field, factor: Polynomial) -> Ratio:
    """``log(abs(factor))`` of a prime or an irreducible polynomial."""
    found = field.generator_of(factor)
    match found and found[1]:
        case Exponential(exponent):
            return exponent
        case Root(radicand, degree):
            return log_size(field, radicand) * field.constant(Fraction(1, degree))
        case Power(base, exponent, shift):
            size = field.constant(0) if base == -1 else log_size(field, base)
            return (exponent - field.constant(shift)) * size
    return field.letter(field.number(f"log {factor}", lambda _: Logarithm(factor)))


# --- exponentials


def exp(field: Field, value: Ratio) -> Ratio:
    """``e**value``: logarithms turn into powers, the rest is written over a rational basis."""
    rest, powers = _without_logarithms(field, value)
    result = product(field, [size_power(field, factor, count) for factor, count in powers])
    return result if rest.is_zero else result * _independent(field, rest)


def _without_logarithms(field: Field, value: Ratio) -> tuple[Ratio, list[tuple[Polynomial, Fraction]]]:
    """``value`` without its terms ``c log(abs(f))``, c rational, and these as pairs f, c."""
    if not value.denominator.is_constant():
        return value, []
    kept, powers = {}, []
    below = int(value.denominator.leading_coefficient())
    for exponents, coefficient in value.numerator.to_dict().items():
        index = _single(exponents)
        generator = field.generators[index] if index is not None else None
        if isinstance(generator, Logarithm):
            powers.append((generator.argument, Fraction(int(coefficient), below)))
        else:
            kept[exponents] = coefficient
    return field.ratio(field.context.from_dict(kept), value.denominator), powers


def _single(exponents: tuple[int, ...]) -> int | None:
    """The letter that a monomial is, or None."""
    return next(i for i, e in enumerate(exponents) if e) if sum(exponents) == 1 else None


def _independent(field: Field, value: Ratio) -> Ratio:
    """``e**value`` in exponentials whose exponents are independent over the rationals."""
    basis = [(i, g.exponent) for i, g in enumerate(field.generators) if isinstance(g, Exponential)]
    coefficients = span(field, value, [exponent for _, exponent in basis])
    if coefficients is None:
        return _new_exponential(field, value)
    for (index, _), coefficient in zip(basis, coefficients, strict=True):
        if coefficient.denominator != 1:
            field.plan.change(index, field.plan.refine.get(index, 1) * coefficient.denominator)
    pairs = zip(basis, coefficients, strict=True)
    return product(field, [field.letter(index) ** int(c) for (index, _), c in pairs if c])


def _new_exponential(field: Field, value: Ratio) -> Ratio:
    content = int(value.numerator.content()) * (1 if value.numerator.leading_coefficient() > 0 else -1)
    unit = value / field.constant(content)

    def make(index: int) -> Exponential:
        return Exponential(unit / field.constant(field.plan.refine.get(index, 1)))

    index = field.number(f"exp {unit}", make)
    return field.letter(index) ** (content * field.plan.refine.get(index, 1))


def span(field: Field, value: Ratio, basis: list[Ratio]) -> list[Fraction] | None:
    """Rational coefficients that make ``value`` out of an independent ``basis``, or None."""
    if not basis:
        return None
    elements = [*basis, value]
    common = reduce(lambda a, b: a * b // a.gcd(b), (element.denominator for element in elements))
    columns = [
        field.reduced(field.multiply(element.numerator, common // element.denominator)).to_dict()
        for element in elements
    ]
    rows = sorted(set().union(*columns))
    field.work.spend(len(rows) * len(columns) ** 2, "linear algebra")
    entries = [column.get(row, 0) for row in rows for column in columns]
    reduced, rank = fmpq_mat(len(rows), len(columns), entries).rref()
    if rank > len(basis):
        return None
    return [Fraction(int(reduced[i, len(basis)].p), int(reduced[i, len(basis)].q)) for i in range(len(basis))]


# --- roots and powers


def size_power(field: Field, factor: Polynomial, exponent: Fraction) -> Ratio:
    """``abs(factor)**exponent`` of a prime or an irreducible polynomial, with a rational exponent."""
    found = field.generator_of(factor)
    match found and found[1]:
        case Exponential(inner):
            return exp(field, inner * field.constant(exponent))
        case Root(radicand, degree):
            return size_power(field, radicand, exponent / degree)
        case Power(base, _, _) if base == -1:
            return field.constant(1)
    whole = floor(exponent)
    result = field.constant(1)
    if whole:
        base = factor if whole % 2 == 0 else field.signs.size(factor)
        result = field.element(base) ** whole
    return result * _root(field, factor, exponent - whole) if exponent != whole else result


def _root(field: Field, factor: Polynomial, exponent: Fraction) -> Ratio:
    """``abs(factor)**exponent`` with 0 < exponent < 1."""

    def make(index: int) -> Root:
        return Root(factor, field.plan.refine.get(index, exponent.denominator))

    index = field.number(f"root {factor}", make)
    generator = field.generators[index]
    assert isinstance(generator, Root)
    count = exponent * generator.degree
    if count.denominator != 1:
        field.plan.change(index, lcm(generator.degree, exponent.denominator))
    return field.letter(index) ** int(count)


def power(field: Field, base: Ratio, exponent: Ratio) -> Ratio:
    """``base**exponent``: for integers as a product, else only where the base is not negative."""
    constant = exponent.constant
    if constant is not None and constant.denominator == 1:
        return _integer_power(field, base, int(constant))
    if constant is None and field.is_integer_valued(exponent):
        return _symbolic_power(field, base, exponent)
    field.signs.assume(base, POSITIVE if constant is not None and constant < 0 else NONNEGATIVE)
    if base.is_zero or (constant is None and field.signs.decide(base) == 0):
        return _power_of_zero(field, exponent)
    if constant is None:
        return exp(field, exponent * log(field, base))
    return product(field, [size_power(field, factor, constant * count) for factor, count in parts(field, base)])


def _integer_power(field: Field, base: Ratio, exponent: int) -> Ratio:
    if base.is_zero and exponent < 0:
        raise OutsideDomain("division by zero")
    return base**exponent


def _power_of_zero(field: Field, exponent: Ratio) -> Ratio:
    sign = field.signs.decide(exponent)
    if sign < 0:
        raise OutsideDomain("division by zero")
    return field.constant(0 if sign else 1)


def _symbolic_power(field: Field, base: Ratio, exponent: Ratio) -> Ratio:
    """A power with an integer-valued exponent such as t - 1, whatever the sign of the base."""
    if base.is_zero:
        return _power_of_zero(field, exponent)
    field.signs.assume(field.element(base.denominator), NONZERO)
    negative = (field.factors(base.numerator)[0] < 0) != (field.factors(base.denominator)[0] < 0)
    sign = [_plain_power(field, field.context.constant(-1), exponent)] if negative else []
    factors = [(factor, exponent * field.constant(count)) for factor, count in parts(field, base)]
    return product(field, sign + [_factor_power(field, factor, count) for factor, count in factors])


def _factor_power(field: Field, factor: Polynomial, exponent: Ratio) -> Ratio:
    found = field.generator_of(factor)
    match found and found[1]:
        case Power(base, inner, shift):
            return _factor_power(field, base, (inner - field.constant(shift)) * exponent)
    signs = field.signs.of_factor(factor) if not factor.is_constant() else NONZERO
    if len(signs) == 1:
        field.signs.note(factor, next(iter(signs)))
    if signs == POSITIVE or (factor.is_constant() and factor.leading_coefficient() > 0):
        return exp(field, exponent * log_size(field, factor))
    if signs == {-1}:
        sign = _plain_power(field, field.context.constant(-1), exponent)
        return sign * exp(field, exponent * log_size(field, factor))
    if 0 in signs and _needs_nonzero(exponent) and field.signs.decide(field.element(factor)) == 0:
        return _power_of_zero(field, exponent)
    return _plain_power(field, factor, exponent)


def _needs_nonzero(exponent: Ratio) -> bool:
    """Whether the exponent has a form that a shift alone does not keep from dividing by zero."""
    terms = exponent.numerator.to_dict()
    negative = [c for c in terms.values() if c < 0]
    variable = [c for exponents, c in terms.items() if any(exponents)]
    return bool(negative) and (len(variable) > 1 or variable[0] < 0)


def _plain_power(field: Field, factor: Polynomial, exponent: Ratio) -> Ratio:
    """``factor**(c + sum of c_j m_j)`` as ``factor**c`` and powers of the generators ``factor**m_j``.

    A generator starts at ``factor**(m - shift)``, shift being the least that makes every power that
    occurs a non-negative one: so that nothing is divided by a factor that may be zero.
    """
    constant, result = 0, field.constant(1)
    terms = exponent.numerator.to_dict().items()
    offset = next((int(c) for exponents, c in terms if not any(exponents)), 0)
    for exponents, coefficient in terms:
        if not any(exponents):
            constant += int(coefficient)
            continue
        shifts = coefficient > 0 and not factor.is_constant()
        need = max(0, ceil(Fraction(-offset, int(coefficient)))) if shifts else 0
        index = _power_letter(field, factor, field.element(field.context.from_dict({exponents: 1})), need)
        constant += int(coefficient) * field.plan.refine.get(index, 0)
        result *= field.letter(index) ** int(coefficient)
    return result * field.element(factor) ** constant


def _power_letter(field: Field, factor: Polynomial, exponent: Ratio, need: int) -> int:
    def make(index: int) -> Power:
        return Power(factor, exponent, field.plan.refine.get(index, 0))

    index = field.number(f"power {factor} {exponent}", make)
    if field.plan.refine.get(index, 0) < need:
        field.plan.change(index, need)
    return index


# --- sines and cosines


def cosine_and_sine(field: Field, angle: Ratio) -> tuple[Ratio, Ratio]:
    """``cos(angle), sin(angle)`` by the addition formulas over angles that are independent."""
    if angle.is_zero:
        return field.constant(1), field.constant(0)
    basis = [(i, g.angle) for i, g in enumerate(field.generators) if isinstance(g, Cosine)]
    coefficients = span(field, angle, [known for _, known in basis])
    if coefficients is None:
        return _new_angle(field, angle)
    result = field.constant(1), field.constant(0)
    for (index, _), coefficient in zip(basis, coefficients, strict=True):
        if coefficient.denominator != 1:
            field.plan.change(index, field.plan.refine.get(index, 1) * coefficient.denominator)
        result = _rotated(result, _multiple(field, index, int(coefficient)))
    return result


def _new_angle(field: Field, angle: Ratio) -> tuple[Ratio, Ratio]:
    content = int(angle.numerator.content()) * (1 if angle.numerator.leading_coefficient() > 0 else -1)
    unit = angle / field.constant(content)

    def make(index: int) -> Cosine:
        return Cosine(unit / field.constant(field.plan.refine.get(index, 1)))

    index = field.number(f"angle {unit}", make)
    return _multiple(field, index, content * field.plan.refine.get(index, 1))


def _multiple(field: Field, index: int, count: int) -> tuple[Ratio, Ratio]:
    """The cosine and sine of ``count`` times the angle of a generator."""
    if abs(count) > _MOST_EXPONENT:
        raise UnsupportedOperation(f"a multiple of an angle by {count}", remedy="use smaller multiples")
    generator = field.generators[index]
    assert isinstance(generator, Cosine)
    sine = field.letter(field.number(f"sine {index}", lambda _: Sine(generator.angle, index)))
    unit = field.letter(index), sine if count >= 0 else -sine
    result = field.constant(1), field.constant(0)
    for _ in range(abs(count)):
        result = _rotated(result, unit)
    return result


def _rotated(left: tuple[Ratio, Ratio], right: tuple[Ratio, Ratio]) -> tuple[Ratio, Ratio]:
    return left[0] * right[0] - left[1] * right[1], left[0] * right[1] + left[1] * right[0]


# --- the sign of a sum of logarithms


def exponential_of_logarithms(field: Field, polynomial: Polynomial) -> Ratio | None:
    """``A - 1`` where the polynomial is ``log A``, or None where A is no element of the field."""
    rest, powers = _without_logarithms(field, field.element(polynomial))
    basis = [(i, g.exponent) for i, g in enumerate(field.generators) if isinstance(g, Exponential)]
    coefficients = [] if rest.is_zero else span(field, rest, [exponent for _, exponent in basis])
    if coefficients is None or not powers:
        return None
    scale = lcm(*(c.denominator for c in coefficients)) if coefficients else 1
    sizes = [_known_size(field, argument) for argument, _ in powers]
    exponents = [int(c * scale) for c in [*coefficients, *(count for _, count in powers)]]
    if None in sizes or any(abs(exponent) > _MOST_EXPONENT for exponent in exponents):
        return None
    letters = [field.letter(index) for index, _ in basis] if coefficients else []
    bases = [*letters, *(size for size in sizes if size is not None)]
    value = product(field, [base**exponent for base, exponent in zip(bases, exponents, strict=True)])
    return value - field.constant(1)


def _known_size(field: Field, argument: Polynomial) -> Ratio | None:
    signs = field.signs.known(argument)
    if signs <= NONNEGATIVE:
        return field.element(argument)
    return -field.element(argument) if signs <= {-1, 0} else None
