"""Kinks that have no closed form, located between two neighbouring floats.

Where the branches of Max, Min, Abs or a Piecewise meet at a point that no formula gives, the point is
found by bisection in ball arithmetic: at a float, where they tie there exactly, else between two floats
of float64. A comparison with any number between these decides as the formula does at every float, so
that the function is the same wherever code is asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import sympy as sp

from symdl.calculus.cells import split
from symdl.calculus.derivatives import activation_derivative, domain
from symdl.calculus.kinks import Kink, kinks
from symdl.calculus.roots import NotLocated
from symdl.core import Activation, BudgetExceeded, UndefinedValue
from symdl.numerics import ball, ranges

from .branchwise import branchwise_derivative, with_conditions

_BITS, _MOST_BITS, _BELOW = 60, 4000, 2400
_SAMPLES = 600
_MOST_POINTS = 40
_MOST_NODES = 20
_FAR_OUT, _TURNS = 10**6, 100.0
_CHOICES = (sp.Max, sp.Min, sp.Abs, sp.Piecewise)


@dataclass(frozen=True)
class Located:
    """An activation whose kinks all have a place; ``between`` are those places that are no floats.

    Where there are too ``many`` to list, its branches stand under conditions instead.
    """

    activation: Activation
    between: frozenset[sp.Expr] = frozenset()
    many: bool = False

    def kinks(self) -> tuple[Kink, ...]:
        """The kinks whose place is exact."""
        return () if self.many else tuple(k for k in kinks(self.activation) if k.point not in self.between)

    def slope(self) -> sp.Expr:
        """The derivative, with declared slopes at the kinks."""
        if self.many:
            return branchwise_derivative(self.activation.expr, self.activation.argument)
        return activation_derivative(self.activation)

    def places(self) -> tuple[sp.Expr, ...]:
        """Where branches may meet: the kinks, and what lies between floats."""
        found = () if self.many else kinks(self.activation)
        return tuple(sorted({kink.point for kink in found} | self.between, key=float_of))


def float_of(place: sp.Expr) -> float:
    """The float nearest to a place without parameters, else 0."""
    return 0.0 if place.free_symbols else float(place)


@lru_cache(maxsize=64)
def located(activation: Activation) -> Located:
    """``activation`` with the branches of its formula at places that can be compared with.

    Raises :class:`NotLocated` where slopes are declared at kinks that cannot be found.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> found = located(Activation("f", x, sp.Max(sp.exp(x), 2 - x)))
    >>> [round(float(place), 6) for place in found.places()], found.kinks()
    ([0.442854], ())
    """
    try:
        return _located(activation)
    except NotLocated:
        if activation.slope_at:
            raise
        expr = with_conditions(activation.expr, activation.argument)
        return Located(replace(activation, expr=expr), many=True)


def _located(activation: Activation) -> Located:
    expr, variable = activation.expr, activation.argument
    between: set[sp.Expr] = set()
    for _ in range(_MOST_NODES):
        try:
            split(expr, variable, domain(activation))
            return Located(replace(activation, expr=expr), frozenset(between))
        except NotLocated:
            node = _innermost(expr, variable)
            if node is None or node.free_symbols != {variable} or _turns_endlessly(node, variable):
                raise
        pieces, places = _pieces(node, variable)
        between |= places
        expr = expr.xreplace({node: pieces})
    raise NotLocated(f"{activation.name} has too many kinks without a closed form")


def _innermost(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """The first choice whose own places are not found, those inside of it being so."""
    for node in sp.postorder_traversal(expr):
        if isinstance(node, _CHOICES) and variable in node.free_symbols:
            try:
                split(node, variable)
            except NotLocated:
                return node
    return None


def _turns_endlessly(node: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the argument of a sine in ``node`` grows: samples do not show how often its branches meet."""
    parts = [part.args[0] for part in node.atoms(sp.sin, sp.cos, sp.tan) if variable in part.free_symbols]
    return any(_size(part, variable, end) > _TURNS for part in parts for end in (-_FAR_OUT, _FAR_OUT))


def _size(expr: sp.Expr, variable: sp.Symbol, at: int) -> float:
    try:
        return abs(float(ball.enclose(expr, {variable: at}, _BITS, _MOST_BITS, _BELOW).mid()))
    except UndefinedValue:
        return 0.0
    except BudgetExceeded:
        return float("inf")


