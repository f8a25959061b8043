"""From expressions to elements of a field: one exact meaning for each operation of the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from symdl.core import Recurrence, UnsupportedOperation
from symdl.core.operations import operation_of

from .budget import MOST_BITS, require_size
from .control import OutsideDomain
from .elementary import cosine_and_sine, exp, log, power
from .field import Field, Ratio
from .generators import Constant, Opaque
from .signs import ALLOWED, NONNEGATIVE

Rules = Mapping[str, Recurrence | tuple[sp.Symbol, sp.Expr]]
"""What is known of sequences by name: a recurrence, or an index and a closed form in it."""


@dataclasses.dataclass
class Scope:
    """Where an expression is evaluated: a field, values of symbols, rules for sequences, sums around it."""

    field: Field
    values: dict[sp.Symbol, Ratio] = dataclasses.field(default_factory=dict)
    rules: Rules = dataclasses.field(default_factory=dict)
    depth: int = 0
    memo: dict[sp.Basic, Ratio] = dataclasses.field(default_factory=dict)

    def inner(self, values: dict[sp.Symbol, Ratio], sums: int = 0) -> Scope:
        """The same with further values, inside ``sums`` more sums."""
        return Scope(self.field, {**self.values, **values}, self.rules, self.depth + sums)


def evaluate(scope: Scope, expr: sp.Basic) -> Ratio:
    """The element that ``expr`` is.

    Raises :class:`UnsupportedOperation` outside the class, :class:`BudgetExceeded` when it would be
    too large, and Restart, Split, OutsideDomain to steer the search over cells.
    """
    if expr not in scope.memo:
        scope.field.work.spend(1, "operations")
        scope.memo[expr] = _evaluate(scope, expr)
    return scope.memo[expr]


def _evaluate(scope: Scope, expr: sp.Basic) -> Ratio:
    match expr:
        case sp.Symbol():
            return _symbol(scope, expr)
        case sp.Rational():
            require_size(max(int(expr.p).bit_length(), int(expr.q).bit_length()), MOST_BITS, "bits")
            return scope.field.constant(Fraction(int(expr.p), int(expr.q)))
        case sp.Add():
            return _sum(scope, expr)
        case sp.Mul():
            return _product(scope, expr)
        case sp.Pow():
            return power(scope.field, evaluate(scope, expr.base), evaluate(scope, expr.exp))
        case sp.Piecewise():
            return _pieces(scope, expr)
        case sp.Max() | sp.Min():
            return _extremum(scope, expr)
        case AppliedUndef() | sp.Derivative() | sp.Subs() | sp.Sum():
            return _general(scope, expr)
        case _ if not expr.args:
            return _constant(scope, expr)
        case _:
            return _elementary(scope, expr)


def _symbol(scope: Scope, symbol: sp.Symbol) -> Ratio:
    if symbol in scope.values:
        return scope.values[symbol]
    if symbol in scope.field.plan.substitutions:
        return evaluate(scope, scope.field.plan.substitutions[symbol])
    return scope.field.variable(symbol)


def _constant(scope: Scope, expr: sp.Basic) -> Ratio:
    if expr is sp.E:
        return exp(scope.field, scope.field.constant(1))
    if expr is sp.pi:
        return scope.field.letter(scope.field.number("pi", lambda _: Constant(sp.pi)))
    if expr in (sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise OutsideDomain(f"{expr} is no real number")
    raise UnsupportedOperation(f"{expr} is not an exact real number", remedy="write decimals as rationals")


def _sum(scope: Scope, expr: sp.Add) -> Ratio:
    return sum((evaluate(scope, term) for term in expr.args), scope.field.constant(0))


def _product(scope: Scope, expr: sp.Mul) -> Ratio:
    result = scope.field.constant(1)
    for factor in expr.args:
        result *= evaluate(scope, factor)
    return result


def _extremum(scope: Scope, expr: sp.Max | sp.Min) -> Ratio:
    best, *others = (evaluate(scope, argument) for argument in sorted(expr.args, key=sp.default_sort_key))
    for other in others:
        difference = best - other if isinstance(expr, sp.Max) else other - best
        best = best if scope.field.signs.at_least_zero(difference) else other
    return best


def _pieces(scope: Scope, expr: sp.Piecewise) -> Ratio:
    for value, condition in expr.args:
        if holds(scope, condition):
            return evaluate(scope, value)
    raise OutsideDomain("no branch of the piecewise expression applies")


def holds(scope: Scope, condition: sp.Basic) -> bool:
    """Whether a guard is true in this cell."""
    match condition:
        case sp.logic.boolalg.BooleanAtom():
            return bool(condition)
        case sp.And():
            return all(holds(scope, part) for part in condition.args)
        case sp.Or():
            return any(holds(scope, part) for part in condition.args)
        case sp.Not():
            return not holds(scope, condition.args[0])
        case Relational():
            relation = {"==": "="}.get(condition.rel_op, condition.rel_op)
            return satisfies(scope.field, evaluate(scope, condition.lhs) - evaluate(scope, condition.rhs), relation)
    raise UnsupportedOperation(f"{condition} is no guard that symdl knows")


def satisfies(field: Field, difference: Ratio, relation: str) -> bool:
    """Whether ``difference relation 0`` in this cell."""
    allowed = ALLOWED[relation]
    signs = field.signs.of_ratio(difference)
    if signs <= allowed or not signs & allowed:
        return signs <= allowed
    return field.signs.decide(difference) in allowed


# --- functions of the table


def _half(field: Field, value: Ratio) -> Ratio:
    return value * field.constant(Fraction(1, 2))


def _sinh(field: Field, value: Ratio) -> Ratio:
    grown = exp(field, value)
    return _half(field, grown - field.constant(1) / grown)


def _cosh(field: Field, value: Ratio) -> Ratio:
    grown = exp(field, value)
    return _half(field, grown + field.constant(1) / grown)


def _tanh(field: Field, value: Ratio) -> Ratio:
    squared, one = exp(field, value + value), field.constant(1)
    return (squared - one) / (squared + one)


def _arcsinh(field: Field, value: Ratio) -> Ratio:
    one = field.constant(1)
    return log(field, value + power(field, value * value + one, field.constant(Fraction(1, 2))))


def _arccosh(field: Field, value: Ratio) -> Ratio:
    one = field.constant(1)
    field.signs.assume(value - one, NONNEGATIVE)
    return log(field, value + power(field, value * value - one, field.constant(Fraction(1, 2))))


def _arctanh(field: Field, value: Ratio) -> Ratio:
    one = field.constant(1)
    return _half(field, log(field, (one + value) / (one - value)))


def _tan(field: Field, value: Ratio) -> Ratio:
    cosine, sine = cosine_and_sine(field, value)
    return sine / cosine


def _absolute(field: Field, value: Ratio) -> Ratio:
    return value if field.signs.at_least_zero(value) else -value


def _sign(field: Field, value: Ratio) -> Ratio:
    return field.constant(field.signs.decide(value))


def _odd(head: type[sp.Function]) -> Callable[[Field, Ratio], Ratio]:
    """An increasing odd function of which nothing else is used."""

    def function(field: Field, value: Ratio) -> Ratio:
        if value.is_zero:
            return value
        if value.numerator.leading_coefficient() < 0:
            return -function(field, -value)
        key = f"{head.__name__} {value}"
        return field.letter(field.number(key, lambda _: Opaque(head, (value,), odd=True)))

    return function


def _arcsin(field: Field, value: Ratio) -> Ratio:
    one = field.constant(1)
    field.signs.assume(one - value * value, NONNEGATIVE)
    return _odd(sp.asin)(field, value)


def _arccos(field: Field, value: Ratio) -> Ratio:
    pi = field.letter(field.number("pi", lambda _: Constant(sp.pi)))
    return _half(field, pi) - _arcsin(field, value)


FUNCTIONS: dict[str, Callable[[Field, Ratio], Ratio]] = {
    "exp": exp,
    "log": log,
    "absolute": _absolute,
    "sign": _sign,
    "sin": lambda field, value: cosine_and_sine(field, value)[1],
    "cos": lambda field, value: cosine_and_sine(field, value)[0],
    "tan": _tan,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "arcsin": _arcsin,
    "arccos": _arccos,
    "arctan": _odd(sp.atan),
    "arcsinh": _arcsinh,
    "arccosh": _arccosh,
    "arctanh": _arctanh,
    "erf": _odd(sp.erf),
    "erfc": lambda field, value: field.constant(1) - _odd(sp.erf)(field, value),
}
"""The prover's column of the table of operations: functions of one argument."""


