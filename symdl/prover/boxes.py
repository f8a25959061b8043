"""Bounds of one variable by branch and bound in ball arithmetic.

On a box X around m the difference lies in ``f(X)`` and in ``f(m) + f'(X) (X - m)``; a box where neither
tells is cut in two. Around a point where the sides touch, Taylor's theorem settles a whole
neighbourhood; beyond a box, and beside an end where nothing is bounded, the fastest growing term does.

Source: R. E. Moore, R. B. Kearfott and M. J. Cloud, Introduction to interval analysis, SIAM 2009.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symdl.calculus.derivatives import derivative
from symdl.core import BudgetExceeded, Claim, Compare, Evidence, UndefinedValue, UnsupportedOperation, to_text
from symdl.numerics import ball

from .budget import Work
from .cells import Setting, explore
from .control import Open
from .equality import require_domain
from .inequalities import sign_task
from .problems import Problem, problem_of
from .regions import Region, linear_bound, region_of
from .rewriting import substitute
from .signs import ALLOWED, sign_of_number
from .slopes import smooth_cells
from .tails import Tail
from .touching import Patch, touching_patch

METHOD = "boxes"
TRUST = "ball arithmetic (FLINT)"
_BITS = 80
_MOST_BOXES = 2_000
_EDGES = (8, 16, 40, 200)
_SETTLED_AT = (10, 16, 24)
_KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise)
_JUMPING = (sp.sign, sp.Piecewise)


def by_boxes(claim: Claim) -> Evidence | None:
    """A bound of an expression in one real variable, on an interval or on all of R."""
    problem = problem_of(claim)
    if problem is None or problem.relation in ("=", "!=") or problem.recurrences or len(problem.symbols) != 1:
        return None
    (symbol,) = problem.symbols
    if symbol in problem.integers:
        return None
    work, region = Work(), region_of(problem.conditions, symbol)
    shown = [_Search(part, symbol, where, work).run() for part, where in _parts(problem, symbol, region, work)]
    require_domain(problem)
    return Evidence(METHOD, ", ".join([TRUST, *sorted(work.trusted)]), "; ".join(filter(None, shown)), work.spent)


def _parts(problem: Problem, symbol: sp.Symbol, region: Region, work: Work) -> list[tuple[Problem, Region]]:
    """The larger side minus the smaller without kinks on each interval between them, where they are numbers."""
    upward = problem.relation in (">", ">=")
    larger, smaller = (problem.left, problem.right) if upward else (problem.right, problem.left)
    whole = replace(
        problem, left=larger - smaller, relation=">" if problem.relation in ("<", ">") else ">=", right=sp.Integer(0)
    )
    branches = list(_branches(whole.left))
    if not any(branch.has(*_KINKED) for branch in branches):
        return [(replace(whole, left=branch), region) for branch in branches]
    try:
        found, differences = smooth_cells(problem, work)
    except (BudgetExceeded, UnsupportedOperation):
        return [(whole, region)]
    parts = []
    for cell, difference in zip(found.holds, differences, strict=True):
        bounds = [linear_bound(relation, symbol) for relation in cell.relations()]
        if not all(bound is not None and bound[0].is_Rational for bound in bounds):
            return [(whole, region)]
        where = region_of((*problem.conditions, *cell.relations()), symbol)
        parts.append((replace(whole, left=difference), where))
    return parts


def _branches(expr: sp.Expr) -> Iterator[sp.Expr]:
    """Expressions the least of which is ``expr``: ``a - abs(u)`` is the lesser of a - u and a + u."""
    for term in sp.Add.make_args(expr):
        factor, node = term.as_coeff_Mul()
        concave = isinstance(node, sp.Min) if factor > 0 else isinstance(node, sp.Max | sp.Abs)
        if concave:
            choices = (node.args[0], -node.args[0]) if isinstance(node, sp.Abs) else node.args
            for choice in choices:
                yield from _branches(expr - term + factor * choice)
            return
    yield expr


@dataclass
class _Search:
    """``problem.left`` is not below 0, or above 0, on a region of one variable."""

    problem: Problem
    symbol: sp.Symbol
    region: Region
    work: Work
    patches: list[Patch] = field(default_factory=list)
    count: int = 0

    def run(self) -> str:
        """How it was shown; raises :class:`Open` when it was not."""
        expr = self.problem.left
        if not expr.free_symbols:
            return self._number(expr)
        low, high = self.region.low, self.region.high
        notes = [self._tail(direction) for direction, end in ((-1, low), (1, high)) if end is None]
        edges = {note.direction: note for note in notes}
        left = fmpq(-edges[-1].edge) if low is None else fmpq(low.numerator, low.denominator)
        right = fmpq(edges[1].edge) if high is None else fmpq(high.numerator, high.denominator)
        self._cover(left, right)
        shown = [f"{self.count} boxes in [{left}, {right}]"]
        shown += [
            f"fastest growing terms for {self.symbol} {'>' if n.direction > 0 else '<'} {n.direction * n.edge}"
            for n in notes
        ]
        return "; ".join([*shown, *(patch.why for patch in self.patches)])

    def _number(self, expr: sp.Expr) -> str:
        if expr != 0 and not sign_of_number(expr) <= ALLOWED[self.problem.relation]:
            raise Open(f"the sign of {to_text(expr)} is not decided")
        if expr == 0 and self._strict:
            raise Open("both sides are equal there")
        return ""

    @property
    def _strict(self) -> bool:
        return self.problem.relation == ">"

    # --- far out

    def _tail(self, direction: int) -> Tail:
        """A number beyond which the bound holds; raises :class:`Open` when none will do."""
        for edge in _EDGES:
            tail = Tail(self.symbol, direction, edge)
            beyond = Compare(self.symbol, ">" if direction > 0 else "<", sp.Integer(direction * edge))
            if self._far_out(self.problem, tail, (*self.problem.conditions, beyond)):
                return tail
        raise Open(f"the tail {beyond} is not decided")

    def _far_out(self, problem: Problem, tail: Tail, facts: tuple[Compare, ...]) -> bool:
        setting = Setting(facts, tail=tail)
        try:
            return explore(setting, sign_task(problem), self.work).succeeded
        except UnsupportedOperation:
            return False

    def _beside(self, end: fmpq, direction: int) -> Patch | None:
        """A neighbourhood of an end, by ``x = end + e**-s`` and the tail of s."""
        distance = sp.Dummy("s", real=True)
        near = sp.Rational(int(end.p), int(end.q)) + direction * sp.exp(-distance)
        moved = replace(self.problem, left=substitute(self.problem.left, {self.symbol: near}))
        for edge in (4, 16):
            tail = Tail(distance, 1, edge)
            if self._far_out(moved, tail, (Compare(distance, ">", sp.Integer(edge)),)):
                reach = end + direction * fmpq(1, 3**edge)
                why = f"fastest growing terms beside {self.symbol} = {end}"
                return Patch(min(end, reach), max(end, reach), why)
        return None

    # --- boxes

    def _cover(self, low: fmpq, high: fmpq) -> None:
        expr = self.problem.left
        forms = _Forms.of(expr, self.symbol)
        smooth = not expr.has(*_JUMPING)
        waiting = [(low, high, 0)]
        with ball.precision(_BITS):
            while waiting:
                left, right, depth = waiting.pop()
                self._spend(left)
                if self._patched(left, right) or forms.hold(left, right, self._strict):
                    continue
                if forms.fails((left + right) / 2):
                    raise Open(f"the difference is negative at {self.symbol} = {(left + right) / 2}")
                if depth in _SETTLED_AT and smooth:
                    self.patches += self._settled(left, right, low, high)
                middle = (left + right) / 2
                waiting += [(middle, right, depth + 1), (left, middle, depth + 1)]

    def _spend(self, left: fmpq) -> None:
        self.count += 1
        self.work.spend(2, "boxes")
        if self.count > _MOST_BOXES:
            raise Open(
                f"{_MOST_BOXES} boxes do not decide {to_text(self.problem.left)}, open near {self.symbol} = {left}"
            )

    def _patched(self, left: fmpq, right: fmpq) -> bool:
        return any(patch.low <= left and right <= patch.high for patch in self.patches)

    def _settled(self, left: fmpq, right: fmpq, low: fmpq, high: fmpq) -> Iterator[Patch]:
        """A neighbourhood of a touching point in or beside a box, or of an end where nothing is bounded."""
        patch = touching_patch(self.problem, self.symbol, (left, right), self.region, self.work)
        if patch is not None:
            yield patch
            return
        for end, given, closed, direction in (
            (low, self.region.low, self.region.low_closed, 1),
            (high, self.region.high, self.region.high_closed, -1),
        ):
            if end in (left, right) and given is not None and not closed:
                beside = self._beside(end, direction)
                yield from [beside] if beside is not None else []


@dataclass(frozen=True)
class _Forms:
    """A function with its slope, where it has no jumps, and its curvature, where it has no kinks."""

    value: Any
    slope: Any = None
    curvature: Any = None

    @staticmethod
    def of(expr: sp.Expr, symbol: sp.Symbol) -> _Forms:
        """Compiled for balls."""
        value = ball.compiled(expr, (symbol,))
        if expr.has(*_JUMPING):
            return _Forms(value)
        slope = derivative(expr, symbol)
        if expr.has(*_KINKED):
            return _Forms(value, ball.compiled(slope, (symbol,)))
        return _Forms(value, *(ball.compiled(e, (symbol,)) for e in (slope, derivative(slope, symbol))))

    def hold(self, left: fmpq, right: fmpq, strict: bool) -> bool:
        """Whether the function certainly is positive (not negative) between two numbers."""
        try:
            return any(_allowed(bound, strict) for bound in self._bounds(left, right))
        except UndefinedValue:
            return False

    def fails(self, point: fmpq) -> bool:
        """Whether the function certainly is negative at a point."""
        try:
            return bool(arb(self.value(point)) < 0)
        except UndefinedValue:
            return False

    def _bounds(self, left: fmpq, right: fmpq) -> Iterator[arb]:
        """Enclosures of a lower bound of the function on a box, the cheap ones first."""
        middle, radius = (left + right) / 2, (right - left) / 2
        reach = arb(0, 1) * arb(radius)
        box = arb(middle) + reach
        yield arb(self.value(box))
        if self.slope is None:
            return
        grows, centre = arb(self.slope(box)), arb(self.value(middle))
        if not grows.is_finite():
            return
        yield centre + grows * reach
        if grows >= 0 or grows <= 0:
            yield arb(self.value(left if grows >= 0 else right))
        elif self.curvature is not None:
            bend = arb(self.curvature(box)) * arb(0).union(arb(radius) ** 2) / 2
            yield centre + arb(self.slope(middle)) * reach + bend


def _allowed(found: arb, strict: bool) -> bool:
    return found.is_finite() and bool(found > 0 if strict else found >= 0)
