r"""Conditions of several comparisons: ``x > 0 \text{ and } x < 1``, ``a \lor b``, ``x > 0, x < 1``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .syntax import Bracketed, Combined, Node, Relation, Text

if TYPE_CHECKING:
    from .grammar import Parser

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
AND, OR = frozenset({"and", "∧"}), frozenset({"or", "∨"})
"""The words and signs between conditions."""
OTHERWISE = frozenset({"otherwise", "else", "elsewhere", "other", "remaining"})
CASE_WORDS = (
    OTHERWISE | AND | OR | {"if", "when", "whenever", "for", "where", "with", "in", "all", "any", "cases", "case"}
)
"""The words around the condition of a case; others would change it."""


def is_condition(node: Node) -> bool:
    """Whether ``node`` is a comparison, or several."""
    if isinstance(node, Combined):
        return True
    if isinstance(node, Bracketed):
        return len(node.items) == 1 and is_condition(node.items[0])
    return isinstance(node, Relation) and set(node.relations) <= _COMPARISONS


def joined(parser: Parser, first: Node) -> Node:
    """A condition with those that ``and`` and ``or`` add to it; anything else as it is."""
    parts = [first]
    while is_condition(first) and parser.at("note") and parser.token.text in AND | OR:
        word = parser.advance()
        parts += [Text(word.text, start=word.start, end=word.end), parser.statement()]
    return combined(parts)


def combined(parts: Iterable[Node]) -> Node:
    """Conditions with the words between them as one; ``and`` binds closer than ``or``, a comma says ``and``."""
    groups: list[list[Node]] = [[]]
    for part in parts:
        if not isinstance(part, Text):
            groups[-1].append(part)
        elif part.text in OR:
            groups.append([])
    return _of("or", [_of("and", group) for group in groups if group])


def _of(word: str, nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Combined(word, tuple(nodes), start=nodes[0].start, end=nodes[-1].end)
