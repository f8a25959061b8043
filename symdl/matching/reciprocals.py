"""Constants that a rule only divides by: the rate ``1/L`` of a text is a rate like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symdl.core import Optimizer, symbol


def with_reciprocals_named(rule: Optimizer) -> Optimizer:
    """The rule with a hyper-parameter called ``1/c`` for each ``c`` that it only divides by.

    >>> from symdl.core import THETA, Assignment, Evaluation, Parameter
    >>> smoothness, g = symbol("L"), symbol("g")
    >>> step = (Assignment(THETA, THETA - g / smoothness),)
    >>> rule = Optimizer("mine", (Parameter(smoothness, "L"),), (), (Evaluation(g),), step)
    >>> [str(p.symbol) for p in with_reciprocals_named(rule).hyper]
    ['1/L']
    """
    table = {1 / p.symbol: symbol(f"1/{p.symbol}") for p in rule.hyper if _only_divides(p.symbol, rule)}
    return _renamed(rule, table) if table else rule


def _only_divides(constant: sp.Symbol, rule: Optimizer) -> bool:
    exprs = [*(a.expr for a in rule.step), *(e.point for e in rule.evaluations), *(s.start for s in rule.state)]
    replaced = [expr.xreplace({1 / constant: sp.Integer(1)}) for expr in exprs]
    return not any(expr.has(constant) for expr in replaced)


def _renamed(rule: Optimizer, table: Mapping[sp.Expr, sp.Symbol]) -> Optimizer:
    hyper = tuple(
        replace(p, symbol=table[1 / p.symbol], default=None, domain=()) if 1 / p.symbol in table else p
        for p in rule.hyper
    )
    return replace(
        rule,
        hyper=hyper,
        state=tuple(replace(s, start=s.start.xreplace(table)) for s in rule.state),
        evaluations=tuple(replace(e, point=e.point.xreplace(table)) for e in rule.evaluations),
        step=tuple(replace(a, expr=a.expr.xreplace(table)) for a in rule.step),
    )
