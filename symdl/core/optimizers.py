"""Update rules as state machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import sympy as sp

from .activations import Parameter, check_identifier
from .errors import DefinitionError, UnboundSymbol
from .printing import to_latex, to_text
from .symbols import Source, symbol

THETA = symbol("theta")
"""The parameter that an update rule moves."""
STEP = symbol("t")
"""The step count: 1 at the first step."""


@dataclass(frozen=True)
class State:
    """A buffer that a rule keeps, and its value before the first step.

    ``start`` may contain the parameter (``theta_previous`` starts at ``theta``).
    """

    symbol: sp.Symbol
    start: sp.Expr = sp.Integer(0)


@dataclass(frozen=True)
class Evaluation:
    """A quantity that the rule asks for, and the point where it is taken.

    The curvature is the matrix of second derivatives by all entries of an array.
    """

    symbol: sp.Symbol
    point: sp.Expr = THETA
    quantity: Literal["gradient", "curvature"] = "gradient"


@dataclass(frozen=True)
class Assignment:
    """``symbol`` becomes ``expr``; later assignments see the new value."""

    symbol: sp.Symbol
    expr: sp.Expr


@dataclass(frozen=True)
class Optimizer:
    """An update rule: a state machine over the elements of the parameters.

    Before a step the count ``t`` goes up by one (it is 1 at the first). Then each evaluation is
    taken, in order, and each assignment of ``step`` is made, in order; symbols that are assigned
    but are neither ``theta`` nor a state are local to the step. ``conventions`` names the choices
    that libraries differ in (``{"epsilon": "outside the root"}``).

    Raises :class:`UnboundSymbol` when an expression uses a symbol that is not bound at that point,
    :class:`DefinitionError` when the rule never moves ``theta``.

    >>> eta, g = symbol("eta"), symbol("g")
    >>> rule = Optimizer("gradient_descent", hyper=(Parameter(eta, "learning_rate"),),
    ...                  evaluations=(Evaluation(g),), step=(Assignment(THETA, THETA - eta * g),))
    >>> rule.step[-1].expr
    -eta*g + theta
    """

    name: str
    hyper: tuple[Parameter, ...]
    state: tuple[State, ...] = ()
    evaluations: tuple[Evaluation, ...] = (Evaluation(symbol("g")),)
    step: tuple[Assignment, ...] = ()
    conventions: Mapping[str, str] = field(default_factory=dict, hash=False)
    source: Source | None = None

    def __post_init__(self) -> None:
        check_identifier(self.name)
        constants = {parameter.symbol for parameter in self.hyper}
        for state in self.state:
            self._check(state.start, constants | {THETA}, f"the start of {state.symbol}")
        bound = constants | {THETA, STEP} | {state.symbol for state in self.state}
        for evaluation in self.evaluations:
            self._check(evaluation.point, bound, f"the point of {evaluation.symbol}")
            bound.add(evaluation.symbol)
        for assignment in self.step:
            self._check(assignment.expr, bound, f"the step of {assignment.symbol}")
            bound.add(assignment.symbol)
        if THETA not in {assignment.symbol for assignment in self.step}:
            raise DefinitionError(f"{self.name}: the step never assigns {THETA}")

    def _check(self, expr: sp.Expr, bound: set[sp.Symbol], where: str) -> None:
        free = sorted(expr.free_symbols - bound, key=str)
        if free:
            raise UnboundSymbol(
                f"{self.name}: {where} uses {', '.join(map(str, free))}, which nothing defines",
                remedy="declare it as a hyper-parameter or a state, or assign it earlier in the step",
            )

    def __str__(self) -> str:
        return f"{self.name}: {'; '.join(f'{a.symbol} <- {to_text(a.expr)}' for a in self.step)}"

    def _repr_latex_(self) -> str:
        rows = r" \\ ".join(rf"{to_latex(a.symbol)} &\leftarrow {to_latex(a.expr)}" for a in self.step)
        return rf"$\begin{{aligned}} {rows} \end{{aligned}}$"


@dataclass(frozen=True)
class Family:
    """Update rules that differ in conventions only: named axes, and a builder of each point.

    ``axes`` maps an axis to its choices, the paper's first; ``build`` takes one choice an axis.
    """

    name: str
    axes: Mapping[str, tuple[str, ...]] = field(hash=False)
    build: Callable[..., Optimizer]

    def points(self) -> Iterator[Optimizer]:
        """Every member, the paper's own first."""
        for choice in product(*self.axes.values()):
            yield self.build(**dict(zip(self.axes, choice, strict=True)))
