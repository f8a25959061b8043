"""Equalities by a derivative of 0: a difference that does not move and is 0 somewhere is 0.

This is the mean value theorem on an interval where both sides are continuous, and differentiable but
for single points. It proves ``arctan(x) + arctan(1/x) = pi/2`` for x > 0.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.calculus.derivatives import derivative
from symdl.core import Claim, Compare, Evidence, UnsupportedDerivative, to_text

from .budget import Work
from .cells import Setting, explore
from .control import Open
from .equality import difference_vanishes, follows, require_domain, trust
from .problems import Problem, problem_of
from .regions import linear_bound
from .rewriting import domain_conditions, substitute

METHOD = "constancy"
_CONTINUOUS = (
    sp.Symbol, sp.Number, sp.NumberSymbol, sp.Add, sp.Mul, sp.Pow, sp.exp, sp.log, sp.sin, sp.cos, sp.sinh, sp.cosh,
    sp.tanh, sp.asin, sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh, sp.erf, sp.erfc,
)  # fmt: skip
_POINTS = tuple(sp.Rational(text) for text in ("0", "1", "-1", "1/2", "2", "-2"))


def by_constancy(claim: Claim) -> Evidence | None:
    """An equality whose difference has the derivative 0 in one variable and vanishes at a point of it."""
    problem = problem_of(claim)
    if problem is None or problem.relation != "=" or problem.recurrences or not _is_continuous(problem):
        return None
    work = Work()
    for symbol in problem.symbols:
        if symbol not in problem.integers and _on_an_interval(problem, symbol):
            point = next((p for p in _POINTS if _vanishes_at(problem, symbol, p, work)), None)
            if point is not None and _is_flat(problem, symbol, work):
                require_domain(problem)
                idea = f"the derivative of the difference in {symbol} is 0, and so is its value at {symbol} = {point}"
                return Evidence(METHOD, trust(work), idea, work.spent)
    raise Open(f"{to_text(problem.left - problem.right)} is not shown to be 0 by its derivative")


def _is_continuous(problem: Problem) -> bool:
    sides = (problem.left, problem.right)
    return all(isinstance(node, _CONTINUOUS) for side in sides for node in sp.preorder_traversal(side))


def _on_an_interval(problem: Problem, symbol: sp.Symbol) -> bool:
    """Whether the conditions leave an interval of the variable, with both sides defined all over it."""
    about = [c for c in problem.assumptions if symbol in c.lhs.free_symbols | c.rhs.free_symbols]
    bounds = [c for c in about if linear_bound(c, symbol) is not None]
    setting = Setting(tuple(c for c in problem.assumptions if c not in about or c in bounds), problem.integers)
    needed = [c for c in about if c not in bounds] + list(problem.domain)
    needed += [c for side in (problem.left, problem.right) for c in domain_conditions(side)]
    return all(follows(setting, condition) for condition in dict.fromkeys(needed))


def _is_flat(problem: Problem, symbol: sp.Symbol, work: Work) -> bool:
    try:
        slope = derivative(problem.left - problem.right, symbol)
    except UnsupportedDerivative:
        return False
    flat = replace(problem, left=slope, right=sp.Integer(0))
    return explore(problem.setting, difference_vanishes(flat), work).succeeded


def _vanishes_at(problem: Problem, symbol: sp.Symbol, point: sp.Rational, work: Work) -> bool:
    """Whether a point lies in the interval, whatever the other variables are, and the sides agree there."""
    at = {symbol: point}
    moved = [Compare(substitute(c.lhs, at), c.relation, substitute(c.rhs, at)) for c in problem.assumptions]
    rest = tuple(c for c in problem.assumptions if symbol not in c.lhs.free_symbols | c.rhs.free_symbols)
    setting = Setting(rest, problem.integers)
    if not all(follows(setting, condition) for condition in moved):
        return False
    there = replace(problem, left=substitute(problem.left, at), right=substitute(problem.right, at))
    return explore(setting, difference_vanishes(there), work).succeeded
