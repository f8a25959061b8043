"""Runs of update rules in exact arithmetic: what a step function should have computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import sympy as sp
from flint import arb, fmpq

from symdl.core.errors import BudgetExceeded, InputError, UnsupportedOperation
from symdl.core.optimizers import STEP, THETA, Optimizer

from .ball import Number, compiled, number, precision

Values: TypeAlias = dict[sp.Symbol, Number]
Gradients: TypeAlias = Sequence[Any] | Callable[[Number], Any]
_Function: TypeAlias = tuple[Callable[..., Number], tuple[sp.Symbol, ...]]

RELATIVE_BITS = 100
_FIRST_BITS = 300
_NEGLIGIBLE_BITS = 1000


def constants(optimizer: Optimizer, hyper: Mapping[Any, Any]) -> Values:
    """The hyper-parameters as numbers, from ``hyper`` (by keyword or symbol) and the defaults.

    A symbol as a key means that symbol; a text means the parameter of that name, else the symbol so spelled.
    Raises :class:`InputError` for a name that the rule does not have, and for one without value.
    """
    by_symbol = {key: value for key, value in hyper.items() if isinstance(key, sp.Symbol)}
    given = {str(key): value for key, value in hyper.items() if key not in by_symbol}
    symbols = {parameter.symbol for parameter in optimizer.hyper}
    known = {name for parameter in optimizer.hyper for name in (parameter.name, str(parameter.symbol))}
    unknown = sorted({*(given.keys() - known), *map(str, by_symbol.keys() - symbols)})
    if unknown:
        raise InputError(
            f"{optimizer.name} has no hyper-parameter {', '.join(unknown)}",
            remedy=f"it has {', '.join(parameter.name for parameter in optimizer.hyper)}",
        )
    values = {}
    for parameter in optimizer.hyper:
        named = given.get(parameter.name, _by_spelling(optimizer, given).get(parameter.symbol, parameter.default))
        value = by_symbol.get(parameter.symbol, named)
        if value is None:
            raise InputError(f"{optimizer.name} needs a value of {parameter.name}, which has no default")
        values[parameter.symbol] = number(value)
    return values


def _by_spelling(optimizer: Optimizer, given: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
    """Values under the spelling of a symbol, where that is no parameter's name."""
    names = {parameter.name for parameter in optimizer.hyper}
    symbols = {str(parameter.symbol): parameter.symbol for parameter in optimizer.hyper}
    return {symbols[key]: value for key, value in given.items() if key in symbols and key not in names}


def initial(optimizer: Optimizer, start: Any, hyper: Values) -> Values:
    """``theta``, the step count 0 and every state before the first step."""
    values: Values = {**hyper, THETA: number(start), STEP: fmpq(0)}
    states = {state.symbol: _call(_function(state.start), values) for state in optimizer.state}
    return {THETA: values[THETA], STEP: values[STEP], **states}


def advance(optimizer: Optimizer, state: Values, gradient: Any, hyper: Values) -> Values:
    """The state after one step, at the working precision.

    ``gradient`` is a value, a tuple of one value for each evaluation, or a function from the point
    of an evaluation to its value.
    """
    values, _points = _evaluated(optimizer, state, gradient, hyper)
    for assignment in optimizer.step:
        values[assignment.symbol] = _call(_function(assignment.expr), values)
    return {symbol: values[symbol] for symbol in state}


def evaluation_points(optimizer: Optimizer, state: Values, gradient: Any, hyper: Values) -> tuple[Number, ...]:
    """Where the rule asks for its gradients in the step after ``state``, in order."""
    return _evaluated(optimizer, state, gradient, hyper)[1]


