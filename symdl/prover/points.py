"""Points to look at: small rationals first, within the bounds that are given."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, product

import sympy as sp

from symdl.core import Compare
from symdl.core.claims import Domain

from .instances import Instance, Value

Point = dict[sp.Symbol, Fraction]

_NUMBERS = "1 2 0 -1 1/2 -2 3 -1/2 1/3 -3 3/2 5 -3/2 10 -10 1/10 -1/10 30 -30 100 -100"
_PARTS = "1/2 1/3 2/3 1/4 3/4 1/10 9/10 99/100 1/100"
_REALS = tuple(Fraction(text) for text in _NUMBERS.split())
_INSIDE = tuple(Fraction(text) for text in _PARTS.split())
_COUNTS = (2, 1, 3, 4, 7)
_INTEGERS = (1, 2, 0, -1, 3, -2)
_IN_ORDER = 80
_AT_RANDOM = 160
_MOST_GUARDS = 12
_LARGEST_GUARD = 10**6


def bounds(symbol: sp.Symbol, conditions: tuple[Compare, ...]) -> tuple[Fraction | None, Fraction | None]:
    """The greatest lower and the least upper bound of ``symbol`` that are given as numbers."""
    below: list[Fraction] = []
    above: list[Fraction] = []
    for condition in conditions:
        for one, other, upward in ((condition.lhs, condition.rhs, False), (condition.rhs, condition.lhs, True)):
            if one == symbol and other.is_Rational and condition.relation in ("<", "<=", ">", ">="):
                value = Fraction(int(other.p), int(other.q))
                (below if (condition.relation in (">", ">=")) != upward else above).append(value)
    return max(below, default=None), min(above, default=None)


def candidates(
    symbol: sp.Symbol, domain: Domain, conditions: tuple[Compare, ...], guards: Sequence[Fraction] = ()
) -> list[Fraction]:
    """Values for ``symbol`` within its bounds, simple ones first."""
    if domain != "real":
        return [Fraction(value) for value in (_COUNTS if domain == "positive integer" else _INTEGERS)]
    low, high = bounds(symbol, conditions)
    values = [*_REALS, *guards]
    if low is not None and high is not None:
        values = [low + (high - low) * part for part in _INSIDE] + values + [low, high]
    elif low is not None:
        values = [*values, low, low + 1, low + Fraction(1, 10), low + 10]
    elif high is not None:
        values = [*values, high, high - 1, high - Fraction(1, 10), high - 10]
    return [v for v in dict.fromkeys(values) if (low is None or v >= low) and (high is None or v <= high)]


def guard_values(instance: Instance) -> list[Fraction]:
    """Numbers that the claim mentions, and numbers beside them: where branches may change."""
    numbers: set[Fraction] = set()
    for expr in (instance.left, instance.right):
        for number in sorted(expr.atoms(sp.Rational)):
            if abs(number) <= _LARGEST_GUARD and len(numbers) < _MOST_GUARDS:
                numbers.add(Fraction(int(number.p), int(number.q)))
    ordered = sorted(numbers, key=lambda v: (v.denominator, abs(v)))
    return [v for number in ordered for v in (number, -number, number + 1, number - 1, 2 * number)]


def points(instance: Instance) -> Iterator[Point]:
    """Values of the variables and of unknown functions, in a fixed order, about 240 of them."""
    guards = guard_values(instance)
    symbols = [*instance.variables, *(value.symbol for value in instance.values)]
    free = [symbol for symbol in symbols if symbol not in solved(instance.conditions)]
    integers = instance.problem.integers
    choices = [candidates(s, integers.get(s, "real"), instance.conditions, guards) for s in free]
    for values in combinations(choices):
        yield dict(zip(free, values, strict=True))


def combinations(choices: list[list[Fraction]]) -> Iterator[tuple[Fraction, ...]]:
    """One value of each list: simple ones together first, then a fixed random choice."""
    if all(choices):
        yield from islice(_by_rank(choices), _IN_ORDER)
        yield from _at_random(choices)


def _by_rank(choices: list[list[Fraction]]) -> Iterator[tuple[Fraction, ...]]:
    """Products of the choices, by the sum of places; at most three variables leave the first places."""
    short = [choice[:24] if len(choices) < 3 else choice[:6] for choice in choices]
    if len(short) > 4:
        yield tuple(choice[index % len(choice)] for index, choice in enumerate(choices))
        yield tuple(choice[(index + 3) % len(choice)] for index, choice in enumerate(choices))
        return
    ranks = product(*(range(len(choice)) for choice in short))
    for rank in sorted(ranks, key=lambda r: (sum(r), r)):
        yield tuple(choice[place] for choice, place in zip(short, rank, strict=True))


def _at_random(choices: list[list[Fraction]]) -> Iterator[tuple[Fraction, ...]]:
    if len(choices) == 1:
        yield from ((value,) for value in choices[0][24:])
        return
    generator = random.Random(0)
    for _ in range(_AT_RANDOM if choices else 0):
        yield tuple(generator.choice(choice) for choice in choices)


def solved(conditions: tuple[Compare, ...]) -> dict[sp.Symbol, sp.Expr]:
    """Variables that an equation among the conditions gives in terms of others."""
    found: dict[sp.Symbol, sp.Expr] = {}
    for condition in conditions:
        used = set(found) | set().union(*(expr.free_symbols for expr in found.values()))
        free = sorted((condition.lhs.free_symbols | condition.rhs.free_symbols), key=str, reverse=True)
        if condition.relation != "=" or set(found) & set(free):
            continue
        solution = next((pair for s in free if s not in used and (pair := _solution(condition, s))), None)
        if solution is not None:
            found[solution[0]] = solution[1]
    return found


def _solution(condition: Compare, symbol: sp.Symbol) -> tuple[sp.Symbol, sp.Expr] | None:
    """A symbol with what an equation makes it, where it stands alone or in a line with a number before it."""
    for one, other in ((condition.lhs, condition.rhs), (condition.rhs, condition.lhs)):
        if one == symbol and symbol not in other.free_symbols:
            return symbol, other
    line = sp.Add(condition.lhs, -condition.rhs).as_poly(symbol)
    if line is None or line.degree() != 1 or not line.coeff_monomial(symbol).is_Rational:
        return None
    return symbol, -line.coeff_monomial(1) / line.coeff_monomial(symbol)


def arguments_first(values: tuple[Value, ...]) -> list[Value]:
    """Values of unknown functions, each after those that stand in its arguments."""
    ordered: list[Value] = []
    waiting = list(values)
    while waiting:
        pending = {value.symbol for value in waiting}
        ready = [v for v in waiting if not any(a.free_symbols & pending for a in v.arguments)]
        ordered += ready
        waiting = [value for value in waiting if value not in ready]
        if not ready:
            return ordered + waiting
    return ordered
