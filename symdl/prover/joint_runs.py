"""Two update rules side by side: one step of each in a field, and invariants that tie their states.

The gradient is an unknown function of the point and the step: equal points give equal gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sympy as sp

from symdl.core import (
    STEP,
    THETA,
    Claim,
    Compare,
    DefinitionError,
    Evidence,
    Optimizer,
    SameRun,
    UnsupportedOperation,
    function,
    to_text,
)

from .budget import Work, require_size
from .cells import Cell, Setting, explore, in_cell, vanishes
from .control import Open, OutsideDomain, Split
from .equality import follows, trust
from .evaluate import Scope, evaluate, opaque
from .field import Ratio
from .rewriting import domain_conditions

METHOD = "joint induction"
MOST_UNROLLED = 12
_GRADIENT_ROWS = ((1, 2, 5), (3, -1, 2), (-2, 7, 1))

State = dict[sp.Symbol, Ratio]
Ties = tuple[tuple[sp.Symbol, sp.Expr], ...]


@dataclass(frozen=True)
class Invariant:
    """What holds before and after each step, states (and theta) by states of the left rule.

    ``right`` ties those of the right rule; ``own`` those of the left rule among themselves.
    """

    right: Ties
    own: Ties = ()

    def __str__(self) -> str:
        ties = [f"{name} = {to_text(expr)}" for name, expr in self.right]
        own = [f"{name} = {to_text(expr)} on the left" for name, expr in self.own]
        return ", ".join(ties + own)


def assumptions(claim: Claim) -> tuple[Compare, ...]:
    """What is given, with the domains of the hyper-parameters of both rules."""
    statement = claim.statement
    assert isinstance(statement, SameRun)
    domains = [r for rule in (statement.left, statement.right) for p in rule.hyper for r in p.domain]
    return tuple(dict.fromkeys([*domains, *(item for item in claim.given if isinstance(item, Compare))]))


def observed(statement: SameRun) -> tuple[tuple[sp.Symbol, sp.Symbol], ...]:
    """The pairs of quantities that have to agree.

    Raises :class:`DefinitionError` for one that is neither theta nor a state of its rule.
    """
    pairs = statement.observed or ((THETA, THETA),)
    for rule, names in zip((statement.left, statement.right), zip(*pairs, strict=True), strict=True):
        unknown = set(names) - {THETA, *(state.symbol for state in rule.state)}
        if unknown:
            raise DefinitionError(f"{rule.name} has no state {', '.join(sorted(map(str, unknown)))} to observe")
    return pairs


def started(scope: Scope, rule: Optimizer, theta: Ratio) -> State:
    """The state of a rule before its first step."""
    inner = scope.inner({THETA: theta})
    return {THETA: theta, **{state.symbol: evaluate(inner, state.start) for state in rule.state}}


def advanced(scope: Scope, rule: Optimizer, state: State, step: Ratio, gradient: Callable[[Ratio], Ratio]) -> State:
    """The state of a rule after a step."""
    values = {**state, STEP: step}
    for evaluation in rule.evaluations:
        if evaluation.quantity != "gradient":
            raise UnsupportedOperation(f"{rule.name} asks for the {evaluation.quantity}, of which nothing is known")
        values[evaluation.symbol] = gradient(evaluate(scope.inner(values), evaluation.point))
    for assignment in rule.step:
        values[assignment.symbol] = evaluate(scope.inner(values), assignment.expr)
    return {name: values[name] for name in state}


def unknown_gradient(scope: Scope, step: int | None = None) -> Callable[[Ratio], Ratio]:
    """The gradient at a step as an unknown function of the point."""
    head = function("gradient" if step is None else f"gradient_{step}")
    return lambda point: opaque(scope, head, "", (point,))


# --- all steps, by induction


def by_joint_induction(claim: Claim) -> Evidence | None:
    """Two rules that agree at every step: an invariant holds at the start and is kept by each step."""
    if not isinstance(claim.statement, SameRun):
        return None
    work = Work()
    ties = _Run(claim.statement, assumptions(claim), work).tied()
    return Evidence(
        METHOD, trust(work), f"on t, right in terms of left: {ties}; at the start and kept by every step", work.spent
    )


@dataclass
class _Run:
    statement: SameRun
    assumptions: tuple[Compare, ...]
    work: Work
    depth: int = 0

    @property
    def setting(self) -> Setting:
        return Setting(self.assumptions, {STEP: "positive integer"})

    def tied(self) -> str:
        """An invariant that proves the claim, as text; raises :class:`Open` when none is found.

        Where an invariant divides by what may be zero, that case is proved apart.
        """
        reasons = []
        for invariant in self.invariants():
            left = self.left_open(invariant)
            if not left:
                return "; ".join([str(invariant), *(self._apart(c) for c in self._exceptions(invariant))])
            reasons.append(left)
        raise Open(reasons[0] if reasons else "no invariant that ties the states was found")

    def _exceptions(self, invariant: Invariant) -> list[Compare]:
        """What the invariant divides by and what may be zero."""
        needed = dict.fromkeys(c for _, expr in invariant.right + invariant.own for c in domain_conditions(expr))
        return [condition for condition in needed if not follows(self.setting, condition)]

    def _apart(self, condition: Compare) -> str:
        if condition.relation != "!=" or self.depth > 1:
            raise Open(f"the invariant needs {condition}")
        zero = Compare(condition.lhs, "=", condition.rhs)
        inner = _Run(self.statement, (*self.assumptions, zero), self.work, self.depth + 1)
        return f"where {zero}, {inner.tied()}"

    def invariants(self) -> list[Invariant]:
        """What may tie the states: as given, equal names, linear combinations."""
        given = dict(self.statement.invariant)
        wanted = [THETA, *(state.symbol for state in self.statement.right.state)]
        known = {THETA, *(state.symbol for state in self.statement.left.state)}
        if given and not self.depth:
            return [Invariant(tuple((name, given.get(name, name)) for name in wanted))]
        same = [Invariant(tuple((name, name) for name in wanted))] if set(wanted) <= known else []
        linear = linear_invariant(self.statement, self.setting, self.work)
        return same + ([linear] if linear and linear not in same else [])

    def left_open(self, invariant: Invariant) -> str:
        """Empty when the invariant proves the claim, else what is left open."""
        for task in (self._base, self._kept):
            found = explore(self.setting, partial(task, invariant), self.work)
            if found.open:
                return found.open[0][1]
            if not found.holds:
                return "no case is left in which both rules are defined"
        return ""

    def _base(self, invariant: Invariant, scope: Scope) -> str:
        theta, zero = evaluate(scope, THETA), scope.field.constant(0)
        left = started(scope, self.statement.left, theta)
        right = started(scope, self.statement.right, theta)
        return _broken(scope, invariant, left, right, zero, "at the start")

    def _kept(self, invariant: Invariant, scope: Scope) -> str:
        step, gradient = evaluate(scope, STEP), unknown_gradient(scope)
        names = [THETA, *(state.symbol for state in self.statement.left.state)]
        previous = step - scope.field.constant(1)
        left = {name: evaluate(scope, name) for name in names}
        left |= _tied(scope, invariant.own, left, previous)
        right = self._untied(scope) | _tied(scope, invariant.right, left, previous)
        left = advanced(scope, self.statement.left, left, step, gradient)
        right = advanced(scope, self.statement.right, right, step, gradient)
        broken = _broken(scope, invariant, left, right, step, "after a step")
        return broken or _observed_differ(self.statement, left, right)

    def _untied(self, scope: Scope) -> State:
        """The states of the right rule as unknowns of their own."""
        names = [THETA, *(state.symbol for state in self.statement.right.state)]
        return {name: evaluate(scope, sp.Symbol(f"right {name}", real=True)) for name in names}


def _tied(scope: Scope, ties: Ties, left: State, step: Ratio) -> State:
    inner = scope.inner({**left, STEP: step})
    return {name: evaluate(inner, expr) for name, expr in ties}


def _broken(scope: Scope, invariant: Invariant, left: State, right: State, step: Ratio, when: str) -> str:
    """Empty when the invariant holds between two states, else what is off."""
    for state, ties in ((left, invariant.own), (right, invariant.right)):
        for name, value in _tied(scope, ties, left, step).items():
            gap = vanishes(state[name] - value)
            if gap:
                return f"{when}, {name} is off: {gap} is not shown to be 0"
    return ""


def _observed_differ(statement: SameRun, left: State, right: State) -> str:
    for one, other in observed(statement):
        gap = vanishes(left[one] - right[other])
        if gap:
            return f"after a step, {one} and {other} differ: {gap} is not shown to be 0"
    return ""


# --- a linear ansatz


def linear_invariant(statement: SameRun, setting: Setting, work: Work) -> Invariant | None:
    """The states of the right rule that are linear combinations of those of the left, fitted to a few runs."""

    def action(scope: Scope) -> Invariant | None:
        rows = [pair for gradients in _GRADIENT_ROWS for pair in _joint_run(scope, statement, gradients)]
        names = list(rows[0][0])
        own, ties = _own_ties(scope, names, [left for left, _ in rows]), []
        for target in rows[0][1]:
            equations = [[*(left[name] for name in names), right[target]] for left, right in rows]
            reduced, pivots = _eliminated(equations, len(names))
            if all(row[-1].is_zero for row in reduced[len(pivots) :]):
                ties.append((target, _combined(scope, names, pivots, [row[-1] for row in reduced])))
        return Invariant(tuple(ties), own) if ties else None

    try:
        return in_cell(setting, Cell(), work, action)
    except (Split, OutsideDomain):
        return None


def _joint_run(scope: Scope, statement: SameRun, gradients: tuple[int, ...]) -> list[tuple[State, State]]:
    theta = scope.field.constant(gradients[0] + 1)
    left, right = started(scope, statement.left, theta), started(scope, statement.right, theta)
    rows = [(left, right)]
    for number, value in enumerate(gradients, 1):
        step, gradient = scope.field.constant(number), scope.field.constant(value)
        left = advanced(scope, statement.left, left, step, lambda _, g=gradient: g)  # type: ignore[misc]
        right = advanced(scope, statement.right, right, step, lambda _, g=gradient: g)  # type: ignore[misc]
        rows.append((left, right))
    return rows


def _own_ties(scope: Scope, names: list[sp.Symbol], states: list[State]) -> Ties:
    """States that were combinations of others in every run."""
    reduced, pivots = _eliminated([[state[name] for name in names] for state in states], len(names))
    free = [column for column in range(len(names)) if column not in pivots]
    return tuple((names[c], _combined(scope, names, pivots, [row[c] for row in reduced])) for c in free)


def _combined(scope: Scope, names: list[sp.Symbol], pivots: list[int], weights: list[Ratio]) -> sp.Expr:
    terms = (scope.field.expression(w) * names[c] for c, w in zip(pivots, weights, strict=False))
    return sp.Add(*terms)


def _eliminated(rows: list[list[Ratio]], columns: int) -> tuple[list[list[Ratio]], list[int]]:
    """Reduced row echelon form over the first columns, and the columns of its pivots."""
    rows = list(rows)
    pivots: list[int] = []
    for column in range(columns):
        place = len(pivots)
        pivot = next((i for i in range(place, len(rows)) if not rows[i][column].is_zero), None)
        if pivot is None:
            continue
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [entry / rows[place][column] for entry in rows[place]]
        for i, row in enumerate(rows):
            if i != place and not row[column].is_zero:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[place], strict=True)]
        pivots.append(column)
    return rows, pivots


# --- a few steps, written out


def by_unrolling(claim: Claim) -> Evidence | None:
    """Two rules that agree up to a horizon, both written out with unknown gradients."""
    statement = claim.statement
    if not isinstance(statement, SameRun) or statement.horizon is None:
        return None
    horizon = statement.horizon
    require_size(horizon, MOST_UNROLLED, "steps to write out")
    work = Work()

    def task(scope: Scope) -> str:
        theta = scope.field.variable(THETA)
        left, right = started(scope, statement.left, theta), started(scope, statement.right, theta)
        for number in range(1, horizon + 1):
            step, gradient = scope.field.constant(number), unknown_gradient(scope, number)
            left = advanced(scope, statement.left, left, step, gradient)
            right = advanced(scope, statement.right, right, step, gradient)
            if gap := _observed_differ(statement, left, right):
                return f"at step {number}: {gap}"
        return ""

    found = explore(Setting(assumptions(claim), {}), task, work)
    if not found.succeeded:
        raise Open(found.open[0][1] if found.open else "no case is left in which both rules are defined")
    return Evidence("unrolling", trust(work), f"{horizon} steps written out; numerator 0 at each", work.spent)
