"""What each hyper-parameter of an update rule does, read off the rule and not off its letter.

==============  ==========================================================================
learning_rate   multiplies the whole of the first step
epsilon         is only ever added, to or under a root, or bounds it from below
weight_decay    multiplies the parameter itself, which is gone without it
decay           keeps a part of an average of even powers of the gradient
momentum        keeps a part of an average of the gradient, or of the last displacement
beta1, beta2    the same two where a rule has both, or two of one kind in their order
==============  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import sympy as sp

from symdl.core import STEP, THETA, Compare, Optimizer, Parameter

Roles = dict[sp.Symbol, str]


def with_roles(rule: Optimizer) -> Optimizer:
    """The rule with its hyper-parameters named by what they do, and the domains that go with that.

    A hyper-parameter that does none of the known things keeps its own name and any real value.

    >>> from symdl import library
    >>> [p.name for p in with_roles(library.adam).hyper]
    ['learning_rate', 'beta1', 'beta2', 'epsilon']
    """
    roles = roles_of(rule)
    named = [replace(p, name=roles.get(p.symbol, p.name), domain=_domain(p, roles)) for p in rule.hyper]
    order = {name: number for number, name in enumerate(_ORDER)}
    return replace(rule, hyper=tuple(sorted(named, key=lambda p: (order.get(p.name, len(order)), p.name))))


_ORDER = ("learning_rate", "momentum", "decay", "beta1", "beta2", "epsilon", "weight_decay")


def _domain(parameter: Parameter, roles: Roles) -> tuple[Compare, ...]:
    role = roles.get(parameter.symbol)
    if role is None:
        return parameter.domain
    at_least_zero = Compare(parameter.symbol, ">=", sp.Integer(0))
    if role in ("decay", "momentum", "beta1", "beta2"):
        return (at_least_zero, Compare(parameter.symbol, "<", sp.Integer(1)))
    return (at_least_zero,)


def roles_of(rule: Optimizer) -> Roles:
    """The role of each hyper-parameter that has one; no role is given twice."""
    hyper = [parameter.symbol for parameter in rule.hyper]
    found: Roles = {}
    first = first_step(rule)
    rates = [h for h in hyper if _multiplies(h, first)]
    if rates:
        found[rates[0]] = "learning_rate"
    for symbol in hyper:
        if symbol not in found and "epsilon" not in found.values() and _only_added(symbol, rule):
            found[symbol] = "epsilon"
    for symbol, role in _decay_roles(rule, [h for h in hyper if h not in found]):
        found[symbol] = role
    for symbol in hyper:
        if symbol not in found and first.has(THETA) and not first.subs(symbol, 0).has(THETA):
            found[symbol] = "weight_decay"
            break
    return found


def first_step(rule: Optimizer) -> sp.Expr:
    """How far the first step moves the parameter, in the hyper-parameters and the gradient."""
    values: dict[sp.Symbol, sp.Expr] = {state.symbol: state.start for state in rule.state}
    values[STEP] = sp.Integer(1)
    for assignment in rule.step:
        values[assignment.symbol] = assignment.expr.xreplace(values)
    return sp.expand(values[THETA] - THETA, power_base=False, power_exp=False, log=False)


def _multiplies(symbol: sp.Symbol, expr: sp.Expr) -> bool:
    """Whether ``expr`` is ``symbol`` times something without it."""
    return expr != 0 and all(not (term / symbol).has(symbol) for term in sp.Add.make_args(expr))


def _only_added(symbol: sp.Symbol, rule: Optimizer) -> bool:
    """Whether ``symbol`` occurs, and as a term of a sum or maximum with a root above or beside it only."""
    sums = [(a, inside) for assignment in rule.step for a, inside in _sums(assignment.expr, False)]
    holders = [(a, inside) for a, inside in sums if symbol in a.args]
    occurrences = sum(_count(assignment.expr, symbol) for assignment in rule.step)
    rooted = all(inside or any(_is_root(arg) for arg in a.args) for a, inside in holders)
    return bool(holders) and len(holders) == occurrences and rooted


def _sums(expr: sp.Basic, inside: bool) -> Iterator[tuple[sp.Add | sp.Max, bool]]:
    """Every sum and maximum in ``expr``, and whether it stands under a root or in a denominator."""
    if isinstance(expr, sp.Add | sp.Max):
        yield expr, inside
    for arg in expr.args:
        yield from _sums(arg, _is_power_below(expr))


def _is_power_below(expr: sp.Basic) -> bool:
    return isinstance(expr, sp.Pow) and (_is_root(expr) or not expr.exp.is_nonnegative)


def _is_root(expr: sp.Basic) -> bool:
    return isinstance(expr, sp.Pow) and abs(expr.exp) == sp.Rational(1, 2)


def _count(expr: sp.Expr, symbol: sp.Symbol) -> int:
    return sum(1 for node in sp.preorder_traversal(expr) if node == symbol)


def _decay_roles(rule: Optimizer, hyper: list[sp.Symbol]) -> Iterator[tuple[sp.Symbol, str]]:
    """Names for the hyper-parameters that keep a part of an old value."""
    kept = [(h, even) for h, even in _kept(rule) if h in hyper]
    names = list(dict.fromkeys(h for h, _ in kept))
    if len(names) == 1:
        yield names[0], "decay" if kept[0][1] else "momentum"
        return
    odd_first = sorted(names, key=lambda h: next(even for k, even in kept if k == h))
    for symbol, number in zip(odd_first, count(1), strict=False):
        yield symbol, f"beta{number}"


def _kept(rule: Optimizer) -> Iterator[tuple[sp.Symbol, bool]]:
    """Each hyper-parameter ``a`` in ``a X + rest`` with ``X`` a state, and whether ``X`` is even in the gradient."""
    states = {state.symbol for state in rule.state}
    even = _even_states(rule)
    for assignment in rule.step:
        for state in sorted(states & assignment.expr.free_symbols, key=str):
            factor = _linear_factor(assignment.expr, state)
            if factor is not None and (factor.is_Symbol or (-factor).is_Symbol):
                yield (factor if factor.is_Symbol else -factor), state in even


def _linear_factor(expr: sp.Expr, state: sp.Symbol) -> sp.Expr | None:
    """``a`` where ``expr`` is ``a state + rest``."""
    terms = [term for term in sp.Add.make_args(sp.expand_mul(expr)) if term.has(state)]
    factor = sp.Add(*(term / state for term in terms))
    return None if factor.has(state) else factor


def _even_states(rule: Optimizer) -> set[sp.Symbol]:
    """The states that do not change when every gradient changes its sign; earlier parameters are none."""
    gradients = {evaluation.symbol for evaluation in rule.evaluations}
    flips = {g: -g for g in gradients}
    places = {state.symbol for state in rule.state if state.start == THETA}
    moving = {assignment.symbol for assignment in rule.step} - {THETA} - places
    even = set(moving)
    while True:
        odd = {s: -s for s in moving - even} | flips
        kept = {a.symbol for a in rule.step if a.symbol in even and sp.expand(a.expr - a.expr.xreplace(odd)) == 0}
        if kept == even:
            return even
        even = kept
