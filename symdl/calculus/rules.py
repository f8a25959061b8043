"""The rules of differentiation, each by its name: what remains to be derived, and how it is put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import UnsupportedDerivative, to_text
from symdl.core.operations import erfcx

from .tidy import fraction

JUMPING = (sp.sign, sp.Piecewise)
"""The heads of the operation table that need not be continuous."""

Combine = Callable[[Sequence[sp.Expr]], sp.Expr]


@dataclass(frozen=True)
class Rule:
    """One application of a rule: the derivative is ``combine`` of the derivatives of ``parts``."""

    name: str
    parts: tuple[sp.Expr, ...]
    combine: Combine
    note: str = ""


TABLE: dict[type[sp.Basic], Callable[[sp.Expr], sp.Expr]] = {
    sp.exp: sp.exp,
    sp.log: lambda u: 1 / u,
    sp.sin: sp.cos,
    sp.cos: lambda u: -sp.sin(u),
    sp.tan: lambda u: 1 + sp.tan(u) ** 2,
    sp.sinh: sp.cosh,
    sp.cosh: sp.sinh,
    sp.tanh: lambda u: 1 - sp.tanh(u) ** 2,
    sp.asin: lambda u: 1 / sp.sqrt(1 - u**2),
    sp.acos: lambda u: -1 / sp.sqrt(1 - u**2),
    sp.atan: lambda u: 1 / (1 + u**2),
    sp.asinh: lambda u: 1 / sp.sqrt(1 + u**2),
    sp.acosh: lambda u: 1 / (sp.sqrt(u - 1) * sp.sqrt(u + 1)),
    sp.atanh: lambda u: 1 / (1 - u**2),
    sp.erf: lambda u: 2 * sp.exp(-(u**2)) / sp.sqrt(sp.pi),
    sp.erfc: lambda u: -2 * sp.exp(-(u**2)) / sp.sqrt(sp.pi),
    erfcx: lambda u: 2 * u * erfcx(u) - 2 / sp.sqrt(sp.pi),
}
"""The derivative of each smooth function of the operation table, on the interior of its domain."""

_NAMES = {sp.exp: "exponential", sp.log: "logarithm"}


def rule_for(expr: sp.Expr, variable: sp.Symbol) -> Rule:
    """The rule that applies at the head of ``expr``, which depends on ``variable`` and is not it.

    Raises :class:`UnsupportedDerivative` for a head without a rule.

    >>> x = sp.Symbol("x", real=True)
    >>> rule_for(x * sp.exp(x), x).name
    'product'
    """
    if isinstance(expr, AppliedUndef):
        return _opaque(expr, variable)
    for head, rule in _RULES.items():
        if isinstance(expr, head):
            return rule(expr, variable)
    if expr.func in TABLE:
        return _table(expr, variable)
    raise UnsupportedDerivative(
        f"{expr.func.__name__} has no rule of differentiation (in {to_text(expr)})",
        remedy="rewrite it with the operations in symdl.core.operations.OPERATIONS",
    )


def _sum(expr: sp.Add, variable: sp.Symbol) -> Rule:
    terms = tuple(term for term in expr.args if variable in term.free_symbols)
    return Rule("sum", terms, lambda d: sp.Add(*d))


def _product(expr: sp.Mul, variable: sp.Symbol) -> Rule:
    constant, rest = expr.as_independent(variable, as_Add=False)
    if constant != 1:
        return Rule("constant", (rest,), lambda d: constant * d[0], "a constant factor stays")
    above, below = fraction(expr)
    if variable in above.free_symbols and variable in below.free_symbols:
        return _quotient(above, below)
    factors = expr.args
    return Rule("product", factors, lambda d: sp.Add(*(_one_replaced(factors, i, d[i]) for i in range(len(d)))))


def _one_replaced(factors: Sequence[sp.Expr], index: int, derivative: sp.Expr) -> sp.Expr:
    return sp.Mul(*factors[:index], derivative, *factors[index + 1 :])


def _quotient(above: sp.Expr, below: sp.Expr) -> Rule:
    base, power = below.as_base_exp() if below.is_Pow and below.exp.is_Rational else (below, sp.Integer(1))
    return Rule(
        "quotient",
        (above, base),
        lambda d: (d[0] * base - power * above * d[1]) / base ** (power + 1),
        f"numerator {to_text(above)}, denominator {to_text(below)}",
    )


def _power(expr: sp.Pow, variable: sp.Symbol) -> Rule:
    base, exponent = expr.base, expr.exp
    if variable not in exponent.free_symbols:
        outer = exponent * base ** (exponent - 1)
        return _chained("power", base, outer, variable, f"power {to_text(exponent)}")
    if variable not in base.free_symbols:
        return _chained("exponential", exponent, sp.log(base) * expr, variable, f"power of {to_text(base)}")
    return Rule(
        "exponential",
        (exponent, base),
        lambda d: expr * (d[0] * sp.log(base) + exponent * d[1] / base),
        "u^v = exp(v log u)",
    )


def _table(expr: sp.Expr, variable: sp.Symbol) -> Rule:
    inner = expr.args[0]
    outer = expr.func
    return _chained(_NAMES.get(outer, "table derivative"), inner, TABLE[outer](inner), variable, outer.__name__)


def _chained(name: str, inner: sp.Expr, outer: sp.Expr, variable: sp.Symbol, note: str) -> Rule:
    if inner == variable:
        return Rule(name, (), lambda d: outer)
    return Rule("chain", (inner,), lambda d: outer * d[0], f"outer function {note}, inner {to_text(inner)}")


def is_primitive(expr: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether ``expr`` is an unknown function applied to ``variable`` itself, and to it once."""
    return isinstance(expr, AppliedUndef) and _arguments_with(expr, variable) == [variable]


