"""The smallest edit that makes a rule a member of a family: slips, and with that their repairs.

An edit changes one expression at one place, or exchanges two symbols in one or two steps. Edits are
tried in the order below on exact runs, and the first that makes the rule run as a member does is
taken: what two people would call the same slip has the same name here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import floor

import sympy as sp
from flint import arb

from symdl.core import (
    STEP,
    THETA,
    Assignment,
    BudgetExceeded,
    DefinitionError,
    Family,
    Optimizer,
    UnsupportedOperation,
)
from symdl.numerics.runs import Values

from .corrections import averages
from .families import runs_of_variants
from .trajectories import STANDARD_VALUES, Run, parting, shared_states, stands_still, symbols_of, trajectory
from .variants import Variant, variants

Rewrite = Callable[[sp.Basic], Iterator[sp.Basic]]


@dataclass(frozen=True)
class Edit:
    """New right sides for some steps of a rule, by number, or a new point for its gradient, and in words what."""

    description: str
    changes: tuple[tuple[int, sp.Expr], ...]
    point: sp.Expr | None = None

    def applied(self, rule: Optimizer) -> Optimizer:
        """The rule after the edit; hyper-parameters that it no longer uses go."""
        changed = dict(self.changes)
        step = tuple(Assignment(a.symbol, changed.get(n, a.expr)) for n, a in enumerate(rule.step))
        evaluations = tuple(e if self.point is None else replace(e, point=self.point) for e in rule.evaluations)
        used = {s for a in step for s in a.expr.free_symbols} | {s for e in evaluations for s in e.point.free_symbols}
        hyper = tuple(p for p in rule.hyper if p.symbol in used)
        return replace(rule, hyper=hyper, step=step, evaluations=evaluations)


@dataclass(frozen=True)
class Repair:
    """An edit, and the member that the edited rule runs as."""

    edit: Edit
    variant: Variant


def repair(rule: Optimizer, family: Family) -> Repair | None:
    """The edit that makes ``rule`` run as a member of ``family`` does.

    Of several, the one after which most states are the member's too; then the first.

    >>> from symdl import library
    >>> from symdl.core import symbol
    >>> v, g, rho = symbol("v"), symbol("g"), symbol("rho")
    >>> first, last = library.rmsprop.step
    >>> slip = replace(library.rmsprop, step=(Assignment(v, rho * v + (1 - rho) * g), last))
    >>> repair(slip, library.optimizers.rmsprop_family).edit.description
    'square g'
    """
    return nearest(rule, (family,))


def nearest(rule: Optimizer, families: Sequence[Family]) -> Repair | None:
    """The same for the first of ``families`` that one edit leads to."""
    index = _index(tuple(variants(family) for family in families))
    found = [(*match, edit) for edit in edits(rule) for match in _members(edit, rule, index)]
    first = min((place for place, *_ in found), default=0)
    near = [(shared, variant, edit) for place, shared, variant, edit in found if place == first]
    best = max(near, key=lambda match: (not match[1].note, match[0]), default=None)
    return None if best is None else Repair(best[2], best[1])


_Index = dict[tuple[int, int], list[tuple[int, Variant, Run]]]
_GRAIN = 10**9


@lru_cache(maxsize=64)
def _index(families: tuple[tuple[Variant, ...], ...]) -> _Index:
    """Members by the number of their hyper-parameters and the place that their first step leads to."""
    index: _Index = {}
    for place, members in enumerate(families):
        for variant, _, order, run in runs_of_variants(members):
            row = run.row(0)
            if row is not None:
                index.setdefault((len(order), _grain(row)), []).append((place, variant, run))
    return index


def _grain(row: Values) -> int:
    return floor(float(arb(row[THETA])) * _GRAIN)


def _members(edit: Edit, rule: Optimizer, index: _Index) -> Iterator[tuple[int, int, Variant]]:
    """The members that the edited rule runs as; most are dismissed after one step."""
    try:
        changed = edit.applied(rule)
        values = dict(zip(symbols_of(changed), STANDARD_VALUES, strict=False))
        run = Run(trajectory(changed, values))
        first = run.row(0)
        if first is None:
            return
        grain = _grain(first)
        near = [m for shift in (-1, 0, 1) for m in index.get((len(changed.hyper), grain + shift), ())]
        alive = [(place, variant, theirs) for place, variant, theirs in near if parting(run, theirs) is None]
        if alive and stands_still(run):
            return
    except (UnsupportedOperation, BudgetExceeded, DefinitionError):
        return
    for place, variant, theirs in alive:
        yield place, shared_states(theirs[-1], run[-1]), variant


def edits(rule: Optimizer) -> Iterator[Edit]:
    """Every edit of a rule, the likeliest slips first."""
    yield from _exchanges(rule)
    yield from _points(rule)
    yield from _biases(rule)
    for words, rewrite in _rewrites(rule):
        for number, assignment in enumerate(rule.step):
            for expr in _everywhere(assignment.expr, rewrite):
                yield Edit(words, ((number, expr),))


def _exchanges(rule: Optimizer) -> Iterator[Edit]:
    """Two hyper-parameters exchanged in one step, or in two at once."""
    kept = {state.symbol for state in rule.state}
    for a, b in combinations(symbols_of(rule), 2):
        swap = {a: b, b: a}
        holders = [n for n, assignment in enumerate(rule.step) if assignment.expr.free_symbols & {a, b}]
        holders.sort(key=lambda n: rule.step[n].symbol in kept)
        for count in (1, 2):
            for numbers in combinations(holders, count):
                changes = tuple((n, rule.step[n].expr.xreplace(swap)) for n in numbers)
                yield Edit(f"exchange {a} and {b}", changes)


def _points(rule: Optimizer) -> Iterator[Edit]:
    """The gradient taken at the parameter, or where a state and a hyper-parameter lead."""
    rates = symbols_of(rule)
    ways = [h * (THETA - s.symbol) for h in rates for s in rule.state if s.start == THETA]
    ways += [h * s.symbol for h in rates for s in rule.state if s.start != THETA]
    ways += [-a * h * s.symbol for a in rates for h in rates for s in rule.state if a != h and s.start != THETA]
    for point in (THETA, *(THETA + way for way in ways)):
        yield Edit(f"take the gradient at {point}", (), point)


def _biases(rule: Optimizer) -> Iterator[Edit]:
    """The bias of one moving average, or of all, corrected where other steps use it."""
    factors = {state: 1 / average.bias_factor(STEP) for state, average in averages(rule).items()}
    for chosen in ([s] for s in factors) if len(factors) < 2 else (*([s] for s in factors), list(factors)):
        table = {state: state * factors[state] for state in chosen}
        changes = tuple(
            (n, a.expr.xreplace(table))
            for n, a in enumerate(rule.step)
            if a.symbol not in factors and a.expr.free_symbols & set(chosen)
        )
        yield Edit(f"correct the bias of {' and '.join(map(str, chosen))}", changes)


def _everywhere(expr: sp.Basic, rewrite: Rewrite) -> Iterator[sp.Expr]:
    """``expr`` with ``rewrite`` applied at one node, for each node and each result."""
    yield from rewrite(expr)
    for position, arg in enumerate(expr.args):
        for new in _everywhere(arg, rewrite):
            yield expr.func(*expr.args[:position], new, *expr.args[position + 1 :])


def _rewrites(rule: Optimizer) -> Iterator[tuple[str, Rewrite]]:
    gradients = [evaluation.symbol for evaluation in rule.evaluations]
    moving = [a.symbol for a in rule.step if a.symbol != THETA]
    hyper = symbols_of(rule)
    for symbol in gradients:
        yield f"square {symbol}", _replaced(symbol, symbol**2)
        yield f"take {symbol} without the square", _replaced(symbol**2, symbol)
    yield "change the sign of a term", _flipped
    for symbol in dict.fromkeys(moving):
        yield f"take the root of {symbol}", _replaced(symbol, sp.sqrt(symbol))
        yield f"square {symbol}", _replaced(symbol, symbol**2)
    yield "take the root away", _rootless
    for symbol in hyper:
        yield f"raise {symbol} to the power {STEP}", _replaced(1 - symbol, 1 - symbol**STEP)
        yield f"take {symbol} without the power {STEP}", _replaced(1 - symbol**STEP, 1 - symbol)
        yield f"weigh the new term by 1 - {symbol}", _weighed(symbol)
        yield f"take the factor 1 - {symbol} away", _replaced(1 - symbol, sp.Integer(1))
        yield f"put 1 - {symbol} in the place of {symbol}", _replaced(symbol, 1 - symbol)
        yield f"put {symbol} in the place of 1 - {symbol}", _replaced(1 - symbol, symbol)
    for old in (*hyper, *dict.fromkeys(moving), *gradients):
        for new in hyper if old in hyper else (*dict.fromkeys(moving), *gradients):
            if old != new:
                yield f"put {new} in the place of {old}", _replaced(old, new)
    yield "turn a fraction over", _inverted


def _replaced(old: sp.Expr, new: sp.Expr) -> Rewrite:
    def rewrite(node: sp.Basic) -> Iterator[sp.Basic]:
        if node == old:
            yield new

    return rewrite


def _flipped(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Add):
        for term in node.args:
            yield node - 2 * term


def _rootless(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Pow) and abs(node.exp) == sp.Rational(1, 2):
        yield node**2


def _inverted(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Pow) and node.exp.is_negative:
        yield 1 / node


def _weighed(symbol: sp.Symbol) -> Rewrite:
    """``symbol X + rest`` becomes ``symbol X + (1 - symbol) rest``."""

    def rewrite(node: sp.Basic) -> Iterator[sp.Basic]:
        if isinstance(node, sp.Add) and len(node.args) == 2:
            for kept, rest in (node.args, node.args[::-1]):
                if kept.has(symbol) and not rest.has(symbol):
                    yield kept + (1 - symbol) * rest

    return rewrite
