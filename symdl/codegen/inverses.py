"""The derivative as a function of the value, cell by cell: what a backward pass can use.

On a cell where the function is linear in x, or a logarithm or a fraction linear in exp(w), its
inverse is known and the derivative follows from the value; whether it is accurate enough there is
measured afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdl.calculus.cells import split, value_at
from symdl.calculus.derivatives import derivative
from symdl.calculus.roots import NotLocated
from symdl.calculus.signs import is_zero, sign
from symdl.core import UnsupportedOperation

from .halves import Z, common_base, in_exponentials, opaque, with_powers_of_z


def derivative_in_value(
    expr: sp.Expr, slope: sp.Expr, variable: sp.Symbol, value: sp.Symbol, given: Sequence[object]
) -> sp.Expr | None:
    """``slope``, the derivative of ``expr``, as an expression in ``value``; None where none is known.

    >>> from symdl.core import symbol
    >>> x, y = symbol("x"), symbol("y")
    >>> derivative_in_value(sp.log(1 + sp.exp(x)), 1 / (1 + sp.exp(-x)), x, y, ())
    1 - exp(-y)
    """
    try:
        cells = split(in_exponentials(expr), variable, given)
        pieces = [_on_branch(branch, variable, value, given) for branch in cells.branches]
        known = [piece for piece in pieces if piece is not None]
        if len(known) < len(pieces) or (len(pieces) > 1 and not all(_rises(piece, given) for piece in known)):
            return None
        at_points = [value_at(slope, variable, point, given) for point in cells.points]
    except (NotLocated, UnsupportedOperation):
        return None
    result = known[0]
    for point, found, left, right in zip(cells.points, at_points, known, known[1:], strict=False):
        threshold = expr.subs(variable, point)
        belongs_right = not is_zero(found - left.subs(value, threshold))
        if belongs_right and not is_zero(found - right.subs(value, threshold)):
            return None
        condition = sp.Ge(value, threshold) if belongs_right else sp.Gt(value, threshold)
        result = sp.Piecewise((right, condition), (result, True))
    return result


def _rises(slope: sp.Expr, given: Sequence[object]) -> bool:
    """Whether a constant slope is not negative, so that values order as arguments do."""
    return sign(slope, given) in (0, 1)


def _on_branch(branch: sp.Expr, variable: sp.Symbol, value: sp.Symbol, given: Sequence[object]) -> sp.Expr | None:
    slope = derivative(branch, variable, given=given)
    if variable not in slope.free_symbols:
        return slope
    base = common_base([branch], variable, given)
    if base is None:
        return None
    inside = with_powers_of_z(branch, variable, base, -1)
    coefficient, rest = inside.as_independent(variable, Z, as_Add=False)
    target = value
    if isinstance(rest, sp.log):
        inside, target = rest.args[0], sp.exp(value / coefficient)
    if variable in inside.free_symbols or opaque(inside):
        return None
    result = _through(inside, target, with_powers_of_z(slope, variable, base, -1))
    return None if result is None or variable in result.free_symbols else result


def _through(inside: sp.Expr, target: sp.Expr, slope: sp.Expr) -> sp.Expr | None:
    """``slope`` at the z where ``inside`` is ``target``, when that is linear in z."""
    numerator, denominator = sp.fraction(sp.together(inside))
    name = sp.Dummy("target", real=True)
    line = sp.Poly(sp.expand(numerator - name * denominator), Z)
    if line.degree() != 1:
        return None
    root = -line.coeff_monomial(1) / line.coeff_monomial(Z)
    return sp.expand(sp.cancel(sp.together(slope.subs(Z, root))).subs(name, target))
