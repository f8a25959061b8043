r"""Sums as two texts write them: with a range or without, to a number or without end.

``\sum_j`` beside ``\sum_{k=1}^{K}`` runs over the same range. A sum without end is read as one to a number that
nobody names; geometric and exponential ones are put in closed form, the others agree only term by term.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import Compare, function, symbol
from symdl.notation.sums import count_name
from symdl.notation.syntax import (
    Addition,
    Fraction,
    Juxtaposed,
    Name,
    Node,
    Number,
    Relation,
    Summation,
    rewritten,
    walk,
)
from symdl.prover.rewriting import substitute

from .equality import Side

END = symbol("endless")
ENDLESS = Name("endless")
_FACTORIAL = function("factorial")
INFINITE = (Name("oo"), Addition((("+", Name("oo")),)))


def endless(node: Node) -> Node:
    """The tree with a name for the infinite end of its sums."""
    return rewritten(node, _with_end)


def _with_end(node: Node) -> Node:
    if isinstance(node, Juxtaposed) and isinstance(node.items[-1], Summation) and node.items[-1].kind == "prod":
        return _apart(node.items[-1], node.items[:-1])
    if not isinstance(node, Summation):
        return node
    if node.kind == "prod" and (apart := _apart(node, ())) is not node:
        return apart
    if node.upper in INFINITE:
        return replace(node, upper=ENDLESS)
    condition = node.condition
    if isinstance(condition, Relation) and condition.relations == (">=",) and node.upper is None and node.index:
        return replace(node, lower=condition.rest[0][1], upper=ENDLESS, condition=None)
    return node


def _apart(node: Summation, front: tuple[Node, ...]) -> Node:
    r"""``\prod_i a_i \prod_i b_i`` as the two products that it says, since one index cannot run twice at once."""
    body = node.body
    if isinstance(body, Juxtaposed) and isinstance(body.items[-1], Summation) and body.items[-1].index == node.index:
        first = replace(node, body=Juxtaposed(body.items[:-1]))
        return Juxtaposed((*front, first, body.items[-1]))
    return Juxtaposed((*front, node)) if front else node


def ranged_alike(gold: Node, own: Node) -> tuple[Node, Node]:
    """Both trees, those sums without a range under the range of the sums on the other side."""
    sums = [[part for part in walk(node) if isinstance(part, Summation)] for node in (gold, own)]
    if any(part.kind == "mean" for found in sums for part in found):
        return _means(gold, sums[1]), _means(own, sums[0])
    bare = [bool(found) and all(map(_is_unranged, found)) for found in sums]
    if bare[0] and sums[1]:
        return _ranged(gold, sums[1]), own
    return (gold, _ranged(own, sums[0])) if bare[1] and sums[0] else (gold, own)


def _means(node: Node, others: list[Summation]) -> Node:
    """The tree with means as sums over as many as the sums on the other side go over."""
    counts = {repr(other.upper): other.upper for other in others if other.upper is not None}
    count = next(iter(counts.values())) if len(counts) == 1 else Name("n")

    def summed(part: Node) -> Node:
        if not isinstance(part, Summation) or part.kind != "mean":
            return part
        return Fraction(replace(part, kind="sum", lower=Number("1"), upper=count), count)

    return rewritten(node, summed)


def _is_unranged(node: Summation) -> bool:
    apart = isinstance(node.condition, Relation) and node.condition.relations == ("!=",)
    return node.lower is None and node.upper is None and (node.condition is None or apart)


def _ranged(node: Node, others: list[Summation]) -> Node:
    """The tree with the one range that the other sums have, counted from 1."""
    uppers = {repr(other.upper): other.upper for other in others}
    if len(uppers) != 1 or any(other.lower != Number("1") for other in others) or count_name(node) is not None:
        return node
    upper = next(iter(uppers.values()))

    def ranged(part: Node) -> Node:
        unranged = isinstance(part, Summation) and _is_unranged(part)
        return replace(part, lower=Number("1"), upper=upper) if unranged and isinstance(part, Summation) else part

    return rewritten(node, ranged)


def closed(side: Side) -> Side:
    """A side with its sums without end in closed form where there is one, and where these converge."""
    found = {node: _closed(node) for node in side.expr.atoms(sp.Sum) if node.limits[0][2] == END}
    if not found:
        return side
    conditions = tuple(condition for _, needs in found.values() for condition in needs)
    expr = side.expr.xreplace({node: value for node, (value, _) in found.items()})
    return replace(side, expr=expr, conditions=(*side.conditions, *dict.fromkeys(conditions)))


Closed = tuple[sp.Expr, tuple[Compare, ...]]


def _closed(node: sp.Sum) -> Closed:
    index, low, _ = node.limits[0]
    if len(node.limits) != 1 or node.function.has(sp.Sum):
        return node, ()
    body = substitute(node.function, {index: index + low}) if low != 0 else node.function
    total: sp.Expr = sp.Integer(0)
    needs: list[Compare] = []
    for term in sp.Add.make_args(sp.expand_mul(sp.expand_power_exp(body))):
        value = _total(term, index)
        if value is None:
            return sp.Sum(body, (index, 0, END)), ()
        total += value[0]
        needs += value[1]
    return total, tuple(needs)


def _total(term: sp.Expr, index: sp.Symbol) -> Closed | None:
    """The sum of ``c k^p r^k`` or ``c r^k/k!`` over k from 0 without end."""
    factor, along = term.as_independent(index, as_Add=False)
    ratio, power, factorial = sp.Integer(1), 0, False
    for part in sp.Mul.make_args(along):
        base, exponent = part.as_base_exp()
        if base == index and exponent in (1, 2):
            power += int(exponent)
        elif part == 1 / _FACTORIAL(index):
            factorial = True
        elif index not in base.free_symbols and index not in sp.diff(exponent, index).free_symbols:
            slope = sp.diff(exponent, index)
            ratio, factor = ratio * base**slope, factor * base ** sp.expand(exponent - slope * index)
        else:
            return None
    if factorial:
        return (factor * sp.exp(ratio), ()) if power == 0 else None
    if power > 2 or ratio == 1:
        return None
    forms = (1 / (1 - ratio), ratio / (1 - ratio) ** 2, ratio * (1 + ratio) / (1 - ratio) ** 3)
    return factor * forms[power], (Compare(1 - sp.Abs(ratio), ">", sp.Integer(0)),)
