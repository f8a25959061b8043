"""Inequalities that say an interval: ``0 < x <= 1`` is (0, 1]."""

from __future__ import annotations

from collections.abc import Set

from symdl.notation.names import name_of
from symdl.notation.syntax import Absolute, Addition, Bracketed, Name, Node, Relation, Scripted

_UP = {"<": False, "<=": True}
_DOWN = {">": False, ">=": True}
"""Relations between neighbours of a chain, with whether they let them be equal."""


def interval_said(node: Node, taken: Set[str] = frozenset()) -> Bracketed | None:
    """The interval in which inequalities put one name that is not ``taken``; None for all else.

    >>> from symdl.notation.text import read_text
    >>> texts = ("0 < x <= 1", "2 >= x > 1", "x >= 3", "|x| < 1", "x = 1")
    >>> said = [interval_said(read_text(text).statements[0]) for text in texts]
    >>> [None if s is None else s.opening + s.closing for s in said]
    ['(]', '(]', '[)', '()', None]
    """
    if not isinstance(node, Relation) or not 1 <= len(node.rest) <= 2:
        return None
    sides, relations = node.sides, [relation for relation, _ in node.rest]
    if set(relations) <= _DOWN.keys():
        sides, relations = sides[::-1], [_TURNED[relation] for relation in relations[::-1]]
    if not set(relations) <= _UP.keys():
        return None
    closed = [_UP[relation] for relation in relations]
    if len(sides) == 2 and isinstance(sides[0], Absolute) and _is_name(sides[0].body):
        return _between(Addition((("-", sides[1]),)), sides[1], closed[0], closed[0])
    free = [_is_name(side) and name_of(side) not in taken for side in sides]
    if len(sides) == 3:
        return _between(sides[0], sides[2], *closed) if free[1] else None
    if free[1] and not free[0]:
        return _between(sides[0], Name("oo"), closed[0], False)
    if free[0] and not free[1]:
        return _between(Addition((("-", Name("oo")),)), sides[1], False, closed[0])
    return None


_TURNED = {">": "<", ">=": "<="}


def _is_name(node: Node) -> bool:
    return isinstance(node, Name) or (isinstance(node, Scripted) and isinstance(node.base, Name))


def _between(low: Node, high: Node, from_low: bool, to_high: bool) -> Bracketed:
    return Bracketed((low, high), "[" if from_low else "(", "]" if to_high else ")")
