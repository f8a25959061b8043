"""Values of expressions at fixed points in floating point, to dismiss what cannot be equal. They prove nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symdl.core import Definition

Row = tuple[float | None, ...]
_LONGEST = 40
_REFUSED = (ArithmeticError, LookupError, ValueError, TypeError)
_FUNCTIONS: Mapping[type, Callable[..., float]] = {
    sp.exp: math.exp,
    sp.log: math.log,
    sp.sin: math.sin,
    sp.cos: math.cos,
    sp.tan: math.tan,
    sp.atan: math.atan,
    sp.sinh: math.sinh,
    sp.cosh: math.cosh,
    sp.tanh: math.tanh,
    sp.erf: math.erf,
    sp.Abs: abs,
    sp.Max: max,
    sp.Min: min,
    sp.sign: lambda x: math.copysign(1.0, x) if x else 0.0,
    sp.Heaviside: lambda x, at=0.5: float(x > 0) if x else at,
}
_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@dataclass
class Sampler:
    """Values at fixed points: ``values`` holds one for each symbol; functions without definition are arbitrary.

    >>> x = sp.Symbol("x", real=True)
    >>> Sampler(({x: 2.0}, {x: 3.0})).row(x**2 + 1)
    (5.0, 10.0)
    """

    points: Sequence[Mapping[sp.Symbol, float]]
    definitions: Mapping[str, Definition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known: list[dict[sp.Basic, float]] = [{} for _ in self.points]

    def row(self, expr: sp.Basic) -> Row:
        """The values at the points, None where there is none."""
        return tuple(self._value(expr, point, known) for point, known in zip(self.points, self._known, strict=True))

    def _value(self, expr: sp.Basic, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float | None:
        try:
            return self._of(expr, point, known)
        except _REFUSED:
            return None

    def _of(self, expr: sp.Basic, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float:
        found = known.get(expr)
        if found is None:
            found = self._computed(expr, point, known)
            known[expr] = found
        return found

    def _computed(self, expr: sp.Basic, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float:
        if expr.is_Symbol:
            return point[expr] if expr in point else _arbitrary(expr.name)
        if expr.is_number and not expr.args:
            return float(expr)
        if isinstance(expr, sp.Piecewise):
            return self._branch(expr, point, known)
        if isinstance(expr, sp.Sum | sp.Product):
            return self._total(expr, point, known)
        if isinstance(expr, sp.Derivative | sp.Subs | sp.Integral):
            return self._opaque(expr, point, known)
        values = [self._of(arg, point, known) for arg in expr.args]
        match expr:
            case sp.Add():
                return math.fsum(values)
            case sp.Mul():
                return math.prod(values)
            case sp.Pow():
                return math.pow(*values)
            case AppliedUndef():
                return self._applied(expr, values)
        return float(_FUNCTIONS[type(expr)](*values))

    def _applied(self, expr: AppliedUndef, values: list[float]) -> float:
        name = expr.func.__name__
        definition = self.definitions.get(name)
        if definition is None or len(definition.arguments) != len(values):
            return _arbitrary(name, *values)
        return self._of(definition.body, dict(zip(definition.arguments, values, strict=True)), {})

    def _opaque(self, expr: sp.Expr, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float:
        symbols = sorted(expr.free_symbols, key=str)
        return _arbitrary(sp.srepr(expr), *(self._of(s, point, known) for s in symbols))

    def _branch(self, expr: sp.Piecewise, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float:
        for value, condition in expr.args:
            if self._holds(condition, point, known):
                return self._of(value, point, known)
        raise ValueError("no branch")

    def _holds(self, condition: sp.Basic, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> bool:
        if isinstance(condition, BooleanTrue | BooleanFalse):
            return bool(condition)
        parts = [condition] if condition.is_Relational else list(condition.args)
        if parts == [condition]:
            low, high = (self._of(arg, point, known) for arg in condition.args)
            return _RELATIONS[condition.rel_op](low, high)
        held = [self._holds(part, point, known) for part in parts]
        return {sp.And: all(held), sp.Or: any(held), sp.Not: not all(held)}[type(condition)]

    def _total(self, expr: sp.Expr, point: Mapping[sp.Symbol, float], known: dict[sp.Basic, float]) -> float:
        """A sum or product over its last index, each term at its own point."""
        body, *limits = expr.args
        index, low, high = limits[-1].args
        first, last = (round(self._of(end, point, known)) for end in (low, high))
        if last - first > _LONGEST:
            raise ValueError("a long sum")
        inner = body if len(limits) == 1 else expr.func(body, *limits[:-1])
        terms = [self._of(inner, {**point, index: float(n)}, {}) for n in range(first, last + 1)]
        return math.fsum(terms) if isinstance(expr, sp.Sum) else math.prod(terms)


def _arbitrary(name: str, *values: float) -> float:
    """A value between 0.3 and 1.7 that depends on nothing else than a name and arguments."""
    key = f"{name}({','.join(f'{value:.9g}' for value in values)})"
    return 0.3 + 1.4 * (crc32(key.encode()) % 9973) / 9973


def agree(left: Row, right: Row) -> bool:
    """Whether two rows have values at two common points at least, and no two of them differ by more than rounding.

    Rounding of some tens of operations on values of modest size stays below one part in 10^9.
    """
    both = [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
    return len(both) > 1 and all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-11) for a, b in both)
