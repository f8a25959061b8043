"""Orders of growth: ``O(n^2 d)`` and ``O(2 d n^2 + n)`` are the same."""

from __future__ import annotations

import sympy as sp

from symdl.core import Evidence
from symdl.notation.syntax import Bracketed, Juxtaposed, Name, Node

from .expressions import Pair, equal, scalar
from .results import Result, undecided, wrong

_ORDERS = {"O": "O", "Theta": "Theta", "Omega": "Omega", "o": "o"}
_MOST_OPERATIONS = 200
_LARGEST_POWER = 40

Monomial = tuple[tuple[str, tuple[sp.Rational, sp.Rational]], ...]
"""For each variable its power, and the power of its logarithm."""


def order_of(node: Node) -> tuple[str, Node] | None:
    """The letter and the argument of ``O(...)``; None for anything else."""
    if not isinstance(node, Juxtaposed) or len(node.items) != 2:
        return None
    head, bracket = node.items
    named = isinstance(head, Name) and head.base in _ORDERS and set(head.decorations) <= {"cal"}
    if not named or not isinstance(head, Name) or not isinstance(bracket, Bracketed) or len(bracket.items) != 1:
        return None
    return _ORDERS[head.base], bracket.items[0]


def same_order(pair: Pair, gold: tuple[str, Node], own: tuple[str, Node]) -> Result:
    """Whether two orders of growth are the same, all variables going to infinity."""
    if gold[0] != own[0]:
        return undecided(f"{own[0]} where {gold[0]} is asked for")
    leading = [_leading(scalar(pair, n, r).expr) for (_, n), r in ((gold, pair.gold), (own, pair.own))]
    if leading[0] is None or leading[1] is None:
        result = equal(pair, gold[1], own[1])
        return result if result.grade == "RIGHT" else undecided("orders of growth of this kind are not compared")
    if leading[0] == leading[1]:
        return Result("RIGHT", evidence=(Evidence("leading terms", "nothing", "the same powers and logarithms"),))
    if len(leading[0]) == len(leading[1]) == 1:
        return wrong("the order of growth is another one")
    return undecided("sums of terms of which none dominates are not compared")


def _leading(expr: sp.Expr) -> frozenset[Monomial] | None:
    """The terms that no other one dominates; None outside sums of powers and logarithms."""
    if expr.count_ops() > _MOST_OPERATIONS or any(abs(n) > _LARGEST_POWER for n in _exponents(expr)):
        return None
    terms = [_monomial(term) for term in sp.Add.make_args(sp.expand(expr))]
    known = {term for term in terms if term is not None}
    if None in terms:
        return None
    return frozenset(m for m in known if not any(o != m and _dominates(o, m) for o in known))


def _exponents(expr: sp.Expr) -> list[sp.Rational]:
    return [power.exp for power in expr.atoms(sp.Pow) if power.exp.is_Rational]


def _monomial(term: sp.Expr) -> Monomial | None:
    powers: dict[str, tuple[sp.Rational, sp.Rational]] = {}
    for factor in sp.Mul.make_args(term):
        if factor.is_number:
            if not factor.is_positive:
                return None
            continue
        base, exponent = factor.as_base_exp()
        logarithm = isinstance(base, sp.log) and base.args[0].is_Symbol
        if not exponent.is_Rational or not (base.is_Symbol or logarithm):
            return None
        name = str(base.args[0] if logarithm else base)
        plain, logs = powers.get(name, (sp.Integer(0), sp.Integer(0)))
        powers[name] = (plain, logs + exponent) if logarithm else (plain + exponent, logs)
    return tuple(sorted(powers.items()))


def _dominates(greater: Monomial, less: Monomial) -> bool:
    """Whether each variable stands in a power at least as high."""
    high, low = dict(greater), dict(less)
    none = (sp.Integer(0), sp.Integer(0))
    return all(high.get(name, none) >= low.get(name, none) for name in {*high, *low})
