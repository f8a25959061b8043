"""SymPy expressions at the door: our own symbols inside, their assumptions as ``given``."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, ReadError, function, symbol
from symdl.core.claims import Relation

from .functions import compare_with_zero, joined

_SIGNS: tuple[tuple[str, Relation], ...] = (
    ("positive", ">"),
    ("negative", "<"),
    ("nonnegative", ">="),
    ("nonpositive", "<="),
    ("nonzero", "!="),
)
_RELATIONS: dict[type[sp.Basic], Relation] = {
    sp.Eq: "=",
    sp.Ne: "!=",
    sp.Lt: "<",
    sp.Le: "<=",
    sp.Gt: ">",
    sp.Ge: ">=",
}
_UNSTATED = ("even", "odd", "prime", "composite", "irrational", "imaginary", "infinite", "noninteger")


def admit(expr: sp.Basic) -> tuple[sp.Basic, tuple[Given, ...]]:
    """``expr`` in symbols of :func:`symdl.core.symbol`, and what its own symbols assumed.

    Decimals become the rationals that they print as. Raises :class:`ReadError` for two symbols of one
    name, and for an assumption that a ``given`` cannot say (even, prime...).

    >>> x = sp.Symbol("x", positive=True)
    >>> inside, given = admit(sp.sqrt(x) + 0.1)
    >>> inside, [str(entry) for entry in given]
    (sqrt(x) + 1/10, ['x > 0'])
    """
    found = sorted(expr.free_symbols | {limit[0] for total in expr.atoms(sp.Sum) for limit in total.limits}, key=str)
    names = [str(free) for free in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ReadError(f"two different symbols are called {twice}", text=str(expr), remedy="rename one of them")
    given = tuple(entry for free in found for entry in _assumptions(free))
    replaced = expr.xreplace({free: symbol(str(free)) for free in found})
    heads = {applied.func for applied in replaced.atoms(AppliedUndef)}
    for head in sorted(heads, key=str):
        replaced = replaced.replace(head, function(head.__name__))
    floats = {number: sp.Rational(str(number)) for number in replaced.atoms(sp.Float)}
    return replaced.xreplace(floats), given


def _assumptions(free: sp.Symbol) -> Iterator[Given]:
    ours = symbol(str(free))
    strange = [name for name in _UNSTATED if getattr(free, f"is_{name}")]
    if strange:
        raise ReadError(f"{free} is assumed to be {strange[0]}", text=str(free), remedy="state it in another way")
    if free.is_integer:
        yield Belongs(ours, "positive integer" if free.is_positive else "integer")
    sign = next((relation for name, relation in _SIGNS if getattr(free, f"is_{name}")), None)
    if sign is not None and not (free.is_integer and sign == ">"):
        yield Compare(ours, sign, sp.Integer(0))


def conditions_of(expr: sp.Basic) -> tuple[Compare, ...]:
    """Where the SymPy expression, as it stands, is defined over the reals.

    >>> x = symbol("x")
    >>> [str(condition) for condition in conditions_of(sp.log(x) / (x - 1))]
    ['x - 1 != 0', 'x > 0']
    """
    traversal = sp.preorder_traversal(expr)
    found: list[Compare | None] = []
    for part in traversal:
        if isinstance(part, sp.Piecewise):
            traversal.skip()
        elif isinstance(part, sp.log):
            found.append(compare_with_zero(part.args[0], ">"))
        elif isinstance(part, sp.Pow) and not part.exp.is_Integer and part.base != sp.E:
            found.append(compare_with_zero(part.base, ">=" if part.exp.is_positive else ">"))
        elif isinstance(part, sp.Pow) and part.exp.is_negative:
            found.append(compare_with_zero(part.base, "!="))
    return joined(condition for condition in found if condition is not None)


def admit_relation(relation: sp.Basic) -> tuple[Given, ...]:
    """A SymPy relation as a comparison, behind what its symbols assumed.

    >>> x = sp.Symbol("x", positive=True)
    >>> [str(entry) for entry in admit_relation(sp.Gt(x, sp.sqrt(x)))]
    ['x > 0', 'x > sqrt(x)']
    """
    if not isinstance(relation, sp.core.relational.Relational):
        remedy = "SymPy may have evaluated it already: write it as text"
        raise ReadError(f"{relation} is no relation", text=str(relation), remedy=remedy)
    (lhs, _), (rhs, _) = admit(relation.lhs), admit(relation.rhs)
    _, given = admit(sp.Tuple(relation.lhs, relation.rhs))
    needs = joined(conditions_of(lhs) + conditions_of(rhs))
    return (*given, Compare(lhs, _RELATIONS[type(relation)], rhs, needs))
