"""Products over an index, factor by factor; their logarithms are sums, where every factor is positive."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core import Compare, symbol
from symdl.prover.rewriting import substitute

from .positive import general, surely

Known = tuple[Compare, ...]
Canonical = Callable[[sp.Basic, Known], sp.Basic]
_ONE = sp.Integer(1)


def of_product(node: sp.Product, known: Known, canonical: Canonical) -> sp.Expr:
    """A product with one name for its index, taken apart into its factors.

    >>> a, i, n = sp.Function("a"), symbol("i"), symbol("n")
    >>> of_product(sp.Product(sp.exp(a(i)), (i, 1, n)), (), lambda e, _: e)
    exp(Sum(a(#1), (#1, 1, n)))
    """
    if len(node.limits) != 1:
        return node
    index, low, high = node.limits[0]
    body = canonical(node.function, known)
    name = symbol(f"#{1 + sum(1 for _ in body.atoms(sp.Sum, sp.Product))}")
    factors = sp.Mul.make_args(substitute(body, {index: name}))
    return sp.Mul(*(_factor(factor, (name, low, high), known, canonical) for factor in factors))


def _factor(factor: sp.Expr, limits: tuple[sp.Expr, ...], known: Known, canonical: Canonical) -> sp.Expr:
    name, low, high = limits
    if name not in factor.free_symbols:
        return factor ** (high - low + 1)
    if isinstance(factor, sp.exp):
        return sp.exp(canonical(sp.Sum(factor.args[0], limits), known))
    if factor.is_Pow and name not in factor.base.free_symbols:
        return factor.base ** canonical(sp.Sum(factor.exp, limits), known)
    if factor.is_Pow and name not in factor.exp.free_symbols and _has_powers(factor, known):
        return _power(of_product(sp.Product(factor.base, limits), known, canonical), factor.exp, known)
    if factor.is_Pow and _positive(factor.base, known):
        return sp.Mul(*(_raised(factor.base, term, limits) for term in sp.Add.make_args(sp.expand(factor.exp))))
    return sp.Product(factor, limits)


def _raised(base: sp.Expr, exponent: sp.Expr, limits: tuple[sp.Expr, ...]) -> sp.Expr:
    """A product of powers of what is positive, with what the index does not change outside."""
    outside, inside = exponent.as_independent(limits[0], as_Add=False)
    return sp.Product(base**inside, limits) ** outside


def _power(base: sp.Expr, exponent: sp.Expr, known: Known) -> sp.Expr:
    """A power of products, factor by factor where all of them are positive."""
    factors = [factor.as_base_exp() for factor in sp.Mul.make_args(base)]
    if not all(_positive(inner, known) for inner, _ in factors):
        return base**exponent
    return sp.Mul(*(inner ** (power * exponent) for inner, power in factors))


def _has_powers(factor: sp.Pow, known: Known) -> bool:
    """Whether the product of such powers is the power of the product."""
    if factor.exp.is_Integer or _positive(factor.base, known):
        return True
    not_negative = general(Compare(factor.base, ">=", sp.Integer(0)))
    return bool(factor.exp.is_positive) and surely(not_negative, map(general, known))


def by_terms(expr: sp.Expr, known: Known, canonical: Canonical) -> sp.Expr:
    """The logarithm of a product as a sum of logarithms, the exponential of such a sum as a product."""
    if isinstance(expr, sp.log) and expr.args[0].has(sp.Product, sp.Sum):
        factors = [factor.as_base_exp() for factor in sp.Mul.make_args(expr.args[0])]
        if all(_positive(base, known) for base, _ in factors):
            return sp.Add(*(exponent * _logarithm(base, known, canonical) for base, exponent in factors))
    if isinstance(expr, sp.Pow) and expr.base.is_Rational and expr.base > 0:
        return by_terms(sp.exp(sp.expand_mul(expr.exp * sp.log(expr.base))), known, canonical)
    if isinstance(expr, sp.Pow):
        return _power(expr.base, expr.exp, known)
    if isinstance(expr, sp.exp):
        terms = sp.Add.make_args(expr.args[0])
        products = {term: product for term in terms if (product := _exponential(term)) is not None}
        if products:
            return sp.exp(sp.Add(*(term for term in terms if term not in products))) * sp.Mul(*products.values())
    return expr


def _positive(base: sp.Expr, known: Known) -> bool:
    inner = base.function if isinstance(base, sp.Product) else base
    return surely(general(Compare(inner, ">", sp.Integer(0))), map(general, known))


def _logarithm(base: sp.Expr, known: Known, canonical: Canonical) -> sp.Expr:
    return (
        canonical(sp.Sum(sp.log(base.function), *base.limits), known) if isinstance(base, sp.Product) else sp.log(base)
    )


def _exponential(term: sp.Expr) -> sp.Expr | None:
    """``c sum(log f)`` as the power of a product: f is positive wherever that is defined."""
    factor, total = term.as_independent(sp.Sum, as_Add=False)
    if not isinstance(total, sp.Sum):
        return None
    weight, logarithm = total.function.as_independent(sp.log, as_Add=False)
    if not isinstance(logarithm, sp.log):
        return None
    return sp.Product(logarithm.args[0] ** weight, *total.limits) ** factor
