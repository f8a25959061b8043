"""Witnesses: points where a comparison certainly fails, or certainly has two sides.

A side is evaluated in exact rationals as far as they go and else in balls that enclose the value, at
rising precision, until the sign of the difference is certain. A point where a side has no value, or a
condition is not certain, is no witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symdl.core import BudgetExceeded, UndefinedValue, Witness
from symdl.numerics import ball

from .instances import Instance, Value, index_symbols, instance
from .points import Point, arguments_first, points, solved
from .problems import Problem
from .rewriting import substitute
from .signs import ALLOWED

_BITS = (64, 320)
_MANY_BITS = 6_000
_MOST_INSTANCES = 12
_INDEX_VALUES = (2, 1, 3, 5)


class Probe:
    """An instance ready to be evaluated."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.solved = solved(instance.conditions)
        self.values = arguments_first(instance.values)
        self.symbols = (*instance.variables, *(value.symbol for value in instance.values))
        difference = sp.Add(instance.left, sp.Mul(-1, instance.right, evaluate=False), evaluate=False)
        self.difference = self._compiled(difference)
        self.sides = self._compiled(instance.left), self._compiled(instance.right)
        self.conditions = [
            (self._compiled(sp.Add(c.lhs, -c.rhs, evaluate=False)), ALLOWED[c.relation]) for c in instance.conditions
        ]

    def _compiled(self, expr: sp.Expr) -> Any:
        return ball.compiled(expr, self.symbols)

    # --- points

    def complete(self, point: Point) -> Point | None:
        """``point`` with the variables that are solved for, and equal values at equal arguments.

        None where that is not certain or the conditions do not certainly hold.
        """
        full = dict(point)
        try:
            self._solve(full)
            self._make_congruent(full)
            held = all(self.sign(f, full) in allowed for f, allowed in self.conditions)
        except (UndefinedValue, _Uncertain):
            return None
        return full if held else None

    def _solve(self, full: Point) -> None:
        for symbol, expr in self.solved.items():
            full[symbol] = self._exact(expr, full)

    def _make_congruent(self, full: Point) -> None:
        seen: dict[tuple[Any, ...], Fraction] = {}
        for value in self.values:
            key = value.name, *(self._exact(argument, full) for argument in value.arguments)
            full[value.symbol] = seen.setdefault(key, full[value.symbol])

    def _exact(self, expr: sp.Expr, full: Point) -> Fraction:
        symbols = tuple(sorted(expr.free_symbols, key=str))
        with ball.precision(_BITS[0]):
            number = ball.compiled(expr, symbols)(*(_rational(full[symbol]) for symbol in symbols))
        if not isinstance(number, fmpq):
            raise _Uncertain
        return Fraction(int(number.p), int(number.q))

    # --- values

    def sign(self, function: Any, full: Point, bits: tuple[int, ...] = _BITS) -> int | None:
        """The sign of a value, or None where it stays uncertain; raises :class:`UndefinedValue`."""
        numbers = [_rational(full[symbol]) for symbol in self.symbols]
        for precision in bits:
            with ball.precision(precision):
                value = function(*numbers)
                if value == 0 and (isinstance(value, fmpq) or value.is_zero()):
                    return 0
                if value > 0 or value < 0:
                    return 1 if value > 0 else -1
        return None

    def fails(self, full: Point, bits: tuple[int, ...] = _BITS) -> bool:
        """Whether the comparison certainly fails at a point where both sides are defined."""
        try:
            sign = self.sign(self.difference, full, bits)
        except UndefinedValue:
            return False
        return sign is not None and sign not in ALLOWED[self.instance.relation]

    def margin(self, full: Point) -> float | None:
        """By how much the difference is positive, roughly; None where it is undefined."""
        numbers = [_rational(full[symbol]) for symbol in self.symbols]
        try:
            with ball.precision(_BITS[0]):
                value = arb(self.difference(*numbers))
        except UndefinedValue:
            return None
        return float(value.mid()) if value.is_finite() else None

    def is_defined(self, full: Point) -> bool:
        """Whether both sides certainly have a value."""
        numbers = [_rational(full[symbol]) for symbol in self.symbols]
        try:
            with ball.precision(_BITS[0]):
                return bool(arb(self.difference(*numbers)).is_finite())
        except UndefinedValue:
            return False

    def is_open(self, full: Point) -> bool:
        """Whether it stays uncertain which side is greater at a point where both are defined."""
        return self.sign(self.difference, full) is None

    def at(self, full: Point) -> tuple[sp.Expr, sp.Expr]:
        """Both sides at a point, as constant expressions."""
        values = {symbol: _number(value) for symbol, value in full.items()}
        left, right = (substitute(side, values) for side in (self.instance.left, self.instance.right))
        return left, right

    def witness(self, full: Point) -> Witness:
        """The point with both sides there."""
        left, right = self._printed(full)
        parts = [self.instance.left, self.instance.right]
        parts += [side for c in self.instance.conditions for side in (c.lhs, c.rhs)]
        parts += [argument for value in self.values for argument in value.arguments]
        used = set().union(*(part.free_symbols for part in parts))
        shown = [(str(symbol), sp.Integer(value)) for symbol, value in self.instance.indices]
        shown += [(str(s), _number(full[s])) for s in self.instance.variables if s in used]
        shown += [(self._applied(value, full), _number(full[value.symbol])) for value in self.values]
        return Witness(tuple(dict(shown).items()), left, right)

    def _applied(self, value: Value, full: Point) -> str:
        """An unknown function at its point, as text."""
        return f"{value.name}({', '.join(str(self._exact(argument, full)) for argument in value.arguments)})"

    def _printed(self, full: Point) -> tuple[str, str]:
        numbers = [_rational(full[symbol]) for symbol in self.symbols]
        with ball.precision(_MANY_BITS):
            values = [side(*numbers) for side in self.sides]
        for digits in (10, 20, 40, 400):
            texts = [_decimal(value, digits) for value in values]
            if texts[0] != texts[1]:
                break
        return texts[0], texts[1]


