"""Which known update rule a rule is, under which conventions and which names of its hyper-parameters.

Rules are compared by their runs on rational losses, under every assignment of the rule's
hyper-parameters to those of a family's member. What agrees is then put to the prover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp

from symdl.core import THETA, Claim, Contradiction, Evidence, Family, Optimizer, SameRun, SymdlError, Verdict, symbol
from symdl.library import FAMILIES
from symdl.prover import decide

from .trajectories import SLOPES, Run, parting, run_of, runs_of, shared_states, stands_still, symbols_of
from .variants import Variant, variants, without

_MOST_PROVED, _MOST_OPEN = 24, 3
"""How many members that take the same steps are put to the prover, and how many may stay open."""
_PREFERENCE = {"PROVED": 0, "SUPPORTED": 1, "UNDECIDED": 1, "REFUTED": 2}
Names = tuple[tuple[sp.Symbol, str], ...]


@dataclass(frozen=True)
class Recognition:
    """A known rule that takes the same steps.

    ``names`` maps the rule's hyper-parameters to the member's roles; ``verdict`` is the prover's on
    the claim that both run alike; ``zero`` are hyper-parameters of the rule that the member does not
    have and that were set to zero.
    """

    variant: Variant
    names: Names
    verdict: Verdict
    zero: tuple[sp.Symbol, ...] = ()

    @property
    def family(self) -> str:
        """The name of the family."""
        return self.variant.member.name

    @property
    def how(self) -> str:
        """How the two were found to be the same."""
        return "proved" if self.verdict.proved else f"the same in {len(SLOPES)} exact steps"

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What that rests on."""
        if self.verdict.proved:
            return self.verdict.evidence
        return (Evidence("exact runs", "python-flint ball arithmetic", self.how, len(SLOPES)),)


def recognise(rule: Optimizer, families: Sequence[Family] = FAMILIES) -> Recognition | None:
    """The member of ``families`` that ``rule`` is, or None.

    Of members that take the same steps, the one that keeps most of the rule's states comes first.

    >>> from symdl import library
    >>> found = recognise(library.adam)
    >>> found.family, dict(found.variant.member.conventions)
    ('adam', {'epsilon': 'outside the root'})
    """
    own = run_of(rule)
    if own is None or stands_still(own):
        return None
    for family in families:
        matches = sorted(_matches(rule, own, family), key=lambda match: (bool(match[0].note), -match[2]))
        if matches:
            return _best(rule, matches)
    return None


def _best(rule: Optimizer, matches: Sequence[tuple[Variant, Names, int]]) -> Recognition:
    """The first match that is proved, else the first that is not refuted, else the first."""
    found: list[Recognition] = []
    for variant, names, _ in matches[:_MOST_PROVED]:
        found.append(Recognition(variant, names, same_run(rule, variant, names)))
        if found[-1].verdict.proved or sum(not f.verdict.refuted for f in found) == _MOST_OPEN:
            break
    return min(found, key=lambda recognition: _PREFERENCE[recognition.verdict.outcome])


def recognise_extended(rule: Optimizer, families: Sequence[Family] = FAMILIES) -> Recognition | None:
    """The member that ``rule`` becomes when hyper-parameters of its own (weight decay, say) are zero.

    >>> from symdl import library
    >>> recognise_extended(library.momentum, (library.optimizers.gradient_descent_family,)).zero
    (beta,)
    """
    for extra in symbols_of(rule):
        found = recognise(without(rule, extra), families)
        if found is not None:
            return replace(found, zero=(extra,))
    return None


def _matches(rule: Optimizer, own: Run, family: Family) -> Iterator[tuple[Variant, Names, int]]:
    for variant, roles, order, run in family_runs(family):
        if len(order) == len(rule.hyper) and parting(own, run) is None and len(own) == len(SLOPES):
            names = tuple(zip(symbols_of(rule), (roles[s] for s in order), strict=True))
            yield variant, names, shared_states(run[-1], own[-1])


def family_runs(family: Family) -> tuple[tuple[Variant, dict[sp.Symbol, str], tuple[sp.Symbol, ...], Run], ...]:
    """Every variant of a family with its roles and its runs under each order of its hyper-parameters."""
    return runs_of_variants(variants(family))


@lru_cache(maxsize=64)
def runs_of_variants(
    found: tuple[Variant, ...],
) -> tuple[tuple[Variant, dict[sp.Symbol, str], tuple[sp.Symbol, ...], Run], ...]:
    """The same for variants that are at hand."""
    return tuple(
        (variant, {p.symbol: p.name for p in variant.rule.hyper}, order, run)
        for variant in found
        for order, run in runs_of(variant.rule)
    )


def same_run(rule: Optimizer, variant: Variant, names: Names) -> Verdict:
    """The prover's verdict on the claim that the rule and the variant run alike."""
    symbols = {parameter.name: parameter.symbol for parameter in variant.rule.hyper}
    renamed = _renamed(rule, {old: symbols[name] for old, name in names})
    claim = Claim(SameRun(renamed, variant.rule), name=f"{rule.name} takes the steps of {variant.member.name}")
    try:
        return decide(claim)
    except Contradiction:
        raise
    except SymdlError as error:
        return Verdict(claim, "UNDECIDED", (Evidence("induction over the steps", "", error.message),))


def _renamed(rule: Optimizer, names: dict[sp.Symbol, sp.Symbol]) -> Optimizer:
    """The rule with other symbols for its hyper-parameters; its own symbols keep out of their way."""
    inner = {*(s.symbol for s in rule.state), *(a.symbol for a in rule.step), *(e.symbol for e in rule.evaluations)}
    table = {**names, **{s: symbol(f"{s}_own") for s in (inner - {THETA}) & set(names.values())}}

    def new(old: sp.Symbol) -> sp.Symbol:
        return table.get(old, old)

    return replace(
        rule,
        hyper=tuple(replace(p, symbol=new(p.symbol), domain=()) for p in rule.hyper),
        state=tuple(replace(s, symbol=new(s.symbol), start=s.start.xreplace(table)) for s in rule.state),
        evaluations=tuple(replace(e, symbol=new(e.symbol), point=e.point.xreplace(table)) for e in rule.evaluations),
        step=tuple(replace(a, symbol=new(a.symbol), expr=a.expr.xreplace(table)) for a in rule.step),
    )
