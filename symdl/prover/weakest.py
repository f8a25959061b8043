"""What a refuted comparison lacked: the weakest usual assumption under which it is proved.

Assumptions are tried weakest first; one that holds at a point where the claim fails is dropped at once,
so that a proof is attempted for one that no sampled point speaks against, within a small budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, permutations

import sympy as sp

from symdl.core import Claim, Compare, Evidence, SymdlError, Witness
from symdl.core.claims import Relation

from .budget import Work
from .cells import explore
from .control import Open
from .equality import difference_vanishes, trust
from .inequalities import sign_task
from .points import Point
from .problems import Problem, opaque_names, problem_of
from .slopes import by_slope
from .witnesses import Probe, admitted, probes

METHOD = "weakest assumption"
USUAL: tuple[tuple[tuple[Relation, int], ...], ...] = (
    (("!=", 0),),
    (("<=", 1),),
    (("<", 1),),
    ((">=", 0),),
    ((">", 0),),
    (("<=", 0),),
    (("<", 0),),
    ((">=", 1),),
    ((">", 1),),
    ((">=", 0), ("<=", 1)),
    ((">=", 0), ("<", 1)),
    ((">", 0), ("<=", 1)),
    ((">", 0), ("<", 1)),
)
"""Bounds of one symbol, weakest first; ``x >= y`` and ``x > y`` for two symbols come after them."""
_MOST_POINTS = 48
_MOST_SYMBOLS = 3
_MOST_NODES = 120
_FEWEST = 3
_MOST_CLIMBED = 16
_BRIEF = 20_000


def weakest_assumption(claim: Claim, witness: Witness | None) -> Evidence | None:
    """The weakest usual assumption under which a refuted comparison is proved, or None when none is found."""
    try:
        problem = problem_of(claim)
        if problem is None or not _is_short(problem):
            return None
        return _first(claim, problem, witness)
    except (SymdlError, Open):
        return None


def _is_short(problem: Problem) -> bool:
    known = not problem.recurrences and not problem.integers and not opaque_names(problem)
    return known and 0 < len(problem.symbols) <= _MOST_SYMBOLS and _nodes(problem) <= _MOST_NODES


def _nodes(problem: Problem) -> int:
    return sum(1 for side in (problem.left, problem.right) for _ in sp.preorder_traversal(side))


def _first(claim: Claim, problem: Problem, witness: Witness | None) -> Evidence | None:
    failing, holding = _sampled(problem)
    found = dict(witness.values) if witness else {}
    if all(str(symbol) in found for symbol in problem.symbols):
        failing.append({s: Fraction(int(found[str(s)].p), int(found[str(s)].q)) for s in problem.symbols})
    plausible = (
        facts
        for facts in _candidates(problem.symbols)
        if not any(_all_hold(facts, point) for point in failing)
        and sum(_all_hold(facts, point) for point in holding) >= _FEWEST
    )
    facts = next(plausible, None)
    if facts is None:
        return None
    work = Work(_BRIEF)
    if _proved(replace(problem, assumptions=(*problem.assumptions, *facts)), work):
        return Evidence(METHOD, trust(work), _shown(facts), work.spent)
    if _nodes(problem) > _MOST_CLIMBED:
        return None
    further = by_slope(replace(claim, given=(*claim.given, *facts)))
    return further and Evidence(METHOD, further.trust, _shown(facts), further.effort)


def _shown(facts: tuple[Compare, ...]) -> str:
    return f"true for {' and '.join(map(str, facts))}"


def _sampled(problem: Problem) -> tuple[list[Point], list[Point]]:
    """Points where the claim certainly fails, and points where it may hold."""
    failing: list[Point] = []
    holding: list[Point] = []
    for probe in islice(probes(problem), 1):
        for full in admitted(probe, _MOST_POINTS):
            if probe.is_defined(full):
                (failing if _fails(probe, full) else holding).append(full)
    return failing, holding


def _fails(probe: Probe, full: Point) -> bool:
    strict = probe.instance.relation in ("<", ">", "!=")
    return probe.fails(full, (64,)) or (strict and probe.margin(full) == 0)


def _candidates(symbols: tuple[sp.Symbol, ...]) -> Iterator[tuple[Compare, ...]]:
    for bounds in USUAL:
        for symbol in symbols:
            yield tuple(Compare(symbol, relation, sp.Integer(end)) for relation, end in bounds)
    relations: tuple[Relation, ...] = (">=", ">")
    for relation in relations:
        for one, other in permutations(symbols, 2):
            yield (Compare(one, relation, other),)


def _all_hold(facts: tuple[Compare, ...], point: Point) -> bool:
    return all(_holds(fact, point) for fact in facts)


def _holds(fact: Compare, point: Point) -> bool:
    left, right = (point[side] if side in point else Fraction(int(side)) for side in (fact.lhs, fact.rhs))
    match fact.relation:
        case "!=":
            return left != right
        case ">=":
            return left >= right
        case ">":
            return left > right
        case "<=":
            return left <= right
    return left < right


def _proved(problem: Problem, work: Work) -> bool:
    """Whether the claim is proved in every cell, within a small budget."""
    if problem.relation == "=":
        setting, task = replace(problem.setting, solver=False), difference_vanishes(problem)
    else:
        setting, task = problem.setting, sign_task(problem)
    try:
        return explore(setting, task, work).succeeded
    except SymdlError:
        return False