class _Uncertain(Exception):
    """A number that has to be exact is not."""


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _number(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _decimal(value: Any, digits: int) -> str:
    if isinstance(value, fmpq) and value.height_bits() < 3 * digits + 30:
        return str(value)
    return str(arb(value).str(digits, radius=False))


# --- searching


def probes(problem: Problem) -> Iterator[Probe]:
    """The instances of a problem, for small values of its index symbols."""
    symbols = index_symbols(problem)
    choices = islice(product(_INDEX_VALUES, repeat=len(symbols)), _MOST_INSTANCES)
    for choice in choices if symbols else [()]:
        try:
            yield Probe(instance(problem, dict(zip(symbols, choice, strict=True))))
        except (UndefinedValue, BudgetExceeded):
            continue


def admitted(probe: Probe, most: int | None = None) -> Iterator[Point]:
    """Points at which the conditions certainly hold."""
    for point in islice(points(probe.instance), most):
        full = probe.complete(point)
        if full is not None:
            yield full


def domain_point(problem: Problem) -> tuple[Probe, Point] | None:
    """A point where the conditions hold and both sides are defined, or None when none is found."""
    for probe in probes(problem):
        for full in admitted(probe):
            if probe.is_defined(full):
                return probe, full
    return None


def failing_point(problem: Problem, most: int | None = None) -> Witness | None:
    """A witness against a comparison, as simple as it is found; None when there is none among the points."""
    for probe in probes(problem):
        tried: list[Point] = []
        for full in admitted(probe, most):
            if probe.fails(full):
                return probe.witness(simplified(probe, full))
            tried.append(full)
        for full in tried[:4]:
            if probe.fails(full, (_MANY_BITS,)):
                return probe.witness(full)
    return None


def simplified(probe: Probe, full: Point) -> Point:
    """The same witness with simpler values where those fail too, one variable after the other."""
    best = full
    for symbol in probe.instance.variables:
        if symbol in probe.solved or symbol in probe.instance.problem.integers:
            continue
        for value in _simpler(best[symbol]):
            trial = probe.complete({**best, symbol: value})
            if trial is not None and probe.fails(trial):
                best = trial
                break
    return best


def _simpler(value: Fraction) -> list[Fraction]:
    """Values simpler than ``value``, the simplest first."""
    simple = [Fraction(text) for text in ("0", "1", "-1", "1/2", "2", "-2", "3")]
    near = [value.limit_denominator(bound) for bound in (1, 2, 3, 5, 10, 20, 50, 100, 1000, 10**4, 10**6)]
    size = _complexity(value)
    return [v for v in dict.fromkeys([*simple, *near]) if _complexity(v) < size]


def _complexity(value: Fraction) -> tuple[int, int, bool]:
    return value.denominator, abs(value.numerator), value < 0
