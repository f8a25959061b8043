"""Numbers that are the same for all elements, moved together: fewer passes over arrays.

The identities, over the reals: a x + b x = (a + b) x; sqrt(c x) = sqrt(c) sqrt(x) for c > 0; and
k x + e = k (x + e/k) for k >= 1, so that k joins a factor further out. k is known to be at least 1 and
c to be positive from the domains of the hyper-parameters alone. With k >= 1 neither e/k nor x is larger
than what stood there before, so nothing overflows that did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import sympy as sp

from symdl.core import Parameter

Interval: TypeAlias = tuple[sp.Expr, sp.Expr]
ANY: Interval = (-sp.oo, sp.oo)
_HALF = sp.Rational(1, 2)


def intervals(parameters: Sequence[Parameter], count: sp.Symbol) -> dict[sp.Symbol, Interval]:
    """Closed intervals that hold each hyper-parameter, by its domain, and the step count.

    >>> from symdl import library
    >>> sorted((str(name), *bounds) for name, bounds in intervals(library.momentum.hyper, sp.Symbol("t")).items())
    [('beta', 0, 1), ('eta', 0, oo), ('t', 1, oo)]
    """
    found: dict[sp.Symbol, Interval] = {count: (sp.Integer(1), sp.oo)}
    for parameter in parameters:
        low, high = ANY
        for relation in parameter.domain:
            if relation.lhs == parameter.symbol and relation.rhs.is_Rational:
                low = relation.rhs if relation.relation in (">", ">=", "=") else low
                high = relation.rhs if relation.relation in ("<", "<=", "=") else high
        found[parameter.symbol] = low, high
    return found


def folded(expr: sp.Expr, variables: frozenset[sp.Symbol], known: Mapping[sp.Symbol, Interval]) -> sp.Expr:
    """``expr`` with the numbers in it, which do not depend on ``variables``, moved outwards and together.

    >>> x, b, t = sp.symbols("x b t", real=True)
    >>> known = {b: (sp.Integer(0), sp.Integer(1)), t: (sp.Integer(1), sp.oo)}
    >>> c = sp.sqrt(1 - b**t)
    >>> folded(x / (sp.sqrt(x / (1 - b**t)) + 1), frozenset({x}), known) == c * x / (sp.sqrt(x) + c)
    True
    """
    scalar, rest = _Folding(variables, known).split(expr)
    return scalar * rest


class _Folding:
    def __init__(self, variables: frozenset[sp.Symbol], known: Mapping[sp.Symbol, Interval]) -> None:
        self.variables = variables
        self.known = known

    def split(self, expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """A number and the rest, whose product is ``expr``."""
        if self.variables.isdisjoint(expr.free_symbols):
            return expr, sp.Integer(1)
        if isinstance(expr, sp.Mul):
            parts = [self.split(factor) for factor in expr.args]
            return sp.Mul(*(scalar for scalar, _ in parts)), sp.Mul(*(rest for _, rest in parts))
        if isinstance(expr, sp.Add):
            return self._sum(expr)
        if isinstance(expr, sp.Pow) and not isinstance(expr, sp.exp):
            return self._power(*expr.args)
        if isinstance(expr, sp.Function) and expr.args:
            return sp.Integer(1), expr.func(*(folded(argument, self.variables, self.known) for argument in expr.args))
        return sp.Integer(1), expr

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        scalar, rest = self.split(base)
        if exponent == -1:
            return 1 / scalar, 1 / rest
        factors = [factor.as_base_exp() for factor in sp.Mul.make_args(scalar)]
        if exponent in (_HALF, -_HALF) and all(self.least(root**power) > 0 for root, power in factors):
            return sp.Mul(*(root ** (power * exponent) for root, power in factors)), rest**exponent
        return sp.Integer(1), (scalar * rest) ** exponent

    def _sum(self, expr: sp.Add) -> tuple[sp.Expr, sp.Expr]:
        scalars: dict[sp.Expr, sp.Expr] = {}
        for scalar, rest in map(self.split, expr.args):
            scalars[rest] = scalars.get(rest, sp.Integer(0)) + scalar
        constant = scalars.pop(sp.Integer(1), sp.Integer(0))
        factors = [*scalars.values()]
        same = all(factor in (factors[0], -factors[0]) for factor in factors)
        if same and (constant == 0 or self.least(factors[0]) >= 1):
            inner = [rest * (factor / factors[0]) for rest, factor in scalars.items()]
            return factors[0], sp.Add(*inner, constant / factors[0])
        return sp.Integer(1), sp.Add(*(rest * factor for rest, factor in scalars.items()), constant)

    def least(self, expr: sp.Expr) -> sp.Expr:
        """A number that ``expr`` is never below."""
        return self._interval(expr)[0]

    def _interval(self, expr: sp.Expr) -> Interval:
        if expr.is_Rational:
            return expr, expr
        if expr.is_Symbol:
            return self.known.get(expr, ANY)
        if isinstance(expr, sp.Add):
            bounds = [self._interval(term) for term in expr.args]
            return sum(low for low, _ in bounds), sum(high for _, high in bounds)
        if isinstance(expr, sp.Mul):
            return reduce(_product, map(self._interval, expr.args))
        if isinstance(expr, sp.Pow):
            return _power_interval(self._interval(expr.base), self._interval(expr.exp))
        return ANY


def _product(one: Interval, other: Interval) -> Interval:
    """Of two intervals of one sign each."""
    if one == (-1, -1):
        return -other[1], -other[0]
    if other == (-1, -1):
        return -one[1], -one[0]
    if min(one[0], other[0]) < 0 or sp.oo in (one[1], other[1]):
        return (one[0] * other[0], sp.oo) if min(one[0], other[0]) >= 0 and sp.oo not in (one[0], other[0]) else ANY
    return one[0] * other[0], one[1] * other[1]


def _power_interval(base: Interval, exponent: Interval) -> Interval:
    low, high = base
    if low < 0:
        return ANY
    if exponent[0] == exponent[1]:
        ends = [_raised(end, exponent[0]) for end in base]
        return min(ends), max(ends)
    return (sp.Integer(0), sp.Integer(1)) if exponent[0] >= 0 and high <= 1 else ANY


def _raised(end: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    if end == 0 and exponent < 0:
        return sp.oo
    return sp.Integer(0) if end == sp.oo and exponent < 0 else end**exponent
