"""How an update rule comes about: what its step minimises, what its corrections are for, what forms it has.

Main results: :func:`derive_rule`. Every equation that is said is decided; its outcome stands beside it.

Sources: Kingma and Ba, Adam, ICLR 2015, Sections 2 and 3; Sutskever, Martens, Dahl and Hinton, ICML 2013.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.calculus.derivatives import derivative
from symdl.calculus.minimisers import PLACE, local_model, minimiser
from symdl.calculus.recurrences import bias_correction_claim, closed_form, moving_average
from symdl.calculus.update_rules import stepped
from symdl.core import (
    STEP,
    THETA,
    Assignment,
    Belongs,
    Claim,
    Compare,
    Given,
    Optimizer,
    Outcome,
    Recurrence,
    SameRun,
    UnsupportedOperation,
    function,
    symbol,
    to_text,
)

from .verdicts import decide

MODEL = function("model")
_ZERO = sp.Integer(0)


@dataclass(frozen=True)
class RuleStep:
    """``before`` equals ``after``, for the reason that ``rule`` names.

    ``outcome`` says whether that was proved; None where it is so by definition.
    """

    rule: str
    before: sp.Expr
    after: sp.Expr
    outcome: Outcome | None
    note: str = ""


@dataclass(frozen=True)
class RuleDerivation:
    """An update rule and the steps that lead to it."""

    rule: Optimizer
    steps: tuple[RuleStep, ...]


def derive_rule(rule: Optimizer, forms: tuple[Optimizer, ...] = ()) -> RuleDerivation:
    """The story of an update rule; ``forms`` are other ways of writing it, such as the points of its family.

    >>> from symdl.library import gradient_descent
    >>> [step.rule for step in derive_rule(gradient_descent).steps]
    ['local model with a penalty', 'where its slope vanishes']
    """
    return RuleDerivation(rule, (*_averages(rule), *_models(rule), *_efficient(rule), *_forms(rule, forms)))


# --- moving averages, and why they are corrected


def _domains(rule: Optimizer) -> tuple[Compare, ...]:
    return tuple(condition for parameter in rule.hyper for condition in parameter.domain)


def _averages(rule: Optimizer) -> Iterator[RuleStep]:
    starts = {state.symbol: state.start for state in rule.state}
    for assignment in rule.step:
        state = assignment.symbol
        recurrence = _recurrence(rule, assignment) if starts.get(state) == 0 else None
        form = closed_form(recurrence) if recurrence else None
        if recurrence is None or form is None:
            continue
        value = function(recurrence.function)(STEP)
        yield RuleStep("recurrence", value, recurrence.next, None, "the rule itself; 0 before the first step")
        yield _decided("under a constant gradient", value, form, recurrence, *_domains(rule))
        yield from _correction(rule, recurrence)


def _recurrence(rule: Optimizer, assignment: Assignment) -> Recurrence | None:
    """``x(t) = b x(t-1) + (1-b) input`` with an input of gradients and hyper-parameters alone."""
    state = assignment.symbol
    weight = derivative(assignment.expr, state)
    known = {parameter.symbol for parameter in rule.hyper}
    gradients = {evaluation.symbol for evaluation in rule.evaluations}
    rest = sp.expand(assignment.expr - weight * state)
    if not weight.free_symbols or not weight.free_symbols <= known or not rest.free_symbols <= known | gradients:
        return None
    previous, pushed = function(state.name)(STEP - 1), assignment.expr.xreplace({state: _ZERO})
    return Recurrence(state.name, STEP, _ZERO, weight * previous + pushed)


def _correction(rule: Optimizer, recurrence: Recurrence) -> Iterator[RuleStep]:
    """What the average has to be divided by so that a constant input is estimated without bias."""
    average = moving_average(recurrence)
    if average is None:
        return
    state, value = symbol(recurrence.function), function(recurrence.function)(STEP)
    weights = average.bias_factor(STEP)
    claim = bias_correction_claim(recurrence, value / weights)
    used = next((a.symbol for a in rule.step if a.expr == state / weights), None)
    note = f"the rule calls it {used}" if used else "the rule leaves this correction out, or makes it elsewhere"
    yield RuleStep("unbiased when divided by its weights", value / weights, average.input, decide(claim).outcome, note)


def _decided(title: str, left: sp.Expr, right: sp.Expr, *given: Given, note: str = "") -> RuleStep:
    verdict = decide(Claim(Compare(left, "=", right), given))
    return RuleStep(title, left, right, verdict.outcome, note)


# --- the step as a minimiser


def _models(rule: Optimizer) -> Iterator[RuleStep]:
    """The last move of the parameter as the minimum of a local model."""
    last = next(assignment for assignment in reversed(rule.step) if assignment.symbol == THETA)
    fixed = {THETA, STEP, *(parameter.symbol for parameter in rule.hyper)}
    gradients = {evaluation.symbol for evaluation in rule.evaluations}
    for moved in (last.expr, stepped(rule)[THETA]):
        for direction in sorted(moved.free_symbols - fixed, key=lambda name: (name in gradients, str(name))):
            model = local_model(moved, direction)
            if model is not None:
                yield from _minimum(rule, moved, model, direction)
                return
        signs = sorted(moved.atoms(sp.sign), key=sp.default_sort_key)
        if signs:
            yield from _within_a_box(moved, signs[0])
            return


def _minimum(rule: Optimizer, moved: sp.Expr, model: sp.Expr, direction: sp.Symbol) -> Iterator[RuleStep]:
    try:
        point, curvature = minimiser(model)
    except UnsupportedOperation:
        return
    note = f"{direction} is the slope of the model, the rest keeps the step short"
    yield RuleStep("local model with a penalty", MODEL(PLACE), model, None, note)
    given: tuple[Given, ...] = (*_domains(rule), Belongs(STEP, "positive integer"))
    step = _decided("where its slope vanishes", PLACE, moved, Compare(PLACE, "=", point), *given)
    positive = decide(Claim(Compare(curvature, ">", _ZERO), (*given, Compare(curvature, "!=", _ZERO))))
    sure = "" if not positive.proved else "; the curvature is positive"
    yield replace(step, note=f"the step of {rule.name}{sure}")


def _within_a_box(moved: sp.Expr, sign: sp.Expr) -> Iterator[RuleStep]:
    """A sign is the minimiser of a linear model among the points within a distance."""
    (slope,) = sign.args
    stand_in = sp.Dummy("sign", real=True)
    length = -derivative(moved.xreplace({sign: stand_in}), stand_in)
    least = -length * sp.Abs(slope)
    given = (Compare(sp.Abs(PLACE), "<=", length), Compare(length, ">=", _ZERO))
    bound = decide(Claim(Compare(slope * PLACE, ">=", least), given))
    yield RuleStep(
        "linear model within a distance", MODEL(PLACE), slope * PLACE, None, f"for abs(x) <= {to_text(length)}"
    )
    yield RuleStep("its least value there", function("minimum")(MODEL(PLACE)), least, bound.outcome)
    yield _decided("taken by the step of the rule", slope * (-length * sign), least)


# --- the efficient form, and other forms


def _efficient(rule: Optimizer) -> Iterator[RuleStep]:
    """``a / (sqrt(v/k) + epsilon) = a sqrt(k) / (sqrt(v) + epsilon sqrt(k))`` where the weights k are corrected for."""
    after = stepped(rule)[THETA]
    roots = [node for node in after.atoms(sp.Pow) if node.exp == sp.Rational(1, 2) and _weights(node.base) is not None]
    if len(roots) != 1:
        return
    weights = _weights(roots[0].base)
    plain = sp.sqrt(roots[0].base.as_numer_denom()[0])
    table = {node: _rescaled(node, roots[0], plain, weights) for node in after.atoms(sp.Pow)
             if node.exp == -1 and roots[0] in node.base.args}  # fmt: skip
    if not table:
        return
    efficient = after.xreplace(table)
    others, moved = (a for a in rule.step if a.symbol != THETA), symbol("moved")
    other = replace(rule, step=(Assignment(moved, efficient), *others, Assignment(THETA, moved)))
    outcome = decide(Claim(SameRun(rule, other))).outcome
    yield RuleStep("efficient form", after, efficient, outcome, f"epsilon is multiplied by {to_text(sp.sqrt(weights))}")


def _weights(base: sp.Expr) -> sp.Expr | None:
    """``1 - b^t`` where something is divided by it."""
    denominator = base.as_numer_denom()[1]
    return denominator if denominator.has(STEP) and denominator.is_Add else None


def _rescaled(node: sp.Pow, root: sp.Expr, plain: sp.Expr, weights: sp.Expr) -> sp.Expr:
    others = [term * sp.sqrt(weights) for term in node.base.args if term != root]
    return sp.sqrt(weights) / sp.Add(plain, *others)


def _forms(rule: Optimizer, forms: tuple[Optimizer, ...]) -> Iterator[RuleStep]:
    """Other forms that take the same steps, with what ties them."""
    small = symbol("epsilon")
    for form in forms:
        if form == rule:
            continue
        named = ", ".join(form.conventions.values())
        verdict = decide(Claim(SameRun(rule, form)))
        if verdict.refuted and any(p.symbol == small for p in rule.hyper):
            at_zero = decide(Claim(SameRun(rule, form), (Compare(small, "=", _ZERO),)))
            if at_zero.proved:
                at_rest = f"same steps at epsilon = 0: {named}"
                yield RuleStep(at_rest, THETA, stepped(form)[THETA], "PROVED", "other steps beyond")
        elif verdict.proved:
            yield RuleStep(f"same steps: {named}", THETA, stepped(form)[THETA], "PROVED", verdict.idea)
