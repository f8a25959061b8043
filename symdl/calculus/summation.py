"""Sums and products with symbolic ends in closed form, for summands of a stated class.

Main results: :func:`summed`, :func:`multiplied`. The class of sums is ``sum_i c_i n^k_i q_i^n`` with c and q free
of the index: ``q^n P(n)`` with ``P(n) - P(n - 1)/q = n^k`` is an antidifference. That of products is constants,
powers ``q^n`` and quotients of linear factors whose shifts are integers.

Source: Graham, Knuth and Patashnik, Concrete Mathematics, 2nd edition, Addison-Wesley 1994, Section 2.6.
"""

from __future__ import annotations

from math import comb

import sympy as sp

_MOST_DEGREE = 12
_MOST_SHIFT = 12


def summed(expr: sp.Sum) -> sp.Expr | None:
    """A candidate for the closed form of a sum over one index, or None outside the class.

    >>> s, t, q = sp.symbols("s t q", real=True)
    >>> summed(sp.Sum(s, (s, 1, t)))
    t**2/2 + t/2
    """
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        return None
    index, lower, upper = expr.limits[0]
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(expr.function)):
        split = _exponential_term(term, index)
        if split is None:
            return None
        weight, degree, base = split
        antidifference = base**index * _polynomial(index, degree, 1 / base)
        total += weight * (antidifference.xreplace({index: upper}) - antidifference.xreplace({index: lower - 1}))
    return total


def _exponential_term(term: sp.Expr, index: sp.Symbol) -> tuple[sp.Expr, int, sp.Expr] | None:
    """A term ``c n^k q^n`` as c, k, q."""
    weight, varying = term.as_independent(index, as_Add=False)
    degree, base = 0, sp.Integer(1)
    for factor in sp.Mul.make_args(varying):
        below, power = factor.as_base_exp()
        line = power.as_poly(index)
        if factor == 1:
            continue
        if below == index and power.is_Integer and 0 < power <= _MOST_DEGREE - degree:
            degree += int(power)
        elif index not in below.free_symbols and line is not None and line.degree() == 1:
            base *= below ** line.coeff_monomial(index)
            weight *= below ** line.coeff_monomial(1)
        else:
            return None
    return weight, degree, base


def _polynomial(index: sp.Symbol, degree: int, ratio: sp.Expr) -> sp.Expr:
    """P with ``P(n) - ratio P(n - 1) = n^degree``, by comparing coefficients from the highest."""
    flat = ratio == 1
    weights: dict[int, sp.Expr] = {}
    for j in range(degree, -1, -1):
        above = sum((a * comb(i, j) * (-1) ** (i - j) for i, a in weights.items() if i > j + flat), sp.Integer(0))
        needed = (1 if j == degree else 0) + ratio * above
        if flat:
            weights[j + 1] = needed / (j + 1)
        else:
            weights[j] = sp.cancel(needed / (1 - ratio))
    return sp.Add(*(a * index**i for i, a in weights.items()))


def multiplied(expr: sp.Product) -> sp.Expr | None:
    """A candidate for the closed form of a product over one index, or None outside the class.

    >>> s, t = sp.symbols("s t", real=True)
    >>> multiplied(sp.Product((s + 1) / s, (s, 1, t)))
    t + 1
    """
    if len(expr.limits) != 1:
        return None
    index, lower, upper = expr.limits[0]
    result, shifts = sp.Integer(1), sp.Integer(1)
    for factor in sp.Mul.make_args(expr.function):
        below, power = factor.as_base_exp()
        if index not in factor.free_symbols:
            result *= factor ** (upper - lower + 1)
        elif index not in below.free_symbols:
            exponent = summed(sp.Sum(power, (index, lower, upper)))
            if exponent is None:
                return None
            result *= below ** sp.expand(exponent)
        else:
            shifts *= factor
    telescoped = _telescoped(shifts, index, lower, upper)
    return None if telescoped is None else result * telescoped


def _telescoped(expr: sp.Expr, index: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> sp.Expr | None:
    """A quotient of equally many factors ``n + a``: what is left at both ends."""
    above, below = sp.fraction(sp.together(expr))
    over, under = _shifts(above, index), _shifts(below, index)
    if over is None or under is None or len(over[1]) != len(under[1]):
        return None
    (top, ups), (bottom, downs) = over, under
    result = (top / bottom) ** (upper - lower + 1)
    for a, b in zip(sorted(ups), sorted(downs), strict=True):
        steps = range(min(a, b), max(a, b))
        if len(steps) > _MOST_SHIFT:
            return None
        ends = sp.Mul(*((upper + 1 + k) / (lower + k) for k in steps))
        result *= ends if a > b else 1 / ends
    return result


def _shifts(expr: sp.Expr, index: sp.Symbol) -> tuple[sp.Expr, list[int]] | None:
    """A polynomial as a constant and the integers a of its factors ``index + a``."""
    polynomial = expr.as_poly(index)
    if polynomial is None or polynomial.degree() > _MOST_DEGREE:
        return None
    constant, factors = polynomial.factor_list()
    found: list[int] = []
    for factor, count in factors:
        if factor.degree() != 1:
            return None
        slope, offset = factor.all_coeffs()
        constant *= slope**count
        if not (offset / slope).is_Integer:
            return None
        found += [int(offset / slope)] * int(count)
    return constant, found
