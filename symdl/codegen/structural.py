"""Formulas to terms as they are written: no cells, only the operations that exist for a reason.

``exact`` turns exp(u) - 1, log(1 + u) and sqrt(a^2 + b^2) into the operations that compute them
without cancellation or overflow.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import UnsupportedOperation
from symdl.core.operations import operation_of

from .budget import HIGHEST_PRODUCT
from .terms import ONE, Term, add, binary, call, multiply, power, product

_COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal"}


def structural(expr: sp.Basic, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    """``expr`` operation by operation; what does not depend on ``variables`` stays one leaf.

    Raises :class:`UnsupportedOperation` for a head outside of the operation table.

    >>> from symdl.codegen.terms import negate
    >>> x = sp.Symbol("x", real=True)
    >>> structural(1 - sp.exp(-x), frozenset({x}), exact=True) == negate(call("expm1", negate(x)))
    True
    """
    if not expr.args or variables.isdisjoint(expr.free_symbols):
        return expr
    if isinstance(expr, sp.Add):
        return _sum(expr, variables, exact)
    if isinstance(expr, sp.Mul):
        return _product(expr, variables, exact)
    if isinstance(expr, sp.Pow) and not isinstance(expr, sp.exp):
        return _power(expr, variables, exact)
    if isinstance(expr, sp.Piecewise):
        return _pieces(expr, variables, exact)
    operation = operation_of(expr)
    operands = tuple(structural(argument, variables, exact) for argument in expr.args)
    if exact and isinstance(expr, sp.log) and isinstance(expr.args[0], sp.Add) and ONE in expr.args[0].args:
        return call("log1p", structural(expr.args[0] - 1, variables, exact))
    return (
        call(operation, *operands) if len(operands) == 1 or operation in _COMPARISONS else binary(operation, operands)
    )


def _sum(expr: sp.Add, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    if exact:
        error_function = _complement(expr, variables)
        if error_function is not None:
            return error_function
        for exponential in sorted(expr.atoms(sp.exp), key=sp.default_sort_key):
            coefficient = -expr.as_independent(*variables, as_Add=True)[0]
            if coefficient != 0 and coefficient * exponential in expr.args:
                rest = expr - coefficient * exponential + coefficient
                difference = multiply(coefficient, call("expm1", structural(exponential.args[0], variables, exact)))
                return add(difference, structural(rest, variables, exact)) if rest != 0 else difference
    return add(*(structural(term, variables, exact) for term in expr.args))


def _complement(expr: sp.Add, variables: frozenset[sp.Symbol]) -> Term | None:
    """c + c erf(u) as c erfc(-u), and c - c erf(u) as c erfc(u)."""
    constant = expr.as_independent(*variables, as_Add=True)[0]
    for part in expr.args if constant != 0 else ():
        for head in part.atoms(sp.erf):
            ratio = sp.cancel(part / (constant * head))
            if ratio in (ONE, -ONE):
                complement = call("erfc", structural(-ratio * head.args[0], variables, True))
                return add(multiply(constant, complement), structural(expr - constant - part, variables, True))
    return None


def _product(expr: sp.Mul, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    over: list[Term] = []
    under: list[Term] = []
    for factor in expr.args:
        base, exponent = factor.as_base_exp()
        if not isinstance(factor, sp.exp) and exponent.is_Rational and exponent < 0 and not factor.is_Rational:
            under.append(structural(base**-exponent, variables, exact))
        else:
            over.append(structural(factor, variables, exact))
    return product(tuple(over), tuple(under))


def _power(expr: sp.Pow, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    base, exponent = expr.args
    if exponent.is_Rational and exponent < 0:
        return product((), (structural(base**-exponent, variables, exact),))
    if exponent.is_Integer and exponent <= HIGHEST_PRODUCT:
        return power(structural(base, variables, exact), int(exponent))
    if exponent == sp.Rational(1, 2):
        return _root(base, variables, exact)
    if exponent.is_Rational and exponent.q == 2:
        return multiply(power(structural(base, variables, exact), int(exponent.p // 2)), _root(base, variables, exact))
    return call("power", structural(base, variables, exact), structural(exponent, variables, exact))


def _root(base: sp.Expr, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    if exact and isinstance(base, sp.Add) and len(base.args) == 2:
        sides = [sp.sqrt(term).replace(sp.Abs, lambda u: u) for term in base.args]
        if all(
            side**2 == term and side.is_polynomial() and not side.has(sp.I)
            for side, term in zip(sides, base.args, strict=True)
        ):
            return call("hypot", *(structural(side, variables, exact) for side in sides))
    return call("sqrt", structural(base, variables, exact))


def _pieces(expr: sp.Piecewise, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    *pieces, (value, last) = expr.args
    term = structural(value, variables, exact)
    if last != sp.true:
        raise UnsupportedOperation(f"{expr} has no value outside of its branches")
    for branch, condition in reversed(pieces):
        if not isinstance(condition, sp.core.relational.Relational):
            raise UnsupportedOperation(f"the condition {condition} is not one comparison")
        term = call("where", structural(condition, variables, exact), structural(branch, variables, exact), term)
    return term
