"""The members of a family, and rules that differ from a member in ways that no axis of it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp

from symdl.core import THETA, Assignment, Family, Optimizer, symbol

from .trajectories import run_of, stands_still


@dataclass(frozen=True)
class Variant:
    """A rule in the symbols of ``member``, from which it differs as ``note`` says; the member itself without."""

    member: Optimizer
    rule: Optimizer
    note: str = ""


@lru_cache(maxsize=256)
def variants(family: Family) -> tuple[Variant, ...]:
    """Every member; then members without epsilon, with a scaled rate, and seen from the look-ahead point.

    A variant that never moves the parameter is none.

    >>> from symdl.library.optimizers import adagrad_family
    >>> [variant.note for variant in variants(adagrad_family)]
    ['', '', 'without epsilon', 'without epsilon']
    """
    members = tuple(family.points())
    changed = [*(v for member in members for v in _changed(member)), *(v for m in members for v in _seen_ahead(m))]
    moving = [v for v in changed if (run := run_of(v.rule)) is None or not stands_still(run)]
    return (*(Variant(member, member) for member in members), *moving)


def _changed(member: Optimizer) -> Iterator[Variant]:
    roles = {parameter.name: parameter.symbol for parameter in member.hyper}
    if _starts(member):
        yield Variant(member, _from_zero(member), "the states start at zero")
    if "epsilon" in roles:
        yield Variant(member, without(member, roles["epsilon"]), "without epsilon")
    if _rate(member) == 1:
        without_rate = substituted(member, {roles["learning_rate"]: sp.Integer(1)})
        yield Variant(member, without_rate, "without a learning rate, which is 1 by default")
    if {"momentum", "learning_rate"} <= set(roles):
        yield _averaging(member, roles["learning_rate"], roles["momentum"])


def _rate(rule: Optimizer) -> sp.Expr | None:
    """The default of the learning rate, if it has one."""
    return next((p.default for p in rule.hyper if p.name == "learning_rate"), None)


def _starts(rule: Optimizer) -> set[sp.Symbol]:
    """The hyper-parameters that only say where states start."""
    used = {s for a in rule.step for s in a.expr.free_symbols} | {
        s for e in rule.evaluations for s in e.point.free_symbols
    }
    return {parameter.symbol for parameter in rule.hyper} - used


def _from_zero(rule: Optimizer) -> Optimizer:
    zeros = dict.fromkeys(_starts(rule), sp.Integer(0))
    states = tuple(replace(state, start=state.start.xreplace(zeros)) for state in rule.state)
    return replace(rule, state=states, hyper=tuple(p for p in rule.hyper if p.symbol not in zeros))


def substituted(rule: Optimizer, values: dict[sp.Symbol, sp.Expr]) -> Optimizer:
    """The rule with expressions for some of its symbols; hyper-parameters that are gone are dropped."""
    return replace(
        rule,
        hyper=tuple(p for p in rule.hyper if p.symbol not in values or values[p.symbol].has(p.symbol)),
        evaluations=tuple(replace(e, point=e.point.xreplace(values)) for e in rule.evaluations),
        step=tuple(replace(a, expr=a.expr.xreplace(values)) for a in rule.step),
    )


def without(rule: Optimizer, hyper: sp.Symbol) -> Optimizer:
    """The rule with a hyper-parameter set to zero."""
    return substituted(rule, {hyper: sp.Integer(0)})


def _averaging(member: Optimizer, rate: sp.Symbol, decay: sp.Symbol) -> Variant:
    """A velocity that averages gradients is one that adds them up, at a rate scaled by 1 - decay."""
    rule = substituted(member, {rate: rate * (1 - decay)})
    return Variant(member, rule, "the velocity averages the gradients, which scales the rate by one minus momentum")


def _seen_ahead(member: Optimizer) -> Iterator[Variant]:
    """A rule that looks ahead by ``d``, written for ``theta + d``: its gradient is taken at the parameter."""
    distances = {sp.expand(evaluation.point - THETA) for evaluation in member.evaluations}
    (ahead, *others) = distances
    if others or ahead == 0 or ahead.has(THETA):
        return
    plain = symbol("theta_plain")
    inner = tuple(
        Assignment(plain if a.symbol == THETA else a.symbol, a.expr.xreplace({THETA: plain})) for a in member.step
    )
    step = (Assignment(plain, THETA - ahead), *inner, Assignment(THETA, plain + ahead))
    evaluations = tuple(replace(e, point=THETA) for e in member.evaluations)
    yield Variant(member, replace(member, step=step, evaluations=evaluations), "written for the look-ahead point")
