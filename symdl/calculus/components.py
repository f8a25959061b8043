r"""Derivatives by one component of a vector: ``\partial p_i / \partial z_j`` for components that sums tie together.

Components are applied functions, ``z(i)``; ``delta(i, j)`` is one where the indices are equal and zero elsewhere.
Every index runs over one range, the one of the sums.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import UnsupportedDerivative, function

from .derivatives import derivative

DELTA = function("delta")
_MOST_TERMS = 200


def derivative_by_component(expr: sp.Expr, vector: str, index: sp.Symbol) -> sp.Expr:
    """The derivative of ``expr`` by ``vector(index)``.

    Raises :class:`UnsupportedDerivative` for what is no function of components by sums over all of them.

    >>> from symdl.core import symbol
    >>> i, j, k, n = map(symbol, "ijkn")
    >>> z = function("z")
    >>> total = sp.Sum(sp.exp(z(k)), (k, 1, n))
    >>> derivative_by_component(sp.log(total), "z", j)
    exp(z(j))/Sum(exp(z(k)), (k, 1, n))
    >>> derivative_by_component(z(i)**2, "z", j)
    2*delta(i, j)*z(i)
    """
    constant, by_index = _parts(expr, vector, index)
    return sp.Add(constant, *(coefficient * DELTA(place, index) for place, coefficient in by_index.items()))


def _parts(expr: sp.Expr, vector: str, index: sp.Symbol) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """The derivative without deltas, and the factor of the delta of each place."""
    sums = sorted(_outer_sums(expr), key=sp.default_sort_key)
    hidden = {part: sp.Dummy("s", real=True) for part in sums}
    bare = expr.xreplace(hidden)
    places = sorted((a for a in bare.atoms(AppliedUndef) if a.func.__name__ == vector), key=sp.default_sort_key)
    entries = {place: sp.Dummy("z", real=True) for place in places}
    bare = bare.xreplace(entries)
    back = {symbol: part for part, symbol in (*hidden.items(), *entries.items())}
    by_index = {place.args[0]: derivative(bare, symbol).xreplace(back) for place, symbol in entries.items()}
    constant: sp.Expr = sp.Integer(0)
    for part, symbol in hidden.items():
        outer = derivative(bare, symbol).xreplace(back)
        inner, deltas = _of_sum(part, vector, index)
        constant += outer * inner
        for place, coefficient in deltas.items():
            by_index[place] = by_index.get(place, sp.Integer(0)) + outer * coefficient
    return constant, by_index


def _of_sum(part: sp.Sum, vector: str, index: sp.Symbol) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """The derivative of a sum over all components: the term at ``index`` is the one that its delta leaves."""
    if len(part.limits) != 1 or index == part.limits[0][0]:
        raise UnsupportedDerivative(f"the sum {part} is not over one index other than {index}")
    ((bound, low, high),) = part.limits
    constant, deltas = _parts(part.function, vector, index)
    total = sp.Integer(0) if constant == 0 else sp.Sum(constant, (bound, low, high))
    others = {}
    for place, coefficient in deltas.items():
        if place == bound:
            total += coefficient.xreplace({bound: index})
        else:
            others[place] = sp.Sum(coefficient, (bound, low, high))
    return total, others


def _outer_sums(expr: sp.Basic) -> set[sp.Sum]:
    if isinstance(expr, sp.Sum):
        return {expr}
    return {found for part in expr.args for found in _outer_sums(part)}


def with_plain_sums(expr: sp.Expr) -> sp.Expr:
    """The expression with its sums taken apart: deltas of their index used up, terms apart, constants in front.

    >>> from symdl.core import symbol
    >>> i, j, n = map(symbol, "ijn")
    >>> y, p = function("y"), function("p")
    >>> with_plain_sums(sp.Sum(y(i) * (DELTA(i, j) - p(j)), (i, 1, n)))
    -p(j)*Sum(y(i), (i, 1, n)) + y(j)
    """
    if not expr.has(sp.Sum):
        return expr
    args = [with_plain_sums(arg) if isinstance(arg, sp.Expr) else arg for arg in expr.args]
    if not isinstance(expr, sp.Sum):
        return expr.func(*args)
    ((bound, low, high),) = expr.limits
    return _plain_sum(with_plain_sums(expr.function), bound, low, high)


def _plain_sum(body: sp.Expr, bound: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    total: sp.Expr = sp.Integer(0)
    for delta in sorted(body.atoms(DELTA), key=sp.default_sort_key):
        if bound in delta.args:
            (other,) = [arg for arg in delta.args if arg != bound] or [bound]
            without = body.xreplace({delta: sp.Integer(0)})
            total += sp.expand((body.xreplace({delta: sp.Integer(1)}) - without).xreplace({bound: other}))
            body = without
    terms = sp.Add.make_args(sp.expand(body))
    if len(terms) > _MOST_TERMS:
        raise UnsupportedDerivative(f"a sum of more than {_MOST_TERMS} terms")
    for term in terms:
        outer, inner = term.as_independent(bound, as_Add=False)
        total += outer * (high - low + 1 if inner == 1 else sp.Sum(inner, (bound, low, high)))
    return total
