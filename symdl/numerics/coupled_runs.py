"""Runs in exact arithmetic of update rules whose entries depend on each other: lists of arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from flint import arb, arb_mat
from numpy.typing import ArrayLike, NDArray

from symdl.core.couplings import (
    Coupling,
    column_total,
    damped_solution,
    list_total,
    product_with,
    product_with_transposed,
    row_total,
    total,
    unfolded,
)
from symdl.core.errors import BudgetExceeded, DefinitionError, UndefinedValue
from symdl.core.optimizers import STEP, THETA, Optimizer

from .ball import Number, compiled, number, precision
from .runs import RELATIVE_BITS, constants

Arrays: TypeAlias = list[NDArray[Any]]
Values: TypeAlias = dict[sp.Symbol, Arrays]

_FIRST_BITS, _MOST_BITS = 300, 5000
_exact = np.frompyfunc(number, 1, 1)
_ball = np.frompyfunc(arb, 1, 1)


def coupled_run(
    optimizer: Optimizer,
    gradients: Sequence[Sequence[ArrayLike]],
    hyper: Mapping[Any, Any],
    starts: Sequence[ArrayLike],
    curvature: Sequence[ArrayLike] = (),
) -> list[Values]:
    """``theta`` and every state after each step, as lists of object arrays of balls, by the symbolic rule.

    ``starts`` is a list of arrays, ``gradients`` such a list for each step, ``curvature`` the
    matrices of all steps where the rule asks for it. Each ball is within 2**-100
    of its value, relative to the largest value of its symbol. Raises :class:`DefinitionError` for rules
    with several evaluations, :class:`UndefinedValue` for a step that divides by 0, and
    :class:`BudgetExceeded`.

    >>> from symdl.core import Assignment, Parameter, symbol
    >>> g = symbol("g")
    >>> rule = Optimizer("normed", (), step=(Assignment(THETA, THETA - g / sp.sqrt(total(g**2))),))
    >>> [[float(entry) for entry in row[THETA][0]] for row in coupled_run(rule, [[[3, 4]]], {}, [[0, 0]])]
    [[-0.6, -0.8]]
    """
    if [evaluation.quantity for evaluation in optimizer.evaluations].count("gradient") != 1:
        raise DefinitionError(f"{optimizer.name} takes {len(optimizer.evaluations)} gradients in a step, not one")
    bits = _FIRST_BITS
    while True:
        with precision(bits):
            rows = _run(optimizer, gradients, hyper, starts, curvature)
            if all(_accurate([row[name] for row in rows]) for name in (rows[0] if rows else ())):
                return rows
        if bits > _MOST_BITS:
            raise BudgetExceeded(f"{optimizer.name}: {bits} bits do not suffice for {len(rows)} steps")
        bits *= 2


def _run(
    optimizer: Optimizer,
    gradients: Sequence[Sequence[ArrayLike]],
    hyper: Mapping[Any, Any],
    starts: Sequence[ArrayLike],
    curvature: Sequence[ArrayLike],
) -> list[Values]:
    theta = [np.asarray(_exact(np.asarray(start))) for start in starts]
    shapes = [array.shape for array in theta]
    fixed = {name: [np.asarray(value, object)] * len(theta) for name, value in constants(optimizer, hyper).items()}
    state: Values = {THETA: theta}
    for buffer in optimizer.state:
        started = _entrywise(buffer.start, {**fixed, THETA: theta})
        state[buffer.symbol] = [np.broadcast_to(a, shape) for a, shape in zip(started, shapes, strict=True)]
    parts, rows = unfolded(optimizer), []
    for count, given in enumerate(gradients, 1):
        values = {**fixed, **state, STEP: [np.asarray(number(count), object)] * len(theta)}
        for evaluation in optimizer.evaluations:
            arrays = given if evaluation.quantity == "gradient" else curvature
            values[evaluation.symbol] = [np.asarray(_exact(np.asarray(array))) for array in arrays]
        for part in parts:
            if isinstance(part, Coupling):
                values[part.symbol] = _coupled(part, values, shapes)
            else:
                values[part.symbol] = _entrywise(part.expr, values)
        state = {name: values[name] for name in state}
        rows.append({name: [np.asarray(_ball(a)) for a in arrays] for name, arrays in state.items()})
    return rows


def _entrywise(expr: sp.Expr, values: Values) -> Arrays:
    """An expression of single entries, at all entries."""
    symbols = tuple(sorted(expr.free_symbols, key=str))
    function: Callable[..., Number] = compiled(expr, symbols)
    if not symbols:
        return [np.asarray(function(), object)] * len(values[THETA])
    mapped = np.frompyfunc(function, len(symbols), 1)
    return [np.asarray(mapped(*arrays), object) for arrays in zip(*(values[s] for s in symbols), strict=True)]


def _coupled(part: Coupling, values: Values, shapes: Sequence[tuple[int, ...]]) -> Arrays:
    operands = [values[o] if o.is_Symbol else [np.asarray(number(o), object)] * len(shapes) for o in part.operands]
    if part.operation in (product_with, product_with_transposed):
        turned = part.operation is product_with_transposed
        return [_product(a, b.T if turned else b) for a, b in zip(*operands, strict=True)]
    if part.operation is damped_solution:
        return [_solved(h, d, g, shape) for h, d, g, shape in zip(*operands, shapes, strict=True)]
    whole = [np.broadcast_to(a, shape) for a, shape in zip(operands[0], shapes, strict=True)]
    if part.operation is list_total:
        everything: Any = sum((a.sum() for a in whole if a.size), number(0))
        return [np.asarray(everything, object)] * len(whole)
    return [_TOTALS[part.operation](a) for a in whole]


def _product(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The product of matrices of numbers."""
    return np.asarray((left[:, :, None] * right[None, :, :]).sum(axis=1), object)


def _solved(curvature: Any, damping: Any, gradient: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """The solution of ``(curvature + damping I) x = gradient``, in balls."""
    count = gradient.size
    damped = [[arb(curvature[i, j] + (damping[()] if i == j else 0)) for j in range(count)] for i in range(count)]
    right = arb_mat(count, 1, [arb(entry) for entry in gradient.flat])
    try:
        found = arb_mat(damped).solve(right).entries()
    except ZeroDivisionError:
        raise UndefinedValue("the damped curvature is not invertible") from None
    made = np.empty(count, object)
    made[:] = found
    return made.reshape(shape)


_TOTALS: dict[type[sp.Function], Callable[[NDArray[Any]], NDArray[Any]]] = {
    total: lambda a: np.asarray(a.sum() if a.size else number(0), object),
    row_total: lambda a: np.asarray(a.sum(axis=1, keepdims=True), object),
    column_total: lambda a: np.asarray(a.sum(axis=0, keepdims=True), object),
}


def _accurate(history: list[Arrays]) -> bool:
    """Whether every ball is narrow beside the largest value of its symbol."""
    balls = [ball for arrays in history for array in arrays for ball in array.flat]
    largest = max((ball.abs_upper() for ball in balls), key=float, default=arb(0))
    allowed = largest * arb(2) ** -RELATIVE_BITS
    return all(ball.rad() <= allowed for ball in balls)
