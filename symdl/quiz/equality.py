"""Whether two expressions are the same function: quickly where that is possible, else by the prover.

First the sides are compared in ball arithmetic at a few points: a certain difference is a witness. Then their
normal forms are: equality there is a proof. What is left goes to all the checkers of the prover. Each step is
symmetric in its sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import sympy as sp
from flint import arb, fmpq

from symdl.core import (
    BudgetExceeded,
    Claim,
    Compare,
    DefinitionError,
    Evidence,
    Given,
    UnboundSymbol,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    Witness,
    symbol,
)
from symdl.numerics import ball
from symdl.prover import decide
from symdl.prover.budget import Work
from symdl.prover.cells import Setting, explore
from symdl.prover.equality import difference_vanishes, trust
from symdl.prover.points import bounds
from symdl.prover.problems import Problem, require_bounded

from .posing import Posed, posed
from .positive import general, surely
from .results import Result, of_verdict, undecided
from .totals import canonical, facts

_POINTS = 2
_SAMPLES = 24
_TRIED = 24
_BITS = 96
_BRIEF = 60_000
_REFUSALS = (BudgetExceeded, DefinitionError, UndefinedValue, UnsupportedDerivative, UnsupportedOperation)
_FREE = tuple(
    sp.Rational(text) for text in ["2", "3", "1/2", "5/3", "-1", "7/5", "-3/2", "1/3", "4", "-2/5", "9/7", "-4"]
)
_INSIDE = tuple(sp.Rational(text) for text in ["1/3", "3/5", "1/5", "4/7", "5/6", "2/9"])
_COUNTS = tuple(sp.Integer(value) for value in (3, 2, 5, 4, 1, 7))


Entry = TypeVar("Entry", bound=Given)


@dataclass(frozen=True)
class Side:
    """One expression, where it is defined, and what it assumes."""

    expr: sp.Expr
    conditions: tuple[Compare, ...] = ()
    given: tuple[Given, ...] = ()


def same_function(gold: Side, own: Side, *, sampling: bool = False) -> Result:
    """Equal wherever both are defined, and defined at the same places up to points."""
    given = _in_order({*gold.given, *own.given})
    needs = _in_order({*gold.conditions, *own.conditions})
    claim = Claim(Compare(gold.expr, "=", own.expr, needs), given)
    try:
        require_bounded(claim)
        plain = posed(claim)
    except _REFUSALS as reason:
        return undecided(str(reason).split("\n")[0])
    result = _quickly(plain) if plain is not None else None
    if result is None:
        result = of_verdict(decide(_ordered(claim)))
    if result.grade == "UNDECIDED" and sampling and plain is not None and plain.free and _agree(plain.problem):
        return _sampled()
    return _same_domain(result, gold, own, given) if result.grade == "RIGHT" else result


def _ordered(claim: Claim) -> Claim:
    """The claim with its sides in an order that does not depend on which of them was asked for."""
    statement = claim.statement
    assert isinstance(statement, Compare)
    first, second = sorted((statement.lhs, statement.rhs), key=_spelled)
    return replace(claim, statement=replace(statement, lhs=first, rhs=second))


def _spelled(expr: sp.Basic) -> str:
    """The structure as text, for an order: printing would put terms in order by their values."""
    return f"{type(expr).__name__}({','.join(map(_spelled, expr.args))})" if expr.args else str(expr)


def _in_order(entries: set[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=_order)) if len(entries) > 1 else tuple(entries)


def _order(condition: Given) -> str:
    if not isinstance(condition, Compare):
        return str(condition)
    return f"{_spelled(condition.lhs)}{condition.relation}{_spelled(condition.rhs)}"


def _sampled() -> Result:
    detail = f"the sides agree in ball arithmetic at {_SAMPLES} points; no proof was found"
    return Result("RIGHT", evidence=(Evidence("sampling", "agreement at points", detail),), sampled=True)


# --- quickly


def _quickly(plain: Posed) -> Result | None:
    """RIGHT by normal form, WRONG by a point, None where neither is quick."""
    problem = plain.problem
    if problem.left == problem.right:
        return Result("RIGHT", evidence=(Evidence("identical", "nothing", "the same expression"),))
    seen = 0
    for point, values in _values(problem, _POINTS):
        seen += 1
        if _apart(*values) and _admits(problem, point):
            return _differing(plain, point) if plain.free else None
    if not seen:
        return None
    work = Work(_BRIEF)
    try:
        setting = Setting(_ordering(problem.assumptions), problem.integers, solver=False)
        found = explore(setting, difference_vanishes(problem), work)
    except _REFUSALS:
        return None
    if not found.succeeded:
        return None
    evidence = Evidence("normal form", trust(work), "numerator of the difference 0", work.spent)
    return Result("RIGHT", evidence=(evidence,))


def _ordering(assumptions: tuple[Compare, ...]) -> tuple[Compare, ...]:
    """Those that order something: that a denominator does not vanish is no news where it stands."""
    return tuple(entry for entry in assumptions if entry.relation != "!=")


def _differing(plain: Posed, point: dict[sp.Symbol, sp.Rational]) -> Result:
    problem = plain.problem
    numbers = [fmpq(int(value.p), int(value.q)) for value in point.values()]
    with ball.precision(_BITS):
        sides = [ball.compiled(side, tuple(point))(*numbers) for side in (problem.left, problem.right)]
    shown = [str(side) if isinstance(side, fmpq) else str(arb(side).str(10, radius=False)) for side in sides]
    used = problem.left.free_symbols | problem.right.free_symbols
    witness = Witness(tuple((str(plain.values.get(s, s)), value) for s, value in point.items() if s in used), *shown)
    detail = "the sides differ there, certainly"
    evidence = Evidence("witness", "exact rational and ball arithmetic (FLINT)", detail, 0, witness)
    return Result("WRONG", "the two differ", witness, (evidence,))


def _agree(problem: Problem) -> bool:
    """Whether the sides cannot be told apart at many points."""
    count = 0
    for point, values in _values(problem, _SAMPLES):
        if _apart(*values) and _admits(problem, point):
            return False
        count += 1
    return count == _SAMPLES


def _values(problem: Problem, most: int) -> Iterator[tuple[dict[sp.Symbol, sp.Rational], list[ball.Number]]]:
    """Both sides at points where all conditions certainly hold and both are finite."""
    symbols = problem.symbols
    if any(c.relation == "=" for c in problem.conditions):
        return
    try:
        sides = [ball.compiled(side, symbols) for side in (problem.left, problem.right)]
        needs = [(_left(c, symbols), c.relation) for c in problem.conditions if c.relation != "!="]
    except (UnboundSymbol, *_REFUSALS):
        return
    count = 0
    for point in _points(problem, symbols):
        numbers = [fmpq(int(value.p), int(value.q)) for value in point]
        try:
            with ball.precision(_BITS):
                if not all(_holds(function(*numbers), relation) for function, relation in needs):
                    continue
                values = [side(*numbers) for side in sides]
        except _REFUSALS:
            continue
        if all(arb(value).is_finite() for value in values):
            yield dict(zip(symbols, point, strict=True)), values
            count += 1
            if count == most:
                return


def _left(condition: Compare, symbols: tuple[sp.Symbol, ...]) -> Callable[..., ball.Number]:
    """What a condition compares with 0."""
    return ball.compiled(condition.lhs if condition.rhs == 0 else condition.lhs - condition.rhs, symbols)


def _admits(problem: Problem, point: dict[sp.Symbol, sp.Rational]) -> bool:
    """Whether nothing that must not vanish does at a point where the other conditions hold."""
    numbers = [fmpq(int(value.p), int(value.q)) for value in point.values()]
    symbols = tuple(point)
    try:
        with ball.precision(_BITS):
            return all(_holds(_left(c, symbols)(*numbers), "!=") for c in problem.conditions if c.relation == "!=")
    except _REFUSALS:
        return False


def _apart(left: ball.Number, right: ball.Number) -> bool:
    """Whether two values certainly differ."""
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool(left != right)
    return not arb(left).overlaps(arb(right))


def _holds(value: ball.Number, relation: str) -> bool:
    """Whether ``value relation 0`` certainly holds."""
    holds = {
        ">": value > 0,
        "<": value < 0,
        ">=": value >= 0,
        "<=": value <= 0,
        "!=": value > 0 or value < 0,
    }
    return bool(holds[relation])


def _points(problem: Problem, symbols: tuple[sp.Symbol, ...]) -> Iterator[tuple[sp.Rational, ...]]:
    choices = [_choices(s, problem.integers.get(s, "real"), problem.conditions) for s in symbols]
    for number in range(_TRIED * 2 if symbols else 1):
        yield tuple(
            choice[(number * (1 + 2 * (place % 3)) + place) % len(choice)] for place, choice in enumerate(choices)
        )


@lru_cache(maxsize=4096)
def _choices(symbol: sp.Symbol, domain: str, conditions: tuple[Compare, ...]) -> tuple[sp.Rational, ...]:
    """Values of a symbol inside its bounds."""
    low, high = (
        None if end is None else sp.Rational(end.numerator, end.denominator) for end in bounds(symbol, conditions)
    )
    if domain != "real":
        found = _COUNTS if domain == "positive integer" else (*_COUNTS, sp.Integer(-1), sp.Integer(0), sp.Integer(-2))
        return tuple(v for v in found if (low is None or v >= low) and (high is None or v <= high)) or found
    if low is not None and high is not None:
        return tuple(low + (high - low) * part for part in _INSIDE)
    if low is not None:
        return tuple(low + abs(value) for value in dict.fromkeys(map(abs, _FREE)))
    if high is not None:
        return tuple(high - abs(value) for value in dict.fromkeys(map(abs, _FREE)))
    return _FREE


# --- domains


def _same_domain(equality: Result, gold: Side, own: Side, given: tuple[Given, ...]) -> Result:
    """The equality, unless one side has a value where the other has none, but for isolated points."""
    for inside, outside in ((gold, own), (own, gold)):
        if not outside.conditions:
            continue
        stated = [entry for entry in given if isinstance(entry, Compare)]
        names = inside.expr.free_symbols | outside.expr.free_symbols
        assumed = {general(condition) for condition in stated}
        known = {_general(condition, names) for condition in inside.conditions}
        for condition in outside.conditions:
            if condition.relation == "!=" or _general(condition, names) in known or general(condition) in assumed:
                continue
            lacking, others = _in_totals(condition, (*stated, *inside.conditions), given)
            if surely(lacking, others) or surely(general(lacking), assumed):
                continue
            verdict = decide(Claim(_but_for_edges(condition), (*given, *inside.conditions)))
            if not verdict.proved:
                return of_verdict(verdict, refutes=f"one has a value where {condition} fails, the other has none")
    return equality


def _general(condition: Compare, free: set[sp.Symbol]) -> Compare:
    """A condition for any index, unless its index stands free in a side: then it is about that one alone."""
    return condition if (condition.lhs.free_symbols | condition.rhs.free_symbols) & free else general(condition)


def _in_totals(
    condition: Compare, known: tuple[Compare, ...], given: tuple[Given, ...]
) -> tuple[Compare, tuple[Compare, ...]]:
    """A condition with symbols for its sums, and what is known of them."""
    if not condition.lhs.has(sp.Sum, sp.Product):
        return condition, known
    lhs = canonical(condition.lhs, given)
    names = {node: symbol(f"<{node}>") for node in lhs.atoms(sp.Sum, sp.Product)}
    more = tuple(fact for node, name in names.items() for fact in facts(node, name, given))
    return Compare(lhs.xreplace(names), condition.relation, condition.rhs), (*known, *more)


def _but_for_edges(condition: Compare) -> Compare:
    """That a point lies in some branch of cases, or on the edge of one."""
    if not isinstance(condition.lhs, sp.Piecewise) or condition.lhs.args[0].expr != 1:
        return condition
    strict = condition.lhs.atoms(sp.Lt, sp.Gt)
    closed = {e: sp.Le(*e.args) if isinstance(e, sp.Lt) else sp.Ge(*e.args) for e in strict}
    return Compare(condition.lhs.xreplace(closed), condition.relation, condition.rhs)
