"""Sums, products and sequences in closed form, each form proved by induction before it is put in.

A candidate F for ``sum(f(n), n, a, t)`` is right where ``F(a - 1) = 0`` and ``F(n) - F(n - 1) = f(n)`` for n >= a;
a product has 1 and a quotient there. The claim without its sums goes to the normal form, or to the limits.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.calculus.recurrences import closed_form
from symdl.calculus.summation import multiplied, summed
from symdl.core import Belongs, Claim, Compare, Evidence, Limit, Recurrence, UnsupportedOperation, to_text
from symdl.core.claims import Given

from .budget import Work
from .cells import explore
from .equality import by_normal_form, difference_vanishes, follows
from .inequalities import by_signs
from .problems import Problem, pose
from .rewriting import domain_conditions, rebuilt

METHOD = "closed forms by induction"
_MOST_SUMS = 8


def closed_claim(claim: Claim) -> tuple[Claim, str] | None:
    """The claim with closed forms for its sums, products and sequences, and these as text; None without any."""
    statement = claim.statement
    if not isinstance(statement, Compare | Limit):
        return None
    given = claim.given
    if isinstance(statement, Limit):
        if statement.point != sp.oo:
            return None
        given = (*given, Belongs(statement.variable, "positive integer"))
    writer = _Writer(given)
    if isinstance(statement, Compare):
        if not all(isinstance(side, sp.Basic) for side in (statement.lhs, statement.rhs)):
            return None
        sides = writer.closed(statement.lhs), writer.closed(statement.rhs)
        closed: Compare | Limit = replace(statement, lhs=sides[0], rhs=sides[1])
    else:
        closed = replace(statement, expr=writer.closed(statement.expr), value=writer.closed(statement.value))
    if not writer.forms:
        return None
    shown = ", ".join(f"{to_text(node)} = {to_text(form)}" for node, form in writer.forms.items())
    return replace(claim, statement=closed), f"{shown} by induction"


def by_closed_sums(claim: Claim) -> Evidence | None:
    """A comparison whose sums and products have closed forms."""
    found = closed_claim(claim) if isinstance(claim.statement, Compare) else None
    if found is None:
        return None
    closed, idea = found
    evidence = by_normal_form(closed) or by_signs(closed)
    return evidence and replace(evidence, method=METHOD, detail=f"{idea}; {evidence.detail}")


class _Writer:
    """Puts proved closed forms in; ``forms`` are those that were."""

    def __init__(self, given: tuple[Given, ...]) -> None:
        self.given = given
        self.forms: dict[sp.Expr, sp.Expr] = {}
        self.recurrences = {item.function: item for item in given if isinstance(item, Recurrence)}

    def closed(self, expr: sp.Basic) -> sp.Basic:
        """``expr`` with closed forms for what has one, inner sums first."""
        if not expr.args:
            return expr
        arguments = [self.closed(argument) for argument in expr.args]
        node = expr if tuple(arguments) == expr.args else rebuilt(expr, arguments)
        form = self._form(node)
        if form is not None:
            self.forms[node] = form
            if len(self.forms) > _MOST_SUMS:
                raise UnsupportedOperation(f"more than {_MOST_SUMS} sums to be closed")
            return form
        return node

    def _form(self, node: sp.Basic) -> sp.Expr | None:
        if isinstance(node, sp.Sum | sp.Product):
            return self._proved(node)
        rule = self.recurrences.get(getattr(node.func, "__name__", ""))
        if rule is None or len(node.args) != 1:
            return None
        form = closed_form(rule)
        if form is None or not self._runs(rule, form):
            return None
        return form.xreplace({rule.index: node.args[0]})

    def _proved(self, node: sp.Sum | sp.Product) -> sp.Expr | None:
        """A closed form with base and step of the induction on the upper end, for ends not before the start."""
        index, lower, upper = node.limits[0]
        place = sp.Symbol(f"step {index}", real=True)
        to_place = node.func(node.function, (index, lower, place))
        form = summed(to_place) if isinstance(node, sp.Sum) else multiplied(to_place)
        if form is None or not lower.is_Integer or not upper.free_symbols:
            return None
        setting = pose(Compare(form, "=", form), self.given).setting
        if not follows(setting, Compare(upper, ">=", lower - 1)):
            return None
        before, term = form.xreplace({place: place - 1}), node.function.xreplace({index: place})
        start, following = (
            (sp.Integer(0), before + term) if isinstance(node, sp.Sum) else (sp.Integer(1), before * term)
        )
        base = _holds(Compare(form.xreplace({place: lower - 1}), "=", start), self.given)
        given = (*self.given, Belongs(place, "integer"), Compare(place, ">=", lower))
        proved = base and _holds(Compare(form, "=", following), given) and self._is_defined(form, place, lower)
        return form.xreplace({place: upper}) if proved else None

    def _is_defined(self, form: sp.Expr, place: sp.Symbol, lower: sp.Expr) -> bool:
        """Whether a form has a value from the start on."""
        given = (*self.given, Belongs(place, "integer"), Compare(place, ">=", lower - 1))
        problem = pose(Compare(form, "=", form), given)
        return all(follows(problem.setting, c) for c in (*domain_conditions(form), *_nonzero_bases(form)))

    def _runs(self, rule: Recurrence, form: sp.Expr) -> bool:
        """Whether a closed form starts and steps as the sequence does."""
        given = tuple(item for item in self.given if item is not rule)
        if any(rule.index == getattr(item, "symbol", None) for item in given if isinstance(item, Belongs)):
            counted: tuple[Given, ...] = given
        else:
            counted = (*given, Belongs(rule.index, "positive integer"))
        previous = sp.Function(rule.function, real=True)(rule.index - 1)
        step = rule.next.xreplace({previous: form.xreplace({rule.index: rule.index - 1})})
        start = Compare(form.xreplace({rule.index: sp.Integer(0)}), "=", rule.start)
        problem = pose(Compare(form, "=", form), counted)
        defined = all(follows(problem.setting, c) for c in (*domain_conditions(form), *_nonzero_bases(form)))
        return defined and _holds(start, counted) and _holds(Compare(form, "=", step), counted)


def _nonzero_bases(form: sp.Expr) -> list[Compare]:
    """The bases of powers with a symbolic exponent are not 0: so the powers have a value at every step."""
    powers = sorted((p for p in form.atoms(sp.Pow) if p.exp.free_symbols), key=sp.default_sort_key)
    return [Compare(p.base, "!=", sp.Integer(0)) for p in powers]


def _holds(statement: Compare, given: tuple[Given, ...]) -> bool:
    problem: Problem = pose(statement, given)
    return explore(problem.setting, difference_vanishes(problem), Work()).succeeded
