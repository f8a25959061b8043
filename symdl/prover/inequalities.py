"""Inequalities by the sign of a normal form in each cell, with Z3 where rules do not tell."""

from __future__ import annotations

from symdl.core import Claim, Evidence

from .budget import Work
from .cells import Task, explore, shown
from .control import Open
from .equality import cases, needed, require_domain, trust
from .evaluate import Scope, evaluate
from .problems import Problem, problem_of
from .signs import ALLOWED
from .smt import possible_signs

METHOD = "signs"


def by_signs(claim: Claim) -> Evidence | None:
    """An inequality whose difference has one sign in every cell."""
    problem = problem_of(claim)
    if problem is None or problem.relation == "=":
        return None
    work = Work()
    task = sign_task(problem)
    found = explore(problem.setting, task, work)
    if found.open:
        cell, left = found.open[0]
        where = f"where {cell}, " if cell.signs else ""
        raise Open(f"{where}the sign of {left} is not decided")
    require_domain(problem)
    idea = _idea(problem, sorted(found.exponentials), cases(found)) + needed(problem, found, task, work)
    return Evidence(METHOD, trust(work), idea, work.spent)


def sign_task(problem: Problem) -> Task:
    """The task of an inequality: in a cell, left - right has an allowed sign."""
    allowed = ALLOWED[problem.relation]

    def task(scope: Scope) -> str:
        difference = evaluate(scope, problem.left) - evaluate(scope, problem.right)
        signs = scope.field.signs
        known = signs.of_ratio(difference)
        if not known <= allowed:
            product = scope.field.multiply(difference.numerator, difference.denominator)
            known = possible_signs(signs, product, known)
        return "" if known <= allowed else shown(scope.field, difference.numerator)

    return task


def _idea(problem: Problem, exponentials: list[str], cells: str) -> str:
    parts = [f"in {', '.join(exponentials)} > 0"] if exponentials else []
    parts += [f"cells {cells}"] if cells else []
    return "; ".join([*parts, f"left - right {problem.relation} 0 by the signs of its factors"])
