"""Runs of update rules in exact and ball arithmetic, for telling rules apart.

Two rules whose runs part are different, and the step where they part is a witness. Runs that agree
prove nothing: they say "the same in so many exact steps".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sympy as sp
from flint import arb

from symdl.core import THETA, Optimizer
from symdl.numerics.ball import Number, number
from symdl.numerics.precision import precision
from symdl.numerics.runs import advance, initial

BITS = 192
START = sp.Rational(3, 7)
SLOPES = tuple(sp.Rational(*pair) for pair in ((2, 3), (-7, 2), (5, 4), (-11, 7), (8, 5), (-1, 6)))
"""At step ``k`` the gradient at ``theta`` is ``theta + SLOPES[k]``: of both signs, and telling points apart."""


def trajectory(
    rule: Optimizer, hyper: Mapping[sp.Symbol, sp.Expr], slopes: Sequence[sp.Expr] = SLOPES, start: sp.Expr = START
) -> Iterator[Number]:
    """The parameter after each step, a step at a time, on the losses ``theta^2/2 + slope theta``.

    Raises :class:`symdl.core.UndefinedValue` where the rule divides by zero.

    >>> from symdl import library
    >>> eta = library.gradient_descent.hyper[0].symbol
    >>> [str(theta) for theta in trajectory(library.gradient_descent, {eta: sp.Rational(1, 2)})][:2]
    ['-5/42', '71/42']
    """
    with precision(BITS):
        fixed = {symbol: number(value) for symbol, value in hyper.items()}
        state = initial(rule, start, fixed)
    for slope in slopes:
        with precision(BITS):
            shift = number(slope)
            state = advance(rule, state, lambda point, shift=shift: point + shift, fixed)
        yield state[THETA]


def same(left: Number, right: Number) -> bool:
    """Whether two numbers cannot be told apart: equal, or balls that overlap."""
    with precision(BITS):
        return bool(arb(left).overlaps(arb(right)))


def parting(left: Sequence[Number], right: Sequence[Number]) -> int | None:
    """The first step, from 1, after which two runs differ."""
    return next((step for step, (a, b) in enumerate(zip(left, right, strict=False), 1) if not same(a, b)), None)
