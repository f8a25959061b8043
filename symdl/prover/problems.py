"""From a claim to a problem: definitions unfolded, derivatives worked out, assumptions sorted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import evaluate as worked_out
from symdl.calculus.expectations import evaluate as expected
from symdl.calculus.expectations import law_conditions
from symdl.core import All, ArrayExpr, Belongs, Claim, Compare, Definition, Exists, Limit, Not, Recurrence
from symdl.core.claims import Domain, Given, Relation

from .cells import Setting
from .rewriting import derivative_conditions, real_powers, require_small, unfold


@dataclass(frozen=True)
class Problem:
    """A comparison with what is given for it.

    ``assumptions`` are the relations given and the conditions under which both sides were written;
    ``domain`` says where the functions that are differentiated, and powers with a real exponent, have a
    value. Both hold at every point that is looked at.
    """

    left: sp.Expr
    relation: Relation
    right: sp.Expr
    assumptions: tuple[Compare, ...] = ()
    domain: tuple[Compare, ...] = ()
    integers: dict[sp.Symbol, Domain] = field(default_factory=dict, hash=False)
    recurrences: tuple[Recurrence, ...] = ()

    @property
    def difference(self) -> sp.Expr:
        """``left - right``, not evaluated."""
        return sp.Add(self.left, sp.Mul(-1, self.right, evaluate=False), evaluate=False)

    @property
    def conditions(self) -> tuple[Compare, ...]:
        """Assumptions and domain together."""
        return self.assumptions + self.domain

    @property
    def setting(self) -> Setting:
        """What holds in every cell."""
        rules = {recurrence.function: recurrence for recurrence in self.recurrences}
        return Setting(self.conditions, self.integers, rules)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The free symbols, by name."""
        parts = [self.left, self.right, *(side for c in self.conditions for side in (c.lhs, c.rhs))]
        for recurrence in self.recurrences:
            parts += [recurrence.start, sp.Lambda(recurrence.index, recurrence.next)]
        return tuple(sorted(set().union(*(part.free_symbols for part in parts)), key=attrgetter("name")))


def require_bounded(claim: Claim) -> None:
    """Raise :class:`BudgetExceeded` for a claim with an expression that is too long or too deep."""
    waiting: list[object] = [claim.statement, *claim.given]
    while waiting:
        match waiting.pop():
            case sp.Basic() as expr:
                require_small(expr)
            case Compare(lhs, _, rhs, defined):
                waiting += [lhs, rhs, *defined]
            case Definition(_, _, body):
                waiting.append(body)
            case Recurrence(_, _, start, following):
                waiting += [start, following]
            case Limit(expr, _, point, value):
                waiting += [expr, point, value]
            case Not(inner) | Exists(_, inner):
                waiting.append(inner)
            case All(inner):
                waiting += inner


@lru_cache(maxsize=256)
def problem_of(claim: Claim) -> Problem | None:
    """The problem that a claim poses, or None when it compares no two expressions.

    Raises :class:`DefinitionError`, :class:`BudgetExceeded`, and what derivatives raise.
    """
    statement = claim.statement
    if not isinstance(statement, Compare) or any(isinstance(s, ArrayExpr) for s in (statement.lhs, statement.rhs)):
        return None
    return pose(statement, claim.given)


def pose(statement: Compare, given: tuple[Given, ...]) -> Problem:
    """The problem of one comparison under assumptions."""
    definitions = {item.function: item for item in given if isinstance(item, Definition)}
    recurrences = tuple(_recurrence(item, definitions) for item in given if isinstance(item, Recurrence))
    integers: dict[sp.Symbol, Domain] = {r.index: "positive integer" for r in recurrences}
    integers |= {item.symbol: item.domain for item in given if isinstance(item, Belongs) and item.domain != "real"}
    relations = [item for item in given if isinstance(item, Compare)] + list(statement.defined)
    written = [unfold(side, definitions) for c in (statement, *relations) for side in (c.lhs, c.rhs)]
    raw = [expected(side) for side in written]
    sides = [_prepared(side) for side in raw]
    domain = dict.fromkeys(c for side in raw for c in derivative_conditions(side))
    domain |= dict.fromkeys(c for side in written for c in law_conditions(side))
    domain |= dict.fromkeys(c for side in sides for c in real_powers(side, set(integers) | sum_indices(side)))
    pairs = list(zip(sides[::2], sides[1::2], strict=True))
    assumptions = tuple(Compare(*_with(r, pair)) for r, pair in zip(relations, pairs[1:], strict=True))
    return Problem(pairs[0][0], statement.relation, pairs[0][1], assumptions, tuple(domain), integers, recurrences)


def _with(relation: Compare, pair: tuple[sp.Expr, sp.Expr]) -> tuple[sp.Expr, Relation, sp.Expr]:
    return pair[0], relation.relation, pair[1]


def _prepared(expr: sp.Basic) -> sp.Expr:
    require_small(expr)
    return worked_out(expr)


def sum_indices(expr: sp.Basic) -> set[sp.Symbol]:
    """Indices of sums: they run over integers."""
    return {limit[0] for node in expr.atoms(sp.Sum, sp.Product) for limit in node.limits}


def _recurrence(recurrence: Recurrence, definitions: dict[str, Definition]) -> Recurrence:
    start, following = (_prepared(unfold(part, definitions)) for part in (recurrence.start, recurrence.next))
    return Recurrence(recurrence.function, recurrence.index, start, following)


def opaque_names(problem: Problem) -> list[str]:
    """The unknown functions of a problem that no recurrence defines."""
    known = {recurrence.function for recurrence in problem.recurrences}
    parts = [problem.left, problem.right, *(r.next for r in problem.recurrences)]
    return sorted({node.func.__name__ for part in parts for node in part.atoms(AppliedUndef)} - known)
