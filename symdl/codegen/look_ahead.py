"""Rules that take their gradient ahead, for parameters that stand there: no copy of the parameters is needed."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import THETA, Assignment, Optimizer, symbol

_THETA = symbol("theta")
"""The parameters in code."""


def from_point(rule: Optimizer) -> Optimizer | None:
    """The same rule for p = theta + shift, the point of the gradient, instead of theta.

    None where the next parameters do not follow from p, the gradient and numbers alone.
    """
    shift = sp.expand(rule.evaluations[0].point - _THETA)
    values: dict[sp.Symbol, sp.Expr] = {_THETA: _THETA - shift}
    for assignment in rule.step:
        values[assignment.symbol] = assignment.expr.xreplace(values)
    states = [a for a in rule.step if a.symbol != _THETA]
    last = Assignment(_THETA, sp.expand(values[_THETA]))
    kept = {state.symbol for state in rule.state}
    needed = {name for a in states for name in a.expr.free_symbols} | shift.free_symbols
    ahead = rule.evaluations[0].point != THETA
    if not ahead or _THETA in needed or not kept.isdisjoint(last.expr.free_symbols):
        return None
    evaluations = (replace(rule.evaluations[0], point=THETA), *rule.evaluations[1:])
    return replace(rule, step=(*states, last), evaluations=evaluations)
