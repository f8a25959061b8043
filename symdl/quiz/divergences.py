r"""``KL(p \| q)``, ``H(p)`` and ``H(p, q)`` as the sums that they are, where the other formula is written so."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Given, function, symbol
from symdl.notation.names import name_of
from symdl.notation.syntax import Bracketed, Conditional, Juxtaposed, Name, Node, Scripted, rewritten

from .equality import Side
from .positive import INDEX

DIVERGENCE = "divergence"
"""How the function is called that stands for a divergence of Kullback and Leibler."""
DIVERGENCES = frozenset({"KL", "kl"})
"""The words that divergences are called by."""
_NAMES = frozenset({"KL", "D_KL", "D_kl"})
_ENTROPY = "H"
_PLACE = symbol("i")


def with_divergences(node: Node) -> Node:
    r"""The tree with divergences as applications: ``KL(p \| q)`` is that of ``divergence`` to p and q."""
    return rewritten(node, _changed)


def _changed(node: Node) -> Node:
    if not isinstance(node, Juxtaposed):
        return node
    items: list[Node] = []
    for item in node.items:
        pair = (
            _pair(item) if items and isinstance(items[-1], Name | Scripted) and name_of(items[-1]) in _NAMES else None
        )
        if pair is None:
            items.append(item)
        else:
            items[-1] = Juxtaposed((Name(DIVERGENCE), Bracketed(pair)), start=node.start, end=node.end)
    changed = len(items) < len(node.items)
    return (items[0] if len(items) == 1 else replace(node, items=tuple(items))) if changed else node


def _pair(node: Node) -> tuple[Node, Node] | None:
    """The two distributions in a bracket, by their names."""
    if not isinstance(node, Bracketed):
        return None
    if len(node.items) == 1 and isinstance(node.items[0], Conditional):
        parts: tuple[Node, ...] = (node.items[0].body, node.items[0].given)
    else:
        parts = node.items
    if len({_argument(part) for part in parts}) != 1:
        return None
    found = [_distribution(part) for part in parts]
    first, second = found if len(found) == 2 else (None, None)
    return (first, second) if first is not None and second is not None else None


def _argument(node: Node) -> Node | None:
    """What a distribution is of: ``x`` in ``p(x)``."""
    applied = isinstance(node, Juxtaposed) and len(node.items) == 2 and isinstance(node.items[1], Bracketed)
    return node.items[1] if applied and isinstance(node, Juxtaposed) else None


def _distribution(node: Node) -> Node | None:
    """The name of a distribution, of one name or of none."""
    argument = _argument(node)
    if isinstance(argument, Bracketed) and isinstance(node, Juxtaposed):
        node = node.items[0] if len(argument.items) == 1 and isinstance(argument.items[0], Name) else argument
    return node if isinstance(node, Name | Scripted) and name_of(node) else None


def as_sums(gold: Side, own: Side) -> tuple[Side, Side]:
    """Both sides with their divergences and entropies as sums, where only one is written with them."""
    sides = gold, own
    calls = [{call for call in side.expr.atoms(AppliedUndef) if _is_measure(call)} for side in sides]
    if calls[0] == calls[1] or not any(calls):
        return sides
    families = {call.func.__name__ for side in sides for call in side.expr.atoms(AppliedUndef)}
    names = {str(argument) for call in calls[0] | calls[1] for argument in call.args}
    kinds = {call.func.__name__ for call in calls[0] | calls[1]}
    if not (names <= families or len(kinds) > 1):
        return sides
    limits = [total.limits[0] for side in sides for total in side.expr.atoms(sp.Sum)]
    low, high = min((limit[1:] for limit in limits), key=str, default=(sp.Integer(1), symbol("n")))
    given: tuple[Given, ...] = tuple(Compare(function(name)(INDEX), ">", sp.Integer(0)) for name in sorted(names))
    if not limits:
        given = (*given, Belongs(high, "positive integer"))
    return tuple(replace(side, expr=_written(side.expr, low, high), given=(*side.given, *given)) for side in sides)  # type: ignore[return-value]


def _is_measure(call: AppliedUndef) -> bool:
    counts = {DIVERGENCE: (2,), _ENTROPY: (1, 2)}.get(call.func.__name__, ())
    return len(call.args) in counts and all(argument.is_Symbol for argument in call.args)


def _written(expr: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    def total(call: AppliedUndef) -> sp.Expr:
        values = [function(str(argument))(_PLACE) for argument in call.args]
        if call.func.__name__ == DIVERGENCE:
            term = values[0] * (sp.log(values[0]) - sp.log(values[1]))
        else:
            term = -values[0] * sp.log(values[-1])
        return sp.Sum(term, (_PLACE, low, high))

    return expr.replace(lambda e: isinstance(e, AppliedUndef) and _is_measure(e), total)
