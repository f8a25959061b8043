"""Runs of update rules in exact and ball arithmetic, for telling rules apart.

Two rules whose runs part are different, and the step where they part is a witness. Runs that agree
prove nothing: they say "the same in so many exact steps".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import overload

import sympy as sp
from flint import arb

from symdl.core import THETA, BudgetExceeded, Optimizer, UndefinedValue, UnsupportedOperation
from symdl.numerics.ball import Number, number
from symdl.numerics.precision import precision
from symdl.numerics.runs import Values, advance, initial

BITS = 192
START = sp.Rational(3, 7)
SLOPES = tuple(sp.Rational(*pair) for pair in ((2, 3), (-7, 2), (5, 4), (-11, 7), (8, 5), (-1, 6), (3, 2), (-4, 3)))
"""At step ``k`` the gradient at ``theta`` is ``theta + SLOPES[k]``: of both signs, and telling points apart."""
STANDARD_VALUES = tuple(sp.Rational(*pair) for pair in ((5, 6), (9, 10), (7, 8), (11, 12), (6, 7), (13, 14)))
"""Values for hyper-parameters: all distinct, and inside (0, 1), where every role is at home, near enough to 1
that averages of a few steps are long."""


class Run(Sequence[Values]):
    """The rows of a trajectory, each computed when it is first asked for.

    It ends before the first step that has no value (a division by zero, the root of a negative number).

    >>> from symdl import library
    >>> run = run_of(library.sgd)
    >>> str(run[0][THETA]), len(run)
    ('-61/126', 8)
    """

    def __init__(self, steps: Iterator[Values]) -> None:
        self._rows: list[Values] = []
        self._steps: Iterator[Values] | None = steps

    def row(self, index: int) -> Values | None:
        """The row after step ``index + 1``; None where the run has ended."""
        while len(self._rows) <= index and self._steps is not None:
            try:
                self._rows.append(next(self._steps))
            except (StopIteration, UndefinedValue):
                self._steps = None
        return self._rows[index] if index < len(self._rows) else None

    def __len__(self) -> int:
        self.row(len(SLOPES))
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Values: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Values]: ...
    def __getitem__(self, index: int | slice) -> Values | Sequence[Values]:
        self.row(len(SLOPES))
        return self._rows[index]


NO_RUN = Run(iter(()))
"""The run of a rule that has no value at all."""


def trajectory(
    rule: Optimizer,
    hyper: Mapping[sp.Symbol, sp.Expr],
    slopes: Sequence[sp.Expr] = SLOPES,
    start: sp.Expr = START,
    curvature: int = 1,
) -> Iterator[Values]:
    """The parameter and the states after each step, on the losses ``curvature theta^2/2 + slope theta``.

    Raises :class:`symdl.core.UndefinedValue` where the rule divides by zero.

    >>> from symdl import library
    >>> eta = library.gradient_descent.hyper[0].symbol
    >>> [str(row[THETA]) for row in trajectory(library.gradient_descent, {eta: sp.Rational(1, 2)})][:2]
    ['-5/42', '71/42']
    """
    with precision(BITS):
        fixed = {symbol: number(value) for symbol, value in hyper.items()}
        state = initial(rule, start, fixed)
    for slope in slopes:
        with precision(BITS):
            shift = number(slope)
            state = advance(rule, state, lambda point, shift=shift: curvature * point + shift, fixed)
        yield state


def symbols_of(rule: Optimizer) -> tuple[sp.Symbol, ...]:
    """The hyper-parameters of a rule."""
    return tuple(parameter.symbol for parameter in rule.hyper)


def run_of(rule: Optimizer) -> Run | None:
    """The run of a rule at the standard values.

    None for a rule with too many hyper-parameters, or with operations that cannot be evaluated.
    """
    if len(rule.hyper) > len(STANDARD_VALUES):
        return None
    run = _run(rule, symbols_of(rule))
    try:
        len(run)
    except (UnsupportedOperation, BudgetExceeded):
        return None
    return run


def runs_of(rule: Optimizer) -> Iterator[tuple[tuple[sp.Symbol, ...], Run]]:
    """The runs of a rule at the standard values under each order of its hyper-parameters."""
    for order in permutations(symbols_of(rule)):
        yield order, _run(rule, order)


def _run(rule: Optimizer, order: tuple[sp.Symbol, ...]) -> Run:
    return Run(trajectory(rule, dict(zip(order, STANDARD_VALUES, strict=False))))


def same(left: Number, right: Number) -> bool:
    """Whether two numbers cannot be told apart: equal, or balls that overlap."""
    with precision(BITS):
        return bool(arb(left).overlaps(arb(right)))


def parting(left: Run, right: Run) -> int | None:
    """The first step, from 1, after which the parameters of two runs differ, or only one has a value."""
    for index in range(len(SLOPES)):
        a, b = left.row(index), right.row(index)
        if a is None or b is None:
            return None if a is b else index + 1
        if not same(a[THETA], b[THETA]):
            return index + 1
    return None


def stands_still(run: Run) -> bool:
    """Whether the parameter never leaves its start: such runs tell nothing about their rule."""
    return all(same(row[THETA], number(START)) for row in run)


def shared_states(left: Values, right: Values) -> int:
    """How many states of the left row have the value of a state of the right row."""
    others = [value for symbol, value in right.items() if symbol != THETA]
    return sum(any(same(value, other) for other in others) for symbol, value in left.items() if symbol != THETA)
