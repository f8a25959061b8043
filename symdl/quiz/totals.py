"""Sums in a form in which equal ones look alike: one name for the index, term by term, constants in front."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, function, symbol
from symdl.prover.rewriting import substitute

from .positive import apart_in_logarithms, general, surely
from .products import by_terms, of_product

_MOST_OPERATIONS = 120
_MOST_POWER = 6
_DELTA = function("delta")
_PLACES = symbol("#a"), symbol("#b")
_INDEX = symbol("#0")


def canonical(expr: sp.Basic, known: Iterable[Given] = ()) -> sp.Basic:
    """The expression with its sums over one index in that form, the inner ones first.

    ``known`` may say of an index that it is one of those summed over: then a sum over all others is the whole sum
    without its term.

    >>> x, i, j, n, a = sp.Function("x"), *map(symbol, "ijna")
    >>> one, two = sp.Sum(a * x(i), (i, 1, n)), sp.Sum(x(j), (j, 1, n))
    >>> canonical(one) == a * canonical(two)
    True
    """
    if not expr.args or not expr.has(sp.Sum, sp.Product):
        return expr
    relations = tuple(entry for entry in known if isinstance(entry, Compare))
    if isinstance(expr, sp.Sum):
        return _total(expr, relations)
    if isinstance(expr, sp.Product):
        return of_product(expr, relations, canonical)
    parts = [canonical(argument, relations) for argument in expr.args]
    if isinstance(expr, sp.log | sp.exp) or _is_of_terms(expr, parts):
        return by_terms(expr.func(*parts), relations, canonical)
    return expr.func(*parts)


def _is_of_terms(expr: sp.Expr, parts: list[sp.Expr]) -> bool:
    """Whether this is a power of a product, or of a number by a sum of logarithms."""
    weighed = expr.is_Pow and parts[0].is_Rational and parts[1].has(sp.Sum) and parts[1].has(sp.log)
    return bool(expr.is_Pow and (parts[0].has(sp.Product) or weighed))


def _total(node: sp.Sum, known: tuple[Compare, ...]) -> sp.Expr:
    total = canonical(node.function, known)
    for index, low, high in node.limits:
        total = _summed(total, index, low, high, known)
    return total


def _summed(body: sp.Expr, index: sp.Symbol, low: sp.Expr, high: sp.Expr, known: tuple[Compare, ...]) -> sp.Expr:
    """The sum of what is in this form already."""
    inside = {other for other in body.free_symbols - {index} if _is_within(other, low, high, known)}
    body = _without_cases(body, index, inside) if inside else body
    body, low, high = _forwards(apart_in_logarithms(body, known), index, low, high)
    name = _INDEX
    body = substitute(body, {index: name})
    terms = sp.Add.make_args(_expanded(body))
    return sp.Add(*(_picked(term, name, inside) or _in_order(_term(term, name, low, high)) for term in terms))


def _in_order(term: sp.Expr) -> sp.Expr:
    """A sum of sums over ranges that do not depend on each other, in the one of the two orders that comes first."""
    front, outer = term.as_independent(sp.Sum, as_Add=False)
    parts = _two_sums(outer) if isinstance(outer, sp.Sum) else None
    if parts is None:
        return term
    body, (one, low, high), (other, first, last) = parts
    if body.has(sp.Sum) or one in first.free_symbols | last.free_symbols:
        return term
    body = substitute(body, dict(zip((one, other), _PLACES, strict=True)))
    across = _term(_term(body, _PLACES[0], low, high), _PLACES[1], first, last)
    return front * min(outer, across, key=sp.default_sort_key)


def _two_sums(outer: sp.Sum) -> tuple[sp.Expr, tuple[sp.Expr, ...], tuple[sp.Expr, ...]] | None:
    """What two sums, one in the other, are over, with the limits of the outer and of the inner one."""
    if len(outer.limits) == 2:
        return outer.function, tuple(outer.limits[1]), tuple(outer.limits[0])
    factors = sp.Mul.make_args(outer.function)
    inner = [factor for factor in factors if isinstance(factor, sp.Sum)]
    if len(outer.limits) != 1 or len(inner) != 1 or len(inner[0].limits) != 1:
        return None
    body = sp.Mul(inner[0].function, *(factor for factor in factors if factor != inner[0]))
    return body, tuple(outer.limits[0]), tuple(inner[0].limits[0])


def _is_within(index: sp.Symbol, low: sp.Expr, high: sp.Expr, known: tuple[Compare, ...]) -> bool:
    """Whether an index is known to be one of those from ``low`` to ``high``."""
    return Compare(index, ">=", low) in known and Compare(index, "<=", high) in known


def _without_cases(body: sp.Expr, index: sp.Symbol, inside: set[sp.Symbol]) -> sp.Expr:
    """Cases of ``index = i`` written with Kronecker's delta."""

    def written(cases: sp.Piecewise) -> sp.Expr:
        if len(cases.args) != 2 or cases.args[1].cond != sp.true or not isinstance(cases.args[0].cond, sp.Eq | sp.Ne):
            return cases
        (value, condition), (other, _) = cases.args
        if index not in condition.args or not inside & set(condition.args):
            return cases
        at, off = (value, other) if isinstance(condition, sp.Eq) else (other, value)
        return off + _DELTA(*condition.args) * (at - off)

    return body.replace(lambda e: isinstance(e, sp.Piecewise), written)


