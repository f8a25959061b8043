"""Numbers in an update rule that are values of hyper-parameters: ``0.9 v + 0.1 g^2`` is an average with decay 0.9."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sympy as sp

from symdl.core import THETA, Assignment, Optimizer, Parameter, symbol

_SMALL = sp.Rational(1, 100)


def with_named_numbers(rule: Optimizer) -> Optimizer:
    """The rule with a hyper-parameter, and the number as its default, for each number that is one.

    Those are what a state keeps of itself, small numbers that are added (epsilon) and a number that
    multiplies the whole step.

    >>> from symdl.core import State, Evaluation
    >>> v, g, eta = symbol("v"), symbol("g"), symbol("eta")
    >>> step = (Assignment(v, v * 9 / 10 + g / 10), Assignment(THETA, THETA - eta * v))
    >>> named = with_named_numbers(Optimizer("mine", (Parameter(eta, "eta"),), (State(v),), (Evaluation(g),), step))
    >>> named.step[0].expr, [(str(p.symbol), p.default) for p in named.hyper]
    (decay*v + g*(1 - decay), [('eta', None), ('decay', 9/10)])
    """
    taken = {str(s) for a in rule.step for s in a.expr.free_symbols}
    for wish, number in dict.fromkeys((*_decays(rule), *_epsilons(rule), *_rates(rule))):
        name = next(n for n in (wish, *(f"{wish}_{k}" for k in range(2, 9))) if n not in taken)
        taken.add(name)
        rule = _named(rule, number, symbol(name), wish == "decay")
    return rule


def _decays(rule: Optimizer) -> Iterator[tuple[str, sp.Rational]]:
    states = {state.symbol for state in rule.state}
    for assignment in rule.step:
        for term in sp.Add.make_args(assignment.expr):
            number, rest = term.as_coeff_Mul()
            if rest in states and isinstance(number, sp.Rational) and 0 < number < 1:
                yield "decay", number


def _epsilons(rule: Optimizer) -> Iterator[tuple[str, sp.Rational]]:
    for assignment in rule.step:
        for inner in assignment.expr.atoms(sp.Add):
            number = inner.as_coeff_Add()[0]
            if isinstance(number, sp.Rational) and 0 < number <= _SMALL:
                yield "epsilon", number


def _rates(rule: Optimizer) -> Iterator[tuple[str, sp.Rational]]:
    """A number, neither whole nor in another factor, that every term of the step bears."""
    last = rule.step[-1].expr
    terms = [term for term in sp.Add.make_args(last) if term != THETA]
    numbers = {abs(term.as_coeff_Mul()[0]) for term in terms}
    if THETA in sp.Add.make_args(last) and len(numbers) == 1:
        (number,) = numbers
        if isinstance(number, sp.Rational) and not number.is_Integer:
            yield "rate", number


def _named(rule: Optimizer, number: sp.Rational, name: sp.Symbol, is_decay: bool) -> Optimizer:
    table = {number: name, -number: -name}
    if is_decay and number != sp.Rational(1, 2):
        table |= {1 - number: 1 - name, number - 1: name - 1}
    step = tuple(Assignment(a.symbol, _replaced(a.expr, table)) for a in rule.step)
    evaluations = tuple(replace(e, point=_replaced(e.point, table)) for e in rule.evaluations)
    hyper = (*rule.hyper, Parameter(name, str(name), number))
    return replace(rule, step=step, evaluations=evaluations, hyper=hyper)


def _replaced(expr: sp.Basic, table: Mapping[sp.Basic, sp.Basic]) -> sp.Expr:
    """``expr`` with numbers replaced wherever they are no exponents."""
    if expr in table:
        return table[expr]
    if not expr.args:
        return expr
    if isinstance(expr, sp.Pow):
        return _replaced(expr.base, table) ** expr.exp
    return expr.func(*(_replaced(arg, table) for arg in expr.args))
