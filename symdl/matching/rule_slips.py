"""Slips in the rules of differentiation and in constants, told by what holds between the right answer and the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .sampled import Row, Sampler
from .shape_slips import everywhere, exchanged, less_a_term, mistaken, symbols_of

_RATIONALS = tuple(sp.Rational(1, n) ** sign for n in (2, 3, 4, 5, 6, 8, 10) for sign in (-1, 1))
_NUMBERS = (*_RATIONALS, sp.pi, 1 / sp.pi, sp.sqrt(2), 1 / sp.sqrt(2))
_SIMPLE = (sp.exp, sp.log, sp.sin, sp.cos, sp.tanh)
_MOST_VARIABLES = 3
_MOST_SYMBOLS = 5
_MOST_PARTS = 18
_TINY = 1e-12
Pair = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Case:
    """The right answer and the given one; as they are written, and with definitions unfolded; their values."""

    gold: sp.Expr
    own: sp.Expr
    plain_gold: sp.Expr
    plain_own: sp.Expr
    sampler: Sampler


def _variables(case: Case) -> tuple[sp.Symbol, ...]:
    """Variables that both may depend on; the last letters first, which variables mostly are."""
    return tuple(reversed(symbols_of(case.plain_gold)))[:_MOST_VARIABLES]


# --- derivatives


def antiderivatives(case: Case) -> Iterator[Pair]:
    """The right answer is the derivative of the given one, or the second derivative."""
    for variable in _variables(case):
        if case.plain_own.has(variable):
            first = sp.diff(case.plain_own, variable)
            yield first, case.plain_gold
            yield sp.diff(first, variable), case.plain_gold


def derivatives(case: Case) -> Iterator[Pair]:
    """The given answer is a derivative of the right one."""
    for variable in _variables(case):
        first = sp.diff(case.plain_gold, variable)
        yield first, case.plain_own
        yield sp.diff(first, variable), case.plain_own


def other_variables(case: Case) -> Iterator[Pair]:
    """``F_y`` for ``F_x``: then the derivative of one by ``y`` is that of the other by ``x``."""
    for one, other in permutations(symbols_of(case.plain_gold)[-_MOST_SYMBOLS:], 2):
        mixed = sp.diff(case.plain_gold, other)
        if mixed != 0 and any(case.sampler.row(mixed)):
            yield mixed, sp.diff(case.plain_own, one)


def inner_derivatives(case: Case) -> Iterator[Pair]:
    """The derivative of an inner function left out: of the whole, or of one term."""
    for inner in _inner(case.gold):
        for variable in symbols_of(inner):
            factor = sp.diff(inner, variable)
            if factor not in (0, 1, -1):
                yield case.gold / factor, case.own
                yield -case.gold / factor, case.own
                for term in case.gold.args if isinstance(case.gold, sp.Add) else ():
                    yield case.gold - term + term / factor, case.own


def _inner(expr: sp.Expr) -> tuple[sp.Expr, ...]:
    """The arguments of functions and the bases of powers that are no symbols."""
    found = {node.args[0] for node in expr.atoms(sp.Function, sp.Pow, AppliedUndef) if node.args[0].args}
    found |= {node.exp for node in expr.atoms(sp.Pow, sp.exp) if node.exp.args and node.exp.free_symbols}
    return tuple(sorted((u for u in found if isinstance(u, sp.Expr) and not u.atoms(sp.Sum)), key=str))


# --- product and quotient rules


@dataclass(frozen=True)
class _Part:
    """A function and its derivative, and the values of both."""

    value: sp.Expr
    slope: sp.Expr
    values: Row
    slopes: Row


_SLIPS: tuple[tuple[Callable[[Any, Any, Any, Any], Any], tuple[Callable[[Any, Any, Any, Any], Any], ...]], ...] = (
    (lambda u, du, v, dv: du * v + u * dv, (lambda u, du, v, dv: du * dv,)),
    (
        lambda u, du, v, dv: (du * v - u * dv) / v**2,
        (
            lambda u, du, v, dv: du / dv,
            lambda u, du, v, dv: (du * v + u * dv) / v**2,
            lambda u, du, v, dv: du * v - u * dv,
            lambda u, du, v, dv: (du * v - u * dv) / v,
        ),
    ),
)
"""Rules in ``u, u', v, v'``, and what they are mistaken for."""


def products(case: Case) -> Iterator[Pair]:
    """``u' v'`` for ``(u v)'``, ``u' / v'`` for ``(u / v)'`` and its like, for simple ``u`` and ``v``."""
    gold, own = case.sampler.row(case.gold), case.sampler.row(case.own)
    if _ratio(own, gold) is not None:
        return
    for variable in _variables(case):
        for u, v in permutations(_parts(case, variable), 2):
            if {_base(u.value), _base(v.value)} != {variable}:
                for derived, slipped in _slipped(u, v, gold, own):
                    yield case.plain_gold / derived * slipped, case.plain_own


def _slipped(u: _Part, v: _Part, gold: Row, own: Row) -> Iterator[Pair]:
    """A rule that gives the right answer but for a constant, and a slip in it that gives the other by the same."""
    parts = (u.value, u.slope, v.value, v.slope)
    for rule, slips in _SLIPS:
        scale = _ratio(gold, _row(rule, u, v))
        for slip in slips if scale is not None else ():
            if _ratio(own, _row(slip, u, v)) == scale:
                yield rule(*parts), slip(*parts)


def _base(expr: sp.Expr) -> sp.Expr:
    return expr.base if isinstance(expr, sp.Pow) else expr


def _row(rule: Callable[[Any, Any, Any, Any], Any], u: _Part, v: _Part) -> Row:
    """The values of a rule."""
    found: list[float | None] = []
    for place in zip(u.values, u.slopes, v.values, v.slopes, strict=True):
        try:
            found.append(None if None in place else rule(*place))
        except ArithmeticError:
            found.append(None)
    return tuple(found)


def _ratio(left: Row, right: Row) -> float | None:
    """The constant that one row is of another, rounded; None where there is none."""
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
    if len(pairs) < 2 or any(abs(b) < _TINY for _, b in pairs):
        return None
    ratios = {float(f"{a / b:.8g}") for a, b in pairs}
    return ratios.pop() if len(ratios) == 1 else None


def _parts(case: Case, variable: sp.Symbol) -> list[_Part]:
    """Functions of a variable that products are made of: powers, simple functions, what stands in the answers."""
    found = [node for node in case.plain_gold.atoms(sp.Function, sp.Add, sp.Pow) if node.has(variable)]
    own = sorted({*found, *(node.base for node in found if isinstance(node, sp.Pow) and node.exp.is_number)}, key=str)
    simple = [variable, variable**2, variable**3, *(function(variable) for function in _SIMPLE)]
    chosen = list(dict.fromkeys([*simple[:3], *own[: _MOST_PARTS - len(simple)], *simple]))[:_MOST_PARTS]
    slopes = [sp.diff(part, variable) for part in chosen]
    row = case.sampler.row
    return [_Part(u, d, row(u), row(d)) for u, d in zip(chosen, slopes, strict=True)]


# --- constants, terms, symbols


def factors(case: Case) -> Iterator[Pair]:
    """A number or a symbol that multiplies or divides: the whole, or one term."""
    symbols = symbols_of(sp.Tuple(case.gold, case.own))
    yield case.gold / sp.Mul(*(part for part in sp.Mul.make_args(case.gold) if part.is_number)), case.own
    for number in (*_NUMBERS, *symbols):
        yield case.gold * number, case.own
        if number.is_Symbol:
            yield case.gold / number, case.own
    yield from ((edited, case.own) for edited in everywhere(case.gold, _unweighted))


def _unweighted(node: sp.Basic) -> Iterator[sp.Basic]:
    """A term without one of its factors, or with another number."""
    if isinstance(node, sp.Mul):
        yield from (node / factor for factor in node.args if node / factor not in (1, -1))
    for term in node.args if isinstance(node, sp.Add) else ():
        for number in _NUMBERS[:2]:
            yield node - term + number * term


def exchanges(case: Case) -> Iterator[Pair]:
    """Two quantities exchanged, or one for another."""
    for edited in exchanged(case.gold):
        yield edited, case.own
    for edited in mistaken(case.gold, symbols_of(case.own)):
        yield edited, case.own


def terms(case: Case) -> Iterator[Pair]:
    """A term less, or one more."""
    for edited in less_a_term(case.gold):
        yield edited, case.own
    for edited in less_a_term(case.own):
        yield edited, case.gold
