"""Norms that neither overflow nor underflow: rows are divided by a power of two first.

Where the root of a sum of squares of an array is taken, the array becomes a power of two for each
row times what is left: exact in floats, with entries up to 2 in size. Powers of two leave sums and
roots as factors, and cancel in formulas wherever they can: ``sqrt(sum (m a)^2) = m sqrt(sum a^2)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import sympy as sp

from symdl.core.array_graph import graph
from symdl.core.array_rewriting import substitute
from symdl.core.arrays import ArrayExpr, Map, Reduce, Repeat, repeat

from .array_normal import Atoms, Formula, Normaliser


@dataclass(frozen=True, eq=False, repr=False)
class _AlongAxis(ArrayExpr):
    axis: int = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class PowerOfTwo(_AlongAxis):
    """The largest power of two that is at most the largest absolute entry along an axis; 1/2 where all are 0."""


@dataclass(frozen=True, eq=False, repr=False)
class Scaled(_AlongAxis):
    """The operand divided by that power of two, repeated along the axis."""


def with_scaled_rows(exprs: Iterable[ArrayExpr]) -> tuple[ArrayExpr, ...]:
    """Expressions whose norms are taken of scaled rows."""
    roots = tuple(exprs)
    replaced = {}
    for node, axis in _rows_with_norm(roots):
        power = PowerOfTwo((*node.dimensions[:axis], *node.dimensions[axis + 1 :]), (node,), axis=axis)
        replaced[node] = repeat(power, axis, node.dimensions[axis]) * Scaled(node.dimensions, (node,), axis=axis)
    return tuple(substitute(root, replaced) for root in roots) if replaced else roots


def with_powers_outside(_: Normaliser, body: sp.Expr, atoms: Atoms) -> Formula:
    """Powers of two without the absolute value that roots of squares have, and as factors of sums."""
    powers = [name for name, node in atoms.items() if _is_power(node)]
    body = body.xreplace({sp.Abs(name): name for name in powers})
    factors = [_factored(factor, powers) for factor in sp.Mul.make_args(body)] if powers else [body]
    return sp.Mul(*factors), atoms


def _factored(expr: sp.Expr, powers: Iterable[sp.Symbol]) -> sp.Expr:
    """A sum with the powers that all of its terms have, of one sign, as a factor."""
    if not isinstance(expr, sp.Add):
        return expr
    common = sp.Integer(1)
    for power in powers:
        exponents = [term.as_powers_dict().get(power, sp.Integer(0)) for term in expr.args]
        if all(e.is_number for e in exponents):
            least = min(exponents) if min(exponents) > 0 else min(max(exponents), sp.Integer(0))
            common *= power**least
    return common * sp.Add(*(term / common for term in expr.args)) if common != 1 else expr


def _is_power(node: ArrayExpr) -> bool:
    return isinstance(node, PowerOfTwo) or (isinstance(node, Repeat) and _is_power(node.operands[0]))


def _rows_with_norm(roots: Iterable[ArrayExpr]) -> Iterator[tuple[ArrayExpr, int]]:
    """Each array whose squares are summed along an axis, and the axis, where a root is taken of the sum."""
    for node in graph(*roots):
        if isinstance(node, Map) and isinstance(node.function, sp.Lambda):
            for variable, operand in zip(node.function.variables, node.operands, strict=True):
                summed = operand.operands[0] if isinstance(operand, Repeat) else operand
                squared = _squared(summed)
                if squared is not None and _has_root(node.function.expr, variable):
                    yield squared


def _squared(node: ArrayExpr) -> tuple[ArrayExpr, int] | None:
    if not isinstance(node, Reduce) or node.kind != "sum":
        return None
    terms = node.operands[0]
    if not isinstance(terms, Map) or not isinstance(terms.function, sp.Lambda) or len(terms.operands) > 1:
        return None
    (variable,) = terms.function.variables
    return (terms.operands[0], node.axis) if terms.function.expr == variable**2 else None


def _has_root(expr: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether a formula takes a root of a variable itself."""
    powers = [power for power in expr.atoms(sp.Pow) if power.base == variable]
    return any((2 * power.exp).is_Integer and not power.exp.is_Integer for power in powers)
