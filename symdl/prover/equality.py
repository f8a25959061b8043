"""Equalities by normal form: in each cell the numerator of the difference is the zero polynomial."""

from __future__ import annotations

from dataclasses import replace

from symdl.core import BudgetExceeded, Claim, Compare, Evidence, UnsupportedOperation, to_text
from symdl.core.claims import Relation

from .budget import Work
from .cells import Cell, Exploration, Setting, Task, explore, in_cell, vanishes
from .control import Open, OutsideDomain, Split
from .evaluate import Scope, evaluate
from .problems import Problem, problem_of
from .rewriting import domain_conditions
from .signs import ALLOWED
from .witnesses import domain_point

METHOD = "normal form"
_WEAKER: dict[str, Relation] = {"<": "<=", ">": ">="}
_MOST_TRIED = 4
_MOST_SHOWN = 5
_BRIEF = 50_000


def difference_vanishes(problem: Problem) -> Task:
    """The task of an equality: in a cell, left - right is zero."""

    def task(scope: Scope) -> str:
        return vanishes(evaluate(scope, problem.left) - evaluate(scope, problem.right))

    return task


def by_normal_form(claim: Claim) -> Evidence | None:
    """An equality whose sides have the same normal form in every cell."""
    problem = problem_of(claim)
    if problem is None or problem.relation != "=":
        return None
    work = Work()
    task = difference_vanishes(problem)
    found = explore(problem.setting, task, work)
    require_closed(found)
    require_domain(problem)
    idea = _idea(problem, found) + needed(problem, found, task, work)
    return Evidence(METHOD, trust(work), idea, work.spent)


def by_rules_alone(claim: Claim) -> Evidence | None:
    """The same without a solver, and briefly: what it takes to notice that a refutation is wrong."""
    problem = problem_of(claim)
    if problem is None or problem.relation != "=":
        return None
    work = Work(_BRIEF)
    found = explore(replace(problem.setting, solver=False), difference_vanishes(problem), work)
    return Evidence(METHOD, trust(work), cases(found), work.spent) if found.succeeded else None


def trust(work: Work) -> str:
    """What a proof by normal forms relied on."""
    return ", ".join(["polynomial arithmetic of FLINT, structure theorem", *sorted(work.trusted)])


def needed(problem: Problem, found: Exploration, task: Task, work: Work) -> str:
    """What of the assumptions a proof over several cells by rules alone needs, as the end of a sentence.

    Each is left out, then taken in its weak form, while the proof still goes through.
    """
    given = list(problem.assumptions)
    if len(found.holds) < 2 or not given or len(given) > _MOST_TRIED or work.trusted:
        return ""
    for relation in problem.assumptions:
        rest = [other for other in given if other != relation]
        weak = [*rest, replace(relation, relation=_WEAKER.get(relation.relation, relation.relation))]
        given = next((trial for trial in (rest, weak) if _goes_through(problem, trial, task)), given)
    return f"; uses {', '.join(map(str, given))}" if given else "; uses none of the assumptions"


def _goes_through(problem: Problem, given: list[Compare], task: Task) -> bool:
    setting = Setting((*given, *problem.domain), problem.integers, problem.setting.rules, solver=False)
    try:
        return explore(setting, task, Work()).succeeded
    except (BudgetExceeded, UnsupportedOperation):
        return False


def require_closed(found: Exploration) -> None:
    """Raise :class:`Open`, with the case and what is left there, unless the task holds everywhere."""
    if found.open:
        cell, left = found.open[0]
        case = f"where {cell}, " if cell.signs else ""
        raise Open(f"{case}the difference has the numerator {left}, which is not shown to be 0")
    if not found.holds:
        reason = found.undefined[0][1] if found.undefined else "no case"
        raise Open(f"no point where the assumptions hold and both sides are defined is left ({reason})")


def require_domain(problem: Problem) -> None:
    """Raise :class:`Open` unless some point lies in the domain: nothing is proved of no point."""
    if domain_point(problem) is None:
        raise Open("no point was found where the assumptions hold and both sides are defined")


def _idea(problem: Problem, found: Exploration) -> str:
    parts = [f"in {', '.join(sorted(found.exponentials))}"] if found.exponentials else []
    cells = cases(found)
    parts += [f"cells {cells}; numerator 0 in each"] if cells else ["numerator of the difference 0"]
    conditions = open_conditions(problem)
    return "; ".join(parts) + (f"; where {', '.join(conditions)}" if conditions else "")


def cases(found: Exploration) -> str:
    """The cells as text, or their number and what they are cut by; empty when there is one."""
    cells = [str(cell) for cell in found.holds if cell.signs]
    if len(cells) <= _MOST_SHOWN:
        return ", ".join(cells)
    guards = dict.fromkeys(to_text(expr) for cell in found.holds for expr, _ in cell.signs)
    shown = ", ".join(list(guards)[:_MOST_SHOWN]) + (" ..." if len(guards) > _MOST_SHOWN else "")
    return f"by the signs of {shown}: {len(cells)}"


def open_conditions(problem: Problem) -> list[str]:
    """What both sides need in order to be defined and what does not follow from the assumptions."""
    needed = [c for side in (problem.left, problem.right) for c in domain_conditions(side)]
    setting = Setting(problem.assumptions, problem.integers, problem.setting.rules)
    return [str(c) for c in dict.fromkeys([*needed, *problem.domain]) if not follows(setting, c)]


def follows(setting: Setting, condition: Compare) -> bool:
    """Whether a condition is known to hold wherever the assumptions do."""

    def signs(scope: Scope) -> bool:
        value = evaluate(scope, condition.lhs) - evaluate(scope, condition.rhs)
        return scope.field.signs.of_ratio(value) <= ALLOWED[condition.relation]

    try:
        return in_cell(setting, Cell(), Work(), signs)
    except (Split, OutsideDomain, BudgetExceeded, UnsupportedOperation):
        return False
