"""Refutation of comparisons: small rationals, then a descent to where an inequality fails worst."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import sympy as sp

from symdl.core import Claim, Evidence, Witness

from .budget import Work
from .cells import Cell, Setting, Task, explore, in_cell
from .control import OutsideDomain, Split
from .evaluate import Scope, evaluate
from .points import Point
from .problems import Problem, problem_of
from .signs import ALL, ALLOWED
from .smt import model
from .witnesses import Probe, admitted, failing_point, probes, simplified

METHOD = "witness"
TRUST = "exact rational and ball arithmetic (FLINT)"
_FIRST_POINTS = 40
_STARTS = 4
_ROUNDS = 44
_MOST_TOUCHING = 40
_DIGITS = 12
_STARTING_STEP = Fraction(2)


def by_simplest_rationals(claim: Claim) -> Evidence | None:
    """A point among the first few rationals where the comparison certainly fails."""
    problem = problem_of(claim)
    return None if problem is None else _evidence(failing_point(problem, _FIRST_POINTS))


def by_small_rationals(claim: Claim) -> Evidence | None:
    """A point among small rationals where the comparison certainly fails."""
    problem = problem_of(claim)
    return None if problem is None else _evidence(failing_point(problem))


def by_descent(claim: Claim) -> Evidence | None:
    """A point where an inequality certainly fails, found by following it downhill."""
    problem = problem_of(claim)
    if problem is None or problem.relation in ("=", "!="):
        return None
    return _evidence(steepest(problem))


def _evidence(witness: Witness | None) -> Evidence | None:
    if witness is None:
        return None
    return Evidence(METHOD, TRUST, "the sides differ there, certainly", witness=witness)


def steepest(problem: Problem) -> Witness | None:
    """A witness found by coordinate search on the difference from the best sampled points."""
    direction = 1 if problem.relation in ("<", "<=") else -1
    for probe in probes(problem):
        scored = [(m, full) for full in admitted(probe) if (m := probe.margin(full)) is not None]
        scored.sort(key=lambda pair: (-direction * round(pair[0], _DIGITS), sum(map(abs, pair[1].values()))))
        for margin, start in scored[:_STARTS]:
            found = _descent(probe, start, direction * margin, direction)
            if probe.fails(found):
                return probe.witness(simplified(probe, found))
    return None


def _descent(probe: Probe, start: Point, margin: float, direction: int) -> Point:
    best, step = start, _STARTING_STEP
    symbols = [s for s in probe.symbols if s not in probe.solved and s not in probe.instance.problem.integers]
    for _ in range(_ROUNDS):
        moved = False
        for symbol in symbols:
            for shift in (step, -step):
                trial, value = _moved(probe, best, symbol, shift, direction)
                if trial is not None and value > margin:
                    best, margin, moved = trial, value, True
        if not moved:
            step /= 2
    return best


def _moved(
    probe: Probe, point: Point, symbol: sp.Symbol, shift: Fraction, direction: int
) -> tuple[Point | None, float]:
    trial = probe.complete({**point, symbol: point[symbol] + shift})
    value = probe.margin(trial) if trial is not None else None
    return (None, 0.0) if trial is None or value is None else (trial, direction * value)


# --- touching points


def by_touching(claim: Claim) -> Evidence | None:
    """A point where a strict inequality fails because both sides are equal there, by normal form."""
    problem = problem_of(claim)
    if problem is None or problem.relation not in ("<", ">", "!="):
        return None
    for probe in probes(problem):
        for full in admitted(probe, _MOST_TOUCHING):
            if probe.is_defined(full) and probe.is_open(full) and _equal(probe.at(full)):
                witness = probe.witness(full)
                return Evidence(
                    METHOD, "polynomial arithmetic of FLINT", "both sides are equal there, exactly", witness=witness
                )
    return None


def _equal(sides: tuple[sp.Expr, sp.Expr]) -> bool:
    """Whether two constant expressions have one normal form."""

    def action(scope: Scope) -> bool:
        return (evaluate(scope, sides[0]) - evaluate(scope, sides[1])).is_zero

    try:
        return in_cell(Setting(), Cell(), Work(), action)
    except (Split, OutsideDomain):
        return False


# --- models


def by_model(claim: Claim) -> Evidence | None:
    """A point that Z3 proposes in a cell left open, confirmed in exact or ball arithmetic."""
    problem = problem_of(claim)
    if problem is None:
        return None
    proposals: list[dict[str, Fraction]] = []
    explore(problem.setting, _proposing(problem, proposals), Work(), patient=True)
    for probe in islice(probes(problem), 1):
        for proposal in proposals:
            full = probe.complete({s: proposal.get(s.name, Fraction(1)) for s in probe.symbols})
            if full is not None and probe.fails(full):
                return _evidence(probe.witness(simplified(probe, full)))
    return None


def _proposing(problem: Problem, proposals: list[dict[str, Fraction]]) -> Task:
    """A task that leaves nothing open and collects models of the negated comparison."""
    wrong = ALL - ALLOWED[problem.relation]

    def task(scope: Scope) -> str:
        difference = evaluate(scope, problem.left) - evaluate(scope, problem.right)
        product = scope.field.multiply(difference.numerator, difference.denominator)
        if scope.field.signs.known(product) & wrong and (found := model(scope.field.signs, product, wrong)):
            solutions = {str(s): v for s, v in scope.field.plan.substitutions.items()}
            proposals.append({name: value for name, value in found.items() if name not in solutions})
        return ""

    return task
