"""The equations of an update rule, before they are put in order.

A quantity that changes from step to step is a sequence: ``function("G")(t - 1)`` stands for the value
of ``G`` at step ``t - 1``, and :data:`GRADIENT` of a point for the gradient there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import STEP, DefinitionError, UnsupportedOperation, function, symbol

GRADIENT = function("gradient")
"""``GRADIENT(point)`` is the gradient of the loss at ``point``."""


@dataclass(frozen=True)
class Line:
    """``target(t + shift) = expr``; ``shift`` is None for an assignment without a step index.

    ``origin`` numbers the statement that the line was read from, for findings to point at.

    >>> str(Line("theta", 1, function("theta")(STEP) - GRADIENT(function("theta")(STEP))))
    'theta(t + 1) = -gradient(theta(t)) + theta(t)'
    """

    target: str
    shift: int | None
    expr: sp.Expr
    origin: int = -1

    def __str__(self) -> str:
        head = self.target if self.shift is None else str(function(self.target)(STEP + self.shift))
        return f"{head} = {self.expr}"

    def at(self, shift: int) -> sp.Expr:
        """The right side when the left stands at index ``t + shift``."""
        return moved(self.expr, shift - (self.shift or 0))


def moved(expr: sp.Expr, by: int) -> sp.Expr:
    """``expr`` with the step index moved on by ``by``."""
    return expr.xreplace({STEP: STEP + by}) if by else expr


def sequences(expr: sp.Expr) -> Iterator[AppliedUndef]:
    """Every value of a sequence in ``expr``, those inside the points of gradients included."""
    yield from _sequences(expr)


@lru_cache(maxsize=4096)
def _sequences(expr: sp.Expr) -> tuple[AppliedUndef, ...]:
    return tuple(value for value in sorted(expr.atoms(AppliedUndef), key=str) if value.func != GRADIENT)


def name_of(value: AppliedUndef) -> str:
    """The name of the sequence that ``value`` belongs to."""
    return str(value.func.__name__)


def offset_of(value: AppliedUndef) -> int:
    """``k`` of ``X(t + k)``.

    Raises :class:`UnsupportedOperation` for an index that is not the step plus a number.
    """
    offset = value.args[0] - STEP
    if not offset.is_Integer:
        raise UnsupportedOperation(
            f"{value} has an index that is not {STEP} plus a whole number",
            remedy=f"write the rule for one step, from {STEP} to {STEP} + 1",
        )
    return int(offset)


def uses(expr: sp.Expr) -> Iterator[tuple[str, int]]:
    """Every sequence in ``expr`` with its offset from ``t``."""
    for value in sequences(expr):
        yield name_of(value), offset_of(value)


def without_sums(line: Line) -> tuple[Line, ...]:
    """The line with each sum over the steps so far replaced by a running total.

    ``X(t) = sum(f(s, t), s <= t)`` becomes ``X(t) = r X(t-1) + f(t, t)`` where ``f(s, t)`` is ``r``
    times ``f(s, t-1)`` for each ``s``. Raises :class:`UnsupportedOperation` for other sums.

    >>> s, g = sp.Symbol("s", real=True), function("g")
    >>> str(*without_sums(Line("G", 0, sp.Sum(g(s)**2, (s, 1, STEP)))))
    'G(t) = G(t - 1) + g(t)**2'
    """
    sums = sorted(line.expr.atoms(sp.Sum), key=str)
    if not sums:
        return (line,)
    factor = line.expr / sums[0]
    if line.shift is not None and not factor.has(sp.Sum) and not list(sequences(factor)):
        expr = moved(line.expr, -line.shift)
        return (Line(line.target, 0, _running_total(line.target, expr), line.origin),)
    totals = {total: f"total{number}" for number, total in enumerate(sums, 1)}
    lines = [Line(name, 0, _running_total(name, total), line.origin) for total, name in totals.items()]
    body = line.expr.xreplace({total: function(name)(STEP) for total, name in totals.items()})
    return (*lines, Line(line.target, line.shift, body, line.origin))


def _running_total(name: str, expr: sp.Expr) -> sp.Expr:
    """The recurrence of ``factor * sum(term, (s, lower, t + k))``."""
    (total,) = expr.atoms(sp.Sum)
    if len(total.limits) != 1:
        raise UnsupportedOperation(f"a sum over several indices in the rule for {name}")
    index, _, upper = total.limits[0]
    term = total.function * (expr / total)
    ratio = sp.powsimp(term / moved(term, -1), combine="exp")
    if not (upper - STEP).is_Integer or ratio.has(index) or list(sequences(ratio)):
        raise UnsupportedOperation(
            f"the sum in the rule for {name} is not one over the steps so far",
            remedy="write it as a recurrence",
        )
    return ratio * function(name)(STEP - 1) + term.xreplace({index: upper})


def parameter_of(lines: tuple[Line, ...]) -> str:
    """The quantity that a rule moves: of those that use their own old value, the one that leads to most others.

    Points where gradients are taken do not count; among equals it is the one that uses a gradient.

    Raises :class:`DefinitionError` when there is none, or more than one such.

    >>> m, theta = function("m"), function("theta")
    >>> parameter_of((Line("m", 0, m(STEP - 1)), Line("theta", 1, theta(STEP) - m(STEP))))
    'theta'
    """
    outside = tuple(replace(line, expr=line.expr.replace(GRADIENT, lambda _: symbol("gradient"))) for line in lines)
    reached = {line.target: _reached(line.target, outside) for line in outside}
    sizes = {name: len(others & set(reached)) for name, others in reached.items() if name in others}
    top = [name for name, size in sizes.items() if size == max(sizes.values())]
    if len(top) > 1:
        top = [line.target for line in lines if line.target in top and line.expr.has(GRADIENT)]
    if len(top) != 1:
        raise DefinitionError("it cannot be seen which quantity the rule moves", remedy="write the update of theta")
    return top[0]


def _reached(name: str, lines: tuple[Line, ...]) -> set[str]:
    by_name = {line.target: line for line in lines}
    found: set[str] = set()
    queue = [name]
    while queue:
        current = by_name[queue.pop()]
        names = {used for used, _ in uses(current.expr)} | {str(s) for s in current.expr.free_symbols}
        queue += sorted((names - found) & set(by_name))
        found |= names
    return found
