"""Signs by Z3: what the facts of a cell, as polynomial relations between generators, leave possible.

Generators count as unknown real numbers that satisfy axioms of theirs (``e**a > 0``,
``e**a >= 1 + a``, ``log(a) <= a - 1``, roots and sines by their relations). So "impossible" is a proof,
and a model proves nothing. Work is bounded by Z3's own deterministic counter (rlimit).

Source: L. de Moura and N. Bjorner, Z3: an efficient SMT solver, TACAS 2008.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import z3

from .generators import (
    Constant,
    Cosine,
    Exponential,
    Logarithm,
    Opaque,
    Polynomial,
    Power,
    Root,
    Sine,
    Variable,
)
from .signs import ALL, SignSet
from .tails import signs_far_out

if TYPE_CHECKING:
    from .field import Field, Ratio
    from .signs import Signs

EFFORT = 120_000
"""Z3's resource limit for one question."""
_MOST_TERMS = 200
_MOST_DEGREE = 40


class _Translation:
    """The facts of a cell as a Z3 problem."""

    def __init__(self, signs: Signs) -> None:
        self.signs = signs
        self.field: Field = signs.field
        self.context = self.field.work.context = self.field.work.context or z3.Context()
        self.seen: set[int] = set()
        self.products: set[tuple[tuple[int, int], ...]] = set()
        self.assertions: list[Any] = []

    def unknown(self, index: int) -> Any:
        """The unknown real that stands for a generator."""
        return z3.Real(self.field.names[index], self.context)

    def solver(self) -> Any:
        """A solver with a bound on its work."""
        solver = z3.Solver(ctx=self.context)
        solver.set("rlimit", EFFORT)
        return solver

    def polynomial(self, polynomial: Polynomial) -> Any:
        for index in self.field.letters_in(polynomial):
            self._introduce(index)
        for exponents in polynomial.to_dict():
            self._introduce_product(exponents)
        terms = [self._term(exponents, int(c)) for exponents, c in polynomial.to_dict().items()]
        return z3.Sum(terms) if terms else z3.RealVal(0, self.context)

    def _term(self, exponents: tuple[int, ...], coefficient: int) -> Any:
        term = z3.RealVal(coefficient, self.context)
        for index, exponent in enumerate(exponents):
            if exponent:
                letter = self.unknown(index)
                term = term * (letter if exponent == 1 else letter ** int(exponent))
        return term

    def relation(self, polynomial: Polynomial, allowed: SignSet) -> Any:
        """``polynomial`` has one of the allowed signs."""
        value = self.polynomial(polynomial)
        cases = {-1: value < 0, 0: value == 0, 1: value > 0}
        return z3.Or([cases[sign] for sign in sorted(allowed)])

    def _introduce(self, index: int) -> None:
        if index not in self.seen:
            self.seen.add(index)
            self.assertions += self._axioms(index, self.unknown(index))

    def _introduce_product(self, exponents: tuple[int, ...]) -> None:
        """``e**a e**b >= 1 + a + b`` for two exponentials that are multiplied."""
        factors = [(i, n) for i, n in enumerate(exponents) if n and isinstance(self.field.generators[i], Exponential)]
        if len(factors) != 2 or tuple(factors) in self.products:
            return
        self.products.add(tuple(factors))
        product, total = z3.RealVal(1, self.context), z3.RealVal(1, self.context)
        for index, count in factors:
            exponent = self.field.generators[index].exponent  # type: ignore[union-attr]
            if not exponent.denominator.is_constant() or not self._small(exponent.numerator):
                return
            product = product * self.unknown(index) ** count
            total = total + count * self.polynomial(exponent.numerator) / self.polynomial(exponent.denominator)
        self.assertions.append(product >= total)

    def _axioms(self, index: int, letter: Any) -> list[Any]:
        match self.field.generators[index]:
            case Constant():
                return [letter > z3.Q(314159, 100000, self.context), letter < z3.Q(314160, 100000, self.context)]
            case Variable(symbol):
                return [letter >= 1] if self.field.integers.get(symbol) == "positive integer" else []
            case Exponential(exponent):
                return [letter > 0, *self._exponential(letter, exponent)]
            case Logarithm(argument):
                return self._logarithm(letter, argument)
            case Root(radicand, degree):
                size = self.polynomial(radicand)
                return [letter >= 0, letter**degree == z3.If(size >= 0, size, -size)]
            case Sine(_, cosine):
                self._introduce(cosine)
                return [letter * letter + self.unknown(cosine) ** 2 == 1]
            case Cosine():
                return [letter <= 1, letter >= -1]
            case Opaque(head, arguments, odd) if odd:
                return self._odd(letter, head, arguments[0])
            case Power(base, exponent, shift):
                return self._power(letter, base, exponent, shift)
        return []

    def _exponential(self, letter: Any, exponent: Ratio) -> list[Any]:
        """``e**a >= 1 + a``, and the same of -a."""
        if not self._small(exponent.numerator) or len(exponent.denominator) > 1:
            return []
        above, below = self.polynomial(exponent.numerator), self.polynomial(exponent.denominator)
        if not exponent.denominator.is_constant():
            return []
        lemmas = [letter >= 1 + above / below, letter * (1 - above / below) <= 1]
        if self.signs.tail is not None:
            lemmas.append(z3.Implies(above <= 0, letter * (1 - above / below / 4) ** 4 <= 1))
            lemmas.append(z3.Implies(above >= 0, letter >= (1 + above / below / 4) ** 4))
        return lemmas

    def _logarithm(self, letter: Any, argument: Polynomial) -> list[Any]:
        if not self._small(argument):
            return []
        value = self.polynomial(argument)
        size = z3.If(value >= 0, value, -value)
        return [z3.Implies(value != 0, z3.And(letter <= size - 1, letter * size >= size - 1))]

    def _odd(self, letter: Any, head: Any, argument: Ratio) -> list[Any]:
        bound = [letter < 1, letter > -1] if head.__name__ == "erf" else []
        if bound and self.signs.tail is not None:
            bound += self._error_function(letter, argument)
        signs = self.signs.of_ratio(argument, ask=False)
        return bound + ([] if signs == ALL else [self._signed(letter, signs)])

    def _error_function(self, letter: Any, argument: Ratio) -> list[Any]:
        """``1 - erf(z) <= e**(-z**2) <= 1/(1 + z**2 + z**4/2)`` for z >= 0, and the same of -z."""
        value = self.polynomial(argument.numerator) / self.polynomial(argument.denominator)
        size = 1 + value**2 + value**4 / 2
        return [
            z3.Implies(value >= 0, (1 - letter) * size <= 1),
            z3.Implies(value <= 0, (1 + letter) * size <= 1),
        ]

    def _power(self, letter: Any, base: Polynomial, exponent: Ratio, shift: int) -> list[Any]:
        """``abs(base**n) <= 1`` where abs(base) <= 1 and n >= 0; both strictly where n > 0."""
        if shift or base == -1 or not self.signs.of_ratio(exponent, ask=False) <= {0, 1}:
            return []
        value = self.polynomial(base)
        lemmas = [z3.Implies(z3.And(value <= 1, value >= -1), z3.And(letter <= 1, letter >= -1))]
        if self.signs.of_ratio(exponent, ask=False) == {1}:
            lemmas.append(z3.Implies(z3.And(value < 1, value > -1), z3.And(letter < 1, letter > -1)))
        return lemmas

    def _signed(self, letter: Any, signs: SignSet) -> Any:
        cases = {-1: letter < 0, 0: letter == 0, 1: letter > 0}
        return z3.Or([cases[sign] for sign in sorted(signs)])

    def _small(self, polynomial: Polynomial) -> bool:
        degrees = [int(degree) for degree in polynomial.degrees()]
        return len(polynomial) <= _MOST_TERMS and max(degrees, default=0) <= _MOST_DEGREE

    def add_facts(self) -> None:
        facts = [*self.signs.facts.values(), *self.signs.constraints]
        facts += [(zero, frozenset({0})) for zero in self.signs.zeros]
        self.assertions += [self.relation(p, allowed) for p, allowed in facts if allowed != ALL and self._small(p)]

    def impossible(self, *further: Any) -> bool:
        """Whether no values of the unknowns satisfy everything."""
        solver = self.solver()
        solver.add(*self.assertions, *further)
        self.field.work.spend(1_000, "questions to the SMT solver")
        answer = bool(solver.check() == z3.unsat)
        if answer:
            self.field.work.trusted.add("Z3")
        return answer


