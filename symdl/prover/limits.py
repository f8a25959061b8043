"""Limits by exact algebra: the value at a regular point, or the fastest growing terms at infinity.

Anything beyond quotients of polynomials in the variable and one exponential of it is left open.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core import Claim, Compare, Evidence, Limit, UndefinedValue, Witness, to_text
from symdl.numerics import ball

from .budget import Work
from .cells import Cell, Setting, in_cell, vanishes
from .control import Open, OutsideDomain, Split
from .evaluate import Scope, evaluate
from .field import Field, Ratio
from .generators import Exponential, Polynomial, Variable
from .problems import Problem, pose

METHOD = "limit"
TRUST = "polynomial arithmetic of FLINT"
_BITS = 320

Found = tuple[str, sp.Expr]
"""What keeps the limit from being the claimed value (empty: nothing), and the limit itself."""


def by_algebra(claim: Claim) -> Evidence | None:
    """A limit that is the claimed value."""
    found = _limit(claim)
    if found is None:
        return None
    gap, value = found
    if gap:
        raise Open(f"the limit is {to_text(value)}; that it is the claimed value is not shown")
    return Evidence(METHOD, TRUST, f"continuous there, or fastest growing terms: the limit is {to_text(value)}")


def against_limit(claim: Claim) -> Evidence | None:
    """A limit that certainly is another number than the claimed one."""
    found = _limit(claim)
    statement = claim.statement
    if found is None or not found[0] or not isinstance(statement, Limit):
        return None
    value, claimed = found[1], statement.value
    if value.free_symbols | claimed.free_symbols:
        raise Open(f"the limit is {to_text(value)}, claimed is {to_text(claimed)}")
    if value.is_infinite != claimed.is_infinite or _differ(value, claimed):
        witness = Witness(((str(statement.variable), statement.point),), to_text(value), to_text(claimed))
        return Evidence(METHOD, TRUST, f"the limit is {to_text(value)}", witness=witness)
    return None


def _differ(value: sp.Expr, claimed: sp.Expr) -> bool:
    if value.is_infinite:
        return bool(value != claimed)
    try:
        difference = ball.evaluate(value - claimed, {}, _BITS)
    except UndefinedValue:
        return False
    return bool(difference > 0 or difference < 0)


def _limit(claim: Claim) -> Found | None:
    statement = claim.statement
    if not isinstance(statement, Limit):
        return None
    problem = pose(Compare(statement.expr, "=", statement.value), claim.given)
    if statement.point.is_infinite:
        return _run(problem, lambda scope: _at_infinity(scope, problem, statement))
    return _run(problem, lambda scope: _at_point(scope, problem, statement))


def _run(problem: Problem, action: Callable[[Scope], Found]) -> Found:
    try:
        return in_cell(Setting(problem.assumptions, problem.integers), Cell(), Work(), action)
    except (Split, OutsideDomain) as reason:
        raise Open(f"the limit needs cases ({reason})") from None


def _at_point(scope: Scope, problem: Problem, statement: Limit) -> Found:
    """A quotient without common factors, at a point where its denominator is not zero."""
    point = evaluate(scope, statement.point)
    reduced = scope.field.expression(evaluate(scope, problem.left))
    value = evaluate(scope.inner({statement.variable: point}), reduced)
    return vanishes(value - evaluate(scope, problem.right)), scope.field.expression(value)


def _at_infinity(scope: Scope, problem: Problem, statement: Limit) -> Found:
    value = evaluate(scope, problem.left)
    growth = _Growth(scope.field, statement.variable, 1 if statement.point == sp.oo else -1)
    top, above = growth.leading(value.numerator)
    bottom, below = growth.leading(value.denominator)
    if 0 in scope.field.signs.of(bottom):
        raise Open(f"it is not shown that {to_text(scope.field.expression(bottom))} is not 0")
    if above < below:
        limit = scope.field.constant(0)
    elif above == below:
        limit = scope.field.element(top) / scope.field.element(bottom)
    else:
        return _infinite(scope, growth, top, bottom, above, problem)
    if problem.right.is_infinite:
        return "a finite number", scope.field.expression(limit)
    return vanishes(limit - evaluate(scope, problem.right)), scope.field.expression(limit)


def _infinite(
    scope: Scope, growth: _Growth, top: Polynomial, bottom: Polynomial, rate: tuple[int, int], problem: Problem
) -> Found:
    sign = scope.field.signs.decide(scope.field.element(top) / scope.field.element(bottom))
    limit = sp.oo * sign * (growth.direction if rate[1] % 2 else 1)
    return ("" if limit == problem.right else "another infinity"), limit


class _Growth:
    """Orders of growth ``(k, n)`` of ``e**(k c x) x**n`` as x goes to infinity."""

    def __init__(self, field: Field, variable: sp.Symbol, direction: int) -> None:
        self.field = field
        self.variable = variable
        self.direction = direction
        self.rates = {index: self._rate(index) for index in range(len(field.generators)) if self._moves(index)}

    def _moves(self, index: int) -> bool:
        return self.variable in self.field.meaning(index).free_symbols

    def _rate(self, index: int) -> tuple[int, int]:
        match self.field.generators[index]:
            case Variable():
                return 0, 1
            case Exponential(exponent):
                return self._direction_of(exponent), 0
        raise Open(f"the growth of {to_text(self.field.meaning(index))} is not known")

    def _direction_of(self, exponent: Ratio) -> int:
        """The sign of an exponent that is linear in the variable, at infinity."""
        field = self.field
        letter = field.variable(self.variable)
        slope = exponent / letter
        if field.depends(slope.numerator, self.variable) or field.depends(slope.denominator, self.variable):
            raise Open(f"the growth of exp({to_text(field.expression(exponent))}) is not known")
        return field.signs.decide(slope) * self.direction

    def leading(self, polynomial: Polynomial) -> tuple[Polynomial, tuple[int, int]]:
        """The coefficient of the fastest growing terms, and their order."""
        if sum(isinstance(self.field.generators[index], Exponential) for index in self.rates) > 1:
            raise Open("two exponentials grow against each other")
        groups: dict[tuple[int, int], dict[tuple[int, ...], int]] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            rest = tuple(0 if i in self.rates else int(e) for i, e in enumerate(exponents))
            groups.setdefault(self._order(exponents), {})[rest] = coefficient
        fastest = max(groups)
        return self.field.context.from_dict(groups[fastest]), fastest

    def _order(self, exponents: tuple[int, ...]) -> tuple[int, int]:
        """The order of growth of a monomial."""
        parts = [(int(exponents[i]) * k, int(exponents[i]) * n) for i, (k, n) in self.rates.items()]
        return sum(k for k, _ in parts), sum(n for _, n in parts)
