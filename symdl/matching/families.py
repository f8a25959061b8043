"""Which known update rule a rule is, under which conventions and which names of its hyper-parameters.

Rules are compared by their runs over rational gradients, under every assignment of the rule's
hyper-parameters to those of a family's member. What agrees is then put to the prover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations

import sympy as sp

from symdl.core import THETA, Claim, Family, Optimizer, SameRun, SymdlError, UndefinedValue, Verdict
from symdl.library import FAMILIES
from symdl.numerics.ball import Number
from symdl.prover import decide

from .trajectories import SLOPES, parting, trajectory

Run = tuple[Number, ...]

_MOST_HYPER = 5
STANDARD_VALUES = tuple(sp.Rational(*pair) for pair in ((1, 3), (2, 5), (3, 4), (1, 7), (5, 6)))
"""Values for hyper-parameters: all distinct, and inside (0, 1), where every role is at home."""


@dataclass(frozen=True)
class Variant:
    """A member of a family, or one that differs from it as ``note`` says, in the member's symbols."""

    member: Optimizer
    rule: Optimizer
    note: str = ""


@dataclass(frozen=True)
class Recognition:
    """A known rule that takes the same steps.

    ``names`` maps the rule's hyper-parameters to the member's roles; ``verdict`` is the prover's on
    the claim that both run alike, and ``steps`` how many exact steps were compared.
    """

    variant: Variant
    names: tuple[tuple[sp.Symbol, str], ...]
    verdict: Verdict
    steps: int = len(SLOPES)

    @property
    def family(self) -> str:
        """The name of the family."""
        return self.variant.member.name

    @property
    def evidence(self) -> str:
        """How the two were found to be the same."""
        return "proved" if self.verdict.proved else f"the same in {self.steps} exact steps"


def recognise(rule: Optimizer, families: Sequence[Family] = FAMILIES) -> Recognition | None:
    """The member of ``families`` that ``rule`` is, or None.

    Members as their families have them come before variants (no epsilon, a rate that is scaled).

    >>> from symdl import library
    >>> found = recognise(library.adam)
    >>> found.family, dict(found.variant.member.conventions)
    ('adam', {'epsilon': 'outside the root'})
    """
    own = run_of(rule)
    if own is None:
        return None
    for family in families:
        for variant in variants(family):
            names = _names(rule, own, variant)
            if names is not None:
                return Recognition(variant, names, _same_run(rule, variant, names))
    return None


def run_of(rule: Optimizer) -> Run | None:
    """The run of a rule at the standard values; None where it has none."""
    if len(rule.hyper) > _MOST_HYPER:
        return None
    try:
        return tuple(trajectory(rule, dict(zip(symbols_of(rule), STANDARD_VALUES, strict=False))))
    except UndefinedValue:
        return None


def symbols_of(rule: Optimizer) -> tuple[sp.Symbol, ...]:
    """The hyper-parameters of a rule."""
    return tuple(parameter.symbol for parameter in rule.hyper)


def variants(family: Family) -> Iterator[Variant]:
    """Every member, then members without epsilon, then members whose rate carries a factor."""
    members = list(family.points())
    yield from (Variant(member, member) for member in members)
    for member in members:
        for parameter in member.hyper:
            if parameter.name == "epsilon":
                yield Variant(member, without(member, parameter.symbol), "without epsilon")
    for member in members:
        yield from _scaled(member)


def without(rule: Optimizer, symbol: sp.Symbol) -> Optimizer:
    """The rule with a hyper-parameter set to zero."""
    zero = {symbol: sp.Integer(0)}
    return replace(
        rule,
        hyper=tuple(parameter for parameter in rule.hyper if parameter.symbol != symbol),
        evaluations=tuple(replace(e, point=e.point.xreplace(zero)) for e in rule.evaluations),
        step=tuple(replace(a, expr=a.expr.xreplace(zero)) for a in rule.step),
    )


def _scaled(member: Optimizer) -> Iterator[Variant]:
    """A velocity that averages gradients is one that adds them up, at a rate scaled by 1 - decay."""
    roles = {parameter.name: parameter.symbol for parameter in member.hyper}
    rate = roles.get("learning_rate")
    for name, decay in roles.items():
        if name == "momentum" and rate is not None:
            scaled = {rate: rate * (1 - decay)}
            step = tuple(replace(a, expr=a.expr.xreplace(scaled)) for a in member.step)
            points = tuple(replace(e, point=e.point.xreplace(scaled)) for e in member.evaluations)
            rule = replace(member, step=step, evaluations=points)
            yield Variant(member, rule, "the velocity averages gradients, so its rate is scaled by one minus momentum")


def _names(rule: Optimizer, own: Run, variant: Variant) -> tuple[tuple[sp.Symbol, str], ...] | None:
    """What each hyper-parameter of ``rule`` is called in the variant, if the two run alike."""
    if len(rule.hyper) != len(variant.rule.hyper):
        return None
    roles = {parameter.symbol: parameter.name for parameter in variant.rule.hyper}
    for order, run in runs_of(variant.rule):
        if parting(own, run) is None:
            return tuple(zip(symbols_of(rule), (roles[symbol] for symbol in order), strict=True))
    return None


@lru_cache(maxsize=256)
def runs_of(rule: Optimizer) -> tuple[tuple[tuple[sp.Symbol, ...], Run], ...]:
    """The runs of a rule at the standard values under each order of its hyper-parameters."""
    runs = []
    for order in permutations(symbols_of(rule)):
        try:
            runs.append((order, tuple(trajectory(rule, dict(zip(order, STANDARD_VALUES, strict=False))))))
        except UndefinedValue:
            continue
    return tuple(runs)


def _same_run(rule: Optimizer, variant: Variant, names: tuple[tuple[sp.Symbol, str], ...]) -> Verdict:
    """The prover's verdict on the claim that the rule and the variant run alike."""
    symbols = {parameter.name: parameter.symbol for parameter in variant.rule.hyper}
    renamed = renamed_hyper(rule, {old: symbols[name] for old, name in names})
    claim = Claim(SameRun(renamed, variant.rule), name=f"{rule.name} takes the steps of {variant.member.name}")
    try:
        return decide(claim)
    except SymdlError as error:
        from symdl.core import Evidence

        return Verdict(claim, "UNDECIDED", (Evidence("induction over the steps", "", str(error)),))


def renamed_hyper(rule: Optimizer, names: dict[sp.Symbol, sp.Symbol]) -> Optimizer:
    """The rule with other symbols for its hyper-parameters, its own symbols kept apart from them."""
    inner = (
        {state.symbol for state in rule.state} | {a.symbol for a in rule.step} | {e.symbol for e in rule.evaluations}
    )
    clash = {s: sp.Symbol(f"{s}_own", real=True) for s in (inner - {THETA}) & set(names.values())}
    table = {**names, **clash}
    return replace(
        rule,
        hyper=tuple(replace(p, symbol=table.get(p.symbol, p.symbol), domain=()) for p in rule.hyper),
        state=tuple(
            replace(s, symbol=table.get(s.symbol, s.symbol), start=s.start.xreplace(table)) for s in rule.state
        ),
        evaluations=tuple(
            replace(e, symbol=table.get(e.symbol, e.symbol), point=e.point.xreplace(table)) for e in rule.evaluations
        ),
        step=tuple(replace(a, symbol=table.get(a.symbol, a.symbol), expr=a.expr.xreplace(table)) for a in rule.step),
    )
