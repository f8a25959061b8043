"""The field of a normal form: quotients of polynomials over the integers in generators.

Two expressions are equal where both are defined when the numerator of the normal form of their
difference is zero. Polynomial arithmetic is FLINT's (fmpz_mpoly), bounded before it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod

import sympy as sp
from flint import Ordering, fmpz_mpoly_ctx

from symdl.core import UnsupportedOperation
from symdl.core.claims import Domain

from .budget import MOST_BITS, MOST_DEGREE, MOST_TERMS, Work, power_terms, require_size
from .control import MOST_GENERATORS, OutsideDomain, Plan, Restart
from .generators import Generator, Polynomial, Power, Root, Sine, Variable, expression, meaning
from .signs import Signs

_MOST_FACTORED = 400
_RAW_PRODUCT = 400_000


class Ratio:
    """An element of a field: numerator over denominator, in lowest terms."""

    __slots__ = ("denominator", "field", "numerator")

    def __init__(self, field: Field, numerator: Polynomial, denominator: Polynomial) -> None:
        self.field = field
        self.numerator = numerator
        self.denominator = denominator

    def __add__(self, other: Ratio) -> Ratio:
        if self.denominator == other.denominator:
            return self.field.ratio(self.numerator + other.numerator, self.denominator)
        times = self.field.multiply
        numerator = times(self.numerator, other.denominator) + times(other.numerator, self.denominator)
        return self.field.ratio(numerator, times(self.denominator, other.denominator))

    def __neg__(self) -> Ratio:
        return Ratio(self.field, -self.numerator, self.denominator)

    def __sub__(self, other: Ratio) -> Ratio:
        return self + -other

    def __mul__(self, other: Ratio) -> Ratio:
        times = self.field.multiply
        return self.field.ratio(times(self.numerator, other.numerator), times(self.denominator, other.denominator))

    def __truediv__(self, other: Ratio) -> Ratio:
        times = self.field.multiply
        return self.field.ratio(times(self.numerator, other.denominator), times(self.denominator, other.numerator))

    def __pow__(self, exponent: int) -> Ratio:
        top, bottom = (self.numerator, self.denominator) if exponent >= 0 else (self.denominator, self.numerator)
        power = self.field.power
        return self.field.ratio(power(top, abs(exponent)), power(bottom, abs(exponent)))

    @property
    def is_zero(self) -> bool:
        """Whether the numerator is the zero polynomial."""
        return bool(self.numerator.is_zero())

    @property
    def constant(self) -> Fraction | None:
        """The value of a rational constant, else None."""
        if self.numerator.is_constant() and self.denominator.is_constant():
            return Fraction(constant_of(self.numerator), constant_of(self.denominator))
        return None

    def __str__(self) -> str:
        return f"({self.numerator})/({self.denominator})"


def constant_of(polynomial: Polynomial) -> int:
    """The value of a constant polynomial."""
    return int(polynomial.leading_coefficient()) if not polynomial.is_zero() else 0


class Field:
    """Generators, their relations, and arithmetic with quotients of polynomials in them."""

    def __init__(self, plan: Plan, work: Work, integers: Mapping[sp.Symbol, Domain] | None = None) -> None:
        self.plan = plan
        self.work = work
        self.integers = dict(integers or {})
        self.names = tuple(f"g{index}" for index in range(plan.capacity))
        self.context = fmpz_mpoly_ctx.get(self.names, Ordering.lex)
        self.letters = self.context.gens()
        self.generators: list[Generator] = []
        self.one = self.context.constant(1)
        self.signs = Signs(self)
        self.conditions: dict[str, Polynomial] = {}
        self._numbers: dict[str, int] = {}
        self._meanings: dict[int, sp.Expr] = {}
        self._relations: dict[int, Polynomial] = {}
        self._factored: dict[str, tuple[int, list[tuple[Polynomial, int]]]] = {}

    # --- elements

    def constant(self, value: int | Fraction) -> Ratio:
        """A rational constant."""
        value = Fraction(value)
        require_size(max(value.numerator.bit_length(), value.denominator.bit_length()), MOST_BITS, "bits")
        return Ratio(self, self.context.constant(value.numerator), self.context.constant(value.denominator))

    def letter(self, index: int) -> Ratio:
        """A generator as an element."""
        return Ratio(self, self.letters[index], self.one)

    def element(self, polynomial: Polynomial) -> Ratio:
        """A polynomial as an element."""
        return self.ratio(polynomial, self.one)

    def ratio(self, numerator: Polynomial, denominator: Polynomial) -> Ratio:
        """A quotient in lowest terms; :class:`OutsideDomain` where the denominator is zero."""
        numerator, denominator = self.reduced(numerator), self.reduced(denominator)
        if denominator.is_zero():
            raise OutsideDomain("division by zero")
        if numerator.is_zero():
            return Ratio(self, numerator, self.one)
        if not denominator.is_one():
            self.work.spend(len(numerator) + len(denominator), "terms in common factors")
            common = numerator.gcd(denominator)
            if denominator.leading_coefficient() < 0:
                common = -common
            if not common.is_one():
                numerator, denominator = numerator // common, denominator // common
        return Ratio(self, numerator, denominator)

    # --- bounded polynomial arithmetic

    def multiply(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """The product, refused before it is formed when it may be too long."""
        if left.is_one():
            return right
        if right.is_one():
            return left
        raw = len(left) * len(right)
        self.work.spend(raw + 1, "terms in products")
        require_size(raw, _RAW_PRODUCT, "terms in a product")
        self._require_degree(left, right)
        product = left * right
        require_size(len(product), MOST_TERMS, "terms in a product")
        return product

    def _require_degree(self, *factors: Polynomial) -> None:
        degree = sum(max(map(int, factor.degrees()), default=0) for factor in factors if not factor.is_zero())
        require_size(degree, MOST_DEGREE, "as degree")

    def power(self, base: Polynomial, exponent: int) -> Polynomial:
        """A power, refused before it is formed when it may be too long."""
        if exponent == 1:
            return base
        degrees = [int(degree) for degree in base.degrees()] if not base.is_zero() else []
        require_size(max(degrees, default=0) * exponent, MOST_DEGREE, "as degree")
        box = prod(degree * exponent + 1 for degree in degrees)
        require_size(min(box, power_terms(max(1, len(base)), exponent)), MOST_TERMS, "terms in a power")
        bits = max((int(c).bit_length() for c in base.coeffs()), default=0)
        require_size(bits * exponent, MOST_BITS, "bits in a power")
        self.work.spend(min(box, MOST_TERMS) + 1, "terms in powers")
        return base**exponent

    def factors(self, polynomial: Polynomial) -> tuple[int, list[tuple[Polynomial, int]]]:
        """Integer content and irreducible factors, each with a positive leading coefficient.

        A long polynomial counts as irreducible: that loses nothing but completeness.
        """
        key = str(polynomial)
        if key not in self._factored:
            self.work.spend(len(polynomial) ** 2 + 1, "terms in factors")
            if len(polynomial) > _MOST_FACTORED:
                content = int(polynomial.content()) * (1 if polynomial.leading_coefficient() > 0 else -1)
                self._factored[key] = content, [(polynomial // content, 1)]
            else:
                content, factors = polynomial.factor()
                self._factored[key] = int(content), [(factor, int(count)) for factor, count in factors]
        return self._factored[key]

    # --- generators

    def number(self, key: str, make: Callable[[int], Generator]) -> int:
        """The number of the generator called ``key``, made when it is new."""
        if key not in self._numbers:
            index = len(self.generators)
            if index >= self.plan.capacity:
                require_size(2 * self.plan.capacity, MOST_GENERATORS, "independent functions")
                self.plan.capacity *= 2
                raise Restart
            self.generators.append(make(index))
            self._numbers[key] = index
        return self._numbers[key]

    def variable(self, symbol: sp.Symbol) -> Ratio:
        """A free symbol as an element."""
        return self.letter(self.number(f"variable {symbol}", lambda index: Variable(symbol)))

    def generator_of(self, polynomial: Polynomial) -> tuple[int, Generator] | None:
        """The generator that ``polynomial`` is, with its number, or None."""
        for index, generator in enumerate(self.generators):
            if polynomial == self.letters[index]:
                return index, generator
        return None

    def meaning(self, index: int) -> sp.Expr:
        """A generator as an expression."""
        if index not in self._meanings:
            self._meanings[index] = meaning(self, self.generators[index])
        return self._meanings[index]

    def expression(self, value: Ratio | Polynomial) -> sp.Expr:
        """An element or a polynomial as an expression."""
        return expression(self, value if isinstance(value, Ratio) else Ratio(self, value, self.one))

    def letters_in(self, polynomial: Polynomial) -> list[int]:
        """The numbers of the generators that occur."""
        return [index for index, degree in enumerate(polynomial.degrees()) if degree] if len(polynomial) else []

    def depends(self, polynomial: Polynomial, symbol: sp.Symbol) -> bool:
        """Whether ``symbol`` occurs in the meaning of a polynomial."""
        return any(symbol in self.meaning(index).free_symbols for index in self.letters_in(polynomial))

    # --- relations: root**degree = abs(radicand), sin**2 = 1 - cos**2

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """``polynomial`` with the relations of roots and sines used up."""
        for index in range(len(self.generators) - 1, -1, -1):
            degree = relation_degree(self.generators[index])
            if degree and polynomial.degrees()[index] >= degree:
                polynomial = self._lowered(polynomial, index, degree)
        return polynomial

    def _lowered(self, polynomial: Polynomial, index: int, degree: int) -> Polynomial:
        groups: dict[int, dict[tuple[int, ...], int]] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            count, rest = divmod(int(exponents[index]), degree)
            lowered = (*exponents[:index], rest, *exponents[index + 1 :])
            groups.setdefault(count, {})[lowered] = coefficient
        value = self._relation(index)
        result = self.context.constant(0)
        for count, terms in groups.items():
            result += self.multiply(self.context.from_dict(terms), self.power(value, count))
        return result

    def _relation(self, index: int) -> Polynomial:
        """What ``letter**degree`` is."""
        if index not in self._relations:
            match self.generators[index]:
                case Root(radicand, _):
                    self._relations[index] = self.signs.size(radicand)
                case Sine(_, cosine):
                    self._relations[index] = 1 - self.letters[cosine] ** 2
                case _:
                    self._relations[index] = self.one
        return self._relations[index]

    # --- integer-valued elements

    def is_integer_valued(self, value: Ratio) -> bool:
        """Whether ``value`` is an integer wherever the integer variables are."""
        if not value.denominator.is_one():
            return False
        return all(self._is_integer(index) for index in self.letters_in(value.numerator))

    def _is_integer(self, index: int) -> bool:
        generator = self.generators[index]
        return isinstance(generator, Variable) and generator.symbol in self.integers

    def require_free(self, polynomial: Polynomial, bound: str) -> None:
        """Refuse a condition on a bound index: it is no case of the claim."""
        for index in self.letters_in(polynomial):
            if any(symbol.name.startswith(bound) for symbol in self.meaning(index).free_symbols):
                raise UnsupportedOperation(f"the sign of {self.expression(polynomial)} inside a sum is not decided")


def relation_degree(generator: Generator) -> int:
    """The degree of the relation that a generator satisfies, 0 for none."""
    match generator:
        case Root(_, degree):
            return degree
        case Sine():
            return 2
        case _ if is_sign_power(generator):
            return 2
        case _:
            return 0


def is_sign_power(generator: Generator) -> bool:
    """Whether the generator is (-1) to an integer power."""
    return isinstance(generator, Power) and bool(generator.base == -1)
