"""Formulas whose branches meet too often to list where: with conditions instead of places.

The derivative is that of the branch that applies. Where two of them tie it is that of the first, one of the
subgradients where the function is continuous.
"""

from __future__ import annotations

import sympy as sp

from symdl.calculus.derivatives import derivative
from symdl.core import symbol

_CHOICES = (sp.Max, sp.Min, sp.Abs, sp.Piecewise)


def with_conditions(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``expr`` with Max, Min, Abs and sign as branches under conditions.

    >>> x = sp.Symbol("x", real=True)
    >>> with_conditions(sp.Abs(sp.sin(x)), x)
    Piecewise((sin(x), sin(x) >= 0), (-sin(x), True))
    """
    if variable not in expr.free_symbols or not expr.args:
        return expr
    if isinstance(expr, sp.Piecewise):
        return sp.Piecewise(*((with_conditions(e, variable), c) for e, c in expr.args), evaluate=False)
    parts = [with_conditions(part, variable) for part in expr.args]
    if isinstance(expr, sp.sign):
        right, left = sp.Gt(expr.args[0], 0), sp.Lt(expr.args[0], 0)
        return _chosen(sp.Integer(1), _chosen(sp.Integer(-1), sp.Integer(0), left), right)
    if isinstance(expr, sp.Abs):
        return _chosen(parts[0], -parts[0], sp.Ge(expr.args[0], 0))
    if isinstance(expr, sp.Max | sp.Min):
        relation = sp.Ge if isinstance(expr, sp.Max) else sp.Le
        result = parts[0]
        for index, part in enumerate(parts[1:], 1):
            result = _chosen(result, part, relation(expr.func(*expr.args[:index]), expr.args[index]))
        return result
    return expr.func(*parts)


def _chosen(first: sp.Expr, second: sp.Expr, condition: sp.Basic) -> sp.Expr:
    return sp.Piecewise((first, condition), (second, True), evaluate=False)


def branchwise_derivative(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The derivative of a formula that :func:`with_conditions` gives, branch by branch.

    Raises what :func:`symdl.calculus.derivatives.derivative` raises.

    >>> x = sp.Symbol("x", real=True)
    >>> branchwise_derivative(with_conditions(sp.Abs(sp.sin(x)), x), x)
    Piecewise((cos(x), sin(x) >= 0), (-cos(x), True))
    """
    if isinstance(expr, sp.Piecewise):
        return sp.Piecewise(*((branchwise_derivative(e, variable), c) for e, c in expr.args), evaluate=False)
    choices = {node: symbol(f"_c{index}") for index, node in enumerate(_outermost(expr, variable))}
    smooth = expr.xreplace(choices)
    slope = derivative(smooth, variable)
    for node, name in choices.items():
        slope += derivative(smooth, name) * branchwise_derivative(node, variable)
    return slope.xreplace({name: node for node, name in choices.items()})


def _outermost(expr: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """The choices in ``expr`` that stand in no other one."""
    found: list[sp.Expr] = []
    walk = sp.preorder_traversal(expr)
    for node in walk:
        if isinstance(node, _CHOICES) and variable in node.free_symbols:
            found.append(node)
            walk.skip()
    return list(dict.fromkeys(found))


def compares_values(expr: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether a branch applies by a comparison of other values than the variable and numbers.

    >>> x = sp.Symbol("x", real=True)
    >>> [compares_values(with_conditions(sp.Abs(u), x), x) for u in (sp.sin(x), x)]
    [True, False]
    """
    relations = expr.atoms(sp.core.relational.Relational)
    return any(side != variable and variable in side.free_symbols for one in relations for side in one.args)
