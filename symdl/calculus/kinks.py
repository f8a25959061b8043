"""The kinks of an activation: where its one-sided derivatives differ, with exact values.

Source: F. H. Clarke, Optimization and Nonsmooth Analysis, Wiley 1983, Section 1.2 and Theorem 2.5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdl.core import Activation, BudgetExceeded, DefinitionError, UnsupportedDerivative, to_text

from .cells import Cells, split, value_at
from .derivatives import domain, evaluate, one_sided, orders
from .signs import is_zero, sign

_HIGHEST_ORDER = 12


@dataclass(frozen=True)
class Kink:
    """A point where a function of one variable has no derivative.

    ``left`` and ``right`` are the one-sided slopes; ``clarke`` is the interval between them, which
    for a continuous function is the Clarke subdifferential; ``declared`` is the slope that the
    activation declares there. ``jump`` says that the function itself is not continuous.
    """

    point: sp.Expr
    left: sp.Expr
    right: sp.Expr
    clarke: tuple[sp.Expr, sp.Expr]
    declared: sp.Expr | None = None
    jump: bool = False


def kinks(activation: Activation) -> tuple[Kink, ...]:
    """All kinks and jumps of ``activation``, from left to right.

    Raises :class:`UnsupportedDerivative` where a kink cannot be located exactly or a one-sided
    slope is not finite, :class:`DefinitionError` where a slope is declared that contradicts the
    derivative.

    >>> from symdl.core import symbol
    >>> x, k = symbol("x"), symbol("k")
    >>> (kink,) = kinks(Activation("relu", x, sp.Max(x, 0), slope_at={0: 0}))
    >>> kink.point, kink.left, kink.right, kink.clarke, kink.declared
    (0, 0, 1, (0, 1), 0)
    """
    cells = _cells(activation)
    candidates = (_kink(activation, cells, index) for index in range(len(cells.points)))
    found = tuple(kink for kink in candidates if kink is not None)
    _check_declared(activation, cells, found)
    return found


@dataclass(frozen=True)
class Joint:
    """A point where two smooth branches of a function meet: its value there, and both branches near it."""

    point: sp.Expr
    value: sp.Expr
    left: sp.Expr
    right: sp.Expr


def joints(activation: Activation) -> tuple[Joint, ...]:
    """All points where the branches of an activation meet, from left to right, kinks or not.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> joints(Activation("square", x, sp.Max(x, 0) ** 2))
    (Joint(point=0, value=0, left=0, right=x**2),)
    """
    cells = _cells(activation)
    values = (value_at(cells.expr, cells.variable, point, cells.given) for point in cells.points)
    return tuple(map(Joint, cells.points, values, cells.branches, cells.branches[1:]))


def smoothness(activation: Activation) -> int | float:
    """The highest order whose derivative is continuous: -1 at a jump, 0 for ReLU, infinity if smooth.

    Raises what :func:`kinks` raises, and :class:`BudgetExceeded` beyond order 12.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> smoothness(Activation("relu", x, sp.Max(x, 0))), smoothness(Activation("tanh", x, sp.tanh(x)))
    (0, inf)
    """
    cells = _cells(activation)
    places = range(len(cells.points))
    return min((_contact(cells, index) for index in places), default=float("inf"))


def _cells(activation: Activation) -> Cells:
    return split(evaluate(activation.expr), activation.argument, domain(activation))


def _sides(cells: Cells, index: int, order: int) -> tuple[sp.Expr | None, sp.Expr | None]:
    """The derivative of one order to the left and to the right of a point."""
    point = cells.points[index]
    branches = (orders(cells.branches[i], cells.variable, order)[-1] for i in (index, index + 1))
    left, right = (one_sided(branch, cells.variable, point) for branch in branches)
    return left, right


def _finite_sides(cells: Cells, index: int, order: int) -> tuple[sp.Expr, sp.Expr]:
    left, right = _sides(cells, index, order)
    if left is None or right is None:
        place = f"{cells.variable} = {to_text(cells.points[index])}"
        raise UnsupportedDerivative(f"{to_text(cells.expr)} has no finite one-sided derivative at {place}")
    return left, right


def _is_jump(cells: Cells, index: int) -> bool:
    value = value_at(cells.expr, cells.variable, cells.points[index], cells.given)
    return not all(is_zero(side - value) for side in _finite_sides(cells, index, 0))


def _kink(activation: Activation, cells: Cells, index: int) -> Kink | None:
    left, right = _finite_sides(cells, index, 1)
    jump = _is_jump(cells, index)
    if is_zero(left - right) and not jump:
        return None
    point = cells.points[index]
    return Kink(point, left, right, _hull(left, right, cells.given), _declared(activation, point), jump)


def _hull(left: sp.Expr, right: sp.Expr, given: tuple[object, ...]) -> tuple[sp.Expr, sp.Expr]:
    order = sign(right - left, given)
    if order is None:
        return sp.Min(left, right), sp.Max(left, right)
    return (left, right) if order >= 0 else (right, left)


def _declared(activation: Activation, point: sp.Expr) -> sp.Expr | None:
    return next((slope for at, slope in activation.slope_at.items() if is_zero(at - point)), None)


def _check_declared(activation: Activation, cells: Cells, found: tuple[Kink, ...]) -> None:
    for at, slope in activation.slope_at.items():
        if any(is_zero(kink.point - at) for kink in found):
            continue
        value = value_at(_slope(cells, at), cells.variable, at, cells.given)
        if not is_zero(value - slope):
            place = f"{activation.argument} = {to_text(at)}"
            raise DefinitionError(
                f"{activation.name} declares the slope {to_text(slope)} at {place}, where it is {to_text(value)}",
                remedy="declare slopes at kinks only",
            )


def _slope(cells: Cells, at: sp.Expr) -> sp.Expr:
    """The derivative on the cell of a point that is no kink."""
    left_of = sum(1 for point in cells.points if sign(at - point, cells.given) == 1)
    return orders(cells.branches[left_of], cells.variable, 1)[-1]


def _contact(cells: Cells, index: int) -> int | float:
    """The highest order up to which the derivatives on both sides of a point agree."""
    if _is_jump(cells, index):
        return -1
    for order in range(1, _HIGHEST_ORDER + 1):
        left, right = _sides(cells, index, order)
        if left is None or right is None or not is_zero(left - right):
            return order - 1
    if is_zero(cells.branches[index] - cells.branches[index + 1]):
        return float("inf")
    raise BudgetExceeded(f"the branches at {to_text(cells.points[index])} agree to order {_HIGHEST_ORDER}")
