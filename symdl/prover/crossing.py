"""Solutions of equations by the intermediate value theorem: continuous sides that change places meet."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import sympy as sp
from flint import arb, fmpq

from symdl.core import Evidence, UndefinedValue
from symdl.numerics import ball

from .points import Point
from .problems import Problem
from .witnesses import Probe, admitted, probes

METHOD = "intermediate value"
TRUST = "ball arithmetic (FLINT)"
_JUMPING = (sp.Piecewise, sp.sign)
_BITS = 80
_MOST_POINTS = 120
_MOST_PAIRS = 6
_MOST_BOXES = 300
_HALVINGS = 20


def by_crossing(problem: Problem) -> Evidence | None:
    """A segment on which both sides are continuous and that they change places on, or None."""
    if problem.left.has(*_JUMPING) or problem.right.has(*_JUMPING) or problem.integers or problem.recurrences:
        return None
    for probe in islice(probes(problem), 1):
        if probe.values or probe.solved:
            continue
        for low, high in _pairs(probe):
            if _is_continuous(probe, low, high):
                return Evidence(METHOD, TRUST, _shown(probe, *_narrowed(probe, low, high)))
    return None


def _pairs(probe: Probe) -> list[tuple[Point, Point]]:
    """Points with the left side below and above the right one, near ones first."""
    signs = [(full, _sign(probe, full)) for full in admitted(probe, _MOST_POINTS)]
    below = [full for full, sign in signs if sign == -1]
    above = [full for full, sign in signs if sign == 1]
    pairs = [(low, high) for low in below[:12] for high in above[:12]]
    return sorted(pairs, key=lambda pair: sum(abs(pair[0][s] - pair[1][s]) for s in probe.symbols))[:_MOST_PAIRS]


def _sign(probe: Probe, full: Point) -> int | None:
    try:
        return probe.sign(probe.difference, full)
    except UndefinedValue:
        return None


def _between(low: Point, high: Point, part: Fraction) -> Point:
    return {symbol: low[symbol] + part * (high[symbol] - low[symbol]) for symbol in low}


def _is_continuous(probe: Probe, low: Point, high: Point) -> bool:
    """Whether the difference certainly is finite, and the conditions hold, all along the segment."""
    waiting, count = [(Fraction(0), Fraction(1))], 0
    with ball.precision(_BITS):
        while waiting:
            start, end = waiting.pop()
            count += 1
            if count > _MOST_BOXES:
                return False
            if not _is_regular(probe, _between(low, high, start), _between(low, high, end)):
                middle = (start + end) / 2
                waiting += [(start, middle), (middle, end)]
    return True


def _is_regular(probe: Probe, start: Point, end: Point) -> bool:
    box = [arb(_rational(start[symbol])).union(arb(_rational(end[symbol]))) for symbol in probe.symbols]
    try:
        if not arb(probe.difference(*box)).is_finite():
            return False
        return all(_certain(arb(function(*box)), allowed) for function, allowed in probe.conditions)
    except UndefinedValue:
        return False


def _certain(value: arb, allowed: frozenset[int]) -> bool:
    return value.is_finite() and bool(
        (value > 0 and 1 in allowed)
        or (value < 0 and -1 in allowed)
        or (value >= 0 and {0, 1} <= allowed)
        or (value <= 0 and {0, -1} <= allowed)
    )


def _narrowed(probe: Probe, low: Point, high: Point) -> tuple[Point, Point]:
    """The same with the two points closer together."""
    for _ in range(_HALVINGS):
        middle = _between(low, high, Fraction(1, 2))
        sign = _sign(probe, middle)
        if sign not in (1, -1):
            break
        low, high = (middle, high) if sign < 0 else (low, middle)
    return low, high


def _shown(probe: Probe, low: Point, high: Point) -> str:
    ends = [", ".join(f"{s} = {float(point[s]):.7g}" for s in probe.symbols) for point in (low, high)]
    return f"both sides are continuous and change places between {ends[0]} and {ends[1]}"


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
