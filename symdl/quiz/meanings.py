"""Names whose meaning every reader knows though nobody declares it: roundings, Kronecker's delta, Gauss's integral.

A rounding of x + n is n more than that of x. Kronecker's delta is 1 where its indices agree, and then
what stands under one index stands under the other; it is 0 elsewhere. What else a comparison finds about
such names is no refutation, since they are no functions that may have any value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import evaluate as worked_out
from symdl.core import function, symbol

ROUNDINGS = frozenset({"floor", "ceil"})
_FIXED = ROUNDINGS | {"round", "Phi", "erf", "erfc", "factorial", "Gamma"}
_MOST_STEPS, _LARGEST, _MOST_CALLS = 12, 170, 16
_MEANT = (AppliedUndef, sp.Sum, sp.Product, sp.Integral, sp.Derivative, sp.Subs, sp.Eq, sp.Ne)
_DELTA = re.compile(r"delta_([a-z])([a-z])")


@lru_cache(maxsize=4096)
def is_elementary(expr: sp.Expr) -> bool:
    """Whether nothing here could change an expression: no sum, integral or function without a definition, no index."""
    return not any(
        isinstance(part, _MEANT) or (isinstance(part, sp.Symbol) and part.name.startswith("delta_"))
        for part in sp.preorder_traversal(expr)
    )


def rounded(expr: sp.Expr) -> sp.Expr:
    """``expr`` with whole numbers taken out of roundings and factorials.

    >>> x, floor, factorial = symbol("x"), function("floor"), function("factorial")
    >>> rounded(floor(x / 2 + sp.Rational(3, 2))), rounded(factorial(x + 1)), rounded(factorial(sp.Integer(4)))
    (floor(x/2 + 1/2) + 1, (x + 1)*factorial(x), 24)
    """
    calls = expr.atoms(AppliedUndef)
    names = {call.func.__name__ for call in calls}
    if len(calls) > _MOST_CALLS:
        return expr
    if names & ROUNDINGS:
        expr = expr.replace(lambda e: isinstance(e, AppliedUndef) and e.func.__name__ in ROUNDINGS, _without_whole_part)
    if "Gamma" in names:
        expr = expr.replace(function("Gamma"), lambda x: function("factorial")(x - 1))
    return expr.replace(function("factorial"), _factorial) if names & {"factorial", "Gamma"} else expr


def _factorial(argument: sp.Expr) -> sp.Expr:
    """A factorial as a number, or as a product with the factorial of what has no whole part."""
    factorial = function("factorial")
    whole, rest = sp.expand(argument).as_coeff_Add()
    if rest == 0:
        small = (whole.is_Integer and 0 <= whole <= _LARGEST) or (whole.q == 2 and abs(whole) <= _MOST_STEPS)
        return sp.gamma(whole + 1) if small else factorial(argument)
    if not whole.is_Integer or abs(whole) > _MOST_STEPS:
        return factorial(argument)
    above = sp.Mul(*(rest + k for k in range(1, int(whole) + 1)))
    below = sp.Mul(*(rest - k for k in range(-int(whole))))
    return above / below * factorial(rest)


def whole_of(call: AppliedUndef, number: sp.Rational) -> sp.Integer:
    """What the rounding ``call`` makes of a number."""
    return sp.floor(number) if call.func.__name__ == "floor" else sp.ceiling(number)


def _without_whole_part(call: sp.Expr) -> sp.Expr:
    argument = sp.expand(call.args[0])
    constant, rest = argument.as_coeff_Add()
    if rest == 0 and constant.is_Rational:
        return whole_of(call, constant)
    whole = sp.Integer(constant.p // constant.q) if constant.is_Rational else sp.Integer(0)
    return call.func(argument - whole) + whole


def gaussian(*sides: sp.Expr) -> tuple[sp.Expr, ...] | None:
    """The sides with the normal distribution for ``Phi``, and its density for ``phi`` beside it; None without them.

    >>> x, Phi = symbol("x"), function("Phi")
    >>> gaussian(Phi(x))
    (erf(sqrt(2)*x/2)/2 + 1/2,)
    """
    names = {call.func.__name__ for side in sides for call in side.atoms(AppliedUndef)}
    if "Phi" not in names:
        return None
    return tuple(worked_out(_written(side)) if side.has(sp.Derivative) else _written(side) for side in sides)


def _written(expr: sp.Expr) -> sp.Expr:
    distribution, density = function("Phi"), function("phi")
    expr = expr.replace(distribution, lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2)
    return expr.replace(density, lambda x: sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi))


def of_fixed_meaning(*sides: sp.Expr) -> bool:
    """Whether the sides apply names of a fixed meaning that nothing here computes, and not to the same arguments."""
    found = [{e for e in side.atoms(AppliedUndef, sp.Derivative) if _is_fixed(e)} for side in sides]
    return any(found) and any(each != found[0] for each in found)


def _is_fixed(e: sp.Basic) -> bool:
    applied = e.expr if isinstance(e, sp.Derivative) else e
    return isinstance(applied, AppliedUndef) and (applied.func.__name__ in _FIXED or _is_delta(applied))


def delta_cases(gold: sp.Expr, own: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Both sides where two indices agree, and where they differ; as they are where no delta or case asks for that.

    >>> p_i, p_j, delta = (sp.Symbol(name, real=True) for name in ("p_i", "p_j", "delta_ij"))
    >>> list(delta_cases(p_i * (delta - p_j), p_j * (delta - p_i)))
    [(p_i*(1 - p_i), p_i*(1 - p_i)), (-p_i*p_j, -p_i*p_j)]
    """
    pair = next(_compared_indices(gold, own), None)
    if pair is None:
        yield gold, own
        return
    first, second = pair
    yield from delta_cases(*(_with_one_index(_settled(side, pair, agree=True), first, second) for side in (gold, own)))
    yield from delta_cases(*(_settled(side, pair, agree=False) for side in (gold, own)))


