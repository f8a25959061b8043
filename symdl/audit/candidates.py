"""Every rule that an optimizer may turn out to be: points of the families, with the parts that compose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp

from symdl.core import THETA, Assignment, Family, Optimizer, Parameter, State, UnsupportedOperation, symbol
from symdl.library import FAMILIES
from symdl.library.optimizers.parts import decay, eta, with_decoupled_decay, with_l2
from symdl.matching.variants import variants
from symdl.numerics.ball import compiled


@dataclass(frozen=True, eq=False)
class Candidate:
    """A rule at one point of a family: ``conventions`` its choices and parts, ``note`` a change of variables."""

    family: str
    rule: Optimizer
    conventions: Mapping[str, str]
    note: str = ""


@lru_cache(maxsize=1)
def candidates() -> tuple[Candidate, ...]:
    """All of them, plain ones first."""
    plain = tuple(_points())
    return (*plain, *(decayed for candidate in plain for decayed in with_decay(candidate)))


def _points() -> Iterator[Candidate]:
    for family in FAMILIES:
        if _is_coupled(next(family.points())):
            continue
        for variant in variants(family):
            points = [evaluation.point for evaluation in variant.rule.evaluations]
            if points == [THETA] and variant.note != "without epsilon":
                yield Candidate(family.name, variant.rule, dict(variant.member.conventions), variant.note)
        for rule in family.points():
            yield from _at_its_point(family, rule)


def _is_coupled(rule: Optimizer) -> bool:
    """Whether an entry's step depends on other entries, which an interpreter of single entries refuses."""
    try:
        for assignment in rule.step:
            compiled(assignment.expr, tuple(sorted(assignment.expr.free_symbols, key=str)))
    except UnsupportedOperation:
        return True
    return False


def with_decay(candidate: Candidate) -> Iterator[Candidate]:
    """Weight decay as a part of the gradient, and by itself."""
    if "weight_decay" in {parameter.name for parameter in candidate.rule.hyper}:
        return
    rule = _renamed(candidate.rule, decay, symbol("decay_of_the_rate"))
    symbols = {parameter.symbol for parameter in rule.hyper}
    for part in (with_l2, with_decoupled_decay) if eta in symbols else (with_l2,):
        composed = part(rule)
        added = {k: v for k, v in composed.conventions.items() if k not in rule.conventions}
        yield Candidate(candidate.family, composed, {**candidate.conventions, **added}, candidate.note)


def _renamed(rule: Optimizer, old: sp.Symbol, new: sp.Symbol) -> Optimizer:
    """The rule with another letter for a hyper-parameter, so that a part may have the letter."""
    table = {old: new}
    return replace(
        rule,
        hyper=tuple(Parameter(new, p.name, p.default, ()) if p.symbol == old else p for p in rule.hyper),
        state=tuple(replace(state, start=state.start.xreplace(table)) for state in rule.state),
        step=tuple(replace(a, expr=a.expr.xreplace(table)) for a in rule.step),
    )


def _at_its_point(family: Family, rule: Optimizer) -> Iterator[Candidate]:
    """A rule whose gradient is taken between its parameter and a state, as seen by who is given that point."""
    (point, *others) = {evaluation.point for evaluation in rule.evaluations}
    if others or len(rule.evaluations) > 1 or point == THETA or not sp.expand(point - THETA).has(THETA):
        return
    inner = symbol("theta_inner")
    table = {THETA: inner}
    step = tuple(Assignment(table.get(a.symbol, a.symbol), a.expr.xreplace(table)) for a in rule.step)
    seen = replace(
        rule,
        state=(State(inner, THETA), *rule.state),
        evaluations=tuple(replace(evaluation, point=THETA) for evaluation in rule.evaluations),
        step=(*(replace(a, expr=a.expr.xreplace(table)) for a in step), Assignment(THETA, point.xreplace(table))),
    )
    yield Candidate(family.name, seen, dict(rule.conventions), "written for the look-ahead point")