def _pieces(node: sp.Expr, variable: sp.Symbol) -> tuple[sp.Expr, set[sp.Expr]]:
    """``node`` as branches between places, and the places that are no floats."""
    branches, active = _branches(node, variable)
    floats = [float(point) for point in ranges.float_range("float64", _SAMPLES)]
    known = [(point, index) for point in floats if (index := active(point)) is not None]
    if not known:
        raise NotLocated(f"{node} is nowhere decided")
    pieces: list[tuple[sp.Expr, sp.Basic]] = [(branches[known[0][1]], sp.true)]
    between: set[sp.Expr] = set()
    for (left, first), (right, second) in pairwise(known):
        while first != second:
            place, found, exact = _border(active, left, right, first)
            between |= set() if exact else {place}
            pieces.insert(0, (branches[found], sp.Ge(variable, place)))
            left, first = float(np.nextafter(float(place), np.inf)) if exact else right, found
            if len(pieces) > _MOST_POINTS:
                raise NotLocated(f"{node} has more than {_MOST_POINTS} kinks")
    return sp.Piecewise(*pieces), between


def _border(active: Callable[[float], int | None], left: float, right: float, first: int) -> tuple[sp.Expr, int, bool]:
    """Where the branch ``first`` of ``left`` ends, the next one, and whether the branches tie there exactly."""
    following = active(right)
    while True:
        middle = _middle(left, right)
        if middle in (left, right):
            break
        index = active(middle)
        if index is None:
            beyond = active(float(np.nextafter(middle, np.inf)))
            if beyond != first:
                return sp.Rational(middle), _known(following) if beyond is None else beyond, True
            left = float(np.nextafter(middle, np.inf))
        elif index == first:
            left = middle
        else:
            right, following = middle, index
    return (sp.Rational(left) + sp.Rational(right)) / 2, _known(following), False


def _known(index: int | None) -> int:
    assert index is not None
    return index


def _middle(left: float, right: float) -> float:
    """The float half-way in the order of all floats."""
    ranks = [_rank(left), _rank(right)]
    return _unranked(sum(ranks) // 2)


def _rank(number: float) -> int:
    bits = int(np.float64(number).view(np.int64))
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def _unranked(rank: int) -> float:
    size = float(np.int64(abs(rank)).view(np.float64))
    return size if rank >= 0 else -size


def _branches(node: sp.Expr, variable: sp.Symbol) -> tuple[tuple[sp.Expr, ...], Callable[[float], int | None]]:
    """The branches of a choice, and which of them applies at a float; None where they tie."""
    if isinstance(node, sp.Piecewise):
        conditions = [condition for _, condition in node.args]
        return tuple(branch for branch, _ in node.args), lambda at: _first_true(conditions, variable, at)
    if isinstance(node, sp.Abs):
        inner = node.args[0]
        return (-inner, inner), lambda at: _sign(inner, variable, at)
    direction = 1 if isinstance(node, sp.Max) else -1
    return node.args, lambda at: _extreme(node.args, direction, variable, at)


def _first_true(conditions: list[sp.Basic], variable: sp.Symbol, at: float) -> int | None:
    for index, condition in enumerate(conditions):
        try:
            if ball.evaluate(sp.Piecewise((1, condition), (0, True)), {variable: at}, _MOST_BITS) == 1:
                return index
        except UndefinedValue:
            return None
    return None


def _sign(expr: sp.Expr, variable: sp.Symbol, at: float) -> int | None:
    """1 where positive, 0 where negative, None where 0 or not known."""
    try:
        value = ball.enclose(expr, {variable: at}, _BITS, _MOST_BITS, _BELOW)
    except (UndefinedValue, BudgetExceeded):
        return None
    return 1 if value > 0 else 0 if value < 0 else None


def _extreme(arguments: tuple[sp.Expr, ...], direction: int, variable: sp.Symbol, at: float) -> int | None:
    best = 0
    tied = False
    for index in range(1, len(arguments)):
        order = _sign(direction * (arguments[index] - arguments[best]), variable, at)
        if order == 1:
            best, tied = index, False
        elif order is None:
            tied = True
    return None if tied else best
