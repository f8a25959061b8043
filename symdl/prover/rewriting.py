"""Substitution that never evaluates more than it must and never captures a bound index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import evaluate as worked_out
from symdl.core import BudgetExceeded, Compare, Definition, DefinitionError

from .budget import MOST_BITS

_MOST_NODES = 20_000
_MOST_DEPTH = 80


def rebuilt(expr: sp.Basic, arguments: Sequence[sp.Basic]) -> sp.Basic:
    """``expr`` with other arguments; guards and powers of large numbers are left as they stand."""
    if isinstance(expr, sp.Piecewise):
        return sp.Piecewise(*arguments, evaluate=False)
    if isinstance(expr, sp.Pow) and all(argument.is_Integer for argument in arguments):
        base, exponent = arguments
        if int(base).bit_length() * abs(int(exponent)) > MOST_BITS:
            return sp.Pow(base, exponent, evaluate=False)
    return expr.func(*arguments)


def bound_symbols(expr: sp.Basic) -> set[sp.Symbol]:
    """The symbols that ``expr`` itself binds."""
    match expr:
        case sp.Sum() | sp.Product():
            return {limit[0] for limit in expr.limits}
        case sp.Subs():
            return set(expr.variables)
        case sp.Derivative():
            return set(expr.variables)
    return set()


def substitute(expr: sp.Basic, values: Mapping[sp.Basic, sp.Basic]) -> sp.Basic:
    """``expr`` with values for symbols, at once, and not for those that are bound inside.

    >>> x, y = sp.symbols("x y", real=True)
    >>> substitute(sp.Max(x, y) + y, {x: y, y: sp.Integer(1)})
    Max(1, y) + 1
    """
    if expr in values:
        return values[expr]
    if not expr.args or not (expr.free_symbols | bound_symbols(expr)) & set(values):
        return expr
    match expr:
        case sp.Derivative():
            slots = list(dict.fromkeys(v for v in expr.variables if v in values))
            if slots:
                return sp.Subs(expr, slots, [values[v] for v in slots])
        case sp.Sum() | sp.Product():
            return _in_sum(expr, values)
        case sp.Subs():
            points = [substitute(point, values) for point in expr.point]
            return sp.Subs(expr.expr, expr.variables, points)
    return rebuilt(expr, [substitute(argument, values) for argument in expr.args])


def _in_sum(expr: sp.Sum | sp.Product, values: Mapping[sp.Basic, sp.Basic]) -> sp.Basic:
    """Substitution under fresh names of the indices; an end sees the indices of the sums around it."""
    fresh = {limit[0]: sp.Dummy(limit[0].name, real=True) for limit in expr.limits}
    inner = {**values, **fresh}
    limits = [(fresh[index], *(substitute(end, inner) for end in ends)) for index, *ends in expr.limits]
    return expr.func(substitute(expr.function, inner), *limits)


def unfold(expr: sp.Basic, definitions: Mapping[str, Definition]) -> sp.Basic:
    """``expr`` with every defined function replaced by its body.

    Raises :class:`DefinitionError` for a definition that comes back to itself.
    """
    return _unfold(expr, definitions, ())


def _unfold(expr: sp.Basic, definitions: Mapping[str, Definition], inside: tuple[str, ...]) -> sp.Basic:
    name = expr.func.__name__ if isinstance(expr, AppliedUndef) else getattr(expr, "name", "")
    if name in definitions and (isinstance(expr, AppliedUndef) or not definitions[name].arguments):
        return _called(definitions[name], expr.args, definitions, inside)
    if not expr.args:
        return expr
    if isinstance(expr, sp.Subs):
        inner = worked_out(_unfold(expr.expr, definitions, inside))
        points = [_unfold(point, definitions, inside) for point in expr.point]
        return substitute(inner, dict(zip(expr.variables, points, strict=True)))
    arguments = [_unfold(argument, definitions, inside) for argument in expr.args]
    return expr if tuple(arguments) == expr.args else rebuilt(expr, arguments)


def _called(
    definition: Definition,
    arguments: Sequence[sp.Basic],
    definitions: Mapping[str, Definition],
    inside: tuple[str, ...],
) -> sp.Basic:
    name = definition.function
    if name in inside:
        raise DefinitionError(f"{name} is defined by itself", remedy="give a recurrence with a starting value")
    if len(arguments) != len(definition.arguments):
        raise DefinitionError(f"{name} takes {len(definition.arguments)} arguments, not {len(arguments)}")
    values = [_unfold(argument, definitions, inside) for argument in arguments]
    body = _unfold(definition.body, definitions, (*inside, name))
    return substitute(body, dict(zip(definition.arguments, values, strict=True)))


def require_small(expr: sp.Basic) -> None:
    """Raise :class:`BudgetExceeded` for an expression of too many nodes, or nested too deep."""
    count, level = 0, [expr]
    for _ in range(_MOST_DEPTH):
        level = [argument for node in level for argument in node.args]
        count += len(level)
        if count > _MOST_NODES:
            raise BudgetExceeded(f"over budget: an expression of more than {_MOST_NODES} nodes")
        if not level:
            return
    raise BudgetExceeded(f"over budget: an expression nested more than {_MOST_DEPTH} deep")


def domain_conditions(expr: sp.Basic) -> Iterator[Compare]:
    """What has to hold for ``expr`` to have a real value, guards of branches left aside.

    >>> x = sp.Symbol("x", real=True)
    >>> [str(condition) for condition in domain_conditions(sp.log(x) / x)]
    ['x != 0', 'x > 0']
    """
    zero, one = sp.Integer(0), sp.Integer(1)
    traversal = sp.preorder_traversal(expr)
    for node in traversal:
        match node:
            case sp.Piecewise():
                traversal.skip()
            case sp.Pow(exp=sp.Integer() as exponent) if exponent < 0:
                yield Compare(node.base, "!=", zero)
            case sp.Pow(exp=sp.Rational() as exponent) if exponent.q != 1:
                yield Compare(node.base, ">" if exponent < 0 else ">=", zero)
            case sp.log():
                yield Compare(node.args[0], ">", zero)
            case sp.asin() | sp.acos():
                yield Compare(node.args[0] ** 2, "<=", one)
            case sp.atanh():
                yield Compare(node.args[0] ** 2, "<", one)
            case sp.acosh():
                yield Compare(node.args[0], ">=", one)


def real_powers(expr: sp.Basic, integers: set[sp.Symbol]) -> Iterator[Compare]:
    """``base >= 0`` for each power whose exponent is neither a number nor integer-valued."""
    for node in sorted(expr.atoms(sp.Pow), key=sp.default_sort_key):
        if node.exp.free_symbols and not is_integer_valued(node.exp, integers):
            yield Compare(node.base, ">=", sp.Integer(0))


def is_integer_valued(expr: sp.Basic, integers: set[sp.Symbol]) -> bool:
    """Whether ``expr`` is a polynomial with integer coefficients in integer symbols."""
    match expr:
        case sp.Integer():
            return True
        case sp.Symbol():
            return expr in integers
        case sp.Add() | sp.Mul():
            return all(is_integer_valued(argument, integers) for argument in expr.args)
        case sp.Pow(exp=sp.Integer() as exponent):
            return bool(exponent > 0) and is_integer_valued(expr.base, integers)
    return False


def derivative_conditions(expr: sp.Basic) -> Iterator[Compare]:
    """Where the functions are defined that ``expr`` differentiates."""
    for node in sorted(expr.atoms(sp.Derivative), key=sp.default_sort_key):
        yield from domain_conditions(node.expr)
