"""The members of a family, and rules that differ from a member in ways that no axis of it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import THETA, Assignment, Family, Optimizer, symbol


@dataclass(frozen=True)
class Variant:
    """A rule in the symbols of ``member``, from which it differs as ``note`` says; the member itself without."""

    member: Optimizer
    rule: Optimizer
    note: str = ""


def variants(family: Family) -> Iterator[Variant]:
    """Every member; then members without epsilon, with a scaled rate, and seen from the look-ahead point.

    >>> from symdl.library.optimizers import adagrad_family
    >>> [variant.note for variant in variants(adagrad_family)]
    ['', '', 'without epsilon', 'without epsilon']
    """
    members = list(family.points())
    yield from (Variant(member, member) for member in members)
    for member in members:
        roles = {parameter.name: parameter.symbol for parameter in member.hyper}
        if "epsilon" in roles:
            yield Variant(member, without(member, roles["epsilon"]), "without epsilon")
        if {"momentum", "learning_rate"} <= set(roles):
            yield _averaging(member, roles["learning_rate"], roles["momentum"])
    yield from (variant for member in members for variant in _seen_ahead(member))


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
