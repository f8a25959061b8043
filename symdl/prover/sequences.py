"""Sequences in a field: recurrences unrolled to their earliest term, sums with a symbolic end."""

from __future__ import annotations

from math import floor

import sympy as sp

from symdl.core import Recurrence, UnsupportedOperation

from .budget import require_size
from .control import OutsideDomain
from .evaluate import Scope, evaluate
from .field import Field, Ratio
from .generators import Opaque, Polynomial, Series
from .signs import BOUND, NONNEGATIVE

MOST_STEPS = 200
"""The longest run, or sum, that is written out."""


def offset(value: Ratio) -> tuple[Ratio, int]:
    """``value`` as a part without a constant term, and an integer.

    Raises :class:`UnsupportedOperation` for an index that is no integer.
    """
    if not value.field.is_integer_valued(value):
        raise UnsupportedOperation(f"{value.field.expression(value)} is not shown to be an integer index")
    constant = next((int(c) for e, c in value.numerator.to_dict().items() if not any(e)), 0)
    return value - value.field.constant(constant), constant


# --- terms of a sequence


def term(scope: Scope, name: str, position: Ratio) -> Ratio:
    """The term of a sequence: by its closed form, or by unrolling to the earliest one that occurs."""
    rule = scope.rules[name]
    if not isinstance(rule, Recurrence):
        index, closed = rule
        return evaluate(scope.inner({index: position}), closed)
    base, constant = offset(position)
    if base.is_zero:
        return _numbered(scope, name, rule, constant)
    return _symbolic(scope, name, rule, base, constant)


def _numbered(scope: Scope, name: str, rule: Recurrence, position: int) -> Ratio:
    if position < 0:
        raise OutsideDomain(f"{name} starts at 0")
    require_size(position, MOST_STEPS, "steps of a recurrence")
    if position == 0:
        return evaluate(scope, rule.start)
    return _unrolled(scope, rule, scope.field.constant(position))


def _unrolled(scope: Scope, rule: Recurrence, position: Ratio) -> Ratio:
    return evaluate(scope.inner({rule.index: position}), rule.next)


def _symbolic(scope: Scope, name: str, rule: Recurrence, base: Ratio, constant: int) -> Ratio:
    field = scope.field
    require_size(abs(constant), MOST_STEPS, "steps of a recurrence")
    head = sp.Function(name, real=True)

    def make(index: int) -> Opaque:
        return Opaque(head, (base + field.constant(field.plan.refine.get(index, 0)),))

    number = field.number(f"sequence {name} {base}", make)
    earliest = field.plan.refine.get(number, 0)
    if constant < earliest:
        field.plan.change(number, constant)
    position = base + field.constant(constant)
    _require_at_least(field, position - field.constant(0 if constant == earliest else 1))
    return field.letter(number) if constant == earliest else _unrolled(scope, rule, position)


def _require_at_least(field: Field, value: Ratio) -> None:
    if not field.signs.of_ratio(value) <= NONNEGATIVE:
        raise UnsupportedOperation(f"it is not shown that {field.expression(value)} >= 0 for an index")


# --- sums


def series(scope: Scope, expr: sp.Sum) -> Ratio:
    """A finite sum: written out between numbers, else a generator for each independent summand."""
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        raise UnsupportedOperation(f"{expr} is no sum over one index between two ends")
    ((index, lower, upper),) = expr.limits
    start, end = evaluate(scope, lower), evaluate(scope, upper)
    first = start.constant
    if first is None or first.denominator != 1:
        raise UnsupportedOperation(f"a sum that starts at {lower}", remedy="start it at a number")
    last = end.constant
    if last is not None:
        return _written_out(scope, expr.function, index, int(first), floor(last))
    return _open_ended(scope, expr.function, index, int(first), end)


def _written_out(scope: Scope, body: sp.Expr, index: sp.Symbol, first: int, last: int) -> Ratio:
    require_size(last - first, MOST_STEPS, "terms in a sum")
    total = scope.field.constant(0)
    for position in range(first, last + 1):
        total += evaluate(scope.inner({index: scope.field.constant(position)}), body)
    return total


def _open_ended(scope: Scope, body: sp.Expr, index: sp.Symbol, first: int, end: Ratio) -> Ratio:
    """The sum to the earliest end that occurs, and the terms after it."""
    field = scope.field
    base, constant = offset(end)
    require_size(abs(constant), MOST_STEPS, "terms in a sum")
    bound = sp.Symbol(f"{BOUND}{scope.depth}_{first}", real=True)
    field.integers[bound] = "positive integer" if first >= 1 else "integer"
    summand = evaluate(scope.inner({index: field.variable(bound)}, sums=1), body)
    marker = field.number(f"sum to {base}", lambda _: Opaque(sp.Function("last"), (base,)))
    earliest = field.plan.refine.get(marker, 0)
    if constant < earliest:
        field.plan.change(marker, constant)
    last = base + field.constant(earliest)
    _require_at_least(field, last - field.constant(first - 1))
    total = _independent_sums(field, summand, bound, first, last)
    for position in range(earliest + 1, constant + 1):
        total += evaluate(scope.inner({index: base + field.constant(position)}), body)
    return total


def _independent_sums(field: Field, summand: Ratio, bound: sp.Symbol, first: int, last: Ratio) -> Ratio:
    """``sum(a(t) b(s)) = a(t) sum(b(s))`` for each monomial of the summand."""
    total = field.constant(0)
    if field.depends(summand.denominator, bound) and len(summand.denominator) > 1:
        return _one_sum(field, summand, bound, first, last)
    below_free, below_bound = _parted(field, summand.denominator, bound)
    for exponents, coefficient in summand.numerator.to_dict().items():
        free, inner = _parted(field, field.context.from_dict({exponents: coefficient}), bound)
        weight = field.ratio(free, below_free)
        total += weight * _one_sum(field, field.ratio(inner, below_bound), bound, first, last)
    return total


def _parted(field: Field, polynomial: Polynomial, bound: sp.Symbol) -> tuple[Polynomial, Polynomial]:
    """A monomial as what is free of ``bound`` and what is not; a longer polynomial is free of it."""
    if len(polynomial) != 1:
        return polynomial, field.one
    ((exponents, coefficient),) = polynomial.to_dict().items()
    inside = [
        exponent if exponent and field.depends(field.letters[index], bound) else 0
        for index, exponent in enumerate(exponents)
    ]
    outside = [exponent - inner for exponent, inner in zip(exponents, inside, strict=True)]
    return field.context.from_dict({tuple(outside): coefficient}), field.context.from_dict({tuple(inside): 1})


def _one_sum(field: Field, summand: Ratio, bound: sp.Symbol, first: int, last: Ratio) -> Ratio:
    if not field.depends(summand.numerator, bound) and not field.depends(summand.denominator, bound):
        return summand * (last - field.constant(first - 1))
    key = f"series {summand} {bound} {first} {last}"
    return field.letter(field.number(key, lambda _: Series(summand, bound, first, last)))