def model(signs: Signs, polynomial: Polynomial, wanted: SignSet) -> dict[str, Fraction] | None:
    """Values of variables, by name, where the facts hold and the sign is wanted, if Z3 finds some.

    Letters count as unknown numbers here: the values are a guess that has to be confirmed.
    """
    translation = _Translation(signs)
    if not translation._small(polynomial):
        return None
    goal = translation.relation(polynomial, wanted)
    translation.add_facts()
    solver = translation.solver()
    solver.add(*translation.assertions, goal)
    if solver.check() != z3.sat:
        return None
    found = solver.model()
    values = {}
    for index in sorted(translation.seen):
        generator = signs.field.generators[index]
        if isinstance(generator, Variable):
            values[generator.symbol.name] = _fraction(found.eval(translation.unknown(index), True))
    return values


def _fraction(number: Any) -> Fraction:
    if z3.is_algebraic_value(number):
        number = number.approx(30)
    return Fraction(number.numerator_as_long(), number.denominator_as_long())


def possible_signs(signs: Signs, polynomial: Polynomial, known: SignSet) -> SignSet:
    """The signs among ``known`` that the facts of the cell do not exclude."""
    known = signs_far_out(signs, polynomial, known)
    translation = _Translation(signs)
    if len(known) == 1 or not translation._small(polynomial) or _is_free(signs, polynomial):
        return known
    translation.polynomial(polynomial)
    translation.add_facts()
    kept: set[int] = set()
    for sign in sorted(known, key=lambda s: (-abs(s), -s)):
        if kept == {1, -1}:
            return known
        if not translation.impossible(translation.relation(polynomial, frozenset({sign}))):
            kept.add(sign)
    return frozenset(kept)


def infeasible(signs: Signs) -> bool:
    """Whether the facts of the cell exclude each other."""
    translation = _Translation(signs)
    translation.add_facts()
    return bool(translation.assertions) and translation.impossible()


def _is_free(signs: Signs, polynomial: Polynomial) -> bool:
    """Whether some variable occurs alone, linearly, and in no fact: then every sign is possible."""
    field = signs.field
    facts: Iterable[Polynomial] = [p for p, _ in [*signs.facts.values(), *signs.constraints]] + signs.zeros
    bound = {
        symbol for fact in facts for index in field.letters_in(fact) for symbol in field.meaning(index).free_symbols
    }
    for index in field.letters_in(polynomial):
        generator = field.generators[index]
        if not isinstance(generator, Variable) or generator.symbol in bound or generator.symbol in field.integers:
            continue
        others = [i for i in field.letters_in(polynomial) if i != index]
        alone = all(generator.symbol not in field.meaning(i).free_symbols for i in others)
        degree = polynomial.degrees()[index]
        leading = polynomial.derivative(index)
        if alone and degree == 1 and leading.is_constant():
            return True
    return False
