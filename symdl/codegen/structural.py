"""Formulas to terms as they are written: no cells, only the operations that exist for a reason.

``exact`` turns exp(u) - 1, log(1 + u) and sqrt(a^2 + b^2) into the operations that compute them
without cancellation or overflow.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import UnsupportedOperation
from symdl.core.operations import operation_of
from symdl.core.remembering import remembered

from .budget import HIGHEST_PRODUCT
from .normal_forms import cancel
from .terms import ONE, Term, add, binary, call, multiply, power, product
from .thresholds import from_threshold, is_single

_FAR = sp.Integer(2)
_COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal"}


@remembered(maxsize=4096)
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
    if exact and isinstance(expr, sp.log) and isinstance(expr.args[0], sp.cosh):
        return _log_of_cosh(structural(sp.Abs(expr.args[0].args[0]), variables, exact))
    if exact and isinstance(expr, sp.log):
        logarithm = _softplus(expr.args[0], variables) or _logarithm_of_complement(expr.args[0], variables)
        if logarithm is not None:
            return logarithm
    operation = operation_of(expr)
    operands = tuple(structural(argument, variables, exact) for argument in expr.args)
    if exact and isinstance(expr, sp.log) and isinstance(expr.args[0], sp.Add) and ONE in expr.args[0].args:
        return call("log1p", structural(expr.args[0] - 1, variables, exact))
    return (
        call(operation, *operands) if len(operands) == 1 or operation in _COMPARISONS else binary(operation, operands)
    )


def _softplus(argument: sp.Expr, variables: frozenset[sp.Symbol]) -> Term | None:
    """log(1 + exp(u)) as max(u, 0) + log(1 + exp(-|u|)) where u is more than a line."""
    powers = [part for part in sp.Add.make_args(argument) if isinstance(part, sp.exp)]
    if len(powers) != 1 or argument != 1 + powers[0] or all(powers[0].args[0].is_polynomial(v) for v in variables):
        return None
    u = structural(powers[0].args[0], variables, True)
    return add(
        call("maximum", u, sp.Integer(0)), call("log1p", call("exp", multiply(sp.Integer(-1), call("absolute", u))))
    )


def _without_overflow(factors: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """exp(u) / (1 + exp(u)) among ``factors`` as 1 / (1 + exp(-u))."""
    for grown in (factor for factor in factors if isinstance(factor, sp.exp)):
        if 1 / (1 + grown) in factors:
            others = tuple(factor for factor in factors if factor not in (grown, 1 / (1 + grown)))
            return (*others, 1 / (1 + sp.exp(-grown.args[0])))
    return factors


def _log_of_cosh(size: Term) -> Term:
    """log(1 + 2 sinh(a/2)^2) for small a, a - log(2) + log(1 + exp(-2a)) for others."""
    half = multiply(sp.Rational(1, 2), call("minimum", size, _FAR))
    near = call("log1p", multiply(sp.Integer(2), power(call("sinh", half), 2)))
    far = add(size, -sp.log(2), call("log1p", call("exp", multiply(sp.Integer(-2), size))))
    return call("where", call("less", size, _FAR), near, far)


def _sum(expr: sp.Add, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    if exact:
        error_function = _complement(expr, variables)
        if error_function is not None:
            return error_function
        square = _square_of_waves(expr, variables) or _square_of_secant(expr, variables)
        if square is not None:
            return square
        for exponential in sorted(expr.atoms(sp.exp), key=sp.default_sort_key):
            coefficient = -expr.as_independent(*variables, as_Add=True)[0]
            if coefficient != 0 and coefficient * exponential in expr.args:
                rest = expr - coefficient * exponential + coefficient
                difference = multiply(coefficient, call("expm1", structural(exponential.args[0], variables, exact)))
                return add(difference, structural(rest, variables, exact)) if rest != 0 else difference
    return add(*(structural(term, variables, exact) for term in expr.args))


def _complement(expr: sp.Add, variables: frozenset[sp.Symbol]) -> Term | None:
    """A sum of a constant and a multiple of an error function as a multiple of erfc, where that is one."""
    constant = expr.as_independent(*variables, as_Add=True)[0]
    for part in expr.args if constant != 0 else ():
        found = _as_complement(constant, part)
        if found is not None:
            complement = multiply(found[0], call("erfc", structural(found[1], variables, True)))
            return add(complement, structural(expr - constant - part, variables, True))
    return None


def _as_complement(constant: sp.Expr, part: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(c, v) with c erfc(v) = constant + part: of c + c erf(u), c - c erf(u) and 2 c - c erfc(u)."""
    for head in part.atoms(sp.erf, sp.erfc):
        size = constant if isinstance(head, sp.erf) else constant / 2
        ratio = cancel(part / (size * head))
        if ratio == -1 or (ratio == 1 and isinstance(head, sp.erf)):
            mirrored = ratio == 1 or isinstance(head, sp.erfc)
            return size, -head.args[0] if mirrored else head.args[0]
    return None


