"""The choice among plans: every candidate is compiled and measured, the best is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil, inf, log2
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.core import Claim, Limit, UnsupportedOperation, to_text
from symdl.core.programs import Program
from symdl.prover import decide

from .accuracy import DTYPES, POINTS, Accuracy, Truth, as_floats, limits, measure, truth
from .branchwise import compares_values
from .kernels import Ends, Function, Plan, careful, cost, guarded, kernel, outside, plans
from .modules import compiled
from .progress import report
from .running import runner

Kernel = Callable[[NDArray[Any]], NDArray[Any]]
Plans = Mapping[str, Plan]
"""A plan for each dtype."""
_CONTENDERS = 5
_CAREFUL = 8
"""How many plans are tried with more care."""
_WIDENED = 12
"""How many plans are tried with tails."""
_FARTHEST = 1e9
_FAR_INSIDE = 16.0
_NEAR_ROOTS = 1.75
"""What is good enough next to roots, in eps of the sum of the absolute terms."""


@dataclass(frozen=True)
class Choice:
    """Plans and what they reached, by dtype."""

    plans: Plans
    reached: dict[str, Accuracy]
    usual: dict[str, Accuracy] = field(default_factory=dict)
    """What they reach in the first case alone."""

    @property
    def sound(self) -> bool:
        """Whether every dtype is free of failures and warnings."""
        return all(accuracy.sound for accuracy in self.reached.values())

    @property
    def flaws(self) -> int:
        """How many points fail, zeros next to roots, the infinities and nan among them; warnings count once."""
        return sum(
            accuracy.failures + accuracy.zeros + (not accuracy.limits) + (not accuracy.nan) + bool(accuracy.floods)
            for accuracy in self.reached.values()
        )

    def excess(self, target: float) -> float:
        """How many times the target the worst error is; at most 1 where every error is good enough."""
        return max(max(a.worst / target, a.near_roots / _NEAR_ROOTS) for a in self.reached.values())

    @property
    def share(self) -> float:
        """The most of what the conditions of the formula allow; at least 1."""
        return max(1.0, *(accuracy.share for accuracy in self.reached.values()))

    def is_within(self, target: float) -> bool:
        """Whether it is sound and every error good enough."""
        return not self.flaws and self.share <= 1 and self.excess(target) <= 1

    def grade(self, target: float) -> tuple[float, ...]:
        """What speaks against it: less is better."""
        return (self.flaws, self.share, max(1.0, self.excess(target)))


@dataclass(frozen=True)
class Case:
    """Values of the parameters, with the truth there and what is known far out, by dtype."""

    values: Mapping[sp.Symbol, sp.Rational]
    truths: Mapping[str, Truth]
    ends: Mapping[str, Ends]
    first: Kernel | None = None
    """Applied to the points before the kernel, when that takes the value of another function."""


@dataclass(frozen=True)
class Machine:
    """A framework in which plans are measured: how it runs one, and the plan that it runs in place of another."""

    run: Callable[[Function, Plan], Callable[..., NDArray[Any]]]
    fit: Callable[[Plan], Plan]


@dataclass(frozen=True)
class Goal:
    """A function, the error that is good enough, and the cases in which it is measured, the default first."""

    function: Function
    target: float
    cases: tuple[Case, ...]
    known: dict[tuple[Any, ...], Accuracy] = field(default_factory=dict)
    """What plans reached, once measured."""
    machine: Machine | None = None
    """Where plans are run, if not in NumPy."""

    @property
    def ends(self) -> Ends:
        """What holds far out, in every case."""
        return self.cases[0].ends[DTYPES[-1]]


def goal(
    function: Function, values: Sequence[Mapping[sp.Symbol, sp.Rational]], target: float, kinks: tuple[sp.Expr, ...]
) -> Goal:
    """The goal of computing ``function`` at its own points, for each of ``values`` of its parameters."""
    return Goal(function, target, cases(function, values, kinks))


def cases(
    function: Function, values: Sequence[Mapping[sp.Symbol, sp.Rational]], kinks: tuple[sp.Expr, ...]
) -> tuple[Case, ...]:
    """The first of ``values`` over the whole range, the others where their product with x does not overflow."""
    return tuple(case(function, chosen_values, kinks, index > 0) for index, chosen_values in enumerate(values))


def case(function: Function, values: Mapping[sp.Symbol, sp.Rational], kinks: tuple[sp.Expr, ...], inside: bool) -> Case:
    """The truth where the parameters have the floats nearest to ``values``."""
    exact = {dtype: function.expr.subs(as_floats(values, dtype)) for dtype in DTYPES}
    around = {dtype: tuple(float(p.subs(as_floats(values, dtype))) for p in kinks) for dtype in DTYPES}
    truths = {dtype: _truth(exact[dtype], function.variable, dtype, around[dtype]) for dtype in DTYPES}
    if inside:
        truths = {dtype: known.within(float(np.finfo(dtype).max) / _FAR_INSIDE) for dtype, known in truths.items()}
    ends = {dtype: far_out(exact[dtype], function.variable, dtype, truths) for dtype in DTYPES}
    if function.expr.free_symbols != {function.variable}:
        # What holds far out may be otherwise for other parameters: only what is certain is written into the code.
        ends = {dtype: Ends(known.limits, written=_certain(function, known.limits)) for dtype, known in ends.items()}
    return Case(values, truths, ends)


def _truth(exact: sp.Expr, variable: sp.Symbol, dtype: str, around: tuple[float, ...]) -> Truth:
    """The truth, also at the floats next to roots."""
    known = truth(exact, variable, dtype, POINTS, around)
    roots = known.roots()
    return truth(exact, variable, dtype, POINTS, (*around, *roots)) if roots else known


def far_out(exact: sp.Expr, variable: sp.Symbol, dtype: str, truths: Mapping[str, Truth]) -> Ends:
    """The limits, and where every sampled value in both dtypes has reached them."""
    values = limits(exact, variable, dtype)
    settled = [
        max((known.settled(value, direction) for known in truths.values()), default=None, key=lambda s: s or np.inf)
        for value, direction in zip(values, (-1, 1), strict=True)
    ]
    return Ends(values, (_text(settled[0]), _text(settled[1])), values)


def _certain(function: Function, values: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    """The limits 0, oo and -oo that are proved for all values of the parameters."""
    return tuple(  # type: ignore[return-value]
        value if value is not None and _is_proved(function, direction * sp.oo, value) else None
        for direction, value in zip((-1, 1), values, strict=True)
    )


@lru_cache(maxsize=256)
def _is_proved(function: Function, point: sp.Expr, value: float) -> bool:
    if value not in (0, inf, -inf):
        return False
    exact = sp.Integer(0) if value == 0 else sp.oo if value > 0 else -sp.oo
    claim = Claim(Limit(function.expr, function.variable, point, exact), function.given)
    return bool(decide(claim).outcome == "PROVED")


def _text(size: float | None) -> str:
    return str(int(size)) if size is not None and size < _FARTHEST else ""


def chosen(aim: Goal) -> Choice:
    """The cheapest plan that reaches the target, else plans for each dtype, else the most accurate ones.

    Raises :class:`UnsupportedOperation` when no plan applies.
    """
    candidates = distinct(aim, _plans(aim.function))
    if not candidates:
        remedy = "state the domains of its parameters, such as a > 0" if len(aim.function.expr.free_symbols) > 1 else ""
        raise UnsupportedOperation(f"{to_text(aim.function.expr)} cannot be generated for NumPy", remedy=remedy)
    report(f"{len(candidates)} plans", 0.1)
    together = best(aim, candidates, DTYPES)
    if together.is_within(aim.target):
        return together
    apart = []
    for part, dtype in zip((0.4, 0.7), DTYPES, strict=True):
        report(f"more care in {dtype}", part)
        apart.append(_apart(aim, candidates, dtype))
    separate = Choice(
        {dtype: plan for choice in apart for dtype, plan in choice.plans.items()},
        {dtype: accuracy for choice in apart for dtype, accuracy in choice.reached.items()},
        {dtype: accuracy for choice in apart for dtype, accuracy in choice.usual.items()},
    )
    return min((together, separate), key=lambda choice: choice.grade(aim.target))


def chosen_alone(aim: Goal, dtype: str) -> Choice:
    """The best plan for one dtype, whatever serves the other."""
    return _apart(aim, distinct(aim, _plans(aim.function)), dtype)


def _plans(function: Function) -> Iterator[Plan]:
    """Every plan; in float64 where a rounding error in what is compared would take the wrong branch."""
    wide = compares_values(function.expr, function.variable)
    return (replace(plan, wide=wide) for plan in plans(function))


def _apart(aim: Goal, candidates: Sequence[Plan], dtype: str) -> Choice:
    """The best plan for one dtype, the careful ones among them."""
    alone = best(aim, candidates, (dtype,))
    if alone.is_within(aim.target):
        return alone
    best_rank = {contender.base: contender.rank for contender in reversed(_contenders(aim, candidates, (dtype,)))}
    few = sorted(candidates, key=lambda plan: best_rank[plan])[:_CAREFUL]
    wider = [plan for candidate in few for plan in careful(candidate, dtype)]
    return min((alone, best(aim, distinct(aim, wider), (dtype,))), key=lambda choice: choice.grade(aim.target))


def distinct(aim: Goal, candidates: Iterable[Plan]) -> list[Plan]:
    """The first plan of each program that is another one."""
    programs: dict[Any, Plan] = {}
    for candidate in candidates:
        plan = aim.machine.fit(candidate) if aim.machine else candidate
        body = kernel(aim.function, plan)
        if body is not None and _is_elementwise(body):
            programs.setdefault((body.body, plan.wide), plan)
    return list(programs.values())


def _is_elementwise(body: Program) -> bool:
    """Whether every statement works on an array."""
    return all(s.operation == "copy" or any(isinstance(o, str) for o in s.operands) for s in body.statements())


def best(aim: Goal, candidates: Sequence[Plan], dtypes: Sequence[str]) -> Choice:
    """The best plan with its guards: the first that reaches the target at many points, else the best of a few."""
    best: Choice | None = None
    for plan in (contender.plan for contender in _contenders(aim, candidates, dtypes)[:_CONTENDERS]):
        choice = confirmed(aim, _guarded(aim, plan, dtypes).plans)
        if best is None or choice.grade(aim.target) < best.grade(aim.target):
            best = choice
        if best.is_within(aim.target):
            break
    assert best is not None
    return best


@dataclass(frozen=True)
class _Contender:
    """A plan with its rank, and the one that it came from."""

    rank: tuple[float, ...]
    order: int
    plan: Plan
    base: Plan


def _contenders(aim: Goal, candidates: Sequence[Plan], dtypes: Sequence[str]) -> list[_Contender]:
    """The plans, those clipped, and where these fail or are inaccurate the best of them with tails; the best first."""
    found = [each for plan in candidates for each in _with_clip(aim, plan, plan, dtypes, 0)]
    found.sort(key=_standing)
    ranks = {contender.base: contender.rank for contender in reversed(found)}
    poor = [plan for plan, rank in sorted(ranks.items(), key=lambda pair: pair[1]) if any(rank[:-1])]
    for plan in dict.fromkeys((*poor[:_WIDENED], *(plan for plan in poor if not plan.cells))):
        for other in outside(aim.function, plan):
            if kernel(aim.function, other) is not None:
                found += _with_clip(aim, other, plan, dtypes, 2)
    return sorted(found, key=_standing)


def _standing(contender: _Contender) -> tuple[Any, ...]:
    return contender.rank, contender.order


def _with_clip(aim: Goal, plan: Plan, base: Plan, dtypes: Sequence[str], order: int) -> Iterator[_Contender]:
    """The plan, and if it fails far out also with its argument clipped to where the function has settled."""
    rank = _rank(aim, plan, dtypes)
    yield _Contender(rank, order, plan, base)
    floor, ceiling = aim.ends.settled
    if rank[0] and (floor or ceiling):
        clipped = replace(plan, floor=floor, ceiling=ceiling)
        yield _Contender(_rank(aim, clipped, dtypes), order + 1, clipped, base)


def _rank(aim: Goal, plan: Plan, dtypes: Sequence[str]) -> tuple[float, ...]:
    """Failures, how far the error exceeds what is allowed and the target, in steps of a fifth, cost: less is better."""
    reached = reach(aim, dict.fromkeys(dtypes, plan))
    failures = sum(accuracy.failures + accuracy.zeros for accuracy in reached.values())
    choice = Choice({}, reached)
    excess = max(choice.excess(aim.target), 1.0)
    floods = any(accuracy.floods for accuracy in reached.values())
    body = kernel(aim.function, plan)
    assert body is not None
    estimate = cost(body, replace(plan, silent=("over",) if floods else ()))
    return (failures, ceil(4 * log2(choice.share)), ceil(4 * log2(excess)) if excess < inf else inf, estimate)


def _guarded(aim: Goal, plan: Plan, dtypes: Sequence[str]) -> Choice:
    """The first set of guards under which ``plan`` is good enough, else the best; silent where results are exact."""
    options: list[Choice] = []
    plain = Choice({}, reach(aim, dict.fromkeys(dtypes, plan)))
    nan = not all(accuracy.nan for accuracy in plain.reached.values())
    within = max(1.0, plain.excess(aim.target))
    for option in guarded(plan, aim.ends, nan):
        every = dict.fromkeys(dtypes, option)
        choice = Choice(every, reach(aim, every))
        floods = sorted({flood for accuracy in choice.reached.values() for flood in accuracy.floods})
        if floods:
            silent = dict.fromkeys(dtypes, replace(option, silent=tuple(floods)))
            choice = Choice(silent, reach(aim, silent))
        if choice.sound and choice.share <= plain.share and choice.excess(aim.target) <= within:
            return choice
        options.append(choice)
    return min(options, key=lambda choice: choice.grade(aim.target))


def reach(aim: Goal, chosen_plans: Plans) -> dict[str, Accuracy]:
    """The accuracy of the plan of each dtype: the worst of all cases."""
    return {dtype: _reach(aim, plan, dtype) for dtype, plan in chosen_plans.items()}


def _reach(aim: Goal, plan: Plan, dtype: str) -> Accuracy:
    key = (plan, dtype)
    if key not in aim.known:
        function = (aim.machine.run if aim.machine else _compiled)(aim.function, plan)
        aim.known[key] = worst_of([_measured(function, each, dtype) for each in aim.cases])
    return aim.known[key]


def _measured(function: Callable[..., NDArray[Any]], each: Case, dtype: str) -> Accuracy:
    floats = {symbol.name: float(value) for symbol, value in as_floats(each.values, dtype).items()}
    first = each.first
    return measure(
        lambda x: function(x if first is None else first(x, **floats), **floats),
        each.truths[dtype],
        each.ends[dtype].limits,
    )


def worst_of(rows: Sequence[Accuracy]) -> Accuracy:
    """The worst of several measurements, in each respect."""
    worst = max(rows, key=lambda row: row.worst)
    return replace(
        worst,
        near_roots=max(row.near_roots for row in rows),
        failures=sum(row.failures for row in rows),
        zeros=sum(row.zeros for row in rows),
        share=max(row.share for row in rows),
        limits=all(row.limits for row in rows),
        nan=all(row.nan for row in rows),
        floods=tuple(sorted({flood for row in rows for flood in row.floods})),
    )


def confirmed(aim: Goal, chosen_plans: Plans) -> Choice:
    """What the plans reach at many more points, for the bound that is stated; in a framework at as many."""
    coarse = reach(aim, chosen_plans)
    if aim.machine:
        return Choice(chosen_plans, coarse, coarse)
    finer = tuple(
        replace(each, truths={dtype: each.truths[dtype].finer() for dtype in chosen_plans}) for each in aim.cases
    )
    fine = reach(replace(aim, cases=finer, known={}), chosen_plans)
    reached = {dtype: worst_of([coarse[dtype], fine[dtype]]) for dtype in chosen_plans}
    if len(aim.cases) == 1:
        return Choice(chosen_plans, reached, reached)
    first = [replace(aim, cases=every[:1], known={}) for every in (aim.cases, finer)]
    rows = [reach(each, chosen_plans) for each in first]
    return Choice(chosen_plans, reached, {dtype: worst_of([row[dtype] for row in rows]) for dtype in chosen_plans})


@lru_cache(maxsize=512)
def _compiled(function: Function, plan: Plan) -> Callable[..., NDArray[Any]]:
    plain = function.expr.free_symbols == {function.variable} and not plan.precise
    return runner(function, plan) if plain and not function.names else compiled(function, dict.fromkeys(DTYPES, plan))
