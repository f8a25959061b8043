"""Names whose meaning every reader knows though nobody declares it: roundings, Kronecker's delta, Gauss's integral.

A rounding of x + n is n more than that of x. Kronecker's delta is 1 where its indices agree, and then
what stands under one index stands under the other; it is 0 elsewhere. What else a comparison finds about
such names is no refutation, since they are no functions that may have any value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import symbol

ROUNDINGS = frozenset({"floor", "ceil"})
_FIXED = ROUNDINGS | {"round", "Phi", "erf", "erfc"}
_DELTA = re.compile(r"delta_([a-z])([a-z])")


def rounded(expr: sp.Expr) -> sp.Expr:
    """``expr`` with whole numbers taken out of roundings.

    >>> x, floor = sp.Symbol("x", real=True), sp.Function("floor")
    >>> rounded(floor(x / 2 + sp.Rational(3, 2)))
    floor(x/2 + 1/2) + 1
    """
    return expr.replace(lambda e: isinstance(e, AppliedUndef) and e.func.__name__ in ROUNDINGS, _without_whole_part)


def _without_whole_part(call: sp.Expr) -> sp.Expr:
    argument = sp.expand(call.args[0])
    constant, _ = argument.as_coeff_Add()
    whole = sp.Integer(constant.p // constant.q) if constant.is_Rational else sp.Integer(0)
    return call.func(argument - whole) + whole


def of_fixed_meaning(*sides: sp.Expr) -> bool:
    """Whether the sides apply names of a fixed meaning that nothing here computes, and not to the same arguments."""
    found = [{e for e in side.atoms(AppliedUndef, sp.Derivative) if _is_fixed(e)} for side in sides]
    return any(found) and any(each != found[0] for each in found)


def _is_fixed(e: sp.Basic) -> bool:
    applied = e.expr if isinstance(e, sp.Derivative) else e
    return isinstance(applied, AppliedUndef) and applied.func.__name__ in _FIXED


def delta_cases(gold: sp.Expr, own: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Both sides where the indices of each Kronecker delta agree, and where they differ; as they are without one.

    >>> p_i, p_j, delta = (sp.Symbol(name, real=True) for name in ("p_i", "p_j", "delta_ij"))
    >>> list(delta_cases(p_i * (delta - p_j), p_j * (delta - p_i)))
    [(p_i*(1 - p_i), p_i*(1 - p_i)), (-p_i*p_j, -p_i*p_j)]
    """
    deltas = sorted((s for s in gold.free_symbols | own.free_symbols if _DELTA.fullmatch(s.name)), key=str)
    if not deltas:
        yield gold, own
        return
    first, second = _DELTA.fullmatch(deltas[0].name).groups()  # type: ignore[union-attr]
    for value, moved in ((1, {second: first}), (0, {})):
        changed = [side.xreplace({deltas[0]: sp.Integer(value)}) for side in (gold, own)]
        yield from delta_cases(*(_renamed(side, moved) for side in changed))


def _renamed(expr: sp.Expr, moved: dict[str, str]) -> sp.Expr:
    """The indices under symbols renamed."""
    names = {}
    for known in expr.free_symbols:
        base, bar, lower = known.name.partition("_")
        if bar and len(lower) <= 2 and lower.isalpha():
            names[known] = symbol(base + bar + "".join(moved.get(letter, letter) for letter in lower))
    return expr.xreplace(names)
