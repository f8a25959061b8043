"""SymPy's normal forms of rational functions, remembered: plans of one function share most of them."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp


@lru_cache(maxsize=8192)
def cancel(expr: sp.Expr) -> sp.Expr:
    """As ``sp.cancel``."""
    return sp.cancel(expr)


@lru_cache(maxsize=8192)
def fraction(expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The numerator and the denominator of ``sp.together``.

    >>> x = sp.Symbol("x", real=True)
    >>> fraction(1 + 1 / x)
    (x + 1, x)
    """
    numerator, denominator = sp.fraction(sp.together(expr))
    return numerator, denominator


@lru_cache(maxsize=8192)
def factor_list(expr: sp.Expr) -> tuple[sp.Expr, tuple[tuple[sp.Expr, int], ...]]:
    """As ``sp.factor_list``.

    >>> x = sp.Symbol("x", real=True)
    >>> factor_list(2 * x**2 - 2)
    (2, ((x - 1, 1), (x + 1, 1)))
    """
    coefficient, factors = sp.factor_list(expr)
    return coefficient, tuple(factors)