def _arguments_with(expr: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    if not variable.is_Symbol:
        return [argument for argument in expr.args if argument.has(variable)]
    return [argument for argument in expr.args if variable in argument.free_symbols]


def _opaque(expr: AppliedUndef, variable: sp.Symbol) -> Rule:
    if is_primitive(expr, variable):
        return Rule("unknown function", (), lambda d: sp.Derivative(expr, variable))
    places = [i for i, argument in enumerate(expr.args) if variable in argument.free_symbols]
    return Rule(
        "chain",
        tuple(expr.args[i] for i in places),
        lambda d: sp.Add(*(expr.fdiff(i + 1) * inner for i, inner in zip(places, d, strict=True))),
        f"outer function {expr.func.__name__}",
    )


def _derivative(expr: sp.Derivative, variable: sp.Symbol) -> Rule:
    if is_primitive(expr.expr, variable):
        return Rule("unknown function", (), lambda d: sp.Derivative(expr, variable))
    raise UnsupportedDerivative(f"{to_text(expr)} is a derivative that was not worked out")


def _at_point(expr: sp.Subs, variable: sp.Symbol) -> Rule:
    """f'(u) for an unknown f: the chain rule once more."""
    inner, points = expr.expr, expr.point
    if variable in inner.free_symbols or not isinstance(inner, sp.Derivative):
        raise UnsupportedDerivative(f"{to_text(expr)} has no rule of differentiation")
    outer = [sp.Subs(sp.Derivative(inner, v), expr.variables, points) for v in expr.variables]
    return Rule("chain", tuple(points), lambda d: sp.Add(*(o * i for o, i in zip(outer, d, strict=True))))


def _finite_sum(expr: sp.Sum, variable: sp.Symbol) -> Rule:
    if any(variable in bound.free_symbols for limit in expr.limits for bound in limit):
        raise UnsupportedDerivative(f"the limits of {to_text(expr)} depend on {variable}")
    return Rule("sum", (expr.function,), lambda d: sp.Sum(d[0], *expr.limits))


def _continuous(guard: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``guard`` itself; raises where it may jump, as its sign would then hold on no open set."""
    if any(variable in node.free_symbols for node in guard.atoms(*JUMPING)):
        raise UnsupportedDerivative(f"{to_text(guard)} may jump in {variable}, and its zeros are not located")
    return guard


def _extremum(expr: sp.Max | sp.Min, variable: sp.Symbol) -> Rule:
    first, rest = expr.args[0], _continuous(expr, variable).func(*expr.args[1:])
    wins, loses = (first > rest, first < rest) if isinstance(expr, sp.Max) else (first < rest, first > rest)
    return Rule("piecewise", (first, rest), lambda d: sp.Piecewise((d[0], wins), (d[1], loses)))


def _absolute(expr: sp.Abs, variable: sp.Symbol) -> Rule:
    inner = expr.args[0]
    return Rule("piecewise", (inner,), lambda d: sp.Piecewise((d[0], inner > 0), (-d[0], inner < 0)))


def _sign(expr: sp.sign, variable: sp.Symbol) -> Rule:
    inner = _continuous(expr.args[0], variable)
    return Rule("piecewise", (), lambda d: sp.Piecewise((sp.Integer(0), sp.Ne(inner, 0))))


def _piecewise(expr: sp.Piecewise, variable: sp.Symbol) -> Rule:
    values = tuple(value for value, _ in expr.args)
    conditions = [condition for _, condition in expr.args]
    for relation in sp.Tuple(*conditions).atoms(sp.core.relational.Relational):
        _continuous(relation.lhs - relation.rhs, variable)
    return Rule("piecewise", values, lambda d: _open(list(zip(d, conditions, strict=True)), variable))


def _open(pairs: list[tuple[sp.Expr, sp.Basic]], variable: sp.Symbol) -> sp.Expr:
    """The pieces on the interiors of their conditions, earlier conditions taking precedence."""
    (value, condition), *later = pairs
    if condition == sp.true or not condition.has(variable):
        inside, outside = condition, sp.true
    else:
        inside, outside = interior(condition), interior(sp.Not(condition))
    rest = _open(later, variable) if later else sp.nan
    return sp.Piecewise(*[(v, c) for v, c in ((value, inside), (rest, outside)) if v is not sp.nan])


def interior(condition: sp.Basic) -> sp.Basic:
    """The open set inside a condition on continuous quantities.

    >>> x = sp.Symbol("x", real=True)
    >>> interior(sp.And(x >= 0, x <= 1))
    (x > 0) & (x < 1)
    """
    match condition:
        case sp.Ge() | sp.Gt():
            return sp.Gt(condition.lhs, condition.rhs)
        case sp.Le() | sp.Lt():
            return sp.Lt(condition.lhs, condition.rhs)
        case sp.Eq():
            return sp.false
        case sp.Ne():
            return condition
        case sp.And() | sp.Or():
            return condition.func(*map(interior, condition.args))
    return condition


_RULES: dict[type[sp.Basic] | tuple[type[sp.Basic], ...], Callable[..., Rule]] = {
    sp.Add: _sum,
    sp.Mul: _product,
    sp.Pow: _power,
    (sp.Max, sp.Min): _extremum,
    sp.Abs: _absolute,
    sp.sign: _sign,
    sp.Piecewise: _piecewise,
    sp.Derivative: _derivative,
    sp.Subs: _at_point,
    sp.Sum: _finite_sum,
}
