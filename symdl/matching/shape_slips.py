"""Slips in the shape of an expression: each function yields what the slip makes of it, at one place or everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations

import sympy as sp
from sympy.core.function import AppliedUndef

_HALF = sp.Rational(1, 2)
_MOST_BRANCHES = 3
Replacement = Callable[[sp.Basic], sp.Basic | None]
Rewrite = Callable[[sp.Basic], Iterator[sp.Basic]]


def everywhere(expr: sp.Basic, rewrite: Rewrite) -> Iterator[sp.Expr]:
    """``expr`` with ``rewrite`` applied at one place, for each place and each result; indices stay what they are."""
    yield from rewrite(expr)
    if isinstance(expr, sp.Derivative | sp.Subs | sp.Integral):
        return
    for position, arg in enumerate(expr.args):
        if isinstance(arg, sp.Tuple):
            index, *ends = arg.args
            inner = (sp.Tuple(index, *new.args) for new in everywhere(sp.Tuple(*ends), rewrite) if index not in ends)
            found: Iterator[sp.Basic] = inner if not isinstance(expr, sp.Tuple) else iter(())
        else:
            found = everywhere(arg, rewrite)
        for new in found:
            yield expr.func(*expr.args[:position], new, *expr.args[position + 1 :])


def _throughout(expr: sp.Expr, change: Replacement) -> Iterator[sp.Expr]:
    """``expr`` with every part changed that can be, from the inside."""
    new = expr.replace(lambda node: change(node) is not None, change)
    if new != expr:
        yield new


def quantities(expr: sp.Basic) -> tuple[sp.Expr, ...]:
    """Symbols and values of functions, in an order that does not vary."""
    found = [*expr.free_symbols, *expr.atoms(AppliedUndef)]
    return tuple(sorted(found, key=str))


def symbols_of(expr: sp.Basic) -> tuple[sp.Symbol, ...]:
    """Free symbols in an order that does not vary."""
    return tuple(sorted(expr.free_symbols, key=str))


# --- branches


def branches(expr: sp.Expr) -> Iterator[sp.Expr]:
    """Cases exchanged, or one of them for all; a maximum for a minimum."""
    yield from everywhere(expr, _branches)


def _branches(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Piecewise):
        values = [value for value, _ in node.args]
        conditions = [condition for _, condition in node.args]
        for order in permutations(values) if len(values) <= _MOST_BRANCHES else (values[::-1],):
            yield sp.Piecewise(*zip(order, conditions, strict=True))
        yield from values
        turned = [c.func(c.rhs, c.lhs) if c.is_Relational else c for c in conditions]
        yield sp.Piecewise(*zip(values, turned, strict=True))
    elif isinstance(node, sp.Max | sp.Min):
        yield (sp.Min if isinstance(node, sp.Max) else sp.Max)(*node.args)
        yield from node.args
    elif isinstance(node, sp.Abs):
        yield node.args[0]


# --- the small constant beside or under a root


def epsilons(expr: sp.Expr) -> Iterator[sp.Expr]:
    """A term moved under the root beside it, out of the root above it, or out of the denominator."""
    for rewrite in (_under, _out):
        yield from everywhere(expr, rewrite)
        yield from _throughout(expr, lambda node, rewrite=rewrite: next(rewrite(node), None))  # type: ignore[misc]
    yield from everywhere(expr, _out_of_quotient)


def _is_root(node: sp.Basic) -> bool:
    return isinstance(node, sp.Abs) or (isinstance(node, sp.Pow) and node.exp == _HALF)


def _under(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Add) and len(node.args) == 2:
        for root, rest in (node.args, node.args[::-1]):
            if _is_root(root) and rest.is_Symbol:
                yield sp.sqrt(root**2 + rest)


def _out(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Pow) and abs(node.exp) == _HALF and isinstance(node.base, sp.Add):
        for term in sorted(node.base.args, key=lambda term: (not str(term).startswith("eps"), str(term))):
            if term.is_Symbol:
                yield (sp.sqrt(node.base - term) + term) ** (2 * node.exp)


def _out_of_quotient(node: sp.Basic) -> Iterator[sp.Basic]:
    for factor in node.args if isinstance(node, sp.Mul) else ():
        if isinstance(factor, sp.Pow) and factor.exp == -1 and isinstance(factor.base, sp.Add):
            for term in factor.base.args:
                if term.is_Symbol:
                    yield node / factor / (factor.base - term) + term


# --- powers


def steps(expr: sp.Expr) -> Iterator[sp.Expr]:
    """The symbolic exponent of a power left out, at one place or at all; or one put on."""
    yield from everywhere(expr, _without_step)
    yield from _throughout(expr, lambda node: next(_without_step(node), None))
    exponents = sorted({p.exp for p in expr.atoms(sp.Pow) if p.exp.is_Symbol} | {sp.Symbol("t", real=True)}, key=str)
    for exponent in exponents:
        for base in symbols_of(expr):
            if base != exponent:
                yield from everywhere(expr, lambda node, b=base, e=exponent: iter([b**e] if node == b else []))  # type: ignore[misc]


def _without_step(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Pow) and node.exp.free_symbols and node.base != sp.E:
        yield node.base


def squares(expr: sp.Expr) -> Iterator[sp.Expr]:
    """A square or a root put on or taken away."""
    yield from everywhere(expr, _unsquared)
    yield from everywhere(expr, _squared)
    yield expr**2
    yield sp.sqrt(expr)


def _unsquared(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Pow) and node.exp.is_Rational:
        if node.exp.is_Integer and node.exp % 2 == 0:
            yield node.base ** (node.exp / 2)
        elif abs(node.exp) == _HALF:
            yield node.base ** (2 * node.exp)


def _squared(node: sp.Basic) -> Iterator[sp.Basic]:
    if node.is_Symbol or isinstance(node, AppliedUndef | sp.Add | sp.Function):
        yield node**2
        yield sp.sqrt(node)


# --- signs, terms and factors


def signs(expr: sp.Expr) -> Iterator[sp.Expr]:
    """Another sign of the whole, of one term, of an argument or exponent, of a symbol everywhere."""
    yield -expr
    yield from everywhere(expr, _signs)
    for symbol in symbols_of(expr):
        yield expr.xreplace({symbol: -symbol})
    for function in sorted({value.func for value in expr.atoms(AppliedUndef)}, key=str):
        yield expr.xreplace({value: -value for value in expr.atoms(function)})


def _signs(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Add):
        for term in node.args:
            yield node - 2 * term
        yield -node
    elif isinstance(node, sp.Pow) and node.exp.free_symbols:
        yield node.base ** (-node.exp)
    elif isinstance(node, sp.Function) and len(node.args) == 1:
        yield node.func(-node.args[0])


def left_out(expr: sp.Expr) -> Iterator[sp.Expr]:
    """One factor less that is no number and divides nothing; also within a sum."""
    for factor in sp.Mul.make_args(expr):
        if not factor.is_number and len(expr.args) > 1 and not _divides(factor):
            yield expr / factor
        if isinstance(factor, sp.Sum):
            for inner in left_out(factor.function):
                yield expr / factor * sp.Sum(inner, *factor.limits)


def _divides(factor: sp.Basic) -> bool:
    return isinstance(factor, sp.Pow) and bool(factor.exp.could_extract_minus_sign())


def inversions(expr: sp.Expr) -> Iterator[sp.Expr]:
    """A quotient upside down, or division for multiplication and the other way round."""
    yield 1 / expr
    yield from everywhere(expr, _inversions)


def _inversions(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Mul):
        yield 1 / node
        below = sp.Mul(*(factor for factor in node.args if _divides(factor)))
        if below != 1:
            yield node / below**2
    if (isinstance(node, sp.Pow) and node.exp.is_Rational) or node.is_Symbol or isinstance(node, AppliedUndef):
        yield 1 / node


def less_a_term(expr: sp.Expr) -> Iterator[sp.Expr]:
    """One term less."""

    def rewrite(node: sp.Basic) -> Iterator[sp.Basic]:
        for term in node.args if isinstance(node, sp.Add) else ():
            yield node - term

    return everywhere(expr, rewrite)


# --- one


def ones(expr: sp.Expr) -> Iterator[sp.Expr]:
    """``u`` for ``1 - u`` and the other way round; ``u (1-u)``, ``1-u``, ``1-u^2`` and ``u^2`` for each other."""
    yield from everywhere(expr, _ones)


def _ones(node: sp.Basic) -> Iterator[sp.Basic]:
    if isinstance(node, sp.Add) and 1 in node.args:
        rest = 1 - node
        yield rest
        root = rest.base if isinstance(rest, sp.Pow) and rest.exp == 2 else rest
        yield root * (1 - root)
        if root != rest:
            yield from (1 / (1 + rest), (1 - root) * rest)
    elif isinstance(node, sp.Mul):
        for part in node.args:
            if not isinstance(part, sp.Add | sp.Number) and 1 - part in node.args:
                rest = node / part / (1 - part)
                yield from (
                    rest * other for other in (1 - part, part**2, (1 - part) ** 2, 1 - part**2, part * (1 + part))
                )
    if node.is_Symbol or isinstance(node, AppliedUndef):
        yield 1 - node


# --- swaps


def swaps_in_sums(expr: sp.Expr) -> Iterator[sp.Expr]:
    """In a sum: two quantities exchanged; ``u`` and ``1-u`` exchanged."""
    if isinstance(expr, sp.Add):
        yield from exchanged(expr)
    for one in quantities(expr):
        if expr.has(1 - one):
            mark = sp.Dummy(real=True)
            parted = expr.subs(1 - one, mark)
            if parted.has(one):
                yield parted.xreplace({one: 1 - one}).xreplace({mark: one})


def exchanged(expr: sp.Expr) -> Iterator[sp.Expr]:
    """Two quantities exchanged everywhere."""
    for one, other in combinations(quantities(expr), 2):
        if not (one.has(other) or other.has(one)):
            yield expr.xreplace({one: other, other: one})


def mistaken(expr: sp.Expr, others: tuple[sp.Symbol, ...]) -> Iterator[sp.Expr]:
    """One symbol for another: everywhere, or at one place."""
    for one in symbols_of(expr):
        for other in others:
            if one != other:
                yield expr.xreplace({one: other})
                yield from everywhere(expr, lambda node, a=one, b=other: iter([b] if node == a else []))  # type: ignore[misc]


# --- off by one


def shifts(expr: sp.Expr) -> Iterator[sp.Expr]:
    """An index, a bound, an exponent or a count one more or less."""
    yield from everywhere(expr, _shifts)
    for symbol in symbols_of(expr):
        for step in (1, -1):
            yield expr.xreplace({symbol: symbol + step})


def _shifts(node: sp.Basic) -> Iterator[sp.Basic]:
    for step in (1, -1):
        if isinstance(node, sp.Sum | sp.Product) and len(node.args) == 2:
            index, low, high = node.limits[0]
            yield node.func(node.function, (index, low + step, high))
            yield node.func(node.function, (index, low, high + step))
            yield node.func(node.function, (index, low + step, high + step))
        elif isinstance(node, sp.Pow) and node.base != sp.E and not isinstance(node.exp, sp.Symbol) and _is_power(node):
            yield node.base ** (node.exp + step)
        elif isinstance(node, AppliedUndef) and len(node.args) == 1:
            yield node.func(node.args[0] + step)
        elif _is_count(node):
            yield node + step
            yield node + 2 * step
        elif isinstance(node, sp.Mul | sp.Pow):
            for place, arg in enumerate(node.args):
                if arg.is_Symbol:
                    yield node.func(*node.args[:place], arg + step, *node.args[place + 1 :])


def _is_power(node: sp.Pow) -> bool:
    """Whether the exponent depends on something, or is a whole number from 2."""
    return bool(node.exp.free_symbols) or (node.exp.is_Integer and node.exp > 1)


def _is_count(node: sp.Basic) -> bool:
    """Whether a part is a symbol and a whole number more or less."""
    return isinstance(node, sp.Add) and len(node.args) == 2 and node.args[0].is_Integer and node.args[1].is_Symbol


# --- logarithms


def logarithms(expr: sp.Expr) -> Iterator[sp.Expr]:
    """The logarithm of a sum as a sum of logarithms and its like; another base."""
    yield from everywhere(expr, _logarithms)
    for base in (sp.log(2), sp.log(10)):
        yield from (expr * base, expr / base)


def _logarithms(node: sp.Basic) -> Iterator[sp.Basic]:
    inner = node.args[0] if node.args else node
    match node:
        case sp.log() if isinstance(inner, sp.Add):
            yield sp.Add(*(sp.log(abs_term) * sign for sign, abs_term in map(_parted, inner.args)))
        case sp.log() if isinstance(inner, sp.Mul):
            above, below = inner.as_numer_denom()
            yield sp.log(above) / sp.log(below) if below != 1 else sp.Mul(*map(sp.log, inner.args))
            yield sp.log(above - below)
        case sp.log() if isinstance(inner, sp.Sum):
            yield sp.Sum(sp.log(inner.function), *inner.limits)
        case sp.log() if isinstance(inner, sp.Pow):
            yield sp.log(inner.base) ** inner.exp
        case sp.exp() if isinstance(inner, sp.Add):
            yield sp.Add(*map(sp.exp, inner.args))
        case sp.Sum() if isinstance(node.function, sp.log):
            yield sp.log(sp.Sum(node.function.args[0], *node.limits))
        case sp.Add():
            yield from _joined(node)


def _parted(term: sp.Expr) -> tuple[int, sp.Expr]:
    return (-1, -term) if term.could_extract_minus_sign() else (1, term)


def _joined(node: sp.Add) -> Iterator[sp.Expr]:
    """Two logarithms that are added or subtracted, as one of their sum, or multiplied or divided."""
    logs = [(sign, term, part) for term in node.args for sign, part in [_parted(term)] if isinstance(part, sp.log)]
    for (sign, one, first), (other_sign, other, second) in permutations(logs, 2):
        rest = node - one - other
        a, b = first.args[0], second.args[0]
        if sign == other_sign:
            yield rest + sign * sp.log(a + b)
            yield rest + sign * first * second
        elif sign > 0:
            yield rest + sp.log(a - b)
            yield rest + first / second
