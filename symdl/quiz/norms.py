r"""Norms of what appears inside norms alone, as numbers: ``\|w\| / (\|g\| + \lambda \|w\|)``.

Where a formula says nothing of a vector but its norm, the norm is a number that is not negative, and any such number
is the norm of some vector. So two formulas are equal for all vectors where they are equal for all those numbers.
"""

from __future__ import annotations

from dataclasses import replace

from symdl.core import Given
from symdl.notation.elaborate import compare
from symdl.notation.names import name_of
from symdl.notation.profile import Profile
from symdl.notation.scope import Scope
from symdl.notation.syntax import Name, Node, Norm, Number, Relation, Scripted, rewritten, walk
from symdl.notation.text import read_text

_SIGNS = ("\\|", "‖", "Vert", "parallel")

NORM, ORDER = "normof", "_order_"
"""How the names begin that stand for norms, and what comes before the order."""


def given_of_norms(given: str, profile: Profile) -> tuple[Given, ...] | None:
    r"""An assumption on norms of names as one on numbers, ``\|w\| > 0``; None for any other.

    >>> from symdl.notation.profile import DEEP_LEARNING
    >>> [str(entry) for entry in given_of_norms(r"\|w\| > 0", DEEP_LEARNING)]
    ['normof_w > 0']
    """
    if not any(sign in given for sign in _SIGNS):
        return None
    statements = read_text(given).statements
    if len(statements) != 1 or not isinstance(statements[0], Relation) or not names_in_norms(statements[0]):
        return None
    relation = with_numbers(statements[0])
    assert isinstance(relation, Relation)
    links, found = compare(relation, profile, Scope(), text=given)
    return (*links, *found.given)


def names_in_norms(node: Node) -> set[Name] | None:
    """The letters whose norms are taken; None where a norm is of something else, or of an order without a name."""
    found: set[Name] = set()
    left = [part for part in walk(with_numbers(node)) if isinstance(part, Norm)]
    if left:
        return None
    for part in walk(node):
        if isinstance(part, Norm):
            found |= {inner for inner in walk(part.body) if isinstance(inner, Name) and not _is_index(inner, part.body)}
    return found


def _is_index(inner: Name, body: Node) -> bool:
    return isinstance(body, Scripted) and inner is not body.base


def with_numbers(node: Node) -> Node:
    """The tree with a name for each norm of a name, with or without an order."""
    ordered = rewritten(node, _of_order)
    return rewritten(ordered, lambda part: _named(part, None) or part if isinstance(part, Norm) else part)


def _of_order(node: Node) -> Node:
    if not isinstance(node, Scripted) or not isinstance(node.base, Norm) or node.subscript is None or node.primes:
        return node
    name = _named(node.base, node.subscript)
    if name is None:
        return node
    return name if node.superscript is None else replace(node, base=name, subscript=None)


def _named(norm: Norm, order: Node | None) -> Name | None:
    """The name of a norm; the Euclidean norm of a small letter needs no order."""
    name = name_of(norm.body)
    kind = order.text if isinstance(order, Number) else name_of(order) if order is not None else ""
    if name is None or kind is None or not isinstance(norm.body, Name | Scripted):
        return None
    kind = "" if kind == "2" and not name[:1].isupper() else kind
    return Name(f"{NORM}_{name}" + (f"{ORDER}{kind}" if kind else ""), start=norm.start, end=norm.end)
