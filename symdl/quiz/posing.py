"""A comparison as a problem in ball arithmetic and polynomials, where nothing stands in the way.

Definitions are unfolded, short sums written out, and the values of an unknown function at one place become
symbols: ``f(x)`` and ``f'(x)`` are free of each other, as long as ``f`` stands nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Claim, Compare, Definition, Recurrence, symbol
from symdl.core.claims import Domain
from symdl.prover.problems import Problem
from symdl.prover.rewriting import substitute, unfold

OPAQUE = (AppliedUndef, sp.Derivative, sp.Subs, sp.Sum, sp.Product, sp.Integral)
"""What has no value in ball arithmetic."""

_LONGEST_SUM = 24


@dataclass(frozen=True)
class Posed:
    """A problem without opaque parts; ``values`` names the symbols that stand for values of functions."""

    problem: Problem
    values: dict[sp.Symbol, sp.Expr]


def posed(claim: Claim) -> Posed | None:
    """The plain problem of an equality, None where parts stay opaque."""
    statement = claim.statement
    assert isinstance(statement, Compare)
    if any(isinstance(entry, Recurrence) for entry in claim.given):
        return None
    relations = [entry for entry in claim.given if isinstance(entry, Compare)] + list(statement.defined)
    sides = [side for relation in (statement, *relations) for side in (relation.lhs, relation.rhs)]
    if not all(isinstance(side, sp.Expr) for side in sides):
        return None
    definitions = {entry.function: entry for entry in claim.given if isinstance(entry, Definition)}
    if definitions:
        sides = [unfold(side, definitions) for side in sides]
        if any(_has_real_power(side) for side in sides):
            return None
    sides = [_written(side) for side in sides]
    values = _values(sides)
    if values is None:
        return None
    sides = [side.xreplace(values) for side in sides] if values else sides
    pairs = list(zip(sides[::2], sides[1::2], strict=True))
    assumptions = tuple(Compare(low, r.relation, high) for r, (low, high) in zip(relations, pairs[1:], strict=True))
    integers = {entry.symbol: entry.domain for entry in claim.given if isinstance(entry, Belongs)}
    whole: dict[sp.Symbol, Domain] = {name: domain for name, domain in integers.items() if domain != "real"}
    problem = Problem(pairs[0][0], "=", pairs[0][1], assumptions, (), whole)
    return Posed(problem, {stand_in: atom for atom, stand_in in values.items()})


def _has_real_power(expr: sp.Expr) -> bool:
    """Whether a power has an exponent that is no number: where it is defined is for the prover to say."""
    return any(not power.exp.is_Rational and power.base != sp.E for power in expr.atoms(sp.Pow))


def _written(expr: sp.Expr) -> sp.Expr:
    """The expression with sums over a few numbers written out."""
    if not expr.has(sp.Sum, sp.Product):
        return expr
    found = {node: out for node in expr.atoms(sp.Sum, sp.Product) if (out := _terms(node)) is not None}
    return expr.xreplace(found)


def _terms(node: sp.Sum | sp.Product) -> sp.Expr | None:
    if len(node.limits) != 1 or node.function.has(sp.Sum, sp.Product):
        return None
    index, low, high = node.limits[0]
    if not (low.is_Integer and high.is_Integer and 0 <= high - low < _LONGEST_SUM):
        return None
    terms = [substitute(node.function, {index: sp.Integer(k)}) for k in range(int(low), int(high) + 1)]
    return (sp.Add if isinstance(node, sp.Sum) else sp.Mul)(*terms)


def _values(sides: Sequence[sp.Expr]) -> dict[sp.Expr, sp.Symbol] | None:
    """A symbol for each value of an unknown function or of its derivatives; None where that would lose something."""
    atoms = list(dict.fromkeys(atom for side in sides for atom in _opaque(side)))
    places: dict[str, tuple[sp.Basic, ...]] = {}
    for atom in atoms:
        applied = atom.expr if isinstance(atom, sp.Derivative) else atom
        if not isinstance(applied, AppliedUndef) or not all(argument.is_Symbol for argument in applied.args):
            return None
        if len(set(applied.args)) < len(applied.args):
            return None
        if places.setdefault(applied.func.__name__, applied.args) != applied.args:
            return None
        if isinstance(atom, sp.Derivative) and not all(count.is_Integer for _, count in atom.variable_count):
            return None
    return {atom: symbol(str(atom)) for atom in sorted(atoms, key=str)}


def _opaque(expr: sp.Basic) -> Iterator[sp.Basic]:
    """The outermost opaque parts."""
    if isinstance(expr, OPAQUE):
        yield expr
        return
    for argument in expr.args:
        if argument.args:
            yield from _opaque(argument)
