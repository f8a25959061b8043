"""A comparison as a problem in ball arithmetic and polynomials, where nothing stands in the way.

Definitions are unfolded, short sums written out, and the values of an unknown function at one place become
symbols: ``f(x)`` and ``f'(x)`` are free of each other, as long as ``f`` stands nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import evaluate as worked_out
from symdl.core import Belongs, Claim, Compare, Definition, Recurrence, symbol
from symdl.core.claims import Domain
from symdl.prover.problems import Problem
from symdl.prover.rewriting import substitute, unfold

from .positive import surely
from .powers import by_bases
from .totals import canonical, facts

OPAQUE = (AppliedUndef, sp.Derivative, sp.Subs, sp.Sum, sp.Product, sp.Integral)
"""What has no value in ball arithmetic."""

_LONGEST_SUM = 24


@dataclass(frozen=True)
class Posed:
    """A problem without opaque parts; ``values`` names the symbols that stand for values of functions.

    ``free`` says that those take any values: then a difference refutes. An equality is a proof in any case.
    """

    problem: Problem
    values: dict[sp.Symbol, sp.Expr]
    free: bool = True


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
    if any(_derives_composite(side) for side in sides):
        sides = [worked_out(side) for side in sides]
    sides = [by_bases(canonical(_written(side), claim.given), relations) for side in sides]
    sides[:2] = _multiplied_out(sides[0], sides[1], relations)
    values = {atom: symbol(f"<{atom}>") for atom in dict.fromkeys(atom for side in sides for atom in _opaque(side))}
    if any(isinstance(atom, sp.Derivative) and not isinstance(atom.expr, AppliedUndef) for atom in values):
        return None
    plain = [side.xreplace(values) for side in sides] if values else sides
    return _problem(claim, relations, plain, values)


def _derives_composite(expr: sp.Expr) -> bool:
    """Whether an unknown function of anything but symbols is differentiated."""
    return any(
        isinstance(d.expr, AppliedUndef) and not all(argument.is_Symbol for argument in d.expr.args)
        for d in expr.atoms(sp.Derivative)
    )


def _multiplied_out(left: sp.Expr, right: sp.Expr, known: Sequence[Compare]) -> tuple[sp.Expr, sp.Expr]:
    """Both sides multiplied out where that makes them one; as they are otherwise."""
    if left == right or not all(_has_real_power(side) for side in (left, right)):
        return left, right
    first, second = (by_bases(sp.expand_mul(side), known) for side in (left, right))
    return (first, second) if first == second else (left, right)


def _problem(
    claim: Claim, relations: Sequence[Compare], sides: Sequence[sp.Expr], values: dict[sp.Expr, sp.Symbol]
) -> Posed | None:
    """The problem in symbols, None where a condition on a sum is not plainly met."""
    pairs = list(zip(sides[::2], sides[1::2], strict=True))
    assumptions = tuple(Compare(low, r.relation, high) for r, (low, high) in zip(relations, pairs[1:], strict=True))
    known = tuple(fact for atom, stand_in in values.items() for fact in facts(atom, stand_in, claim.given))
    totals = {stand_in for atom, stand_in in values.items() if isinstance(atom, sp.Sum | sp.Product)}
    stated = assumptions[: sum(isinstance(entry, Compare) for entry in claim.given)]
    for condition in assumptions:
        strict = Compare(condition.lhs, ">", condition.rhs) if condition.relation == "!=" else condition
        if totals & (condition.lhs.free_symbols | condition.rhs.free_symbols) and not surely(strict, (*stated, *known)):
            return None
    integers = {entry.symbol: entry.domain for entry in claim.given if isinstance(entry, Belongs)}
    whole: dict[sp.Symbol, Domain] = {name: domain for name, domain in integers.items() if domain != "real"}
    problem = Problem(pairs[0][0], "=", pairs[0][1], (*assumptions, *known), (), whole)
    return Posed(problem, {stand_in: atom for atom, stand_in in values.items()}, _are_free(list(values)))


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


def _are_free(atoms: Sequence[sp.Expr]) -> bool:
    """Whether values of functions are free of each other: each function stands at one place, made of symbols."""
    places: dict[str, tuple[sp.Basic, ...]] = {}
    for atom in atoms:
        applied = atom.expr if isinstance(atom, sp.Derivative) else atom
        if not isinstance(applied, AppliedUndef) or not all(argument.is_Symbol for argument in applied.args):
            return False
        if len(set(applied.args)) < len(applied.args):
            return False
        if places.setdefault(applied.func.__name__, applied.args) != applied.args:
            return False
        if isinstance(atom, sp.Derivative) and not all(count.is_Integer for _, count in atom.variable_count):
            return False
    return True


def _opaque(expr: sp.Basic) -> Iterator[sp.Basic]:
    """The outermost opaque parts."""
    if isinstance(expr, OPAQUE):
        yield expr
        return
    for argument in expr.args:
        if argument.args:
            yield from _opaque(argument)
