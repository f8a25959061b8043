"""Equalities by normal form: in each cell the numerator of the difference is the zero polynomial."""

from __future__ import annotations

from symdl.core import BudgetExceeded, Claim, Compare, Evidence, UnsupportedOperation

from .budget import Work
from .cells import Cell, Exploration, Setting, Task, explore, in_cell, vanishes
from .control import Open, OutsideDomain, Split
from .evaluate import Scope, evaluate
from .problems import Problem, problem_of
from .rewriting import domain_conditions
from .signs import ALLOWED
from .witnesses import domain_point

METHOD = "normal form"
TRUST = "polynomial arithmetic of FLINT, structure theorem"


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
    found = explore(problem.setting, difference_vanishes(problem), work)
    require_closed(found)
    require_domain(problem)
    return Evidence(METHOD, TRUST, _idea(problem, found), work.spent)


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
    """The cells as text, the first six of them; empty when there is one."""
    cells = [str(cell) for cell in found.holds if cell.signs]
    shown = ", ".join(cells[:6])
    return f"{shown} and {len(cells) - 6} more" if len(cells) > 6 else shown


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
