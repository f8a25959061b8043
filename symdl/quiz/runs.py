"""Letters that stand together and are declared arrays each: ``gx^T`` is ``g x^T``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from symdl.notation.syntax import Juxtaposed, Name, Node, Scripted, rewritten, walk

_LONGEST = 4


def letters_apart(node: Node, declared: Collection[str]) -> Node:
    """The formula with every undeclared run of declared letters as their product.

    >>> from symdl.notation.text import read_text
    >>> apart = letters_apart(read_text("gx^T").statements[0], {"g", "x"})
    >>> [type(part).__name__ for part in apart.items]
    ['Name', 'Scripted']
    """

    def change(part: Node) -> Node:
        if isinstance(part, Scripted) and isinstance(part.base, Juxtaposed) and _is_run(part.base, declared):
            *front, last = part.base.items
            raised = replace(part, base=last, start=last.start)
            return Juxtaposed((*front, raised), start=part.start, end=part.end)
        if not isinstance(part, Name) or not _splits(part, declared):
            return part
        letters = (Name(c, start=part.start + n, end=part.start + n + 1) for n, c in enumerate(part.base))
        return Juxtaposed(tuple(letters), start=part.start, end=part.end)

    found = any(isinstance(part, Name) and _splits(part, declared) for part in walk(node))
    return rewritten(node, change) if found else node


def _splits(name: Name, declared: Collection[str]) -> bool:
    base = name.base
    run = 1 < len(base) <= _LONGEST and base.isalpha() and not name.decorations and base not in declared
    return run and all(letter in declared for letter in base)


def _is_run(node: Juxtaposed, declared: Collection[str]) -> bool:
    """Whether a product is one that was made of letters: they touch, and each is declared."""
    names = [item for item in node.items if isinstance(item, Name)]
    touch = all(left.end == right.start for left, right in pairwise(names))
    return len(names) == len(node.items) and touch and all(name.base in declared for name in names)
