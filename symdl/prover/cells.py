"""Search over cells: the cases into which kinks, guards and unknown signs divide the domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import sympy as sp

from symdl.core import BudgetExceeded, Compare, UnsupportedOperation, to_text
from symdl.core.claims import Domain

from .budget import Work
from .control import OutsideDomain, Plan, Restart, Split
from .evaluate import Rules, Scope, evaluate
from .field import Field, Ratio
from .generators import Exponential, Polynomial, Variable
from .signs import ALLOWED
from .smt import infeasible, possible_signs
from .tails import Tail

Result = TypeVar("Result")
MOST_CELLS = 250
MOST_DEPTH = 40
_MOST_FACTS = 1_000
_MOST_RESTARTS = 40
TOO_MANY = f"over budget: more than {MOST_CELLS} cells, or {MOST_DEPTH} deep"
_RELATIONS = {-1: "<", 0: "=", 1: ">"}


@dataclass(frozen=True)
class Cell:
    """A case: signs of expressions, in the order in which they were asked for."""

    signs: tuple[tuple[sp.Expr, int], ...] = ()

    def __str__(self) -> str:
        return " and ".join(f"{to_text(expr)} {_RELATIONS[sign]} 0" for expr, sign in self.signs)

    def relations(self) -> tuple[Compare, ...]:
        """The case as relations."""
        return tuple(Compare(expr, _RELATIONS[sign], sp.Integer(0)) for expr, sign in self.signs)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Setting:
    """What holds in every cell: assumptions, integer symbols, rules for sequences.

    ``solver`` says whether Z3 may be asked for signs that rules do not tell, ``tail`` that all cells lie
    far out, where the fastest growing terms tell them.
    """

    assumptions: tuple[Compare, ...] = ()
    integers: dict[sp.Symbol, Domain] = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)
    solver: bool = True
    tail: Tail | None = None


Task = Callable[[Scope], str]
"""What is to be shown in a cell: an empty text where it holds, else what is left open."""


@dataclass
class Exploration:
    """The cells that were looked at, and how each ended."""

    holds: list[Cell] = field(default_factory=list)
    undefined: list[tuple[Cell, str]] = field(default_factory=list)
    open: list[tuple[Cell, str]] = field(default_factory=list)
    exponentials: set[str] = field(default_factory=set)

    @property
    def succeeded(self) -> bool:
        """Whether the task holds in some cell and is open in none."""
        return bool(self.holds) and not self.open


def explore(setting: Setting, task: Task, work: Work, patient: bool = False) -> Exploration:
    """Carry out ``task`` in every cell; stops at the first open one unless ``patient``.

    Raises :class:`BudgetExceeded` when there are too many cells.
    """
    result = Exploration()
    stack = [Cell()]
    count = facts = 0
    while stack and (patient or not result.open):
        cell = stack.pop()
        count += 1
        facts += len(cell.signs)
        work.spend(100, "cells")
        if count > MOST_CELLS or len(cell.signs) > MOST_DEPTH or facts > _MOST_FACTS:
            raise BudgetExceeded(TOO_MANY)
        try:
            _attempt(setting, task, cell, work, result)
        except Split as split:
            stack += [Cell((*cell.signs, (split.expr, sign))) for sign in sorted(split.signs, reverse=True)]
        except OutsideDomain as reason:
            result.undefined.append((cell, str(reason)))
    return result


def _attempt(setting: Setting, task: Task, cell: Cell, work: Work, result: Exploration) -> None:
    def action(scope: Scope) -> tuple[str, set[str]]:
        left = task(scope)
        if left and setting.solver and infeasible(scope.field.signs):
            raise OutsideDomain("the case is empty")
        return left, _exponentials(scope.field)

    left, exponentials = in_cell(setting, cell, work, action)
    if left:
        result.open.append((cell, left))
    else:
        result.holds.append(cell)
        result.exponentials |= exponentials


def in_cell(setting: Setting, cell: Cell, work: Work, action: Callable[[Scope], Result]) -> Result:
    """What ``action`` gives in a cell, restarted for as long as its field has to be refined.

    Raises :class:`Split`, :class:`OutsideDomain` and :class:`BudgetExceeded`.
    """
    plan = Plan()
    for _ in range(_MOST_RESTARTS):
        try:
            return action(_scope(setting, cell, plan, work))
        except Restart:
            work.spend(50, "restarts")
    raise BudgetExceeded("over budget: exponents or roots that need ever finer units")


def _exponentials(field: Field) -> set[str]:
    return {
        to_text(field.meaning(index))
        for index, generator in enumerate(field.generators)
        if isinstance(generator, Exponential)
    }


def _scope(setting: Setting, cell: Cell, plan: Plan, work: Work) -> Scope:
    """A field in which the assumptions and the case are facts, equations first.

    A fact that cannot be stated before the sign of something is known waits for the others.
    """
    field = Field(plan, work, setting.integers)
    field.signs.solver = possible_signs if setting.solver else None
    field.signs.tail = setting.tail
    scope = Scope(field, {}, setting.rules)
    facts = (*cell.relations(), *setting.assumptions)
    ordered = [f for f in facts if f.relation == "="] + [f for f in facts if f.relation != "="]
    waiting = [*Cell(tuple(plan.learned)).relations(), *ordered]
    while waiting:
        late, split = [], None
        for fact in waiting:
            try:
                _state(scope, fact)
            except Split as found:
                late.append(fact)
                split = split or found
        if split is not None and len(late) == len(waiting):
            raise split
        waiting = late
    return scope


def _state(scope: Scope, fact: Compare) -> None:
    difference = evaluate(scope, fact.lhs) - evaluate(scope, fact.rhs)
    if fact.relation == "=":
        _equate(scope, difference)
    else:
        scope.field.signs.assume(difference, ALLOWED[fact.relation])


def _equate(scope: Scope, difference: Ratio) -> None:
    """Take for granted that ``difference`` is zero; solve for a variable where that is possible."""
    field = scope.field
    field.signs.assume_zero(difference)
    if difference.is_zero or not field.signs.zeros:
        return
    zero = field.signs.zeros[-1]
    for index in field.letters_in(zero):
        generator = field.generators[index]
        if isinstance(generator, Variable) and zero.degrees()[index] == 1:
            _solve(field, zero, index, generator.symbol)


def _solve(field: Field, zero: Polynomial, index: int, symbol: sp.Symbol) -> None:
    """Put the solution of ``zero = 0`` for ``symbol`` where it is unique."""
    slope = zero.derivative(index)
    rest = zero - slope * field.letters[index]
    if 0 in field.signs.of(slope) or field.depends(rest, symbol) or field.depends(slope, symbol):
        return
    solution = -field.element(rest) / field.element(slope)
    if symbol in field.integers:
        _require_integer(field, solution, symbol)
    if symbol in field.integers and not field.is_integer_valued(solution):
        return
    field.plan.substitute(symbol, field.expression(solution))


def _require_integer(field: Field, solution: Ratio, symbol: sp.Symbol) -> None:
    value = solution.constant
    if value is None:
        return
    too_small = field.integers[symbol] == "positive integer" and value < 1
    if value.denominator != 1 or too_small:
        raise OutsideDomain(f"{symbol} is no such integer")


def vanishes(value: Ratio) -> str:
    """Empty when ``value`` is zero in its cell; else the numerator that is left, as text."""
    field = value.field
    numerator = value.numerator
    for zero in field.signs.zeros:
        numerator = _eliminated(field, numerator, zero)
    if numerator.is_zero():
        return ""
    if field.signs.of(numerator) == {0}:
        return ""
    return shown(field, numerator)


def _eliminated(field: Field, numerator: Polynomial, zero: Polynomial) -> Polynomial:
    """``numerator`` reduced by ``zero = 0``: a multiple vanishes, a letter that is linear is replaced."""
    if numerator.is_zero() or divmod(numerator, zero)[1].is_zero():
        return field.context.constant(0)
    for index in field.letters_in(zero):
        slope = zero.derivative(index)
        if zero.degrees()[index] == 1 and 0 not in field.signs.of(slope):
            return _replaced(field, numerator, index, slope, zero - slope * field.letters[index])
    return numerator


def _replaced(field: Field, numerator: Polynomial, index: int, slope: Polynomial, rest: Polynomial) -> Polynomial:
    """``slope**n`` times ``numerator`` with ``-rest/slope`` in place of a letter."""
    degree = int(numerator.degrees()[index])
    result = field.context.constant(0)
    for exponents, coefficient in numerator.to_dict().items():
        count = int(exponents[index])
        others = (*exponents[:index], 0, *exponents[index + 1 :])
        term = field.context.from_dict({others: coefficient})
        for factor, times in ((-rest, count), (slope, degree - count)):
            term = field.multiply(term, field.power(factor, times)) if times else term
        result += term
    return field.reduced(result)


def shown(field: Field, numerator: Polynomial) -> str:
    """A polynomial as text, or its number of terms when it is long."""
    if len(numerator) > 12:
        return f"a polynomial of {len(numerator)} terms"
    try:
        return to_text(field.expression(numerator))
    except (UnsupportedOperation, OverflowError):
        return "a polynomial"
