"""What a formula would cost, estimated on its tree before any work starts."""

from __future__ import annotations

from itertools import islice

import sympy as sp

from symdl.core import BudgetExceeded

MOST_NODES = 2000
"""A formula beyond this is refused."""
MOST_TERMS, HIGHEST_DEGREE = 1000, 40
"""Beyond these a formula is computed as it is written, not factored."""
HIGHEST_PRODUCT = 64
"""Integer powers up to this are products of squares."""
_DOUBLING = (sp.tanh, sp.sinh, sp.cosh)


def check_size(expr: sp.Expr, what: str) -> None:
    """Raise :class:`BudgetExceeded` for a formula of more than :data:`MOST_NODES` nodes."""
    nodes = sum(1 for _ in islice(sp.preorder_traversal(expr), MOST_NODES + 1))
    if nodes > MOST_NODES:
        raise BudgetExceeded(f"{what} has more than {MOST_NODES} nodes", remedy="split the formula")


def can_be_factored(expr: sp.Expr) -> bool:
    """Whether bringing ``expr`` to a factored fraction stays small.

    >>> x = sp.Symbol("x", real=True)
    >>> can_be_factored((1 + x) ** 3), can_be_factored((1 + x) ** 3000)
    (True, False)
    """
    degree, terms = _estimate(expr, {})
    return degree <= HIGHEST_DEGREE and terms <= MOST_TERMS


def _estimate(expr: sp.Basic, known: dict[sp.Basic, tuple[int, int]]) -> tuple[int, int]:
    """Bounds on the degree and the number of terms, hyperbolic functions written in exponentials."""
    if expr not in known:
        known[expr] = _estimate_of(expr, [_estimate(argument, known) for argument in expr.args])
    return known[expr]


def _estimate_of(expr: sp.Basic, parts: list[tuple[int, int]]) -> tuple[int, int]:
    terms = 1 + sum(part[1] for part in parts)
    if not parts:
        return (1 if expr.is_Symbol else 0), 1
    degrees = [part[0] for part in parts]
    if isinstance(expr, sp.Mul):
        return sum(degrees), terms
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        return degrees[0] * abs(int(expr.exp)), terms
    if isinstance(expr, _DOUBLING):
        return 2 + max(degrees), 2 * terms
    return max(degrees), terms
