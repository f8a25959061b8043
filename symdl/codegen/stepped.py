"""Sums with a constant that is no float: its float is added first, then what that lacks.

Next to where the other terms are the opposite of the constant, the first sum is exact (Sterbenz), so that the
second is not 0 there and keeps its digits.
"""

from __future__ import annotations

import sympy as sp

from symdl.numerics import ball

from .terms import Sum, Term, add, call, rebuilt

_BITS = 200


def stepped(term: Term) -> Term:
    """``term`` with the constants of sums in two steps, in float64.

    >>> x = sp.Symbol("x", real=True)
    >>> stepped(add(x, -sp.Rational(1, 2))) == add(x, -sp.Rational(1, 2))
    True
    >>> float(stepped(add(x, -sp.Rational(1, 3))).operands[1])
    -1.850371707708594e-17
    """
    return rebuilt(term, _in_steps)


def _in_steps(part: Term) -> Term:
    if not isinstance(part, Sum):
        return part
    for place, constant in enumerate(part.terms):
        if isinstance(constant, sp.Expr) and constant.is_number and constant.is_finite:
            near, lacking = _in_two(constant)
            if lacking != 0:
                others = add(*part.terms[:place], *part.terms[place + 1 :])
                return call("add", call("add", others, near), lacking)
    return part


def _in_two(constant: sp.Expr) -> tuple[sp.Rational, sp.Rational]:
    """The float of a constant, and that of what it lacks."""
    exact = ball.enclose(constant, {}, _BITS)
    near = float(exact.mid())
    rest = float((exact - near).mid()) if constant != sp.Rational(near) else 0.0
    return sp.Rational(near), sp.Rational(rest)