def _evaluated(optimizer: Optimizer, state: Values, gradient: Any, hyper: Values) -> tuple[Values, tuple[Number, ...]]:
    values: Values = {**hyper, **state, STEP: state[STEP] + 1}
    points = []
    for index, evaluation in enumerate(optimizer.evaluations):
        if evaluation.quantity != "gradient" and not isinstance(gradient, tuple):
            raise UnsupportedOperation(
                f"{optimizer.name} asks for the {evaluation.quantity}: give a tuple of all a step"
            )
        points.append(_call(_function(evaluation.point), values))
        values[evaluation.symbol] = _taken(gradient, index, points[-1])
    return values, tuple(points)


def _taken(gradient: Any, index: int, point: Number) -> Number:
    if callable(gradient):
        return number(gradient(point))
    return number(gradient[index] if isinstance(gradient, tuple) else gradient)


@lru_cache(maxsize=1024)
def _function(expr: sp.Expr) -> _Function:
    symbols = tuple(sorted(expr.free_symbols, key=str))
    return compiled(expr, symbols), symbols


def _call(function: _Function, values: Values) -> Number:
    evaluate, symbols = function
    return evaluate(*[values[symbol] for symbol in symbols])


def exact_run(
    optimizer: Optimizer,
    gradients: Gradients,
    hyper: Mapping[Any, Any] | None = None,
    start: Any = 0,
    steps: int | None = None,
) -> list[dict[sp.Symbol, arb]]:
    """``theta``, ``t`` and every state of one element after each step, by the symbolic rule.

    Exact rationals as far as the rule is rational, else balls within 2**-100 of each value, or
    within 2**-1000 of the largest value of that symbol where it vanishes. ``gradients`` holds the
    value of each step (a tuple where the rule asks for several), or is a function of the point and
    ``steps`` says how many. ``hyper`` goes by keyword or symbol, over the defaults. Floats stand for
    their exact values. Raises :class:`InputError`, :class:`UndefinedValue` (a step that divides by
    0), and :class:`BudgetExceeded`.

    >>> from symdl.core import Assignment, Evaluation, Parameter, symbol
    >>> eta, g = symbol("eta"), symbol("g")
    >>> rule = Optimizer("gradient_descent", hyper=(Parameter(eta, "learning_rate"),),
    ...                  evaluations=(Evaluation(g),), step=(Assignment(THETA, THETA - eta * g),))
    >>> [float(row[THETA]) for row in exact_run(rule, [2, 4], {"learning_rate": 0.5}, start=1)]
    [0.0, -2.0]
    """
    if callable(gradients) != (steps is not None):
        raise InputError("steps goes with gradients that are a function of the point, and only with them")
    history: Iterable[Any] = [gradients] * (steps or 0) if callable(gradients) else gradients
    bits = _FIRST_BITS
    while True:
        rows = _run(optimizer, list(history), hyper or {}, start, bits)
        if all(_accurate(rows, symbol, bits) for symbol in rows[0]):
            return rows[1:]
        if bits > 4 * _NEGLIGIBLE_BITS:
            raise BudgetExceeded(f"{optimizer.name}: {bits} bits do not suffice for {len(rows) - 1} steps")
        bits *= 2


def _run(
    optimizer: Optimizer, history: list[Any], hyper: Mapping[Any, Any], start: Any, bits: int
) -> list[dict[sp.Symbol, arb]]:
    with precision(bits):
        fixed = constants(optimizer, hyper)
        states = [initial(optimizer, start, fixed)]
        for gradient in history:
            states.append(advance(optimizer, states[-1], gradient, fixed))
        return [{symbol: arb(value) for symbol, value in state.items()} for state in states]


def _accurate(rows: list[dict[sp.Symbol, arb]], symbol: sp.Symbol, bits: int) -> bool:
    values = [row[symbol] for row in rows]
    with precision(bits):
        largest = max((value.abs_upper() for value in values), key=float, default=arb(0))
        negligible = largest * arb(2) ** -_NEGLIGIBLE_BITS
        return all(value.rel_accuracy_bits() >= RELATIVE_BITS or value.rad() <= negligible for value in values)
