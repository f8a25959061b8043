"""The choice among plans: every candidate is compiled and measured, the best is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, inf, log2
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.core import UnsupportedOperation, to_text
from symdl.core.programs import Program

from .accuracy import DTYPES, Accuracy, Truth, limits, measure, truth
from .kernels import Ends, Function, Plan, cost, guarded, kernel, loop, plans
from .special_source import special_functions
from .support import IMPORTS, PREPARED

Kernel = Callable[[NDArray[Any]], NDArray[Any]]
_FEWEST_GUARDED = 3
_FARTHEST = 1e9


@dataclass(frozen=True)
class Choice:
    """A plan and what it reached, by dtype."""

    plan: Plan
    reached: dict[str, Accuracy]

    @property
    def worst(self) -> float:
        """The worst error over both dtypes, in ULP."""
        return max(accuracy.worst for accuracy in self.reached.values())

    @property
    def sound(self) -> bool:
        """Whether every dtype is free of failures and warnings."""
        return all(accuracy.sound for accuracy in self.reached.values())

    @property
    def flaws(self) -> int:
        """How many points fail, the infinities and nan among them; warnings count once."""
        return sum(
            accuracy.failures + (not accuracy.limits) + (not accuracy.nan) + bool(accuracy.floods)
            for accuracy in self.reached.values()
        )


@dataclass(frozen=True)
class Goal:
    """A function at fixed parameters, the error that is good enough, and true values by dtype."""

    function: Function
    values: Mapping[sp.Symbol, sp.Rational]
    target: float
    truths: Mapping[str, Truth]
    ends: Mapping[str, Ends]
    first: Kernel | None = None
    """Applied to the points before the kernel, when that takes the value of another function."""


def goal(function: Function, values: Mapping[sp.Symbol, sp.Rational], target: float) -> Goal:
    """The goal of computing ``function`` at its own points."""
    exact = function.expr.subs(dict(values))
    truths = {dtype: truth(exact, function.variable, dtype) for dtype in DTYPES}
    ends = {dtype: far_out(exact, function.variable, dtype, truths) for dtype in DTYPES}
    if function.expr.free_symbols != {function.variable}:
        # What holds far out may be otherwise for other parameters: nothing of it is written into the code.
        ends = {dtype: Ends(known.limits, written=False) for dtype, known in ends.items()}
    return Goal(function, values, target, truths, ends)


def far_out(exact: sp.Expr, variable: sp.Symbol, dtype: str, truths: Mapping[str, Truth]) -> Ends:
    """The limits, and where every sampled value in both dtypes has reached them."""
    values = limits(exact, variable, dtype)
    settled = [
        max((known.settled(value, direction) for known in truths.values()), default=None, key=lambda s: s or np.inf)
        for value, direction in zip(values, (-1, 1), strict=True)
    ]
    return Ends(values, (_text(settled[0]), _text(settled[1])))


def _text(size: float | None) -> str:
    return str(int(size)) if size is not None and size < _FARTHEST else ""


def chosen(aim: Goal) -> Choice:
    """The cheapest plan that reaches the target, else the most accurate one.

    Raises :class:`UnsupportedOperation` when no plan applies.
    """
    programs: dict[tuple[Any, ...], tuple[Plan, Program]] = {}
    for plan in plans(aim.function):
        body = kernel(aim.function, plan)
        if body is not None:
            programs.setdefault(body.body, (plan, body))
    if not programs:
        remedy = "state the domains of its parameters, such as a > 0" if len(aim.function.expr.free_symbols) > 1 else ""
        raise UnsupportedOperation(f"{to_text(aim.function.expr)} cannot be generated for NumPy", remedy=remedy)
    contenders = [each for plan, body in programs.values() for each in _contenders(aim, plan, body)]
    ranked = sorted(contenders, key=lambda contender: contender[:2])
    options = [_guarded(aim, plan) for _, _, plan in ranked[:_FEWEST_GUARDED]]
    best = min(options, key=lambda choice: choice.flaws)
    fine = _reach_finely(aim, best.plan)
    worse = {dtype: max(best.reached[dtype], fine[dtype], key=lambda a: (not a.sound, a.worst)) for dtype in DTYPES}
    return replace(best, reached=worse)


def _contenders(aim: Goal, plan: Plan, body: Program) -> Iterator[tuple[tuple[float, ...], int, Plan]]:
    """The plan with its rank, and the plan that is clipped where the function has settled, if it fails far out."""
    rank = _rank(aim, plan, body)
    yield rank, 0, plan
    floor, ceiling = aim.ends[DTYPES[-1]].settled
    if rank[0] and (floor or ceiling):
        clipped = replace(plan, floor=floor, ceiling=ceiling)
        yield _rank(aim, clipped, body), 1, clipped


def _rank(aim: Goal, plan: Plan, body: Program) -> tuple[float, ...]:
    """Failures, how far the error exceeds the target (in steps of a fifth), cost: less is better."""
    reached = reach(aim, plan)
    failures = sum(accuracy.failures for accuracy in reached.values())
    worst = max(accuracy.worst for accuracy in reached.values())
    near = max(accuracy.near_roots for accuracy in reached.values())
    excess = max(worst / aim.target, near / aim.target, 1.0)
    floods = any(accuracy.floods for accuracy in reached.values())
    estimate = cost(body, replace(plan, silent=("over",) if floods else ()))
    return (failures, ceil(4 * log2(excess)) if excess < inf else inf, estimate)


def _guarded(aim: Goal, plan: Plan) -> Choice:
    """The first set of guards under which ``plan`` is sound, else the best; warnings of exact results silenced."""
    options: list[Choice] = []
    for option in guarded(plan, aim.ends[DTYPES[-1]]):
        reached = reach(aim, option)
        floods = sorted({flood for accuracy in reached.values() for flood in accuracy.floods})
        choice = Choice(option, reached)
        if floods:
            silent = replace(option, silent=tuple(floods))
            choice = Choice(silent, reach(aim, silent))
        if choice.sound:
            return choice
        options.append(choice)
    return min(options, key=lambda choice: choice.flaws)


def reach(aim: Goal, plan: Plan) -> dict[str, Accuracy]:
    """The accuracy of ``plan`` in each dtype."""
    function = compiled(aim.function, plan, aim.values)
    first = aim.first
    whole = function if first is None else lambda x: function(first(x))
    return {dtype: measure(whole, aim.truths[dtype], aim.ends[dtype].limits) for dtype in DTYPES}


def _reach_finely(aim: Goal, plan: Plan) -> dict[str, Accuracy]:
    """As :func:`reach`, at many more points, for the bound that is stated."""
    truths = {dtype: known.finer() for dtype, known in aim.truths.items()}
    return reach(replace(aim, truths=truths), plan)


def compiled(function: Function, plan: Plan, values: Mapping[sp.Symbol, sp.Rational]) -> Kernel:
    """The plan's loop, compiled from the very lines that a generated module holds."""
    body = kernel(function, plan)
    assert body is not None
    argument = function.variable.name
    rows = [f"{name} = {float(values[symbol])!r}" for symbol, name in function.names.items()]
    rows += [f"{argument}, result = _prepared({argument}, None)", *loop(function, plan, body), "return result"]
    source = "\n".join([f"def kernel({argument}):", *(f"    {row}" for row in rows)])
    function_of_floats: Kernel = namespace(helpers(source) + "\n" + source)["kernel"]
    return function_of_floats


def helpers(source: str) -> str:
    """Imports and helpers for elementwise functions, those that ``source`` uses."""
    parts = ["from __future__ import annotations\n\n"]
    parts += ["import math\n"] if "math." in source else []
    parts += ["from collections.abc import Iterator\nfrom typing import Any\n\n", IMPORTS, PREPARED]
    return "".join([*parts, special_functions(source)])


def namespace(source: str) -> dict[str, Any]:
    """The names that a module of our own making defines."""
    names: dict[str, Any] = {"__name__": "symdl_generated"}
    exec(compile(source, "<symdl generated>", "exec"), names)
    return names
