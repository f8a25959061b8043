"""Exact signs: of constants, and of rational functions of bounded symbols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import sympy as sp

from symdl.core import Compare, UndefinedValue, UnsupportedOperation
from symdl.numerics import ball

from .tidy import terms

_CONSTANT_BITS = 30
_MOST_BITS = 2000
_MOST_TERMS = 256
_LOWER, _UPPER = (">", ">="), ("<", "<=")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def is_zero(expr: sp.Expr) -> bool:
    """Whether ``expr`` is shown to be zero for all values of its symbols, by rational normal form.

    >>> k = sp.Symbol("k", real=True)
    >>> is_zero((k**2 - 1) / (k - 1) - k - 1), is_zero(k)
    (True, False)
    """
    if not expr.free_symbols:
        return sign(expr) == 0
    return terms(expr) <= _MOST_TERMS and bool(sp.cancel(sp.together(sp.expand(expr))) == 0)


def sign(expr: sp.Expr, given: Iterable[object] = ()) -> int | None:
    """The sign (-1, 0, 1) of ``expr`` wherever ``given`` holds, or None where that is not decided.

    Bounds ``0 < k < 1`` become ``k = p / (1 + p)`` with p > 0; a polynomial in such p whose
    coefficients all have one sign has that sign. Expressions of more than 256 terms are not decided.

    >>> k = sp.Symbol("k", real=True)
    >>> sign(1 - k, [Compare(k, ">", sp.Integer(0)), Compare(k, "<", sp.Integer(1))]), sign(1 - k)
    (1, None)
    """
    if terms(expr) > _MOST_TERMS:
        return None if expr.free_symbols else _constant_sign(expr)
    relations = [relation for relation in given if isinstance(relation, Compare)]
    expr, gaps = _apart(expr, relations)
    bounds = [relation for relation in map(_bound, [*relations, *gaps]) if relation is not None]
    return _sign(sp.expand(expr), bounds)


def _apart(expr: sp.Expr, relations: Sequence[Compare]) -> tuple[sp.Expr, list[Compare]]:
    """``expr`` with the greater of two symbols, ``u > l``, written as the lower plus a positive gap."""
    gaps = []
    for relation in relations:
        if relation.relation not in _MIRRORED or not (relation.lhs.is_Symbol and relation.rhs.is_Symbol):
            continue
        above = relation.relation in _LOWER
        greater, lower = (relation.lhs, relation.rhs) if above else (relation.rhs, relation.lhs)
        gap = sp.Dummy(f"{greater}_above_{lower}", real=True)
        expr = expr.subs(greater, lower + gap)
        gaps.append(Compare(gap, ">" if len(relation.relation) == 1 else ">=", sp.Integer(0)))
    return expr, gaps


def _sign(expr: sp.Expr, bounds: Sequence[Compare]) -> int | None:
    if not expr.free_symbols:
        return _constant_sign(expr)
    signs = {_sign_inside(expr, bounds)}
    for bound in bounds:
        if bound.relation in ("<=", ">=") and bound.lhs in expr.free_symbols:
            signs.add(_sign(expr.subs(bound.lhs, bound.rhs), bounds))
    return signs.pop() if len(signs) == 1 else None


@lru_cache(maxsize=4096)
def _constant_sign(expr: sp.Expr) -> int | None:
    if expr.is_Rational:
        return int(sp.sign(expr))
    try:
        value, _ = ball.refined(expr, {}, _CONSTANT_BITS, _MOST_BITS)
    except (UndefinedValue, UnsupportedOperation):
        return None
    return None if value is None else (value > 0) - (value < 0)


def _bound(relation: object) -> Compare | None:
    """``relation`` as a bound of a symbol by a number, the symbol on the left."""
    if not isinstance(relation, Compare) or relation.relation not in _MIRRORED:
        return None
    if relation.rhs.is_Symbol and not relation.lhs.is_Symbol:
        relation = Compare(relation.rhs, _MIRRORED[relation.relation], relation.lhs)  # type: ignore[arg-type]
    return relation if relation.lhs.is_Symbol and relation.rhs.is_Rational else None


def _sign_inside(expr: sp.Expr, bounds: Sequence[Compare]) -> int | None:
    """The sign where all bounds hold strictly."""
    positive = {s: sp.Dummy(s.name, positive=True) for s in sorted(expr.free_symbols, key=str)}
    inside = expr.subs({s: _within(s, p, bounds) for s, p in positive.items()}, simultaneous=True)
    signs = [_coefficient_sign(part, tuple(positive.values())) for part in sp.fraction(sp.cancel(sp.together(inside)))]
    return None if None in signs else int(sp.prod(signs))


def _within(symbol: sp.Symbol, positive: sp.Dummy, bounds: Sequence[Compare]) -> sp.Expr:
    lower = [bound.rhs for bound in bounds if bound.lhs == symbol and bound.relation in _LOWER]
    upper = [bound.rhs for bound in bounds if bound.lhs == symbol and bound.relation in _UPPER]
    if lower and upper:
        return (max(lower) + min(upper) * positive) / (1 + positive)
    if lower:
        return max(lower) + positive
    return min(upper) - positive if upper else symbol


def _coefficient_sign(expr: sp.Expr, positive: tuple[sp.Dummy, ...]) -> int | None:
    polynomial = expr.as_poly(*positive)
    if polynomial is None:
        return None
    coefficients = polynomial.coeffs()
    if any(coefficient.free_symbols for coefficient in coefficients):
        return None
    signs = {_constant_sign(coefficient) for coefficient in coefficients}
    return signs.pop() if len(signs) == 1 else None