Indices = tuple[sp.Symbol, sp.Symbol]


def _compared_indices(*sides: sp.Expr) -> Iterator[Indices]:
    """The pairs of indices in deltas and in conditions, such as ``i = j``, of which one stands at a name."""
    names = sorted({s.name for side in sides for s in side.free_symbols})
    bound = {limit[0] for side in sides for total in side.atoms(sp.Sum, sp.Product) for limit in total.limits}
    calls = {call for side in sides for call in side.atoms(AppliedUndef)}
    found = [(symbol(pair[1]), symbol(pair[2])) for pair in filter(None, map(_DELTA.fullmatch, names))]
    found += [call.args for call in sorted((call for call in calls if _is_delta(call)), key=str)]
    conditions = {e for side in sides for e in side.atoms(sp.Eq, sp.Ne) if e.lhs.is_Symbol and e.rhs.is_Symbol}
    if conditions:
        lower = {letter for name in names for letter in name.partition("_")[2]}
        lower |= {str(argument) for call in calls for argument in call.args}
        pairs = sorted((tuple(sorted((e.lhs, e.rhs), key=str)) for e in conditions), key=str)
        found += [(a, b) for a, b in pairs if len(a.name) == len(b.name) == 1 and {a.name, b.name} & lower]
    yield from (pair for pair in found if not bound & set(pair))


def _is_delta(call: AppliedUndef) -> bool:
    return call.func.__name__ == "delta" and len(call.args) == 2 and all(a.is_Symbol for a in call.args)


def _settled(expr: sp.Expr, pair: Indices, *, agree: bool) -> sp.Expr:
    """The expression without the question whether two indices agree."""
    table: dict[sp.Basic, sp.Basic] = {}
    for a, b in (pair, pair[::-1]):
        table[symbol(f"delta_{a}{b}")] = table[function("delta")(a, b)] = sp.Integer(agree)
        table[sp.Eq(a, b)] = sp.true if agree else sp.false
        table[sp.Ne(a, b)] = sp.false if agree else sp.true
    return expr.xreplace(table)


def _with_one_index(expr: sp.Expr, first: sp.Symbol, second: sp.Symbol) -> sp.Expr:
    """``second`` replaced by ``first``, where it is an argument and where it stands under a name."""
    moved = expr.subs(second, first) if second in expr.free_symbols else expr
    return _renamed(moved, {second.name: first.name})


def _renamed(expr: sp.Expr, moved: dict[str, str]) -> sp.Expr:
    """The indices under symbols renamed."""
    names = {}
    for known in expr.free_symbols:
        base, bar, lower = known.name.partition("_")
        if bar and len(lower) <= 2 and lower.isalpha():
            names[known] = symbol(base + bar + "".join(moved.get(letter, letter) for letter in lower))
    return expr.xreplace(names)
