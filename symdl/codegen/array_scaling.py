"""Norms that neither overflow nor underflow: rows are divided by a power of two first.

Where the root of a sum of squares of an array is taken, the array becomes a power of two for each
row times what is left: exact in floats, with entries up to 2 in size. Powers of two leave sums and
roots as factors, and cancel in formulas wherever they can: ``sqrt(sum (m a)^2) = m sqrt(sum a^2)``.
Where a number c is added below the root, m is at least about sqrt(abs(c)), and
``sqrt(c + sum (m a)^2) = m sqrt(sign(c) (sqrt(abs(c))/m)^2 + sum a^2)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import sympy as sp

from symdl.core.array_graph import graph
from symdl.core.array_rewriting import substitute
from symdl.core.arrays import ArrayExpr, Map, Reduce, Repeat, repeat
from symdl.core.symbols import symbol

from .array_normal import Atoms, Formula, Normaliser


@dataclass(frozen=True, eq=False, repr=False)
class _AlongAxis(ArrayExpr):
    axis: int = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class PowerOfTwo(_AlongAxis):
    """The largest power of two that is at most the largest absolute entry along an axis; 1/2 where all are 0.

    A number ``added`` below the root counts by its square root as one entry more.
    """

    added: sp.Expr = field(default=sp.Integer(0), kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Scaled(_AlongAxis):
    """The operand divided by that power of two, repeated along the axis."""

    added: sp.Expr = field(default=sp.Integer(0), kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Share(ArrayExpr):
    """The root of the absolute value of a number over a power of two, the operand."""

    added: sp.Expr = field(kw_only=True)


def with_scaled_rows(exprs: Iterable[ArrayExpr]) -> tuple[ArrayExpr, ...]:
    """Expressions whose norms are taken of scaled rows."""
    roots = tuple(exprs)
    replaced = {}
    for node, axis, added in _rows_with_norm(roots):
        rest = (*node.dimensions[:axis], *node.dimensions[axis + 1 :])
        power = PowerOfTwo(rest, (node,), axis=axis, added=added)
        scaled = Scaled(node.dimensions, (node,), axis=axis, added=added)
        replaced[node] = repeat(power, axis, node.dimensions[axis]) * scaled
    return tuple(substitute(root, replaced) for root in roots) if replaced else roots


def with_powers_outside(normaliser: Normaliser, body: sp.Expr, atoms: Atoms) -> Formula:
    """Powers of two without the absolute value that roots of squares have, and as factors of sums and roots."""
    powers = [name for name, node in atoms.items() if _is_power(node)]
    if not powers:
        return body, atoms
    atoms = dict(atoms)
    for name in powers:
        body = _outside_of_roots(normaliser, body, name, atoms)
    body = body.xreplace({sp.Abs(name): name for name in powers})
    return sp.Mul(*(_factored(factor, powers) for factor in sp.Mul.make_args(body))), atoms


def _outside_of_roots(normaliser: Normaliser, body: sp.Expr, power: sp.Symbol, atoms: Atoms) -> sp.Expr:
    """Roots of a number plus a multiple of the square of a power of two, with that as a factor."""
    found = {}
    for root in body.atoms(sp.Pow):
        added, rest = root.base.as_independent(*atoms, as_Add=True)
        if _is_half(root.exp) and added != 0 and rest.as_powers_dict().get(power) == 2:
            share = _share(normaliser, atoms[power], added)
            name = next((s for s, node in atoms.items() if node is share), symbol(f"_share{len(atoms)}"))
            atoms[name] = share
            found[root] = power ** (2 * root.exp) * (_sign(added) * name**2 + rest / power**2) ** root.exp
    return body.xreplace(found)


def _share(normaliser: Normaliser, power: ArrayExpr, added: sp.Expr) -> ArrayExpr:
    if isinstance(power, Repeat):
        inner = _share(normaliser, power.operands[0], added)
        return normaliser.repeat(inner, power.axis, power.dimensions[power.axis])
    return normaliser.node(Share(power.dimensions, (power,), added=added))


def _sign(number: sp.Expr) -> sp.Expr:
    if number.is_number:
        return sp.sign(number)
    return sp.Piecewise((sp.Integer(1), number >= 0), (sp.Integer(-1), True))


def _is_half(exponent: sp.Expr) -> bool:
    return bool((2 * exponent).is_Integer and not exponent.is_Integer)


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


def _rows_with_norm(roots: Iterable[ArrayExpr]) -> Iterator[tuple[ArrayExpr, int, sp.Expr]]:
    """Each array whose squares are summed along an axis, the axis, and what is added, where a root is taken."""
    for node in graph(*roots):
        if isinstance(node, Map) and isinstance(node.function, sp.Lambda):
            variables = node.function.variables
            for root in node.function.expr.atoms(sp.Pow):
                added, rest = root.base.as_independent(*variables, as_Add=True)
                for variable, operand in zip(variables, node.operands, strict=True):
                    squared = _squared(operand)
                    if squared is not None and _is_half(root.exp) and _is_multiple(rest, variable):
                        yield *squared, added


def _squared(node: ArrayExpr) -> tuple[ArrayExpr, int] | None:
    """The array whose squares are summed, and the axis, also of a sum repeated or times a number."""
    if isinstance(node, Repeat):
        return _squared(node.operands[0])
    if isinstance(node, Map) and isinstance(node.function, sp.Lambda) and len(node.operands) == 1:
        multiple = _is_multiple(node.function.expr, *node.function.variables)
        return _squared(node.operands[0]) if multiple else None
    if not isinstance(node, Reduce) or node.kind != "sum":
        return None
    terms = node.operands[0]
    if not isinstance(terms, Map) or not isinstance(terms.function, sp.Lambda) or len(terms.operands) > 1:
        return None
    (variable,) = terms.function.variables
    return (terms.operands[0], node.axis) if terms.function.expr == variable**2 else None


def _is_multiple(expr: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether a formula is a number (of sizes, too) times a variable."""
    _, rest = expr.as_independent(variable, as_Add=False)
    return bool(rest == variable)
