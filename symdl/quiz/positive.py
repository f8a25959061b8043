"""Signs that are plain to see: products, powers and sums of what is positive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, function, symbol
from symdl.prover.rewriting import is_integer_valued

INDEX = symbol("#")
_ORDERS = (">", ">=", "<", "<=")
_PROBABILITIES = frozenset("pqPQ")
"""Functions and families of this name are probabilities and densities."""
_INDEXED = re.compile(r"\w+_[a-z]")


def surely(condition: Compare, known: Iterable[Compare]) -> bool:
    """Whether a condition ``... > 0`` or ``... >= 0`` is plain to see under what is known.

    >>> from symdl.core import symbol
    >>> s, zero = symbol("s"), sp.Integer(0)
    >>> surely(Compare(2 * s**2 + sp.exp(s), ">", zero), []), surely(Compare(s, ">", zero), [])
    (True, False)
    """
    signs = _Signs()
    for entry in known:
        if entry.relation in _ORDERS and entry.rhs != 0 and _are_numbers(entry):
            difference = entry.lhs - entry.rhs if entry.relation[0] == ">" else entry.rhs - entry.lhs
            (signs.at_least_zero if "=" in entry.relation else signs.positive).add(difference)
        if entry.relation in (">", ">=") and entry.rhs.is_Rational and entry.rhs >= 0:
            (signs.positive if entry.relation == ">" else signs.at_least_zero).add(entry.lhs)
        elif entry.relation in ("<", "<=") and entry.lhs.is_Rational and entry.lhs >= 0:
            (signs.positive if entry.relation == "<" else signs.at_least_zero).add(entry.rhs)
    if condition.rhs != 0 or condition.relation not in (">", ">="):
        return False
    return _positive(condition.lhs, signs) or (condition.relation == ">=" and _at_least_zero(condition.lhs, signs))


def _are_numbers(entry: Compare) -> bool:
    return isinstance(entry.lhs, sp.Expr) and isinstance(entry.rhs, sp.Expr)


@dataclass
class _Signs:
    positive: set[sp.Expr] = field(default_factory=set)
    at_least_zero: set[sp.Expr] = field(default_factory=set)


def _positive(expr: sp.Expr, known: _Signs) -> bool:
    if expr in known.positive or isinstance(expr, sp.exp | sp.cosh) or expr in (sp.pi, sp.E):
        return True
    if isinstance(expr, AppliedUndef) and expr.func.__name__ in _PROBABILITIES:
        return True
    if expr.is_Rational:
        return bool(expr > 0)
    if expr.is_Mul:
        return all(_positive(factor, known) for factor in expr.args)
    if expr.is_Add:
        some = any(_positive(term, known) for term in expr.args)
        return some and all(_at_least_zero(term, known) for term in expr.args)
    return bool(expr.is_Pow) and _positive(expr.base, known)


def _at_least_zero(expr: sp.Expr, known: _Signs) -> bool:
    if _positive(expr, known) or isinstance(expr, sp.Abs) or expr == 0 or expr in known.at_least_zero:
        return True
    if expr.is_Mul or expr.is_Add:
        return all(_at_least_zero(part, known) for part in expr.args)
    return bool(expr.is_Pow and expr.exp.is_Integer and expr.exp % 2 == 0 and expr.exp > 0)


def general(condition: Compare) -> Compare:
    """A condition on ``p(k)`` for any index: the name of the index does not matter, nor does ``p_k`` for ``p(k)``."""
    sides = []
    for side in (condition.lhs, condition.rhs):
        values = {v: v.func(INDEX) for v in side.atoms(AppliedUndef) if len(v.args) == 1 and v.args[0].is_Symbol}
        named = {s: function(s.name[:-2])(INDEX) for s in side.free_symbols if _INDEXED.fullmatch(s.name)}
        sides.append(side.xreplace(values).xreplace(named) if values or named else side)
    return Compare(sides[0], condition.relation, sides[1])


def apart_in_logarithms(expr: sp.Expr, known: Iterable[Compare]) -> sp.Expr:
    """The expression with the logarithm of a product as a sum, where all factors are plainly positive.

    >>> p, q = function("p"), function("q")
    >>> apart_in_logarithms(sp.log(p(INDEX) / q(INDEX)), ())
    log(p(#)) - log(q(#))
    """
    if not expr.has(sp.log):
        return expr
    entries = [general(entry) for entry in known]

    def apart(argument: sp.Expr) -> sp.Expr:
        factors = [factor.as_base_exp() for factor in sp.Mul.make_args(argument)]
        if len(factors) == 1 and factors[0][1] == 1:
            return sp.log(argument)
        if all(surely(general(Compare(base, ">", sp.Integer(0))), entries) for base, _ in factors):
            return sp.Add(*(exponent * sp.log(base) for base, exponent in factors))
        return sp.log(argument)

    return expr.replace(sp.log, apart)


def without_bases(
    conditions: tuple[Compare, ...], sides: tuple[sp.Expr, ...], given: Iterable[Given]
) -> tuple[Compare, ...]:
    """The conditions without those on bases of powers whose exponents are whole numbers, as the end of a sum is."""
    integers = {entry.symbol for entry in given if isinstance(entry, Belongs) and entry.domain != "real"}
    totals = {total for side in sides for total in side.atoms(sp.Sum, sp.Product)}
    integers |= {limit[0] for total in totals for limit in total.limits}
    powers = {power for side in sides for power in side.atoms(sp.Pow)}
    whole = {p.base for p in powers if p.exp.free_symbols and is_integer_valued(p.exp, integers)}
    other = {p.base for p in powers if p.exp not in integers and not is_integer_valued(p.exp, integers)}
    other |= {logarithm.args[0] for side in sides for logarithm in side.atoms(sp.log)}
    bases = whole - other
    return tuple(c for c in conditions if c.relation not in (">", ">=") or c.lhs not in bases or c.rhs != 0)
