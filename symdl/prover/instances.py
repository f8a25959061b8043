"""Plain instances of a problem: sequences run, sums written out, unknown functions as values.

An unknown function is any function: its values at different points are free, at equal points equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Compare, Recurrence, UndefinedValue, UnsupportedOperation
from symdl.core.claims import Relation

from .budget import require_size
from .problems import Problem
from .rewriting import rebuilt, substitute

MOST_STEPS = 60


@dataclass(frozen=True)
class Value:
    """A symbol that stands for an unknown function at some point."""

    symbol: sp.Symbol
    name: str
    arguments: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Instance:
    """A comparison of expressions in operations of the table, for fixed values of the indices."""

    left: sp.Expr
    relation: Relation
    right: sp.Expr
    conditions: tuple[Compare, ...]
    indices: tuple[tuple[sp.Symbol, int], ...]
    values: tuple[Value, ...]
    problem: Problem = field(compare=False)

    @property
    def variables(self) -> tuple[sp.Symbol, ...]:
        """The free symbols that are no values of unknown functions."""
        inner = {value.symbol for value in self.values} | {symbol for symbol, _ in self.indices}
        return tuple(symbol for symbol in self.problem.symbols if symbol not in inner)


def index_symbols(problem: Problem) -> tuple[sp.Symbol, ...]:
    """The integer symbols that count steps of a recurrence or terms of a sum."""
    known = {recurrence.function for recurrence in problem.recurrences}
    found: set[sp.Symbol] = set()
    for expr in (problem.left, problem.right, *(side for c in problem.conditions for side in (c.lhs, c.rhs))):
        for node in expr.atoms(AppliedUndef, sp.Sum, sp.Product):
            if isinstance(node, sp.Sum | sp.Product):
                found |= set().union(*(end.free_symbols for limit in node.limits for end in limit[1:]))
            elif node.func.__name__ in known:
                found |= node.args[0].free_symbols
    return tuple(sorted(found & set(problem.integers), key=str))


def instance(problem: Problem, indices: Mapping[sp.Symbol, int]) -> Instance:
    """The problem for given values of its index symbols.

    Raises :class:`UnsupportedOperation` where something cannot be written out, and
    :class:`BudgetExceeded` where that would be too long.
    """
    writer = _Writer({r.function: r for r in problem.recurrences})
    exact = {symbol: sp.Integer(value) for symbol, value in indices.items()}

    def plain(expr: sp.Expr) -> sp.Expr:
        return writer.plain(substitute(expr, exact))

    conditions = tuple(Compare(plain(c.lhs), c.relation, plain(c.rhs)) for c in problem.conditions)
    left, right = plain(problem.left), plain(problem.right)
    values = tuple(writer.values.values())
    return Instance(left, problem.relation, right, conditions, tuple(indices.items()), values, problem)


class _Writer:
    """Writes out sequences and sums, and names the values of unknown functions."""

    def __init__(self, recurrences: Mapping[str, Recurrence]) -> None:
        self.recurrences = recurrences
        self.values: dict[str, Value] = {}
        self.runs: dict[tuple[str, int], sp.Expr] = {}

    def plain(self, expr: sp.Basic) -> sp.Basic:
        match expr:
            case AppliedUndef() if expr.func.__name__ in self.recurrences:
                return self._term(expr.func.__name__, self.plain(expr.args[0]))
            case AppliedUndef():
                return self._value(expr.func.__name__, tuple(self.plain(argument) for argument in expr.args))
            case sp.Derivative():
                return self._slope(expr, expr.expr.args)
            case sp.Subs():
                points = dict(zip(expr.variables, expr.point, strict=True))
                return self._slope(expr.expr, [points.get(a, a) for a in expr.expr.expr.args])
            case sp.Sum() | sp.Product():
                return self._sum(expr)
        if not expr.args:
            return expr
        arguments = [self.plain(argument) for argument in expr.args]
        return expr if tuple(arguments) == expr.args else rebuilt(expr, arguments)

    def _value(self, name: str, arguments: tuple[sp.Expr, ...]) -> sp.Symbol:
        key = f"{name}({', '.join(map(str, arguments))})"
        if key not in self.values:
            self.values[key] = Value(sp.Symbol(key, real=True), name, arguments)
        return self.values[key].symbol

    def _slope(self, derivative: sp.Basic, arguments: tuple[sp.Expr, ...] | list[sp.Expr]) -> sp.Symbol:
        if not isinstance(derivative, sp.Derivative) or not isinstance(derivative.expr, AppliedUndef):
            raise UnsupportedOperation(f"{derivative} is no derivative of an unknown function")
        name = derivative.expr.func.__name__
        primes = "'" * sum(int(n) for _, n in derivative.variable_count)
        if len(derivative.expr.args) > 1:
            primes += "_" + "".join(str(variable) for variable in derivative.variables)
        return self._value(name + primes, tuple(self.plain(argument) for argument in arguments))

    def _term(self, name: str, position: sp.Expr) -> sp.Expr:
        if not position.is_Integer:
            raise UnsupportedOperation(f"{name}({position}) is no term of the sequence")
        if position < 0:
            raise UndefinedValue(f"{name} starts at 0")
        require_size(int(position), MOST_STEPS, "steps of a recurrence")
        rule, number = self.recurrences[name], int(position)
        if (name, number) not in self.runs:
            following = rule.start if number == 0 else substitute(rule.next, {rule.index: position})
            self.runs[name, number] = self.plain(following)
        return self.runs[name, number]

    def _sum(self, expr: sp.Sum | sp.Product) -> sp.Expr:
        if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
            raise UnsupportedOperation(f"{expr} is no sum over one index between two ends")
        ((index, lower, upper),) = expr.limits
        ends = self.plain(lower), self.plain(upper)
        if not all(end.is_Integer for end in ends):
            raise UnsupportedOperation(f"{expr} has no end that is a number")
        first, last = map(int, ends)
        require_size(last - first, MOST_STEPS, "terms in a sum")
        terms = (self.plain(substitute(expr.function, {index: sp.Integer(i)})) for i in range(first, last + 1))
        return sp.Add(*terms) if isinstance(expr, sp.Sum) else sp.Mul(*terms)
