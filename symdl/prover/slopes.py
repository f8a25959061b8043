"""Inequalities by the slope from the edge of a cell: F(w) >= 0 and F' >= 0 for v > w give F(v) >= 0.

This is the mean value theorem along one variable. It proves Lipschitz bounds of smooth functions from
bounds on their derivatives, and ``e**x >= 1 + x + x**2/2`` for x > 0 by two steps down to ``e**x >= 1``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.calculus.derivatives import derivative
from symdl.core import BudgetExceeded, Claim, Compare, Evidence, UnsupportedDerivative, UnsupportedOperation, to_text

from .budget import Work
from .cells import Cell, Exploration, Setting, explore, in_cell
from .control import Open, OutsideDomain, Split
from .equality import cases, follows, require_domain, trust
from .evaluate import Scope, evaluate
from .problems import Problem, problem_of
from .regions import linear_bound
from .rewriting import domain_conditions, substitute
from .signs import ALLOWED
from .smt import possible_signs

METHOD = "slope"
_MOST_STEPS = 3
_STEP = 60_000
_SMOOTH_ONLY = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise, sp.Sum)
_POSITIVE, _NONNEGATIVE = ">", ">="


@dataclass(frozen=True)
class Edge:
    """``variable`` runs from ``start`` upward (direction 1) or downward (-1)."""

    variable: sp.Symbol
    start: sp.Expr
    direction: int
    fact: Compare


def by_slope(claim: Claim) -> Evidence | None:
    """An inequality that holds at an edge of each cell and whose difference does not turn from there."""
    problem = problem_of(claim)
    if problem is None or problem.relation in ("=", "!=") or problem.recurrences:
        return None
    work = Work()
    steps: list[str] = []
    found, differences = smooth_cells(problem, work)
    relation = _POSITIVE if problem.relation in ("<", ">") else _NONNEGATIVE
    for cell, difference in zip(found.holds, differences, strict=True):
        setting = Setting((*cell.relations(), *problem.conditions), problem.integers)
        _Ladder(essential(setting), work, steps).climb(difference, relation, 0)
    require_domain(problem)
    shown = f"cells {cases(found)}; " if cases(found) else ""
    return Evidence(METHOD, trust(work), shown + "; ".join(dict.fromkeys(steps)), work.spent)


def essential(setting: Setting) -> Setting:
    """The setting without facts that are linear in no variable and follow from the others."""
    for fact in setting.assumptions:
        others = replace(setting, assumptions=tuple(f for f in setting.assumptions if f != fact))
        variables = fact.lhs.free_symbols | fact.rhs.free_symbols
        if not any(linear_bound(fact, variable) for variable in variables) and follows(others, fact):
            setting = others
    return setting


def smooth_cells(problem: Problem, work: Work) -> tuple[Exploration, list[sp.Expr]]:
    """The cells, and the larger side minus the smaller in each, as an expression without kinks."""
    differences: list[sp.Expr] = []
    upward = problem.relation in (">", ">=")

    def task(scope: Scope) -> str:
        left, right = evaluate(scope, problem.left), evaluate(scope, problem.right)
        differences.append(scope.field.expression(left - right if upward else right - left))
        return ""

    return explore(problem.setting, task, work), differences


@dataclass
class _Ladder:
    """Steps from a difference down to derivatives whose sign is known."""

    setting: Setting
    work: Work
    steps: list[str]

    def climb(self, expr: sp.Expr, relation: str, depth: int) -> None:
        """Show ``expr relation 0`` in the cell; raises :class:`Open` where that is not done."""
        self.work.spend(_STEP, "steps of slopes")
        if self._signed(self.setting, expr, relation):
            return
        if depth >= _MOST_STEPS or expr.has(*_SMOOTH_ONLY):
            raise Open(f"the sign of {to_text(expr)} is not decided")
        if any(self._from(edge, expr, relation, depth) for edge in self._edges(expr)):
            return
        if depth or not any(self._from_middle(*middle, expr, relation) for middle in self._middles(expr)):
            raise Open(f"the sign of {to_text(expr)} is not decided from any edge of its cell")

    def _middles(self, expr: sp.Expr) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
        """Variables with a number or another variable that they may pass."""
        symbols = sorted(expr.free_symbols, key=str)
        for symbol in symbols:
            for start in (sp.Integer(0), sp.Integer(1), *(other for other in symbols if other != symbol)):
                if not self._tied(symbol, start, self.setting.assumptions):
                    yield symbol, start

    def _tied(self, variable: sp.Symbol, start: sp.Expr, facts: Iterable[Compare]) -> bool:
        """Whether some fact may fail between ``start`` and the variable: linear ones that hold at both do not."""
        about = [fact for fact in facts if variable in fact.lhs.free_symbols | fact.rhs.free_symbols]
        at = {variable: start}
        moved = [Compare(substitute(f.lhs, at), f.relation, substitute(f.rhs, at)) for f in about]
        lines = all(linear_bound(fact, variable) is not None for fact in about)
        return not lines or not all(follows(self.setting, fact) for fact in moved)

    def _from_middle(self, symbol: sp.Symbol, start: sp.Expr, expr: sp.Expr, relation: str) -> bool:
        """The same on both sides of a value that the variable may pass."""
        at_start = sp.sympify(substitute(expr, {symbol: start}))
        sides = [Compare(symbol, ">", start), Compare(symbol, "<", start)]
        ladders = [
            _Ladder(replace(self.setting, assumptions=(*self.setting.assumptions, side)), self.work, self.steps)
            for side in sides
        ]
        try:
            for ladder in ladders:
                ladder.climb(expr, relation, 1)
        except Open:
            return False
        return self._signed(self.setting, at_start, relation)

    def _from(self, edge: Edge, expr: sp.Expr, relation: str, depth: int) -> bool:
        """At the edge not below 0, and growing from there.

        For a strict inequality the start must be above 0, or the growth strict and the edge itself
        outside the cell: on ``x >= 0`` a difference that is 0 at 0 is not above 0.
        """
        start = sp.sympify(substitute(expr, {edge.variable: edge.start}))
        rest = tuple(fact for fact in self.setting.assumptions if fact != edge.fact)
        at_edge = replace(self.setting, assumptions=rest)
        if not self._signed(at_edge, start, _NONNEGATIVE):
            return False
        strict = relation == _POSITIVE and not self._signed(at_edge, start, _POSITIVE)
        if strict and edge.fact.relation in ("<=", ">="):
            return False
        slope = edge.direction * derivative(expr, edge.variable)
        try:
            self.climb(slope, _POSITIVE if strict else _NONNEGATIVE, depth + 1)
        except (Open, UnsupportedOperation, UnsupportedDerivative):
            return False
        self.steps.append(f"the difference grows from {edge.variable} = {to_text(edge.start)}")
        return True

    def _edges(self, expr: sp.Expr) -> Iterator[Edge]:
        """Facts ``v > w`` in which a variable runs free, the difference being defined from w on."""
        for fact in self.setting.assumptions:
            for variable in sorted(expr.free_symbols & (fact.lhs.free_symbols | fact.rhs.free_symbols), key=str):
                edge = _edge(fact, variable)
                others = [f for f in self.setting.assumptions if f != fact]
                if edge is not None and not self._tied(variable, edge.start, others) and self._defined(edge, expr):
                    yield edge

    def _defined(self, edge: Edge, expr: sp.Expr) -> bool:
        """Whether the difference is defined, and so continuous, from the edge on."""
        weak = {"<": "<=", ">": ">="}.get(edge.fact.relation, edge.fact.relation)
        closed = replace(edge.fact, relation=weak)  # type: ignore[arg-type]
        facts = tuple(closed if fact == edge.fact else fact for fact in self.setting.assumptions)
        setting = replace(self.setting, assumptions=facts)
        return all(follows(setting, condition) for condition in domain_conditions(expr))

    def _signed(self, setting: Setting, expr: sp.Expr, relation: str) -> bool:
        allowed = ALLOWED[relation]

        def action(scope: Scope) -> bool:
            value = evaluate(scope, expr)
            known = scope.field.signs.of_ratio(value)
            if not known <= allowed:
                product = scope.field.multiply(value.numerator, value.denominator)
                known = possible_signs(scope.field.signs, product, known)
            return known <= allowed

        try:
            return in_cell(setting, Cell(), self.work, action)
        except (Split, OutsideDomain, BudgetExceeded, UnsupportedOperation):
            return False


def _edge(fact: Compare, variable: sp.Symbol) -> Edge | None:
    """The edge that a linear inequality gives a variable, or None."""
    found = linear_bound(fact, variable) if fact.relation in ("<", "<=", ">", ">=") else None
    return None if found is None else Edge(variable, *found, fact)
