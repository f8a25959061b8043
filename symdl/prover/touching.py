"""Where the sides of an inequality touch: Taylor's theorem settles a neighbourhood of the point.

With ``f(c) = f'(c) = ... = 0`` exactly and the n-th derivative positive around c,
``f(x) = f^(n)(y) (x - c)**n / n!`` is positive beside c for even n, and on the right of c for any n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import sympy as sp
from flint import arb, fmpq

from symdl.calculus.derivatives import derivative
from symdl.core import SymdlError, to_text
from symdl.numerics import ball

from .budget import Work
from .cells import Cell, Setting, in_cell
from .control import OutsideDomain, Split
from .evaluate import Scope, evaluate
from .problems import Problem
from .regions import Region
from .rewriting import substitute

_MOST_ORDER = 5
_BITS = 96
_CONSTANTS = (sp.E, 1 / sp.E, sp.pi, sp.pi / 2, sp.log(2), sp.sqrt(2), 1 / sp.sqrt(2), sp.sqrt(sp.E))
_DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 12)
_KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise, sp.Sum)


@dataclass(frozen=True)
class Patch:
    """An interval on which an inequality is shown, and how."""

    low: fmpq
    high: fmpq
    why: str


def equal_numbers(left: sp.Expr, right: sp.Expr, work: Work) -> bool:
    """Whether two constant expressions have one normal form."""

    def action(scope: Scope) -> bool:
        return (evaluate(scope, left) - evaluate(scope, right)).is_zero

    try:
        return in_cell(Setting(solver=False), Cell(), work, action)
    except (Split, OutsideDomain, SymdlError):
        return False


def touching_patch(
    problem: Problem, symbol: sp.Symbol, box: tuple[fmpq, fmpq], region: Region, work: Work
) -> Patch | None:
    """A neighbourhood of a touching point in or beside ``box`` where ``problem.left`` is settled, or None."""
    expr = problem.left
    if expr.has(*_KINKED):
        return None
    for point in _candidates(box, region):
        value = substitute(expr, {symbol: point})
        try:
            near_zero = 0 in ball.evaluate(value, {}, _BITS)
        except SymdlError:
            continue
        if not near_zero or not equal_numbers(value, sp.Integer(0), work):
            continue
        patch = _around(expr, symbol, point, region, problem.relation == ">", work)
        if patch is not None:
            return patch
    return None


def _candidates(box: tuple[fmpq, fmpq], region: Region) -> Iterator[sp.Expr]:
    """Simple numbers in a box or within its width beside it."""
    left, right = (Fraction(int(end.p), int(end.q)) for end in box)
    width = right - left
    low, high = left - width, right + width
    middle = (left + right) / 2
    ends = [end for end in (region.low, region.high) if end is not None]
    near = (middle.limit_denominator(bound) for bound in _DENOMINATORS)
    for number in dict.fromkeys(n for n in chain(ends, near) if low <= n <= high):
        yield sp.Rational(number.numerator, number.denominator)
    for constant in (*_CONSTANTS, *(-constant for constant in _CONSTANTS)):
        size = ball.evaluate(constant, {}, _BITS)
        if size > fmpq(low.numerator, low.denominator) and size < fmpq(high.numerator, high.denominator):
            yield constant


def _around(expr: sp.Expr, symbol: sp.Symbol, point: sp.Expr, region: Region, strict: bool, work: Work) -> Patch | None:
    """The interval around a touching point where the first derivative that is not 0 keeps its sign."""
    side = 1 if _is_end(point, region.low) else -1 if _is_end(point, region.high) else 0
    excluded = (side > 0 and not region.low_closed) or (side < 0 and not region.high_closed)
    if strict and not excluded:
        return None
    slope = expr
    for order in range(1, _MOST_ORDER + 1):
        work.spend(200, "derivatives at a touching point")
        slope = derivative(slope, symbol)
        if not equal_numbers(substitute(slope, {symbol: point}), sp.Integer(0), work):
            if order % 2 and not side:
                return None
            reach = _reach(slope * (side**order if side else 1), symbol, point, side)
            why = f"at {symbol} = {to_text(point)} the sides touch and the derivative of order {order} settles it"
            return None if reach is None else Patch(*reach, why)
    return None


def _is_end(point: sp.Expr, end: Fraction | None) -> bool:
    return end is not None and point == sp.Rational(end.numerator, end.denominator)


def _reach(slope: sp.Expr, symbol: sp.Symbol, point: sp.Expr, side: int) -> tuple[fmpq, fmpq] | None:
    """An interval around the point, or beside it, where ``slope`` certainly is positive."""
    function = ball.compiled(slope, (symbol,))
    for halvings in range(1, 16, 2):
        middle, radius = _rational(point), fmpq(1, 2**halvings)
        low = middle if side > 0 else middle - radius
        high = middle if side < 0 else middle + radius
        box = arb((low + high) / 2) + arb(0, 1) * arb((high - low) / 2)
        inside = bool(box.contains(ball.evaluate(point, {}, _BITS)))
        try:
            if inside and arb(function(box)) > 0:
                return low, high
        except SymdlError:
            return None
    return None


def _rational(point: sp.Expr) -> fmpq:
    """The point, or a rational number beside it."""
    if point.is_Rational:
        return fmpq(int(point.p), int(point.q))
    return fmpq(int((ball.evaluate(point, {}, _BITS) * 2**40).mid().floor().unique_fmpz()), 2**40)
