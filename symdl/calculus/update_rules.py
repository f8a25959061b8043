"""One step of an update rule in symbols: what it moves to, its step matrix on a quadratic.

Main results: :func:`stepped`, :func:`step_matrix`, :func:`characteristic`.

Source: Lessard, Recht and Packard, Analysis and design of optimization algorithms via integral quadratic
constraints, SIAM Journal on Optimization 26, 2016, Section 2.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core import THETA, Optimizer, UnsupportedOperation, to_text

Gradient = Callable[[sp.Expr], sp.Expr]
"""The gradient at a point."""


def stepped(rule: Optimizer, gradient: Gradient | None = None) -> dict[sp.Symbol, sp.Expr]:
    """The parameter and the states after a step, in those before it and the gradients that the rule names.

    With ``gradient`` its values stand in place of these names.

    >>> from symdl.library import gradient_descent
    >>> stepped(gradient_descent)
    {theta: -eta*g + theta}
    >>> stepped(gradient_descent, lambda point: 3 * point)
    {theta: -3*eta*theta + theta}
    """
    values: dict[sp.Basic, sp.Basic] = {}
    for evaluation in rule.evaluations if gradient else ():
        values[evaluation.symbol] = gradient(evaluation.point.xreplace(values)) if gradient else evaluation.symbol
    for assignment in rule.step:
        values[assignment.symbol] = assignment.expr.xreplace(values)
    return {name: values.get(name, name) for name in (THETA, *(state.symbol for state in rule.state))}


def step_matrix(rule: Optimizer, curvature: sp.Expr) -> sp.Matrix:
    """The matrix of a step of a linear rule on ``curvature theta^2 / 2``.

    Raises :class:`UnsupportedOperation` for a rule that is not linear in its states.

    >>> from symdl.core import symbol
    >>> from symdl.library import gradient_descent
    >>> step_matrix(gradient_descent, symbol("L"))
    Matrix([[-L*eta + 1]])
    """
    after = {name: sp.expand(value) for name, value in stepped(rule, lambda point: curvature * point).items()}
    matrix = sp.Matrix([[sp.diff(value, name) for name in after] for value in after.values()])
    if matrix.free_symbols & set(after) or any(
        value.xreplace(dict.fromkeys(after, sp.S.Zero)) for value in after.values()
    ):
        raise UnsupportedOperation(f"a step of {rule.name} is not linear: {to_text(after[THETA])}")
    return matrix


def characteristic(matrix: sp.Matrix, root: sp.Expr) -> sp.Expr:
    """``det(root I - matrix)``: zero where ``root`` is an eigenvalue.

    >>> from symdl.core import symbol
    >>> a, z = symbol("a"), symbol("z")
    >>> sp.expand(characteristic(sp.Matrix([[a, 1], [2, 0]]), z))
    -a*z + z**2 - 2
    """
    return (root * sp.eye(matrix.rows) - matrix).det()