def _elementary(scope: Scope, expr: sp.Basic) -> Ratio:
    name = operation_of(expr)
    if name not in FUNCTIONS:
        raise UnsupportedOperation(f"{expr} has no real value that the prover knows")
    return FUNCTIONS[name](scope.field, evaluate(scope, expr.args[0]))


def _general(scope: Scope, expr: sp.Basic) -> Ratio:
    from . import sequences

    match expr:
        case AppliedUndef() if expr.func.__name__ in scope.rules:
            return sequences.term(scope, expr.func.__name__, evaluate(scope, expr.args[0]))
        case AppliedUndef():
            return opaque(scope, expr.func, "", tuple(evaluate(scope, argument) for argument in expr.args))
        case sp.Derivative():
            return _derivative(scope, expr)
        case sp.Subs():
            points = {symbol: evaluate(scope, point) for symbol, point in zip(*expr.args[1:], strict=True)}
            return evaluate(scope.inner(points), expr.args[0])
    return sequences.series(scope, expr)


def opaque(scope: Scope, head: Callable[..., sp.Expr], mark: str, arguments: tuple[Ratio, ...]) -> Ratio:
    """An unknown function of known arguments: the same letter wherever these agree."""
    name = getattr(head, "__name__", "")
    key = f"function {name} {mark} {' '.join(map(str, arguments))}"
    return scope.field.letter(scope.field.number(key, lambda _: Opaque(head, arguments)))


def _derivative(scope: Scope, expr: sp.Derivative) -> Ratio:
    """A derivative of an unknown function in its own arguments."""
    inner = expr.expr
    counts = dict(expr.variable_count)
    plain = isinstance(inner, AppliedUndef) and len(set(inner.args)) == len(inner.args)
    if not plain or not set(counts) <= set(inner.args):
        raise UnsupportedOperation(f"{expr} is no derivative of an unknown function in its own arguments")
    orders = tuple(int(counts.get(argument, 0)) for argument in inner.args)

    def head(*arguments: sp.Expr) -> sp.Expr:
        slots = tuple(sp.Symbol(f"slot_{index}", real=True) for index in range(len(arguments)))
        steps = [(slot, order) for slot, order in zip(slots, orders, strict=True) if order]
        return sp.Subs(sp.Derivative(inner.func(*slots), *steps), slots, arguments)

    values = tuple(evaluate(scope, argument) for argument in inner.args)
    return opaque(scope, head, f"{inner.func.__name__} {orders}", values)
