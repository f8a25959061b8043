"""Sequences for every step: closed forms that are checked again, and induction on the step.

What is carried through the induction is the numerator of the difference: it is defined at every step,
so no condition of one step is used at another.
"""

from __future__ import annotations

import sympy as sp

from symdl.calculus.recurrences import closed_form
from symdl.core import Claim, Compare, Evidence, Recurrence, to_text

from .budget import Work
from .cells import Cell, Exploration, Setting, Task, explore, in_cell, vanishes
from .control import Open, Split
from .equality import difference_vanishes, follows, open_conditions, require_closed, require_domain, trust
from .evaluate import Rules, Scope, evaluate
from .inequalities import sign_task
from .instances import index_symbols
from .problems import Problem, problem_of, sum_indices
from .rewriting import domain_conditions, real_powers

METHOD = "induction"


# --- closed forms


def by_closed_form(claim: Claim) -> Evidence | None:
    """A comparison of sequences after their closed forms are put in, each proved by induction."""
    problem = problem_of(claim)
    if problem is None or not problem.recurrences:
        return None
    work = Work()
    forms = {r.function: form for r in problem.recurrences if (form := _proved_form(problem, r, work)) is not None}
    if not forms:
        raise Open("no closed form of the sequences is known")
    rules: Rules = {**problem.setting.rules, **forms}
    task = difference_vanishes(problem) if problem.relation == "=" else sign_task(problem)
    found = explore(Setting(problem.conditions, problem.integers, rules), task, work)
    require_closed(found)
    require_domain(problem)
    texts = [f"{name}({index}) = {to_text(form)}" for name, (index, form) in forms.items()]
    conditions = open_conditions(problem)
    where = f"; where {', '.join(conditions)}" if conditions else ""
    return Evidence(METHOD, trust(work), f"{', '.join(texts)} by induction; {_end(problem, found)}{where}", work.spent)


def _end(problem: Problem, found: Exploration) -> str:
    exponentials = f" in {', '.join(sorted(found.exponentials))}" if found.exponentials else ""
    return f"then the difference {problem.relation} 0 by normal form{exponentials}"


def _proved_form(problem: Problem, recurrence: Recurrence, work: Work) -> tuple[sp.Symbol, sp.Expr] | None:
    """The closed form of a sequence when base and step are shown and it is defined throughout."""
    form = closed_form(recurrence)
    if form is None or not all(follows(problem.setting, condition) for condition in domain_conditions(form)):
        return None
    rule = recurrence.index, form
    setting = Setting(problem.assumptions, problem.integers, {recurrence.function: rule})

    def task(scope: Scope) -> str:
        at_zero = scope.inner({recurrence.index: scope.field.constant(0)})
        base = vanishes(evaluate(at_zero, form) - evaluate(scope, recurrence.start))
        return base or vanishes(evaluate(scope, form) - evaluate(scope, recurrence.next))

    return rule if explore(setting, task, work).succeeded else None


# --- induction on the claim itself


def by_induction(claim: Claim) -> Evidence | None:
    """An equality for every step: it holds at 1, and at t + 1 where it holds at t."""
    problem = problem_of(claim)
    if problem is None or problem.relation != "=":
        return None
    indices = [symbol for symbol in index_symbols(problem) if problem.integers[symbol] == "positive integer"]
    if not indices:
        return None
    work = Work()
    invariant = _numerator(problem, work)
    index = indices[0]
    fixed = tuple(c for c in problem.conditions if not {index} & (c.lhs.free_symbols | c.rhs.free_symbols))
    setting = Setting(fixed, problem.integers, problem.setting.rules)
    _require_defined(invariant, index, setting)
    found = explore(setting, _step_task(invariant, index), work)
    if not found.succeeded:
        raise Open(f"induction on {index}: {found.open[0][1] if found.open else 'nothing holds'}")
    if any(index in expr.free_symbols for cell in found.holds for expr, _ in cell.signs):
        raise Open(f"induction on {index} would need cases that change with {index}")
    require_domain(problem)
    return Evidence(
        METHOD, trust(work), f"on {index}: numerator 0 at {index} = 1, and from {index} to {index} + 1", work.spent
    )


def _numerator(problem: Problem, work: Work) -> sp.Expr:
    """The numerator of the difference, defined at every step."""

    def action(scope: Scope) -> sp.Expr:
        difference = evaluate(scope, problem.left) - evaluate(scope, problem.right)
        return scope.field.expression(difference.numerator)

    try:
        return in_cell(problem.setting, Cell(), work, action)
    except Split as split:
        raise Open(f"induction needs the sign of {to_text(split.expr)}") from None


def _require_defined(invariant: sp.Expr, index: sp.Symbol, setting: Setting) -> None:
    """Raise :class:`Open` unless the invariant has a value at every step."""
    needed = [*domain_conditions(invariant), *real_powers(invariant, set(setting.integers) | sum_indices(invariant))]
    for power in invariant.atoms(sp.Pow):
        if index in power.exp.free_symbols and not follows(setting, Compare(power.exp, ">=", sp.Integer(0))):
            needed.append(Compare(power.base, "!=", sp.Integer(0)))
    for condition in needed:
        if index in condition.lhs.free_symbols or not follows(setting, condition):
            raise Open(f"induction on {index} needs {condition} at every step")


def _step_task(invariant: sp.Expr, index: sp.Symbol) -> Task:
    def task(scope: Scope) -> str:
        one = scope.field.constant(1)
        base = vanishes(evaluate(scope.inner({index: one}), invariant))
        if base:
            return f"at {index} = 1 the numerator {base} is not 0"
        hypothesis = evaluate(scope, invariant)
        following = evaluate(scope.inner({index: scope.field.variable(index) + one}), invariant)
        if not hypothesis.is_zero:
            scope.field.signs.zeros.append(hypothesis.numerator)
        left = vanishes(following)
        return f"from {index} to {index} + 1 {left} is left" if left else ""

    return task
