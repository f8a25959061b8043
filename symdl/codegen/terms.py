"""Terms: the trees between a formula and its program, and the merge of two half-lines into one.

A term is a leaf (a symbol or an exact constant), a call of an operation of the table, a sum, or a
product of factors over factors. Sums and products stay flat so that two cells of a function can
share what they have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import sympy as sp

from symdl.core.operations import OPERATIONS


@dataclass(frozen=True)
class Call:
    """An operation of :data:`symdl.core.operations.OPERATIONS` applied to terms."""

    operation: str
    operands: tuple[Term, ...]

    def __hash__(self) -> int:
        return _remembered_hash(self, (self.operation, self.operands))


@dataclass(frozen=True)
class Sum:
    """Two terms or more, added."""

    terms: tuple[Term, ...]

    def __hash__(self) -> int:
        return _remembered_hash(self, ("sum", self.terms))


@dataclass(frozen=True)
class Product:
    """The product of ``over`` divided by the product of ``under``."""

    over: tuple[Term, ...]
    under: tuple[Term, ...] = ()

    def __hash__(self) -> int:
        return _remembered_hash(self, (self.over, self.under))


def _remembered_hash(term: Call | Sum | Product, content: object) -> int:
    """The hash of ``content``, worked out once: terms are deep."""
    known = term.__dict__.get("_hash")
    if known is None:
        known = hash(content)
        object.__setattr__(term, "_hash", known)
    return int(known)


Term: TypeAlias = sp.Expr | Call | Sum | Product
_MOST_IN_A_ROW = 8
ZERO, ONE, MINUS_ONE = sp.Integer(0), sp.Integer(1), sp.Integer(-1)


def call(operation: str, *operands: Term) -> Call:
    """``Call`` with its operands spelled out."""
    return Call(operation, operands)


def add(*terms: Term) -> Term:
    """The sum, flat and without zeros."""
    flat: list[Term] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Sum) else () if term == ZERO else (term,))
    return ZERO if not flat else flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(*factors: Term) -> Term:
    """The product, flat, its rational factors multiplied together; 0 when one of them is 0."""
    return product(factors, ())


def divide(numerator: Term, denominator: Term) -> Term:
    """The quotient, flat."""
    return product((numerator,), (denominator,))


def product(over: tuple[Term, ...], under: tuple[Term, ...]) -> Term:
    """``over / under`` as one flat product; a rational coefficient comes first."""
    coefficient: sp.Expr = ONE
    tops: list[Term] = []
    bottoms: list[Term] = []
    for factors, same, other in ((over, tops, bottoms), (under, bottoms, tops)):
        for factor in factors:
            if isinstance(factor, Product):
                same.extend(factor.over)
                other.extend(factor.under)
            else:
                same.append(factor)
    for factor in (f for f in tops if isinstance(f, sp.Rational)):
        coefficient *= factor
    for factor in (f for f in bottoms if isinstance(f, sp.Rational)):
        coefficient /= factor
    tops = [factor for factor in tops if not isinstance(factor, sp.Rational)]
    bottoms = [factor for factor in bottoms if not isinstance(factor, sp.Rational)]
    if coefficient == ZERO:
        return ZERO
    lead: list[Term] = [] if coefficient == ONE else [coefficient]
    if not bottoms and len(lead) + len(tops) <= 1:
        return (lead + tops or [ONE])[0]
    return Product(tuple(lead + tops), tuple(bottoms))


def negate(term: Term) -> Term:
    """The opposite."""
    return multiply(MINUS_ONE, term)


def opposite(left: Term, right: Term) -> bool:
    """Whether ``left`` is ``right`` with the other sign, by their coefficients."""
    return left != ZERO and negate(left) == right


def negative(term: Term) -> bool:
    """Whether the coefficient of ``term`` is negative."""
    first = term.over[0] if isinstance(term, Product) and term.over else term
    return isinstance(first, sp.Rational) and bool(first < 0)


@dataclass(frozen=True)
class Choice:
    """How two half-lines differ: ``select(right, left)`` takes one of two terms, ``orient(term)``
    changes the sign of ``term`` on the left, or is None where that has no cheap form."""

    select: Callable[[Term, Term], Term]
    orient: Callable[[Term], Term | None]


def children(term: Term) -> tuple[Term, ...]:
    """The terms that ``term`` is built of."""
    if isinstance(term, Call):
        return term.operands
    if isinstance(term, Sum):
        return term.terms
    return term.over + term.under if isinstance(term, Product) else ()


def subterms(term: Term) -> Iterator[Term]:
    """``term`` and everything below it."""
    yield term
    for child in children(term):
        yield from subterms(child)


def rebuilt(term: Term, change: Callable[[Term], Term]) -> Term:
    """``term`` with ``change`` applied to each part, the innermost first, and once where parts are the same."""
    known: dict[Term, Term] = {}

    def of(part: Term) -> Term:
        if part not in known:
            known[part] = change(_with_parts(part, of))
        return known[part]

    return of(term)


def _with_parts(term: Term, change: Callable[[Term], Term]) -> Term:
    if isinstance(term, Call):
        return Call(term.operation, tuple(map(change, term.operands)))
    if isinstance(term, Sum):
        return add(*map(change, term.terms))
    if isinstance(term, Product):
        return product(tuple(map(change, term.over)), tuple(map(change, term.under)))
    return term


def substituted(term: Term, leaf: sp.Symbol, value: Term) -> Term:
    """``term`` with ``value`` in place of the symbol ``leaf``."""
    return rebuilt(term, lambda part: value if part == leaf else part)


def meaning(term: Term) -> sp.Expr:
    """The exact meaning of a term as a SymPy expression.

    >>> x = sp.Symbol("x", real=True)
    >>> meaning(divide(call("expm1", x), add(ONE, x)))
    (exp(x) - 1)/(x + 1)
    """
    if isinstance(term, Sum):
        return sp.Add(*map(meaning, term.terms))
    if isinstance(term, Product):
        return sp.Mul(*map(meaning, term.over)) / sp.Mul(*map(meaning, term.under))
    if isinstance(term, Call):
        return OPERATIONS[term.operation].meaning(*map(meaning, term.operands))
    return term


def merged(right: Term, left: Term, choice: Choice) -> Term:
    """One term that is ``right`` on one half-line and ``left`` on the other.

    What both have in common is computed once; ``choice`` says how to write the rest.

    >>> z = sp.Symbol("z", real=True)
    >>> where = Choice(lambda p, n: call("where", p, n), lambda p: call("oriented", p))
    >>> both = merged(divide(ONE, add(ONE, z)), divide(z, add(ONE, z)), where)
    >>> both == divide(call("where", ONE, z), add(ONE, z))
    True
    """
    if right == left:
        return right
    if opposite(right, left):
        oriented = choice.orient(left if negative(right) else right)
        if oriented is not None:
            return negate(oriented) if negative(right) else oriented
    if isinstance(right, Sum) or isinstance(left, Sum):
        common, rests = _split(_terms(right), _terms(left))
        if common:
            return add(*common, merged(add(*rests[0]), add(*rests[1]), choice))
    elif isinstance(right, Product) or isinstance(left, Product):
        return _merged_products(_fraction(right), _fraction(left), choice)
    elif isinstance(right, Call) and isinstance(left, Call) and right.operation == left.operation:
        differing = [i for i, pair in enumerate(zip(right.operands, left.operands, strict=True)) if pair[0] != pair[1]]
        if len(differing) == 1:
            index = differing[0]
            inner = merged(right.operands[index], left.operands[index], choice)
            return Call(right.operation, (*right.operands[:index], inner, *right.operands[index + 1 :]))
    return choice.select(right, left)


def _merged_products(right: Product, left: Product, choice: Choice) -> Term:
    over, over_rests = _split(right.over, left.over)
    under, under_rests = _split(right.under, left.under)
    if not over and not under:
        return choice.select(product(right.over, right.under), product(left.over, left.under))
    tops = [multiply(*rest) for rest in over_rests]
    bottom = _chosen([multiply(*rest) for rest in under_rests], choice)
    if negative(tops[0]) != negative(tops[1]) and ZERO not in tops:
        positive = [negate(top) if negative(top) else top for top in tops]
        oriented = choice.orient(product((*over, _chosen(positive, choice)), (*under, bottom)))
        if oriented is not None:
            return negate(oriented) if negative(tops[0]) else oriented
    return product((*over, _chosen(tops, choice)), (*under, bottom))


def _chosen(pair: list[Term], choice: Choice) -> Term:
    return pair[0] if pair[0] == pair[1] else choice.select(*pair)


def _terms(term: Term) -> tuple[Term, ...]:
    return term.terms if isinstance(term, Sum) else (term,)


def _fraction(term: Term) -> Product:
    return term if isinstance(term, Product) else Product((term,))


def _split(
    right: tuple[Term, ...], left: tuple[Term, ...]
) -> tuple[tuple[Term, ...], tuple[tuple[Term, ...], tuple[Term, ...]]]:
    """What two multisets share, and what is left of each, in their order."""
    shared = Counter(right) & Counter(left)
    return _taken(right, shared), (_without(right, shared), _without(left, shared))


def _taken(terms: tuple[Term, ...], counts: Counter[Term]) -> tuple[Term, ...]:
    rest = Counter(counts)
    return tuple(term for term in terms if _use(rest, term))


def _without(terms: tuple[Term, ...], counts: Counter[Term]) -> tuple[Term, ...]:
    rest = Counter(counts)
    return tuple(term for term in terms if not _use(rest, term))


def _use(counts: Counter[Term], term: Term) -> bool:
    if counts[term] <= 0:
        return False
    counts[term] -= 1
    return True


def power(term: Term, exponent: int) -> Term:
    """A positive integer power by squaring."""
    if exponent == 1:
        return term
    half = call("square", power(term, exponent // 2))
    return half if exponent % 2 == 0 else multiply(half, term)


def binary(operation: str, terms: tuple[Term, ...]) -> Term:
    """The n-ary operation as calls of two operands: from the left, or in halves where there are many."""
    if len(terms) <= _MOST_IN_A_ROW:
        return reduce(lambda left, right: call(operation, left, right), terms)
    middle = len(terms) // 2
    return call(operation, binary(operation, terms[:middle]), binary(operation, terms[middle:]))
