"""Signs of elements of a field: what is known in a cell, what follows, what needs a case split."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import sympy as sp

from symdl.core import UndefinedValue, UnsupportedOperation
from symdl.numerics import ball

from .control import OutsideDomain, Split
from .generators import Constant, Exponential, Logarithm, Opaque, Polynomial, Power, Root, Series, Variable

if TYPE_CHECKING:
    from .field import Field, Ratio
    from .tails import Tail

SignSet: TypeAlias = frozenset[int]
ALL: SignSet = frozenset({-1, 0, 1})
POSITIVE: SignSet = frozenset({1})
NONNEGATIVE: SignSet = frozenset({0, 1})
NONZERO: SignSet = frozenset({-1, 1})
ALLOWED: dict[str, SignSet] = {
    "=": frozenset({0}),
    "!=": NONZERO,
    "<": frozenset({-1}),
    "<=": frozenset({-1, 0}),
    ">": POSITIVE,
    ">=": NONNEGATIVE,
}
"""The signs of ``lhs - rhs`` that each relation allows."""
BOUND = "#"
"""Names of bound indices of sums start with this."""
_DEEP = 6
_BITS = (96, 512)


_SUMS = {(a, b): ALL if a * b < 0 else frozenset({a or b}) for a in ALL for b in ALL}


def times(left: SignSet, right: SignSet) -> SignSet:
    """The signs that a product can have."""
    return frozenset(a * b for a in left for b in right)


def plus(left: SignSet, right: SignSet) -> SignSet:
    """The signs that a sum can have.

    >>> sorted(plus(POSITIVE, NONNEGATIVE)), sorted(plus(POSITIVE, NONZERO))
    ([1], [-1, 0, 1])
    """
    return frozenset().union(*(_SUMS[a, b] for a in left for b in right))


def power(signs: SignSet, exponent: int) -> SignSet:
    """The signs that an integer power with exponent >= 1 can have."""
    return frozenset(s**exponent for s in signs)


def sign_of_number(expr: sp.Expr) -> SignSet:
    """The signs that a constant expression can have, by enclosures at rising precision.

    >>> sorted(sign_of_number(sp.erf(1) - sp.Rational(8427, 10000)))
    [1]
    """
    for bits in _BITS:
        try:
            value = ball.evaluate(expr, {}, bits)
        except (UndefinedValue, UnsupportedOperation):
            return ALL
        if value > 0 or value < 0:
            return POSITIVE if value > 0 else frozenset({-1})
    return ALL


class Signs:
    """The facts of a cell and what follows from them."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.facts: dict[str, tuple[Polynomial, SignSet]] = {}
        self.constraints: list[tuple[Polynomial, SignSet]] = []
        self.zeros: list[Polynomial] = []
        self.solver: Callable[[Signs, Polynomial, SignSet], SignSet] | None = None
        self.tail: Tail | None = None
        self._depth = 0
        self._asked: dict[tuple[str, int], SignSet] = {}
        self._measured: dict[str, SignSet] = {}

    # --- facts

    def assume(self, value: Ratio, allowed: SignSet) -> None:
        """Take for granted that the sign of ``value`` is among ``allowed``.

        Raises :class:`OutsideDomain` when that contradicts what is known.
        """
        product = self.field.multiply(value.numerator, value.denominator)
        unknown = [f for f, odd in self._odd_factors(product) if odd and len(self.of_factor(f, ask=False)) > 1]
        signs = self.known(product)
        if not signs & allowed:
            raise OutsideDomain("the assumptions exclude each other")
        if signs <= allowed:
            return
        self.constraints.append((product, allowed))
        self._asked.clear()
        if len(unknown) == 1:
            self._learn(unknown[0], product, allowed)
        elif 0 not in allowed:
            for factor, _ in self._odd_factors(product):
                self._restrict(factor, NONZERO)

    def _odd_factors(self, product: Polynomial) -> list[tuple[Polynomial, bool]]:
        return [(factor, count % 2 == 1) for factor, count in self.field.factors(product)[1]]

    def _learn(self, factor: Polynomial, product: Polynomial, allowed: SignSet) -> None:
        rest = self.known(product // factor)
        if len(rest - {0}) == 1 and not (0 in rest and 0 in allowed):
            (sign,) = rest - {0}
            self._restrict(factor, frozenset(s * sign for s in allowed))
        if 0 not in allowed:
            for other, _ in self._odd_factors(product):
                self._restrict(other, NONZERO)

    def _restrict(self, factor: Polynomial, signs: SignSet) -> None:
        key = str(factor)
        known = self.of_factor(factor, ask=False) & signs
        if not known:
            raise OutsideDomain("the assumptions exclude each other")
        self.facts[key] = factor, known
        self._asked.clear()
        if len(known) == 1:
            (sign,) = known
            self.note(factor, sign)
            found = self.field.generator_of(factor)
            if found and isinstance(found[1], Power) and found[1].base == -1:
                self.zeros.append(factor - sign)

    def note(self, factor: Polynomial, sign: int) -> None:
        """Start again with a sign that powers of ``factor`` lacked when they were written."""
        if any(isinstance(g, Power) and g.base == factor for g in self.field.generators):
            self.field.plan.learn(self.field.expression(factor), sign)

    def assume_zero(self, value: Ratio) -> None:
        """Take for granted that ``value`` is zero."""
        if value.is_zero:
            return
        factors = [f for f, _ in self.field.factors(value.numerator)[1] if 0 in self.of_factor(f, ask=False)]
        if not factors:
            raise OutsideDomain("the assumptions exclude each other")
        if len(factors) > 1:
            raise Split(self.field.expression(factors[0]), tuple(sorted(self.of_factor(factors[0], ask=False))))
        same = self._equivalent(factors[0])
        if same is not None:
            self.assume_zero(same)
            return
        self.facts[str(factors[0])] = factors[0], frozenset({0})
        self.zeros.append(factors[0])
        self._asked.clear()

    # --- questions

    def known(self, polynomial: Polynomial) -> SignSet:
        """The possible signs, without asking a solver."""
        return self.of(polynomial, ask=False)

    def of(self, polynomial: Polynomial, ask: bool = True) -> SignSet:
        """The possible signs of a polynomial, as far as facts and rules tell."""
        if polynomial.is_zero():
            return frozenset({0})
        content, factors = self.field.factors(polynomial)
        result: SignSet = frozenset({1 if content > 0 else -1})
        for factor, count in factors:
            result = times(result, power(self.of_factor(factor, ask), count))
        return result

    def of_ratio(self, value: Ratio, ask: bool = True) -> SignSet:
        """The possible signs of an element, as far as facts and rules tell."""
        return times(self.of(value.numerator, ask), self.of(value.denominator, ask) - {0} or NONZERO)

    def of_factor(self, factor: Polynomial, ask: bool = True) -> SignSet:
        """The possible signs of an irreducible polynomial."""
        key = str(factor)
        known = self.facts[key][1] if key in self.facts else ALL
        if len(known) == 1:
            return known
        known &= self._structural(factor) or known
        if len(known) > 1:
            known &= self._numeric(key, factor)
        if len(known) > 1 and (same := self._equivalent(factor)) is not None:
            known &= self._deeper(same, ask) or known
        if len(known) > 1 and ask and self.solver is not None:
            known = self._solved(factor, known)
        if not known:
            raise OutsideDomain("the assumptions exclude each other")
        return known

    def _numeric(self, key: str, factor: Polynomial) -> SignSet:
        """The sign of a number by an enclosure; nothing where a variable occurs."""
        if key not in self._measured:
            indices = self.field.letters_in(factor)
            variable = any(isinstance(self.field.generators[index], Variable) for index in indices)
            constant = not variable and not any(self.field.meaning(index).free_symbols for index in indices)
            self._measured[key] = sign_of_number(self.field.expression(factor)) if constant else ALL
        return self._measured[key]

    def _deeper(self, value: Ratio, ask: bool) -> SignSet:
        if self._depth >= _DEEP:
            return ALL
        self._depth += 1
        try:
            return self.of_ratio(value, ask)
        finally:
            self._depth -= 1

    def _solved(self, factor: Polynomial, known: SignSet) -> SignSet:
        key = str(factor), len(self.constraints)
        if key not in self._asked and self.solver is not None:
            self._asked[key] = self.solver(self, factor, known)
        return self._asked[key]

    def decide(self, value: Ratio) -> int:
        """The sign of ``value`` in this cell; raises :class:`Split` when it is not determined."""
        if value.is_zero:
            return 0
        result = 1
        for polynomial in (value.numerator, value.denominator):
            content, factors = self.field.factors(polynomial)
            result = result if content > 0 else -result
            for factor, count in factors:
                result *= self._decided(factor, count)
        return result

    def _decided(self, factor: Polynomial, count: int) -> int:
        signs = power(self.of_factor(factor), count)
        if len(signs) == 1:
            return next(iter(signs))
        same = self._equivalent(factor)
        if same is not None and self._depth < _DEEP:
            self._depth += 1
            try:
                return int(self.decide(same) ** count)
            finally:
                self._depth -= 1
        self.field.require_free(factor, BOUND)
        raise Split(self.field.expression(factor), tuple(sorted(self.of_factor(factor))))

    def at_least_zero(self, value: Ratio) -> bool:
        """Whether ``value >= 0`` (True) or ``value <= 0`` (False); both will do for zero."""
        signs = self.of_ratio(value)
        if signs <= NONNEGATIVE:
            return True
        return self.decide(value) >= 0 if 1 in signs else False

    def size(self, polynomial: Polynomial) -> Polynomial:
        """The absolute value of a polynomial, as a polynomial."""
        return polynomial if self.at_least_zero(self.field.element(polynomial)) else -polynomial

    # --- rules

    def _structural(self, factor: Polynomial) -> SignSet:
        """From the signs of the monomials; a positive integer counts as 1 plus something >= 0."""
        signs = self._monomials(factor)
        if len(signs) > 1 and (counts := self._counts(factor)):
            return self._monomials(self._shifted(factor, counts), counts)
        return signs

    def _monomials(self, factor: Polynomial, shifted: tuple[int, ...] = ()) -> SignSet:
        total: SignSet = frozenset({0})
        for exponents, coefficient in factor.to_dict().items():
            term: SignSet = frozenset({1 if coefficient > 0 else -1})
            for index, exponent in enumerate(exponents):
                if exponent:
                    signs = NONNEGATIVE if index in shifted else self.of_generator(index)
                    term = times(term, power(signs, int(exponent)))
            total = plus(total, term)
            if total == ALL:
                break
        return total

    def _counts(self, factor: Polynomial) -> tuple[int, ...]:
        field = self.field
        return tuple(
            index
            for index in field.letters_in(factor)
            if isinstance(generator := field.generators[index], Variable)
            and field.integers.get(generator.symbol) == "positive integer"
        )

    def _shifted(self, factor: Polynomial, counts: tuple[int, ...]) -> Polynomial:
        letters = [letter + 1 if index in counts else letter for index, letter in enumerate(self.field.letters)]
        return factor.compose(*letters, ctx=self.field.context)

    def of_generator(self, index: int) -> SignSet:
        """The possible signs of a generator."""
        fact = self.facts.get(self.field.names[index])
        natural = self._natural(index)
        return natural & fact[1] if fact else natural

    def _natural(self, index: int) -> SignSet:
        match self.field.generators[index]:
            case Exponential():
                return POSITIVE
            case Constant():
                return POSITIVE
            case Variable(symbol):
                return POSITIVE if self.field.integers.get(symbol) == "positive integer" else ALL
            case Root(radicand, _):
                return POSITIVE if 0 not in self.known(radicand) else NONNEGATIVE
            case Power(base, _, _):
                return self._of_power(self.known(base))
            case Series(term):
                return self.of_ratio(term, ask=False) | {0}
            case _:
                return ALL

    def _of_power(self, base: SignSet) -> SignSet:
        signs = NONNEGATIVE if base <= NONNEGATIVE else ALL
        return signs & NONZERO if 0 not in base else signs

    def _equivalent(self, factor: Polynomial) -> Ratio | None:
        """An element that has the sign of ``factor`` and is simpler, or None."""
        return self._odd_function(factor) or self._exponents(factor) or self._logarithms(factor)

    def _odd_function(self, factor: Polynomial) -> Ratio | None:
        """``f(a)``, and ``f(a) - f(b)``, of an increasing odd function has the sign of a, or of a - b."""
        total, heads = self.field.constant(0), set()
        for exponents, coefficient in factor.to_dict().items():
            index = next((i for i, e in enumerate(exponents) if e), None)
            generator = self.field.generators[index] if index is not None and sum(exponents) == 1 else None
            if not isinstance(generator, Opaque) or not generator.odd or abs(coefficient) != 1:
                return None
            total += generator.arguments[0] * self.field.constant(int(coefficient))
            heads.add(generator.head)
        return total if len(heads) == 1 and len(factor) <= 2 else None

    def _exponents(self, factor: Polynomial) -> Ratio | None:
        """``e**a - e**b`` has the sign of a - b."""
        terms = list(factor.to_dict().items())
        if len(terms) != 2 or terms[0][1] != 1 or terms[1][1] != -1:
            return None
        total = self.field.constant(0)
        for index, (up, down) in enumerate(zip(terms[0][0], terms[1][0], strict=True)):
            if up == down:
                continue
            generator = self.field.generators[index]
            if not isinstance(generator, Exponential):
                return None
            total += generator.exponent * self.field.constant(int(up) - int(down))
        return total

    def _logarithms(self, factor: Polynomial) -> Ratio | None:
        """A sum of logarithms and exponents ``log A`` has the sign of A - 1."""
        from .elementary import exponential_of_logarithms

        found = self.field.letters_in(factor)
        if not any(isinstance(self.field.generators[index], Logarithm) for index in found):
            return None
        return exponential_of_logarithms(self.field, factor)
