"""The real zeros of a guard, exactly: linear, quadratic, or one such under invertible functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from symdl.core import UnsupportedDerivative

from .signs import sign
from .tidy import terms

_MOST_TERMS = 256
_HIGHEST_POWER = 8


class NotLocated(UnsupportedDerivative):
    """The place of a kink has no exact form that calculus can find, or its order is not decided."""


_EVERYWHERE: tuple[sp.Expr | None, sp.Expr | None] = (None, None)
_INVERSES: dict[type[sp.Basic], tuple[Callable[[sp.Expr], sp.Expr], tuple[sp.Expr | None, sp.Expr | None]]] = {
    sp.exp: (sp.log, (sp.Integer(0), None)),
    sp.log: (sp.exp, _EVERYWHERE),
    sp.tanh: (sp.atanh, (sp.Integer(-1), sp.Integer(1))),
    sp.sinh: (sp.asinh, _EVERYWHERE),
    sp.asinh: (sp.sinh, _EVERYWHERE),
    sp.atanh: (sp.tanh, _EVERYWHERE),
    sp.atan: (sp.tan, (-sp.pi / 2, sp.pi / 2)),
}
"""The inverse of each injective function, and the open range of the function."""


def roots_of(guard: sp.Expr, variable: sp.Symbol, given: Sequence[object] = ()) -> list[sp.Expr]:
    """The real zeros and poles of ``guard`` in ``variable``, in no order.

    Raises :class:`NotLocated` unless the guard is rational in the variable, or in one injective
    function of it, with factors of degree 1 or 2.

    >>> x = sp.Symbol("x", real=True)
    >>> roots_of(x**3 - 2 * x, x), roots_of(sp.exp(2 * x) - 3 * sp.exp(x), x)
    ([0, -sqrt(2), sqrt(2)], [log(3)])
    """
    if terms(guard) > _MOST_TERMS or any(_steep(power) for power in guard.atoms(sp.Pow)):
        raise NotLocated(f"the zeros of {guard} in {variable} are beyond the limits of degree and size")
    roots: list[sp.Expr] = []
    for part in sp.fraction(sp.together(guard)):
        polynomial = part.as_poly(variable)
        if polynomial is not None:
            roots += polynomial_roots(polynomial, given)
        elif variable in part.free_symbols:
            roots += _roots_under_function(part, variable, given)
    return roots


def polynomial_roots(polynomial: sp.Poly, given: Sequence[object] = ()) -> list[sp.Expr]:
    """The real zeros of a polynomial in one variable; raises :class:`NotLocated` beyond degree 2."""
    if polynomial.degree() <= 0:
        return []
    rational = polynomial.domain.is_ZZ or polynomial.domain.is_QQ
    factors = [factor for factor, _ in polynomial.factor_list()[1]] if rational else [polynomial]
    return [root for factor in factors for root in _roots_of_factor(factor, given)]


def ordered(left: sp.Expr, right: sp.Expr, given: Sequence[object] = ()) -> int:
    """-1, 0 or 1 as ``left`` is less than, equal to or greater than ``right``, else :class:`NotLocated`."""
    order = sign(left - right, given)
    if order is None:
        raise NotLocated(
            f"it is not decided whether {left} is less than {right}", remedy="bound the parameters by domains"
        )
    return order


def _steep(power: sp.Pow) -> bool:
    return bool(power.exp.is_Rational and abs(power.exp) > _HIGHEST_POWER and power.base.free_symbols)


def _roots_under_function(part: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> list[sp.Expr]:
    """Zeros of a polynomial in one generator ``f(u)``: each of its roots c gives ``u = f^-1(c)``."""
    polynomial = part.as_poly()
    generators = [g for g in polynomial.gens if variable in g.free_symbols] if polynomial is not None else []
    if len(generators) != 1 or (not isinstance(generators[0], tuple(_INVERSES)) and not _odd_zero(generators[0], part)):
        raise NotLocated(f"the zeros of {part} in {variable} have no linear or quadratic form")
    (generator,) = generators
    if generator.func not in _INVERSES:
        return roots_of(generator.args[0], variable, given)
    inverse, (lower, upper) = _INVERSES[generator.func]
    values = [
        value
        for value in polynomial_roots(part.as_poly(generator), given)
        if (lower is None or ordered(value, lower, given) > 0) and (upper is None or ordered(value, upper, given) < 0)
    ]
    return [root for value in values for root in roots_of(generator.args[0] - inverse(value), variable, given)]


def _odd_zero(generator: sp.Expr, part: sp.Expr) -> bool:
    """Whether ``part`` is a multiple of erf(u), whose only zero is that of u."""
    return bool(isinstance(generator, sp.erf) and not (part / generator).has(generator))


def _roots_of_factor(factor: sp.Poly, given: Sequence[object]) -> list[sp.Expr]:
    coefficients = factor.all_coeffs()
    if len(coefficients) == 2:
        root = sp.cancel(-coefficients[1] / coefficients[0])
        _require_nonzero(sp.fraction(root)[1], given)
        return [root]
    if len(coefficients) > 3:
        raise NotLocated(f"the zeros of {factor.as_expr()} have no linear or quadratic form")
    a, b, c = coefficients
    _require_nonzero(a, given)
    discriminant = sp.expand(b**2 - 4 * a * c)
    order = ordered(discriminant, sp.Integer(0), given)
    steps = {-1: [], 0: [sp.Integer(0)], 1: [-sp.sqrt(discriminant), sp.sqrt(discriminant)]}[order]
    return [sp.expand((step - b) / (2 * a)) for step in steps]


def _require_nonzero(expr: sp.Expr, given: Sequence[object]) -> None:
    if sign(expr, given) in (0, None):
        raise NotLocated(f"it is not decided whether {expr} is zero", remedy="bound the parameters by domains")
