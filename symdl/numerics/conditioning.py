"""How much an error in an intermediate value of a formula changes its result, relatively.

For f computed through the values v of its subexpressions the sum of |v/f df/dv| says how many times a
rounding error made in each of them may appear in f: what no evaluation of this very formula escapes.

Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, SIAM 2002, sections 1.6 and 3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import sympy as sp
from flint import arb

from symdl.core import UndefinedValue

from . import ball
from .precision import precision

_Function: TypeAlias = Callable[..., Any]
_START, _MOST_BITS = 300, 40_000
_ROUGH = 20


@dataclass(frozen=True)
class _Node:
    """A subexpression: its value and its slopes as functions of the values of its varying parts."""

    parts: tuple[int, ...]
    value: _Function
    slopes: tuple[_Function, ...]


@lru_cache(maxsize=64)
def _tape(expr: sp.Expr, variable: sp.Symbol) -> tuple[_Node, ...]:
    """The distinct subexpressions that vary, each after its parts; index 0 is the variable itself."""
    places: dict[sp.Basic, int] = {variable: 0}
    nodes: list[_Node] = []

    def place(node: sp.Basic) -> int:
        if node not in places:
            parts = _varying(node, variable)
            inner = tuple(place(part) for part in parts)
            nodes.append(_local(node, parts, inner, variable))
            places[node] = len(nodes)
        return places[node]

    if variable in expr.free_symbols:
        place(expr)
    return tuple(nodes)


def _varying(node: sp.Basic, variable: sp.Symbol) -> list[sp.Basic]:
    branches = [pair.args[0] for pair in node.args] if isinstance(node, sp.Piecewise) else list(node.args)
    return list(dict.fromkeys(part for part in branches if variable in part.free_symbols))


def _local(node: sp.Basic, parts: list[sp.Basic], inner: tuple[int, ...], variable: sp.Symbol) -> _Node:
    names = [sp.Dummy(f"v{index}", real=True) for index in range(len(parts))]
    symbols = (variable, *names)
    if isinstance(node, sp.Piecewise):
        renamed = dict(zip(parts, names, strict=True))
        local = sp.Piecewise(*((renamed.get(e, e), c) for e, c in node.args), evaluate=False)
        slopes = [_indicator(node, part) for part in parts]
    else:
        renamed = dict(zip(parts, names, strict=True))
        local = node.func(*(renamed.get(part, part) for part in node.args))
        slopes = [_slope(local, name) for name in names]
    return _Node(inner, ball.compiled(local, symbols), tuple(ball.compiled(slope, symbols) for slope in slopes))


def _indicator(node: sp.Piecewise, part: sp.Basic) -> sp.Expr:
    """1 where ``part`` is the branch that applies, else 0."""
    return sp.Piecewise(*((sp.Integer(int(e == part)), c) for e, c in node.args), evaluate=False)


def _slope(local: sp.Expr, name: sp.Symbol) -> sp.Expr:
    if isinstance(local, sp.Max | sp.Min):
        order = sp.Ge if isinstance(local, sp.Max) else sp.Le
        others = local.func(*(argument for argument in local.args if argument != name))
        return sp.Piecewise((sp.Integer(1), order(name, others)), (sp.Integer(0), True), evaluate=False)
    if isinstance(local, sp.Abs):
        return sp.sign(name)
    return sp.Integer(0) if isinstance(local, sp.sign) else sp.diff(local, name)


def condition_sum(expr: sp.Expr, variable: sp.Symbol, point: Any) -> float:
    """The sum of |v/f df/dv| over the distinct subexpressions v between ``variable`` and f = ``expr`` itself.

    It is infinite where f is 0 while they are not, and where it cannot be enclosed.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> round(condition_sum(1 / (1 + sp.exp(-x)), x, 0), 6)
    1.5
    """
    nodes = _tape(expr, variable)
    bits = _START
    while bits <= _MOST_BITS:
        try:
            found = _swept(nodes, point, bits)
        except UndefinedValue:
            return float("inf")
        if found.is_finite() and found.rel_accuracy_bits() >= _ROUGH:
            return float(found.mid())
        bits *= 2
    return float("inf")


def _swept(nodes: tuple[_Node, ...], point: Any, bits: int) -> arb:
    """One pass forwards for the values, one backwards for the slopes of f."""
    with precision(bits):
        at = ball.number(point)
        values: list[Any] = [at]
        for node in nodes:
            values.append(node.value(at, *(values[part] for part in node.parts)))
        adjoints: list[Any] = [arb(0)] * len(values)
        adjoints[-1] = arb(1)
        for index in range(len(nodes), 0, -1):
            if arb(adjoints[index]).is_zero():
                continue
            node = nodes[index - 1]
            arguments = [values[part] for part in node.parts]
            for part, slope in zip(node.parts, node.slopes, strict=True):
                adjoints[part] = adjoints[part] + adjoints[index] * arb(slope(at, *arguments))
        terms = (abs(arb(values[index]) * adjoints[index]) for index in range(1, len(nodes)))
        return sum(terms, arb(0)) / abs(arb(values[-1])) if nodes else arb(0)
