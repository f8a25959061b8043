"""Limits by exact algebra: the value at a regular point, or the fastest growing terms at infinity.

Anything beyond quotients of polynomials in the variable and one exponential of it is left open.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core import Claim, Compare, Evidence, Limit, UndefinedValue, Witness, to_text
from symdl.core.claims import Domain
from symdl.numerics import ball

from .budget import Work
from .cells import Cell, Setting, in_cell, vanishes
from .closed_sums import closed_claim
from .control import Open, OutsideDomain, Split
from .equality import follows
from .evaluate import Scope, evaluate
from .field import Field, Ratio
from .generators import Exponential, Polynomial, Variable
from .problems import Problem, pose
from .rewriting import domain_conditions
from .witnesses import failing_point

METHOD = "limit"
TRUST = "polynomial arithmetic of FLINT"
_BITS = 320
_MOST_CASES = 9

Order = tuple[tuple[int, ...], int]
"""Growth ``e**(k_1 c_1 x) e**(k_2 c_2 x) ... x**n`` as the k_i and n; the c_i are independent."""

Found = tuple[str, sp.Expr]
"""What keeps the limit from being the claimed value (empty: nothing), and the limit itself."""


def by_algebra(claim: Claim) -> Evidence | None:
    """A limit that is the claimed value, in every case."""
    closed = closed_claim(claim) if isinstance(claim.statement, Limit) else None
    found = limits(closed[0] if closed else claim, _MOST_CASES)
    if not found:
        return None
    for gap, value in found:
        if gap:
            raise Open(f"the limit is {to_text(value)}; that it is the claimed value is not shown")
    shown = ", ".join(dict.fromkeys(to_text(value) for _, value in found))
    forms = f"{closed[1]}; " if closed else ""
    return Evidence(METHOD, TRUST, f"{forms}continuous there, or fastest growing terms: the limit is {shown}")


def against_limit(claim: Claim) -> Evidence | None:
    """A limit that certainly is another number than the claimed one."""
    closed = closed_claim(claim) if isinstance(claim.statement, Limit) else None
    found = limits(closed[0] if closed else claim, 1)
    statement = claim.statement
    if len(found) != 1 or not found[0][0] or not isinstance(statement, Limit):
        return None
    value, claimed = found[0][1], statement.value
    if value.free_symbols | claimed.free_symbols:
        return _against_parameters(closed[0] if closed else claim, value)
    if value.is_infinite != claimed.is_infinite or differ(value, claimed):
        witness = Witness(((str(statement.variable), statement.point),), to_text(value), to_text(claimed))
        return Evidence(METHOD, TRUST, f"the limit is {to_text(value)}", witness=witness)
    return None


def _against_parameters(claim: Claim, value: sp.Expr) -> Evidence | None:
    """Values of the parameters for which a limit certainly is another one than claimed."""
    statement = claim.statement
    assert isinstance(statement, Limit)
    if value.is_infinite or statement.value.is_infinite:
        raise Open(f"the limit is {to_text(value)}, claimed is {to_text(statement.value)}")
    conditions = list(domain_conditions(statement.expr))
    if any(statement.variable in condition.lhs.free_symbols for condition in conditions):
        raise Open(f"the limit is {to_text(value)}; where it exists is not shown")
    problem = pose(Compare(statement.expr, "=", statement.value), claim.given)
    fixed = tuple(c for c in (*problem.conditions, *conditions) if statement.variable not in c.lhs.free_symbols)
    witness = failing_point(Problem(value, "=", problem.right, fixed, (), problem.integers))
    detail = f"the limit is {to_text(value)}"
    return (
        Evidence(METHOD, f"{TRUST}, exact rational and ball arithmetic", detail, witness=witness) if witness else None
    )


def differ(value: sp.Expr, claimed: sp.Expr) -> bool:
    """Whether two numbers, or infinities, certainly differ."""
    if value.is_infinite:
        return bool(value != claimed)
    try:
        difference = ball.evaluate(value - claimed, {}, _BITS)
    except UndefinedValue:
        return False
    return bool(difference > 0 or difference < 0)


def limits(claim: Claim, most: int) -> list[Found]:
    """What the limit is in each case of the parameters, of which there may be ``most``; none for another statement."""
    statement = claim.statement
    if not isinstance(statement, Limit):
        return []
    problem = pose(Compare(statement.expr, "=", statement.value), claim.given)
    if not statement.point.is_infinite:
        setting = Setting(problem.assumptions, problem.integers)
        return _run(setting, statement.variable, most, lambda scope: _at_point(scope, problem, statement))
    far = Compare(statement.variable, ">" if statement.point == sp.oo else "<", sp.Integer(0))
    setting = Setting((*problem.assumptions, far), _integers(problem, statement.variable))
    return _run(setting, statement.variable, most, lambda scope: _at_infinity(scope, problem, statement))


def _integers(problem: Problem, variable: sp.Symbol) -> dict[sp.Symbol, Domain]:
    """The integer symbols; the variable may run over the reals where no power of a negative number needs it."""
    powers = [p for p in problem.left.atoms(sp.Pow) if variable in p.exp.free_symbols]
    zero = sp.Integer(0)
    if all(follows(problem.setting, Compare(p.base, ">=", zero)) for p in powers):
        return {s: domain for s, domain in problem.integers.items() if s != variable}
    return problem.integers


def _run(setting: Setting, variable: sp.Symbol, most: int, action: Callable[[Scope], Found]) -> list[Found]:
    """The limit in each cell of the parameters; a case of the variable itself is left open."""
    found: list[Found] = []
    cells, work = [Cell()], Work()
    for cell in cells:
        try:
            found.append(in_cell(setting, cell, work, action))
        except Split as split:
            cells += [Cell((*cell.signs, (split.expr, sign))) for sign in split.signs]
            if len(cells) > most or variable in split.expr.free_symbols:
                raise Open(f"the limit needs cases ({split})") from None
        except OutsideDomain as reason:
            if not cell.signs:
                raise Open(f"the limit needs cases ({reason})") from None
    return found


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
    if bottom == 0:
        raise Open("two exponentials grow against each other")
    if 0 in scope.field.signs.of(bottom):
        raise Open(f"it is not shown that {to_text(scope.field.expression(bottom))} is not 0")
    if above != below and not _is_slower(above, below) and not _is_slower(below, above):
        raise Open("two exponentials grow against each other")
    if above == below:
        limit = scope.field.element(top) / scope.field.element(bottom)
    elif _is_slower(above, below):
        limit = scope.field.constant(0)
    elif top == 0:
        raise Open("two exponentials grow against each other")
    else:
        return _infinite(scope, growth, top, bottom, above, problem)
    if problem.right.is_infinite:
        return "a finite number", scope.field.expression(limit)
    return vanishes(limit - evaluate(scope, problem.right)), scope.field.expression(limit)


def _is_slower(first: Order, second: Order) -> bool:
    """Whether the first order is certainly the smaller one."""
    if first[0] == second[0]:
        return first[1] < second[1]
    return all(a <= b for a, b in zip(first[0], second[0], strict=True))


def _infinite(
    scope: Scope, growth: _Growth, top: Polynomial, bottom: Polynomial, rate: Order, problem: Problem
) -> Found:
    sign = scope.field.signs.decide(scope.field.element(top) / scope.field.element(bottom))
    limit = sp.oo * sign * (growth.direction if rate[1] % 2 else 1)
    return ("" if limit == problem.right else "another infinity"), limit


class _Growth:
    """Orders of growth as x goes to infinity."""

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

    def leading(self, polynomial: Polynomial) -> tuple[Polynomial, Order]:
        """The coefficient of the fastest growing terms, and their order.

        Where no term is the fastest, as in ``a^x - b^x``, 0 and an order above that of all terms.
        """
        orders = {exponents: self._order(exponents) for exponents in polynomial.to_dict()}
        top = tuple(map(max, zip(*(rates for rates, _ in orders.values()), strict=True)))
        if not any(rates == top for rates, _ in orders.values()):
            return self.field.context.constant(0), (top, 0)
        fastest = top, max(n for rates, n in orders.values() if rates == top)
        chosen: dict[tuple[int, ...], int] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            if orders[exponents] == fastest:
                rest = tuple(0 if i in self.rates else int(e) for i, e in enumerate(exponents))
                chosen[rest] = coefficient
        return self.field.context.from_dict(chosen), fastest

    def _order(self, exponents: tuple[int, ...]) -> Order:
        """How a monomial grows: in each of the exponentials, and as a power of the variable."""
        growing = [i for i in self.rates if isinstance(self.field.generators[i], Exponential)]
        power = sum(int(exponents[i]) * n for i, (_, n) in self.rates.items())
        return tuple(int(exponents[i]) * self.rates[i][0] for i in growing), power
