"""Bounds of one variable by branch and bound in ball arithmetic, with tails by elementary lemmas.

On a box X around m the difference lies in ``f(X)`` and in ``f(m) + f'(X) (X - m)``; a box where neither
tells is cut in two. Beyond a box, ``e**a <= (1 - a/4)**-4`` for a < 0 and ``1 - erf(z) <= e**(-z**2)``
leave polynomial inequalities to Z3.

Source: R. E. Moore, R. B. Kearfott and M. J. Cloud, Introduction to interval analysis, SIAM 2009.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symdl.calculus.derivatives import derivative
from symdl.core import Claim, Compare, Evidence, UndefinedValue, to_text
from symdl.numerics import ball

from .budget import Work
from .cells import explore
from .control import Open
from .inequalities import sign_task
from .points import bounds
from .problems import Problem, problem_of

METHOD = "boxes"
TRUST = "ball arithmetic (FLINT)"
_BITS = 80
_MOST_BOXES = 2_000
_EDGES = (16, 40)


def by_boxes(claim: Claim) -> Evidence | None:
    """A bound of an expression in one real variable, on an interval or on all of R."""
    problem = problem_of(claim)
    if problem is None or problem.relation in ("=", "!=") or problem.recurrences or len(problem.symbols) != 1:
        return None
    (symbol,) = problem.symbols
    low, high = bounds(symbol, problem.assumptions)
    if symbol in problem.integers or _bounded_otherwise(problem, symbol):
        return None
    work = Work()
    left = low if low is not None else Fraction(-_tail(problem, symbol, -1, work))
    right = high if high is not None else Fraction(_tail(problem, symbol, 1, work))
    tails = [f"{symbol} < {left}"] * (low is None) + [f"{symbol} > {right}"] * (high is None)
    count = _branch_and_bound(problem, symbol, left, right, work)
    shown = f"{count} boxes in [{left}, {right}]" + (f", lemmas for {' and '.join(tails)}" if tails else "")
    return Evidence(METHOD, ", ".join([TRUST, *sorted(work.trusted)]), shown, work.spent + count)


def _bounded_otherwise(problem: Problem, symbol: sp.Symbol) -> bool:
    """Whether a condition is no bound of the variable by a number."""
    return any(bounds(symbol, (condition,)) == (None, None) for condition in problem.conditions)


def _tail(problem: Problem, symbol: sp.Symbol, direction: int, work: Work) -> int:
    """A number beyond which the bound holds, shown by lemmas; raises :class:`Open` when none will do."""
    for edge in _EDGES:
        beyond = Compare(symbol, ">" if direction > 0 else "<", sp.Integer(direction * edge))
        setting = replace(problem.setting, assumptions=(*problem.conditions, beyond), tails=True)
        if explore(setting, sign_task(problem), work).succeeded:
            return edge
    raise Open(f"the tail {beyond} is not decided")


def _branch_and_bound(problem: Problem, symbol: sp.Symbol, low: Fraction, high: Fraction, work: Work) -> int:
    """The number of boxes that it took; raises :class:`Open` when they run out."""
    larger, smaller = (
        (problem.left, problem.right) if problem.relation in (">", ">=") else (problem.right, problem.left)
    )
    expr = larger - smaller
    value, slope = (ball.compiled(e, (symbol,)) for e in (expr, derivative(expr, symbol)))
    strict = problem.relation in ("<", ">")
    waiting, count = [(fmpq(low.numerator, low.denominator), fmpq(high.numerator, high.denominator))], 0
    with ball.precision(_BITS):
        while waiting:
            left, right = waiting.pop()
            count += 1
            work.spend(2, "boxes")
            if count > _MOST_BOXES:
                raise Open(f"{_MOST_BOXES} boxes do not decide {to_text(expr)}, open near {symbol} = {left}")
            if not _holds(value, slope, left, right, strict):
                middle = (left + right) / 2
                waiting += [(middle, right), (left, middle)]
    return count


def _holds(value: Any, slope: Any, left: fmpq, right: fmpq, strict: bool) -> bool:
    """Whether the difference certainly is positive (not negative) between two numbers."""
    middle, radius = (left + right) / 2, (right - left) / 2
    box = arb(middle) + arb(0, 1) * arb(radius)
    try:
        whole = arb(value(box))
        centred = arb(value(middle)) + arb(slope(box)) * arb(0, 1) * arb(radius)
    except UndefinedValue:
        return False
    return any(bool(found > 0 if strict else found >= 0) for found in (whole, centred) if found.is_finite())
