"""A light, deterministic tidying of derivatives: never a search, never longer than before."""

from __future__ import annotations

from itertools import islice
from math import prod

import sympy as sp

_MOST_TERMS = 64


def size(expr: sp.Basic, most: int = 100_000) -> int:
    """The number of nodes of ``expr``, counted up to ``most``."""
    return sum(1 for _ in islice(sp.preorder_traversal(expr), most))


def tidy(expr: sp.Expr) -> sp.Expr:
    """``expr`` with numerators multiplied out wherever that makes it shorter.

    >>> x = sp.Symbol("x", real=True)
    >>> u, v = sp.exp(x) - sp.exp(-x), sp.exp(x) + sp.exp(-x)
    >>> tidy((v * v - u * u) / v**2)
    4/(exp(x) + exp(-x))**2
    """
    if not expr.args or isinstance(expr, sp.Derivative | sp.Subs | sp.logic.boolalg.Boolean):
        return expr
    arguments = [tidy(argument) for argument in expr.args]
    rebuilt = expr if tuple(arguments) == expr.args else expr.func(*arguments)
    if not isinstance(rebuilt, sp.Add | sp.Mul):
        return rebuilt
    return min(rebuilt, _multiplied_out(rebuilt), key=size)


def fraction(expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Numerator and denominator as written: only powers with a negative number as exponent divide.

    >>> x = sp.Symbol("x", real=True)
    >>> fraction(sp.exp(-x) / (1 + x) ** 2)
    (exp(-x), (x + 1)**2)
    """
    below = [factor for factor in sp.Mul.make_args(expr) if _divides(factor)]
    above = [factor for factor in sp.Mul.make_args(expr) if not _divides(factor)]
    return sp.Mul(*above), sp.Mul(*(1 / factor for factor in below))


def _divides(factor: sp.Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0)


def _multiplied_out(expr: sp.Expr) -> sp.Expr:
    above, below = fraction(expr)
    return sp.expand(above) / below if terms(above) <= _MOST_TERMS else expr


def terms(expr: sp.Expr) -> int:
    """An upper bound on the number of terms of ``expr`` multiplied out.

    >>> x = sp.Symbol("x", real=True)
    >>> terms((1 + x) ** 3 * (2 + x))
    16
    """
    if expr.is_Add:
        return sum(map(terms, expr.args))
    if expr.is_Mul:
        return prod(map(terms, expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        base = terms(expr.base)
        return base ** min(int(expr.exp), _MOST_TERMS) if base > 1 else 1
    return 1
