"""Powers of what is positive, base by base: ``(a/b)^x`` as ``a^x b^(-x)``, ``(a^x)^y`` as ``a^(x y)``."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symdl.core import Compare

from .positive import surely

_ZERO = sp.Integer(0)
_MOST_OPERATIONS = 200


def by_bases(expr: sp.Expr, known: Iterable[Compare]) -> sp.Expr:
    """The expression with powers that have no number for an exponent taken apart, where all bases are positive.

    >>> a, b, t, n = sp.symbols("a b t n", real=True)
    >>> facts = [Compare(a, ">", _ZERO), Compare(b, ">", _ZERO)]
    >>> by_bases(a * (b / a) ** (t / n), facts)
    a**(1 - t/n)*b**(t/n)
    """
    if not any(_is_open(power) for power in expr.atoms(sp.Pow)) or expr.count_ops() > _MOST_OPERATIONS:
        return expr
    facts = tuple(known)
    split = expr.replace(_is_open, lambda power: _apart(power, facts))
    return split.replace(lambda e: e.is_Mul, lambda product: _gathered(product, facts))


def _is_open(expr: sp.Basic) -> bool:
    return isinstance(expr, sp.Pow) and bool(expr.exp.free_symbols)


def _apart(power: sp.Pow, known: tuple[Compare, ...]) -> sp.Expr:
    factors = [factor.as_base_exp() for factor in sp.Mul.make_args(power.base)]
    if not all(surely(Compare(base, ">", _ZERO), known) for base, _ in factors):
        return power
    exponent = sp.expand(power.exp)
    return sp.Mul(*(base ** sp.expand(inner * exponent) for base, inner in factors))


def _gathered(product: sp.Mul, known: tuple[Compare, ...]) -> sp.Expr:
    """A product with one power for each positive base that bears an exponent without a number."""
    factors = [factor.as_base_exp() for factor in product.args]
    bases = {base for factor, (base, _) in zip(product.args, factors, strict=True) if _is_open(factor)}
    bases = {base for base in bases if surely(Compare(base, ">", _ZERO), known)}
    exponents = {base: sp.expand(sp.Add(*(e for b, e in factors if b == base))) for base in bases}
    rest = (factor for factor, (base, _) in zip(product.args, factors, strict=True) if base not in bases)
    return sp.Mul(*rest, *(base ** exponents[base] for base in sorted(bases, key=sp.default_sort_key)))
