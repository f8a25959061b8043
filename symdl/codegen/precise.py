"""The second promise: float32 computed in float64, float64 with every rounding error carried along.

The plans of an activation are those of the default in float64, with what each statement and each elementary
function lacks; where that is not good enough, every form of the function is tried so. What is measured for
the library is committed, keyed by the formula.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil
from pathlib import Path

import sympy as sp

from .accuracy import DTYPES
from .activation_source import ActivationCode, Routine
from .choosing import Choice, Goal, best, confirmed, distinct, goal
from .committed_data import read_entries
from .kernels import Plan, plans
from .plans_file import Bound

PATH = Path(__file__).with_name("precise_plans.json")
TARGETS = {"float32": 0.505, "float64": 0.75}
"""Errors in ULP that are good enough."""
_QUIET = ("invalid", "over")
_PER_ULP = {"float32": 100, "float64": 10}
"""Bounds are stated in hundredths and in tenths of an ULP, rounded up with a margin."""
_MARGIN = 0.5


def precise_code(code: ActivationCode) -> ActivationCode:
    """``code`` with the plans and bounds of the second promise, and without the derivative from the value:
    that of a value which is itself rounded."""
    places = tuple(kink.point for kink in code.kinks)

    def precise(routine: Routine) -> Routine:
        return replace(routine, bound=_bound(routine, code.measured_at, places))

    return replace(
        code,
        value=precise(code.value),
        derivative=precise(code.derivative),
        in_value=None,
        in_parameters=tuple(map(precise, code.in_parameters)),
    )


def _bound(routine: Routine, values: Sequence[Mapping[sp.Symbol, sp.Rational]], places: tuple[sp.Expr, ...]) -> Bound:
    """The committed bound of this formula, else one measured now."""
    known = committed().get(_key(routine, values))
    if known is not None:
        return known
    chosen = {dtype: _chosen(routine, values, places, dtype) for dtype in DTYPES}
    usual = {dtype: _stated(choice.usual[dtype].worst, dtype) for dtype, choice in chosen.items()}
    elsewhere = {dtype: _stated(choice.reached[dtype].worst, dtype) for dtype, choice in chosen.items()}
    near = max(choice.reached[dtype].near_roots for dtype, choice in chosen.items())
    return Bound(
        {dtype: choice.plans[dtype] for dtype, choice in chosen.items()},
        usual,
        ceil(near + _MARGIN) if near else 0,
        all(choice.sound for choice in chosen.values()),
        elsewhere if elsewhere != usual else {},
    )


def _key(routine: Routine, values: Sequence[Mapping[sp.Symbol, sp.Rational]]) -> str:
    at = ", ".join(f"{name} = {value}" for name, value in values[0].items())
    return f"{routine.function.variable} -> {routine.summary}" + (f" at {at}" if at else "")


def _stated(error: float, dtype: str) -> float:
    """The error with a margin for points that were not sampled; -1 where it has no bound."""
    parts = _PER_ULP[dtype]
    return ceil(error * parts + _MARGIN * (error > 0)) / parts if error < 2**60 else -1.0


def _chosen(
    routine: Routine,
    values: Sequence[Mapping[sp.Symbol, sp.Rational]],
    places: tuple[sp.Expr, ...],
    dtype: str,
) -> Choice:
    """The first plan for ``dtype`` that is good enough, else the best one."""
    aim = goal(routine.function, values, TARGETS[dtype], places)
    found: list[Choice] = []
    roots = any(case.truths[dtype].near_root.any() for case in aim.cases)
    for plan in _at_hand(routine, dtype)[-1 if roots else 0 :]:
        found.append(confirmed(aim, {dtype: plan}))
        if found[-1].is_within(aim.target):
            return found[-1]
    return min((*found, _searched(aim, dtype)), key=lambda choice: choice.grade(aim.target))


def _at_hand(routine: Routine, dtype: str) -> list[Plan]:
    """The plans of the default, and those in float64 and in twice its digits; next to roots the last holds alone."""
    double, single = routine.bound.plans["float64"], routine.bound.plans["float32"]
    if dtype == "float64":
        return [double, _carried(single, dtype), _carried(double, dtype)]
    return [single, replace(double, wide=True, compensated=False, silent=_QUIET), _carried(double, dtype)]


def _carried(plan: Plan, dtype: str) -> Plan:
    return replace(plan, wide=dtype == "float32", compensated=True, precise=True, silent=_QUIET)


def _searched(aim: Goal, dtype: str) -> Choice:
    """The best of all forms of the function."""
    candidates: Iterator[Plan] = (_carried(plan, dtype) for plan in plans(aim.function))
    return best(aim, distinct(aim, candidates), (dtype,))


@lru_cache(maxsize=1)
def committed() -> dict[str, Bound]:
    """The bounds of the library by formula."""
    return read_entries(PATH, Bound.from_json)


def write(codes: Sequence[ActivationCode]) -> None:
    """Write the file anew: what is committed or measured now for ``codes``."""
    rows = {
        _key(routine, code.measured_at): precise_routine.bound.to_json()
        for code in codes
        for routine, precise_routine in zip(code.of_argument, precise_code(code).of_argument, strict=True)
    }
    PATH.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()
