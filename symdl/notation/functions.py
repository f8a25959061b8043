"""The functions with a fixed meaning: SymPy expression and where it is defined.

Every function is expressed in the closed table of operations of ``core``: ``sech x`` is
``1/cosh x``. Conditions are written with zero on the right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy as sp

from symdl.core import Compare
from symdl.core.claims import Relation

Conditions = tuple[tuple[sp.Expr, str], ...]


@dataclass(frozen=True)
class KnownFunction:
    """``meaning`` of ``arity`` arguments (empty: any number), defined where each of ``conditions`` holds."""

    arity: tuple[int, ...]
    meaning: Callable[..., sp.Expr]
    conditions: Callable[..., Conditions] = lambda *_: ()


def _nonzero(inner: Callable[[sp.Expr], sp.Expr]) -> Callable[..., Conditions]:
    return lambda x: ((inner(x), "!="),)


def _clipped(x: sp.Expr, *bounds: sp.Expr) -> sp.Expr:
    """``x`` clipped to ``[-bound, bound]`` or to ``[low, high]``."""
    low, high = bounds if len(bounds) == 2 else (-bounds[0], bounds[0])
    return sp.Min(sp.Max(x, low), high)


FUNCTIONS: dict[str, KnownFunction] = {
    "exp": KnownFunction((1,), sp.exp),
    "log": KnownFunction((1,), sp.log, lambda x: ((x, ">"),)),
    "sqrt": KnownFunction((1,), sp.sqrt, lambda x: ((x, ">="),)),
    "abs": KnownFunction((1,), sp.Abs),
    "sign": KnownFunction((1,), sp.sign),
    "erf": KnownFunction((1,), sp.erf),
    "erfc": KnownFunction((1,), sp.erfc),
    "max": KnownFunction((), sp.Max),
    "min": KnownFunction((), sp.Min),
    "clip": KnownFunction((2, 3), _clipped),
    "log1p": KnownFunction((1,), lambda x: sp.log(1 + x), lambda x: ((1 + x, ">"),)),
    "expm1": KnownFunction((1,), lambda x: sp.exp(x) - 1),
    "sin": KnownFunction((1,), sp.sin),
    "cos": KnownFunction((1,), sp.cos),
    "tan": KnownFunction((1,), sp.tan, _nonzero(sp.cos)),
    "cot": KnownFunction((1,), lambda x: sp.cos(x) / sp.sin(x), _nonzero(sp.sin)),
    "sec": KnownFunction((1,), lambda x: 1 / sp.cos(x), _nonzero(sp.cos)),
    "csc": KnownFunction((1,), lambda x: 1 / sp.sin(x), _nonzero(sp.sin)),
    "sinh": KnownFunction((1,), sp.sinh),
    "cosh": KnownFunction((1,), sp.cosh),
    "tanh": KnownFunction((1,), sp.tanh),
    "coth": KnownFunction((1,), lambda x: sp.cosh(x) / sp.sinh(x), _nonzero(lambda x: x)),
    "sech": KnownFunction((1,), lambda x: 1 / sp.cosh(x)),
    "csch": KnownFunction((1,), lambda x: 1 / sp.sinh(x), _nonzero(lambda x: x)),
    "arcsin": KnownFunction((1,), sp.asin, lambda x: ((1 - x**2, ">="),)),
    "arccos": KnownFunction((1,), sp.acos, lambda x: ((1 - x**2, ">="),)),
    "arctan": KnownFunction((1,), sp.atan),
    "arcsinh": KnownFunction((1,), sp.asinh),
    "arccosh": KnownFunction((1,), sp.acosh, lambda x: ((x - 1, ">="),)),
    "arctanh": KnownFunction((1,), sp.atanh, lambda x: ((1 - x**2, ">"),)),
}


def compare_with_zero(expr: sp.Expr, relation: str) -> Compare | None:
    """``expr relation 0`` in its shortest form, or None where it plainly holds.

    >>> x = sp.Symbol("x", real=True)
    >>> compare_with_zero(1 + sp.exp(-x), "!=") is None, str(compare_with_zero(2 * sp.sqrt(x), "!="))
    (True, 'x != 0')
    """
    if plainly_positive(expr) or (relation == ">=" and plainly_nonnegative(expr)):
        return None
    factor, rest = expr.as_coeff_Mul()
    if relation == "!=" and rest.is_Pow and rest.exp.is_positive:
        return compare_with_zero(rest.base, "!=")
    if factor.is_positive or relation == "!=":
        expr = rest
    return Compare(expr, _RELATIONS[relation], sp.Integer(0)) if expr.free_symbols or relation != "!=" else None


_RELATIONS: dict[str, Relation] = {"!=": "!=", ">": ">", ">=": ">="}


def plainly_positive(expr: sp.Expr) -> bool:
    """Whether the form of ``expr`` shows that it is positive at every real point.

    >>> x = sp.Symbol("x", real=True)
    >>> plainly_positive(1 + x**2), plainly_positive(x**2), plainly_positive(x)
    (True, False, False)
    """
    if expr.is_Rational or expr in (sp.E, sp.pi):
        return bool(expr > 0)
    if expr.is_Add:
        return all(map(plainly_nonnegative, expr.args)) and any(map(plainly_positive, expr.args))
    if expr.is_Mul:
        return all(map(plainly_positive, expr.args))
    return isinstance(expr, sp.exp | sp.cosh) or bool(expr.is_Pow and plainly_positive(expr.base))


def plainly_nonnegative(expr: sp.Expr) -> bool:
    """Whether the form of ``expr`` shows that it is nowhere negative."""
    if expr.is_Add or expr.is_Mul:
        return all(map(plainly_nonnegative, expr.args))
    even = expr.is_Pow and expr.exp.is_Integer and expr.exp % 2 == 0 and expr.exp > 0
    half = expr.is_Pow and expr.exp == sp.Rational(1, 2)
    return bool(even or half) or expr.is_zero is True or isinstance(expr, sp.Abs) or plainly_positive(expr)


def joined(conditions: Iterable[Compare]) -> tuple[Compare, ...]:
    """``conditions`` with ``x >= 0`` and ``x != 0`` made into ``x > 0``."""
    found = dict.fromkeys(conditions)
    for condition in list(found):
        weak = Compare(condition.lhs, ">=", condition.rhs)
        if condition.relation == "!=" and weak in found:
            found = {Compare(c.lhs, ">", c.rhs) if c == weak else c: None for c in found if c != condition}
    return tuple(found)