def _square_of_waves(expr: sp.Add, variables: frozenset[sp.Symbol]) -> Term | None:
    """c + 2 c sin(u) cos(u) as c (sin(u) + cos(u))^2, and the same with minus signs."""
    constant = expr.as_independent(*variables, as_Add=True)[0]
    for part in expr.args if constant != 0 and len(expr.args) == 2 else ():
        for wave in part.atoms(sp.sin):
            u = wave.args[0]
            ratio = cancel(part / (2 * constant * wave * sp.cos(u)))
            if ratio in (ONE, -ONE):
                first, second = (structural(head(u), variables, True) for head in (sp.sin, sp.cos))
                return multiply(constant, power(add(first, multiply(ratio, second)), 2))
    return None


def _square_of_secant(expr: sp.Add, variables: frozenset[sp.Symbol]) -> Term | None:
    """c - c tanh(u)^2 as c / cosh(u)^2, which does not cancel."""
    constant = expr.as_independent(*variables, as_Add=True)[0]
    for wave in expr.atoms(sp.tanh) if constant != 0 and len(expr.args) == 2 else ():
        if expr - constant == -constant * wave**2:
            return product((constant,), (power(structural(sp.cosh(wave.args[0]), variables, True), 2),))
    return None


def _logarithm_of_complement(expr: sp.Expr, variables: frozenset[sp.Symbol]) -> Term | None:
    """log(c erfc(u)) as log(c) + log_erfc(u) for c > 0, also where a sum is such a product."""
    constant, rest = expr.as_independent(*variables, as_Add=True)
    coefficient, head = rest.as_independent(*variables, as_Add=False)
    found = _as_complement(constant, rest) if constant.is_positive else None
    if constant == 0 and isinstance(head, sp.erfc) and coefficient.is_positive:
        found = coefficient, head.args[0]
    if found is None:
        return None
    return add(call("log_erfc", structural(found[1], variables, True)), sp.log(found[0]))


def _product(expr: sp.Mul, variables: frozenset[sp.Symbol], exact: bool) -> Term:
    over: list[Term] = []
    under: list[Term] = []
    for factor in _without_overflow(expr.args) if exact else expr.args:
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
        branch_term = structural(branch, variables, exact)
        term = _chosen(condition, variables, exact, branch_term, term)
    return term


def _chosen(condition: sp.Basic, variables: frozenset[sp.Symbol], exact: bool, first: Term, second: Term) -> Term:
    """``first`` where the condition holds, else ``second``."""
    left, right = condition.args
    known = left in variables and right.is_number and right.is_finite
    if known and not isinstance(condition, sp.Eq) and not is_single(right):
        rightwards = isinstance(condition, sp.Gt | sp.Ge)
        test = from_threshold(left, right, isinstance(condition, sp.Ge | sp.Lt))
        return call("where", test, *((first, second) if rightwards else (second, first)))
    return call("where", structural(condition, variables, exact), first, second)
