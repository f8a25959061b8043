"""Expectations of polynomials in closed form: exact, by linearity, independence and the moments of the laws.

Main results: :func:`evaluate`. Gaussian moments by Stein's identity ``E[x^k] = m E[x^(k-1)] + (k-1) v E[x^(k-2)]``,
also beside an exponential, which shifts the mean; sums over independent terms by
``E[sum f sum h] = sum E[f] sum E[h] + sum (E[f h] - E[f] E[h])``; draws without replacement by
``E[f(i) h(j)] = (sum f sum h - sum f h) / (N (N - 1))`` for two draws i, j.

Sources: Stein, Estimation of the mean of a multivariate normal distribution, Annals of Statistics 9, 1981,
Lemma 1; Cochran, Sampling Techniques, Wiley 1977, Theorem 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import comb, prod

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import BudgetExceeded, Compare, UnsupportedOperation, symbol, to_text
from symdl.core.expectations import LAWS

from .derivatives import evaluate as worked_out

MOST_TERMS = 400
MOST_ORDER = 40
_PLACES = ("drawn", "drawn_apart")


def evaluate(expr: sp.Basic) -> sp.Basic:
    """``expr`` with every ``E(..., law, ...)`` worked out.

    Raises :class:`UnsupportedOperation` for what is no polynomial in the random quantities or needs moments
    that are not given, :class:`BudgetExceeded` for what is too long.

    >>> from symdl.core.expectations import expectation, gaussian
    >>> x, m, v = symbol("x"), symbol("m"), symbol("v")
    >>> evaluate(expectation(x**3, gaussian(x, m, v)))
    m**3 + 3*m*v
    """
    found = [node for node in expr.atoms(AppliedUndef) if is_expectation(node)]
    if not found:
        return expr
    outer = [node for node in found if not any(node in other.atoms(AppliedUndef) - {other} for other in found)]
    return expr.xreplace({node: _expected(worked_out(evaluate(node.args[0])), _laws(node)) for node in outer})


def law_conditions(expr: sp.Basic) -> Iterator[Compare]:
    """What the laws in ``expr`` presuppose of their parameters.

    >>> from symdl.core.expectations import bernoulli, expectation
    >>> [str(condition) for condition in law_conditions(expectation(symbol("x"), bernoulli(symbol("x"), symbol("p"))))]
    ['p >= 0', 'p <= 1']
    """
    zero, one = sp.Integer(0), sp.Integer(1)
    for node in sorted(filter(is_expectation, expr.atoms(AppliedUndef)), key=sp.default_sort_key):
        for law in node.args[1:]:
            match law.func.__name__:
                case "gaussian":
                    yield Compare(law.args[2], ">", zero)
                case "moments":
                    yield Compare(law.args[2], ">=", zero)
                case "bernoulli":
                    yield Compare(law.args[1], ">=", zero)
                    yield Compare(law.args[1], "<=", one)
                case "drawn" | "drawn_apart":
                    yield Compare(law.args[1], ">=", one)
            if law.func.__name__ == "drawn_apart":
                yield from (Compare(count, "<=", law.args[1]) for count in _draws(node.args[0], law.args[0].name))


def _draws(expr: sp.Expr, name: str) -> list[sp.Expr]:
    """The numbers of draws that sums run over."""
    sums = [s for s in expr.atoms(sp.Sum) if any(n.func.__name__ == name for n in s.function.atoms(AppliedUndef))]
    return sorted({upper - lower + 1 for s in sums for _, lower, upper in s.limits}, key=sp.default_sort_key)


def is_expectation(node: sp.Basic) -> bool:
    """Whether a node is ``E(expr, law, ...)``.

    >>> is_expectation(sp.Function("E")(symbol("x")))
    False
    """
    return (
        isinstance(node, AppliedUndef)
        and node.func.__name__ == "E"
        and len(node.args) > 1
        and all(isinstance(law, AppliedUndef) and law.func.__name__ in LAWS for law in node.args[1:])
    )


Laws = Mapping[str, sp.Expr]
"""The law of each random quantity, by its name."""


def _laws(node: sp.Expr) -> dict[str, sp.Expr]:
    laws = {law.args[0].name: law for law in node.args[1:]}
    if len(laws) < len(node.args) - 1:
        raise UnsupportedOperation(f"{to_text(node)} gives one quantity two laws")
    for law in laws.values():
        if any(_is_random(parameter, laws) for parameter in law.args[1:]):
            raise UnsupportedOperation(f"the law {to_text(law)} depends on another random quantity")
    return laws


def _sources(expr: sp.Basic, laws: Laws) -> set[sp.Basic]:
    """The random quantities in an expression: symbols, and terms of sequences."""
    nodes = expr.atoms(sp.Symbol, AppliedUndef)
    return {n for n in nodes if (n.name if isinstance(n, sp.Symbol) else n.func.__name__) in laws}


def _is_random(expr: sp.Basic, laws: Laws) -> bool:
    return bool(_sources(expr, laws))


# --- linearity


def _expected(body: sp.Expr, laws: Laws) -> sp.Expr:
    """The expectation of a sum of products."""
    return sp.Add(*(_of_product(term, laws) for term in sp.Add.make_args(_expanded(body))))


def _expanded(expr: sp.Expr) -> sp.Expr:
    if _count(expr) > MOST_TERMS:
        raise BudgetExceeded(f"over budget: more than {MOST_TERMS} terms in an expectation")
    return sp.expand(expr, power_base=False, log=False)


def _count(expr: sp.Expr) -> int:
    """An upper bound of the number of terms after expansion."""
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        terms = _count(expr.base)
        return comb(terms + int(expr.exp) - 1, terms - 1) if terms > 1 else 1
    inner = [_count(argument) for argument in expr.args]
    if expr.is_Add:
        return sum(inner)
    return prod(inner) if expr.is_Mul else max(inner, default=1)


def _of_product(term: sp.Expr, laws: Laws) -> sp.Expr:
    fixed: list[sp.Expr] = []
    plain: list[sp.Expr] = []
    sums: list[sp.Sum] = []
    for factor in sp.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if not _is_random(factor, laws):
            fixed.append(factor)
        elif isinstance(base, sp.Sum) and power in (1, 2):
            sums += [base] * int(power)
        elif factor.has(sp.Sum):
            raise UnsupportedOperation(f"the expectation of {to_text(factor)} has no closed form here")
        else:
            plain.append(factor)
    rest = sp.Mul(*plain)
    shared = _names(rest, laws) & _names(sp.Tuple(*sums), laws)
    if shared:
        raise UnsupportedOperation(f"{', '.join(sorted(shared))} occurs inside and outside of a sum")
    return sp.Mul(*fixed) * _of_single(rest, laws) * _of_sums(sums, laws)


def _names(expr: sp.Basic, laws: Laws) -> set[str]:
    return {n.name if isinstance(n, sp.Symbol) else n.func.__name__ for n in _sources(expr, laws)}


# --- one quantity after the other


def _of_single(expr: sp.Expr, laws: Laws) -> sp.Expr:
    """The expectation of a product without sums over random terms: independent quantities one by one."""
    while _is_random(expr, laws):
        sources = sorted(_sources(expr, laws), key=str)
        places = [s for s in sources if _law_of(s, laws).func.__name__ in _PLACES]
        _require_apart(sources)
        expr = _over_places(expr, places, laws) if places else _over_value(expr, sources[0], laws)
    return expr


def _law_of(source: sp.Basic, laws: Laws) -> sp.Expr:
    return laws[source.name if isinstance(source, sp.Symbol) else source.func.__name__]


def _require_apart(sources: Sequence[sp.Basic]) -> None:
    """Raise unless terms of one sequence have places that certainly differ."""
    for i, first in enumerate(sources):
        for second in sources[:i]:
            if isinstance(first, AppliedUndef) and isinstance(second, AppliedUndef) and first.func == second.func:
                gap = sp.expand(first.args[0] - second.args[0])
                if not gap.is_Integer or gap == 0:
                    raise UnsupportedOperation(f"{to_text(first)} and {to_text(second)} may be the same term")


def _over_places(expr: sp.Expr, places: Sequence[sp.Basic], laws: Laws) -> sp.Expr:
    """The mean over the examples, for one drawn place."""
    _require_no_example(expr)
    if len(places) > 1:
        raise UnsupportedOperation("several drawn places outside of a sum", remedy="write the sum over the mini-batch")
    size = _law_of(places[0], laws).args[1]
    return _total(expr.xreplace({places[0]: _EXAMPLE}), size) / size


def _require_no_example(expr: sp.Expr) -> None:
    if _EXAMPLE in expr.atoms(sp.Symbol):
        raise UnsupportedOperation("a mean over examples inside of a mean over examples")


_EXAMPLE = symbol("#example")


def _total(expr: sp.Expr, size: sp.Expr) -> sp.Expr:
    """The sum over all examples of the data set."""
    return sp.Sum(expr, (_EXAMPLE, 1, size)) if _EXAMPLE in expr.free_symbols else expr * size


def _over_value(expr: sp.Expr, source: sp.Basic, laws: Laws) -> sp.Expr:
    """Powers of one quantity, beside an exponential of it, replaced by their expectation."""
    stand_in = sp.Dummy("random", real=True)
    expr = _expanded(expr.xreplace({source: stand_in}))
    law = _law_of(source, laws)
    return sp.Add(*(_moment_of(term, stand_in, law) for term in sp.Add.make_args(expr)))


def _moment_of(term: sp.Expr, x: sp.Symbol, law: sp.Expr) -> sp.Expr:
    rate, order, rest = sp.Integer(0), 0, sp.Integer(1)
    for factor in sp.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if x not in factor.free_symbols:
            rest *= factor
        elif base == x and power.is_Integer and 0 < power <= MOST_ORDER:
            order += int(power)
        elif isinstance(factor, sp.exp) and factor.args[0].as_poly(x) is not None:
            rate += _rate(factor.args[0], x)
        else:
            raise UnsupportedOperation(f"the expectation of {to_text(factor)} has no closed form here")
    return rest * _moment(law, order, rate)


def _rate(exponent: sp.Expr, x: sp.Symbol) -> sp.Expr:
    rate = sp.expand(exponent / x)
    if x in rate.free_symbols:
        raise UnsupportedOperation(f"the exponential of {to_text(exponent)} has no closed expectation here")
    return rate


def _moment(law: sp.Expr, order: int, rate: sp.Expr) -> sp.Expr:
    """``E[x^order exp(rate x)]``."""
    name, parameters = law.func.__name__, law.args[1:]
    if name == "gaussian":
        mean, variance = parameters
        factor = sp.exp(rate * mean + rate**2 * variance / 2)
        return factor * _gaussian_moment(mean + rate * variance, variance, order)
    if name == "bernoulli":
        (p,) = parameters
        return p * sp.exp(rate) + (0 if order else 1 - p)
    if rate != 0 or order > 2:
        raise UnsupportedOperation(f"the law {to_text(law)} gives no moment of order {order if rate == 0 else 'oo'}")
    mean, variance = parameters
    return (sp.Integer(1), mean, variance + mean**2)[order]


def _gaussian_moment(mean: sp.Expr, variance: sp.Expr, order: int) -> sp.Expr:
    before, current = sp.Integer(0), sp.Integer(1)
    for k in range(order):
        before, current = current, sp.expand(mean * current + k * variance * before)
    return current


# --- sums over independent terms


def _of_sums(sums: Sequence[sp.Sum], laws: Laws) -> sp.Expr:
    """The expectation of a product of at most two sums over random terms."""
    if not sums:
        return sp.Integer(1)
    if len(sums) > 2 or any(len(s.limits) != 1 for s in sums):
        raise UnsupportedOperation("a product of more than two sums over random terms")
    if len(sums) == 1:
        return _of_sum(sums[0], laws)
    first, second = sums
    if first.limits[0][1:] != second.limits[0][1:]:
        raise UnsupportedOperation("a product of sums over random terms between other ends")
    index = first.limits[0][0]
    if index != second.limits[0][0] and index in second.function.atoms(sp.Symbol):
        raise UnsupportedOperation(f"{index} is the index of one sum and occurs in another")
    left, right = first.function, second.function.xreplace({second.limits[0][0]: index})
    apart = [s for s in _sources(left * right, laws) if _law_of(s, laws).func.__name__ == "drawn_apart"]
    both = _of_sum(sp.Sum(left * right, *first.limits), laws)
    if apart:
        return both + _of_pairs(left, right, first.limits[0], apart, laws)
    means = [_of_sum(sp.Sum(side, *first.limits), laws) for side in (left, right)]
    return sp.Mul(*means) + both - _added(_of_term(left, index, laws) * _of_term(right, index, laws), first.limits[0])


def _of_sum(total: sp.Sum, laws: Laws) -> sp.Expr:
    return _added(_of_term(total.function, total.limits[0][0], laws), total.limits[0])


def _added(body: sp.Expr, limits: sp.Tuple) -> sp.Expr:
    index, lower, upper = limits
    return sp.Sum(body, limits) if index in body.free_symbols else body * (upper - lower + 1)


def _of_term(body: sp.Expr, index: sp.Symbol, laws: Laws) -> sp.Expr:
    """The expectation of one term; each random quantity in it has to be a term of a sequence at the index."""
    for source in _sources(body, laws):
        if not isinstance(source, AppliedUndef) or source.args != (index,):
            raise UnsupportedOperation(f"{to_text(source)} in a sum over {index} is not a term of its own")
    return sp.Add(*(_of_single(term, laws) for term in sp.Add.make_args(_expanded(body))))


def _of_pairs(left: sp.Expr, right: sp.Expr, limits: sp.Tuple, apart: Sequence[sp.Basic], laws: Laws) -> sp.Expr:
    """Two different draws without replacement, for all pairs of terms."""
    index, lower, upper = limits
    (place,) = apart
    _require_no_example(left * right)
    first, second = (side.xreplace({place: _EXAMPLE}) for side in (left, right))
    if index in (first * second).free_symbols or _is_random(first * second, laws):
        raise UnsupportedOperation("terms that depend on more than their draw")
    count, size = upper - lower + 1, _law_of(place, laws).args[1]
    pairs = _total(first, size) * _total(second, size) - _total(_expanded(first * second), size)
    return count * (count - 1) * pairs / (size * (size - 1))