def _picked(term: sp.Expr, index: sp.Symbol, inside: set[sp.Symbol]) -> sp.Expr | None:
    """The term at the place that a delta in it picks; None where there is no delta of an index in the range."""
    for factor in sp.Mul.make_args(term) if inside else ():
        if isinstance(factor, AppliedUndef) and factor.func == _DELTA and index in factor.args:
            other = next((a for a in factor.args if a != index), index)
            if other in inside:
                return substitute(term.xreplace({factor: sp.Integer(1)}), {index: other})
    return None


def _forwards(body: sp.Expr, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The same sum, run so that the first of the quantities ``g(a - i)`` or ``g(i + a)`` in it is ``g(i)``."""
    calls = sorted((call for call in body.atoms(AppliedUndef) if index in call.free_symbols), key=sp.default_sort_key)
    argument = sp.expand(calls[0].args[0]) if calls and len(calls[0].args) == 1 else sp.Integer(0)
    slope = argument.coeff(index)
    if slope not in (1, -1) or argument == index or index in (argument - slope * index).free_symbols:
        return body, low, high
    offset = argument - slope * index
    ends = (low + offset, high + offset) if slope == 1 else (offset - high, offset - low)
    return substitute(body, {index: slope * (index - offset)}), *map(sp.expand, ends)


def _expanded(body: sp.Expr) -> sp.Expr:
    """Products of sums multiplied out, where that stays short."""
    powers = [power.exp for power in body.atoms(sp.Pow) if power.base.is_Add and power.exp.is_Integer]
    if body.count_ops() > _MOST_OPERATIONS or any(abs(power) > _MOST_POWER for power in powers):
        return body
    terms = sp.Add.make_args(sp.expand_multinomial(body, deep=False))
    return sp.Add(*(sp.expand_mul(term, deep=False) for term in terms))


def _term(term: sp.Expr, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """A sum with the factors that do not know the index in front of it."""
    outside: list[sp.Expr] = []
    inside: list[sp.Expr] = []
    for factor in sp.Mul.make_args(term):
        for part in _exponentials(factor, index):
            (inside if index in part.free_symbols else outside).append(part)
    if not inside:
        return sp.Mul(*outside) * (high - low + 1)
    body = sp.Mul(*inside)
    name = symbol(f"#{1 + _depth(body)}")
    return sp.Mul(*outside) * sp.Sum(substitute(body, {index: name}), (name, low, high))


def _depth(expr: sp.Basic) -> int:
    """How deep sums are nested."""
    if not expr.args or not expr.has(sp.Sum):
        return 0
    own = len(expr.limits) if isinstance(expr, sp.Sum) else 0
    return own + max(map(_depth, expr.args))


def _exponentials(factor: sp.Expr, index: sp.Symbol) -> tuple[sp.Expr, ...]:
    """``exp(a + b_i)`` as the two factors ``exp(a)`` and ``exp(b_i)``."""
    if not isinstance(factor, sp.exp):
        return (factor,)
    apart, along = sp.expand_mul(factor.args[0]).as_independent(index, as_Add=True)
    return (factor,) if apart == 0 or along == 0 else (sp.exp(apart), sp.exp(along))


def facts(node: sp.Expr, stand_in: sp.Symbol, given: Iterable[Given]) -> tuple[Compare, ...]:
    """That products and sums of what is positive are positive (an empty sum is 0), and likewise at least 0."""
    if not isinstance(node, sp.Sum | sp.Product):
        return ()
    entries = tuple(given)
    counts = {e.symbol for e in entries if isinstance(e, Belongs) and e.domain == "positive integer"}
    some = all(low == 1 and (high in counts or (high.is_Integer and high >= 1)) for _, low, high in node.limits)
    known = [general(entry) for entry in entries if isinstance(entry, Compare)]
    zero = sp.Integer(0)
    more = _at_most_one(node, stand_in, known, some) if isinstance(node, sp.Product) else ()
    if (some or isinstance(node, sp.Product)) and surely(general(Compare(node.function, ">", zero)), known):
        return (Compare(stand_in, ">", zero), *more)
    return (Compare(stand_in, ">=", zero),) if surely(general(Compare(node.function, ">=", zero)), known) else ()


def _at_most_one(node: sp.Product, stand_in: sp.Symbol, known: list[Compare], some: bool) -> tuple[Compare, ...]:
    """That a product of numbers between 0 and 1 is at most 1, and less with a factor that is less."""
    one = sp.Integer(1)
    less, at_most = (surely(general(Compare(one - node.function, sign, sp.Integer(0))), known) for sign in (">", ">="))
    return (Compare(stand_in, "<", one),) if less and some else (Compare(stand_in, "<=", one),) if at_most else ()
