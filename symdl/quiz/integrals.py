r"""Definite integrals of elementary terms in closed form.

An antiderivative is looked for term by term, from a short table; each entry follows by differentiation, and a
test holds them to it. What is not found there stays an integral, which is not compared.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import Compare, Definition
from symdl.notation.syntax import Addition, Integral, Name, Node, rewritten
from symdl.prover.rewriting import substitute, unfold

from .equality import Side
from .kinks import KINKED, pieces
from .series import END, ENDLESS, INFINITE

_MOST_POWER = 6
_BELOW = Addition((("-", Name("oo")),))


def to_the_end(node: Node) -> Node:
    """The tree with a name for the infinite ends of its integrals."""
    return rewritten(node, _with_ends)


def _with_ends(node: Node) -> Node:
    if not isinstance(node, Integral):
        return node
    upper = ENDLESS if node.upper in INFINITE else node.upper
    lower = Addition((("-", ENDLESS),)) if node.lower == _BELOW else node.lower
    return replace(node, lower=lower, upper=upper)


def integrated(side: Side) -> Side:
    """A side with its integrals in closed form, where the table has them."""
    definitions = {entry.function: entry for entry in side.given if isinstance(entry, Definition)}
    nodes = {node: unfold(node, definitions) if definitions else node for node in side.expr.atoms(sp.Integral)}
    found = {node: _value(unfolded, side.given) for node, unfolded in nodes.items()}
    known = {node: value for node, value in found.items() if value is not None}
    return replace(side, expr=side.expr.xreplace(known)) if known else side


def _value(node: sp.Integral, given: tuple[object, ...]) -> sp.Expr | None:
    """The integral by its ends; None for what the table has not, or for a pole that may lie between them."""
    if len(node.limits) != 1 or len(node.limits[0]) != 3 or node.function.has(sp.Integral, sp.Sum):
        return None
    variable, low, high = node.limits[0]
    if node.function == 0:
        return sp.Integer(0)
    if node.function.has(*KINKED):
        return _by_pieces(node, given)
    total: sp.Expr = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(node.function)):
        found = antiderivative(term, variable)
        if found is None or (found[1] and not all(_is_positive(end, given) for end in (low, high))):
            return None
        ends = [_at(found[0], variable, end, given) for end in (high, low)]
        if ends[0] is None or ends[1] is None:
            return None
        total += ends[0] - ends[1]
    return total


def _by_pieces(node: sp.Integral, given: tuple[object, ...]) -> sp.Expr | None:
    """An integral over kinks, from piece to piece."""
    variable, low, high = node.limits[0]
    if low.is_Rational and high.is_Rational and low > high:
        turned = _by_pieces(sp.Integral(node.function, (variable, high, low)), given)
        return None if turned is None else -turned
    found = pieces(node.function, variable, low, high)
    values = [_value(sp.Integral(body, (variable, *ends)), given) for body, *ends in found or ()]
    return sp.Add(*values) if values and all(value is not None for value in values) else None


def _is_positive(end: sp.Expr, given: tuple[object, ...]) -> bool:
    return end == END or bool(end.is_positive) or Compare(end, ">", sp.Integer(0)) in given


def _at(value: sp.Expr, variable: sp.Symbol, end: sp.Expr, given: tuple[object, ...]) -> sp.Expr | None:
    """The value at an end; far out only where every term carries a decaying exponential."""
    if end != END:
        return None if END in end.free_symbols else substitute(value, {variable: end})
    rates = {part.exp.coeff(variable) for part in value.atoms(sp.exp)}
    decays = all(any(isinstance(f, sp.exp) for f in sp.Mul.make_args(term)) for term in sp.Add.make_args(value))
    return sp.Integer(0) if decays and all(_is_positive(-rate, given) for rate in rates) else None


def antiderivative(term: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, bool] | None:
    """An antiderivative of one term, and whether it holds for positive ``x`` alone; None where the table has none.

    >>> x, a = sp.symbols("x a", real=True)
    >>> antiderivative(a * x**2, x), antiderivative(1 / x, x), antiderivative(sp.exp(x**2), x)
    ((a*x**3/3, False), (log(x), True), None)
    """
    factor, along = term.as_independent(x, as_Add=False)
    power, rest = sp.Integer(0), []
    for part in sp.Mul.make_args(along):
        base, exponent = part.as_base_exp()
        if base == x and exponent.is_Rational:
            power += exponent
        elif part != 1:
            rest.append(part)
    found = _of_power(power, x) if not rest else _of_function(power, rest[0], x) if len(rest) == 1 else None
    return None if found is None else (sp.expand_mul(factor * found[0]), found[1])


def _of_power(power: sp.Rational, x: sp.Symbol) -> tuple[sp.Expr, bool]:
    if power == -1:
        return sp.log(x), True
    return x ** (power + 1) / (power + 1), not (power.is_Integer and power >= 0)


def _of_function(power: sp.Rational, part: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, bool] | None:
    """``x^n exp(a x + b)`` by parts, ``x^n log x``, ``sin(a x + b)`` and ``cos(a x + b)``."""
    if not power.is_Integer or not 0 <= power <= _MOST_POWER or len(part.args) != 1:
        return None
    inside = part.args[0]
    slope = sp.diff(inside, x)
    if isinstance(part, sp.log) and inside == x:
        return x ** (power + 1) * (sp.log(x) / (power + 1) - sp.Integer(1) / (power + 1) ** 2), True
    if x in slope.free_symbols or slope == 0:
        return None
    if isinstance(part, sp.exp):
        terms = ((-1) ** k * sp.ff(power, k) * x ** (power - k) / slope ** (k + 1) for k in range(int(power) + 1))
        return sp.expand_mul(part * sp.Add(*terms)), False
    table = {sp.sin: -sp.cos(inside) / slope, sp.cos: sp.sin(inside) / slope}
    return (table[part.func], False) if power == 0 and part.func in table else None
