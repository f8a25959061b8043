"""Refutation of "the same steps": short runs in small rationals that part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symdl.core import STEP, THETA, Claim, Compare, Evidence, Optimizer, SameRun, UndefinedValue, Witness
from symdl.numerics import ball
from symdl.numerics.runs import Values, advance, initial

from .joint_runs import assumptions, observed
from .points import candidates, combinations, solved
from .signs import ALLOWED

METHOD = "run"
TRUST = "exact rational and ball arithmetic (FLINT)"
_BITS = 320
_STEPS = 3
_MORE_STEPS = 9
_MOST_SETTINGS = 24

Gradient = Callable[[int, Any], Any]
_GRADIENTS: tuple[tuple[tuple[tuple[str, sp.Expr], ...], Gradient], ...] = (
    ((("gradient", sp.Integer(1)),), lambda step, point: fmpq(1)),
    ((("gradient(theta)", THETA),), lambda step, point: point),
    ((("gradient at step t", STEP),), lambda step, point: fmpq(step)),
    ((("gradient at step t", (-1) ** (STEP + 1) * STEP),), lambda step, point: fmpq((-1) ** (step + 1) * step)),
)
"""Gradients to try: how a witness names them, and their value at a step and a point."""


def by_short_runs(claim: Claim) -> Evidence | None:
    """Hyper-parameters and gradients for which the two rules certainly part within three steps."""
    return _by_runs(claim, _STEPS)


def by_longer_runs(claim: Claim) -> Evidence | None:
    """The same in nine steps, for rules that wait with what tells them apart."""
    return _by_runs(claim, _MORE_STEPS)


def _by_runs(claim: Claim, most: int) -> Evidence | None:
    statement = claim.statement
    if not isinstance(statement, SameRun):
        return None
    steps = min(most, statement.horizon or most)
    for hyper in islice(_settings(claim, statement), _MOST_SETTINGS):
        for shown, gradient in _GRADIENTS:
            found = _parted(statement, hyper, gradient, steps)
            if found is not None:
                values = tuple((str(s), sp.Rational(v.numerator, v.denominator)) for s, v in hyper.items())
                witness = Witness((*values, ("theta", sp.Integer(1)), *shown), *found)
                return Evidence(METHOD, TRUST, "the runs part there, certainly", witness=witness)
    return None


def _settings(claim: Claim, statement: SameRun) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Small hyper-parameters of both rules for which what is given certainly holds."""
    given = assumptions(claim)
    symbols = list(dict.fromkeys(p.symbol for rule in (statement.left, statement.right) for p in rule.hyper))
    tied = solved(given)
    free = [symbol for symbol in symbols if symbol not in tied]
    choices = [candidates(symbol, "real", given)[:8] for symbol in free]
    for index, choice in enumerate(choices):
        choices[index] = choice[index % 2 :] + choice[: index % 2]
    for values in combinations(choices):
        hyper = dict(zip(free, values, strict=True))
        for symbol, expr in tied.items():
            hyper[symbol] = _exact(expr, hyper)
        if all(_holds(relation, hyper) for relation in given):
            yield hyper


def _exact(expr: sp.Expr, hyper: dict[sp.Symbol, Fraction]) -> Fraction:
    value = _value(expr, hyper)
    return Fraction(int(value.p), int(value.q)) if isinstance(value, fmpq) else Fraction(0)


def _value(expr: sp.Expr, hyper: dict[sp.Symbol, Fraction]) -> Any:
    with ball.precision(_BITS):
        numbers = [fmpq(value.numerator, value.denominator) for value in hyper.values()]
        return ball.compiled(expr, tuple(hyper))(*numbers)


def _holds(relation: Compare, hyper: dict[sp.Symbol, Fraction]) -> bool:
    if not (relation.lhs.free_symbols | relation.rhs.free_symbols) <= set(hyper):
        return True
    value = _value(sp.Add(relation.lhs, -relation.rhs, evaluate=False), hyper)
    sign = 1 if value > 0 else -1 if value < 0 else 0 if value == 0 else None
    return sign in ALLOWED[relation.relation]


def _parted(
    statement: SameRun, hyper: dict[sp.Symbol, Fraction], gradient: Gradient, steps: int
) -> tuple[str, str] | None:
    """The first observed quantities that certainly differ, as text; None when none do."""
    with ball.precision(_BITS):
        fixed: Values = {s: fmpq(v.numerator, v.denominator) for s, v in hyper.items()}
        try:
            left, right = (initial(rule, Fraction(1), fixed) for rule in (statement.left, statement.right))
            for step in range(1, steps + 1):
                left = _next(statement.left, left, gradient, step, fixed)
                right = _next(statement.right, right, gradient, step, fixed)
                for one, other in observed(statement):
                    if left[one] > right[other] or left[one] < right[other]:
                        return _shown(one, left[one], step), _shown(other, right[other], step)
        except UndefinedValue:
            return None
    return None


def _next(rule: Optimizer, state: Values, gradient: Gradient, step: int, fixed: Values) -> Values:
    return advance(rule, state, lambda point: gradient(step, point), fixed)


def _shown(name: sp.Symbol, value: Any, step: int) -> str:
    text = str(value) if isinstance(value, fmpq) else str(arb(value).str(10, radius=False))
    return f"{name} = {text} after step {step}"
