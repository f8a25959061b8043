"""Terms to programs: sums and products as operations of two operands, each computed once."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symdl.core.programs import Assign, Operand, Program

from .halves import Style
from .terms import (
    MINUS_ONE,
    ONE,
    Call,
    Product,
    Sum,
    Term,
    binary,
    call,
    children,
    meaning,
    negate,
    negative,
    power,
)


def program(name: str, term: Term, variable: sp.Symbol, style: Style) -> Program:
    """``term`` as a program from the array ``variable`` to the array ``part``.

    Every subexpression is computed once; constants, and what depends on parameters alone, stand as
    scalar operands.

    >>> x = sp.Symbol("x", real=True)
    >>> [str(s.operation) for s in program("twice", Sum((x, x)), x, Style()).body]
    ['add']
    """
    body = Scheduler(frozenset({variable}), style).assignment("part", term)
    return Program(name, (variable.name,), ("part",), tuple(body))


class Scheduler:
    """Turns terms into statements; arrays are ``variables``, everything else is a scalar."""

    def __init__(self, variables: frozenset[sp.Symbol], style: Style) -> None:
        self.variables = variables
        self.style = style
        self.count = 0

    def assignment(self, target: str, term: Term) -> list[Assign]:
        """The statements that make ``target`` the value of ``term``."""
        body: list[Assign] = []
        result = self._operand(_Binary(self.variables, self.style).of(term), {}, body)
        if not body:
            return [Assign(target, "copy", (result,))]
        last = body.pop()
        return [*body, Assign(target, last.operation, last.operands)]

    def _operand(self, term: Term, names: dict[Term, str], body: list[Assign]) -> Operand:
        if not isinstance(term, Call):
            assert not isinstance(term, Sum | Product)
            return term.name if term in self.variables else term
        if term not in names:
            operands = tuple(self._operand(operand, names, body) for operand in term.operands)
            names[term] = f"t{self.count}"
            self.count += 1
            body.append(Assign(names[term], term.operation, operands))
        return names[term]


class _Binary:
    """Writes sums and products in calls of one and two operands."""

    def __init__(self, variables: frozenset[sp.Symbol], style: Style) -> None:
        self.variables = variables
        self.style = style
        self.known: dict[Term, Term] = {}

    def of(self, term: Term) -> Term:
        """``term`` as calls over leaves."""
        if term not in self.known:
            self.known[term] = self._of(term)
        return self.known[term]

    def _of(self, term: Term) -> Term:
        if self._is_scalar(term):
            return meaning(term)
        if isinstance(term, Sum):
            return self._sum(term.terms)
        if isinstance(term, Product):
            return self._product(term)
        if isinstance(term, Call):
            return Call(term.operation, tuple(map(self.of, term.operands)))
        return term

    def _is_scalar(self, term: Term) -> bool:
        if isinstance(term, Call | Sum | Product):
            computed = not isinstance(term, Call) or term.operation in ("maximum", "minimum", "square")
            return computed and all(map(self._is_scalar, children(term)))
        return self.variables.isdisjoint(term.free_symbols)

    def _sum(self, terms: Iterable[Term]) -> Term:
        positive = self._gathered([self.of(term) for term in terms if not negative(term)])
        negatives = [self.of(negate(term)) for term in terms if negative(term)]
        if not positive:
            return call("negate", binary("add", tuple(negatives)))
        result = binary("add", tuple(positive))
        if len(negatives) > 2:
            return call("subtract", result, binary("add", tuple(negatives)))
        for term in negatives:
            result = call("subtract", result, term)
        return result

    def _gathered(self, terms: list[Term]) -> list[Term]:
        """Several scalars as one."""
        scalars = [term for term in terms if self._is_scalar(term)]
        if len(scalars) < 2:
            return terms
        return [sp.Add(*scalars), *(term for term in terms if term not in scalars)]

    def _product(self, term: Product) -> Term:
        scalar, over = self._without_scalars(term.over)
        inverse, under = self._without_scalars(term.under)
        scalar = scalar / inverse
        first, later = self._ordered(over, under)
        if self.style.alternate and first:
            first, scalar = [self._scaled(scalar, first[0]), *first[1:]], ONE
        result = self._scaled(scalar, self._divided(self._multiplied(first), under))
        for factor in later:
            result = call("multiply", result, factor)
        return result

    def _without_scalars(self, factors: tuple[Term, ...]) -> tuple[sp.Expr, list[Term]]:
        scalar: sp.Expr = ONE
        rest: list[Term] = []
        for factor in factors:
            if self._is_scalar(factor):
                scalar *= meaning(factor)
            else:
                rest.append(self.of(factor))
        return scalar, rest

    def _ordered(self, factors: list[Term], under: list[Term]) -> tuple[list[Term], list[Term]]:
        """What is multiplied before the division, and what after it."""
        if self.style.last and under:
            sizes = [factor for factor in factors if self._is_size(factor)]
            return [factor for factor in factors if factor not in sizes], sizes
        if not self.style.alternate and not self.style.split and not self.style.tail:
            return factors, []
        distinct = list(dict.fromkeys(factors))
        rest = list(factors)
        for factor in distinct:
            rest.remove(factor)
        return distinct, rest

    def _is_size(self, term: Term) -> bool:
        """Whether ``term`` is the argument, without its sign or beyond a bound."""
        if isinstance(term, Call):
            return term.operation in ("absolute", "maximum", "minimum") and self._is_size(term.operands[0])
        return term in self.variables

    def _multiplied(self, factors: list[Term]) -> Term | None:
        counts = {factor: factors.count(factor) for factor in factors}
        powers = [self.of(power(factor, count)) for factor, count in counts.items()]
        return binary("multiply", tuple(powers)) if powers else None

    def _divided(self, top: Term | None, under: list[Term]) -> Term | None:
        if not under:
            return top
        bottoms = under if self.style.alternate else [bottom for bottom in [self._multiplied(under)] if bottom]
        for bottom in bottoms:
            top = call("divide", top, bottom) if top is not None else call("reciprocal", bottom)
        return top

    def _scaled(self, scalar: sp.Expr, term: Term | None) -> Term:
        if term is None:
            return scalar
        if scalar == ONE:
            return term
        if scalar == MINUS_ONE:
            return call("negate", term)
        if isinstance(scalar, sp.Rational) and abs(scalar.p) == 1 and int(scalar.q) & int(scalar.q - 1):
            return call("divide", term, 1 / scalar)
        if term == call("reciprocal", *children(term)):
            return call("divide", scalar, *children(term))
        return call("multiply", term, scalar)
