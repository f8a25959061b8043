"""Inequalities that scale: with ``x = t/p`` a positive parameter p becomes a factor, and falls out.

So ``x/(1 + exp(-p x)) >= -c/p`` for all x and all p > 0 says no more than it does for p = 1. What is left in one
variable goes to the other checkers of inequalities.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from symdl.core import Claim, Compare, Evidence

from .attempts import first_proof
from .boxes import by_boxes
from .equality import follows, require_domain
from .inequalities import by_signs
from .problems import Problem, problem_of
from .rewriting import substitute

_MOST_SYMBOLS = 6
_KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise)


def by_scaling(claim: Claim) -> Evidence | None:
    """An inequality in x and a parameter p > 0, by the same one without p."""
    problem = problem_of(claim)
    if problem is None or problem.relation in ("=", "!=") or problem.recurrences or problem.integers:
        return None
    if not 2 <= len(problem.symbols) <= _MOST_SYMBOLS or problem.difference.has(*_KINKED):
        return None
    for parameter, scale, smaller in _without_a_parameter(problem):
        statement = Compare(smaller, problem.relation, sp.Integer(0))
        evidence = first_proof(Claim(statement), (by_signs, by_boxes))
        if evidence is not None:
            require_domain(problem)
            return replace(evidence, detail=f"{scale} takes {parameter} out; {evidence.detail}")
    return None


def _without_a_parameter(problem: Problem) -> Iterator[tuple[sp.Symbol, str, sp.Expr]]:
    """Positive parameters, the substitution, and the difference in the one variable that is left."""
    for parameter in problem.symbols:
        others = [symbol for symbol in problem.symbols if symbol != parameter]
        bounded = any({*c.lhs.free_symbols, *c.rhs.free_symbols} - {parameter} for c in problem.assumptions)
        if bounded or len(others) != 1 or not follows(problem.setting, Compare(parameter, ">", sp.Integer(0))):
            continue
        (variable,) = others
        for scaled in (variable / parameter, variable * parameter):
            moved = substitute(problem.left, {variable: scaled}) - substitute(problem.right, {variable: scaled})
            smaller = _without_factor(moved, parameter)
            if smaller is not None:
                yield parameter, f"the scale {scaled} for {variable}", smaller


def _without_factor(expr: sp.Expr, parameter: sp.Symbol) -> sp.Expr | None:
    """``expr`` divided by a power of the parameter, if that leaves none of it."""
    terms = sp.Add.make_args(expr)
    powers = {_degree(term, parameter) for term in terms}
    if len(powers) != 1:
        return None
    (power,) = powers
    smaller = sp.Add(*(term / parameter**power for term in terms))
    return None if parameter in smaller.free_symbols else smaller


def _degree(term: sp.Expr, parameter: sp.Symbol) -> sp.Expr:
    """The exponent of the parameter among the factors of a term."""
    found = sp.Integer(0)
    for factor in sp.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if base == parameter:
            found += exponent
    return found
