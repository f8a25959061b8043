r"""Which matrices have to be square: ``X^{-1}`` asks for it, ``(X^\top X)^{-1}`` does not."""

from __future__ import annotations

from collections.abc import Iterator

from symdl.notation.array_signs import inverse_of, is_transpose, spread
from symdl.notation.names import name_of
from symdl.notation.syntax import Bracketed, Node, Scripted, walk

from .scoped import Pair


def asks_for_square(pair: Pair, gold: Node, own: Node) -> str | None:
    """A matrix without declared sizes that only one formula inverts alone, the other in a product with its transpose.

    Then one formula has a value for matrices that are not square, and the other has none.
    """
    (alone, products), (own_alone, own_products) = (_inverted(spread(node, pair.profile)) for node in (gold, own))
    found = (products & own_alone - alone) | (own_products & alone - own_alone)
    return next(iter(sorted(found - pair.context.ready.shapes.keys())), None)


def _inverted(node: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The names that are inverted by themselves, and those in an inverted product with their transposes."""
    alone, products = set(), set()
    for part in walk(node):
        inner = inverse_of(part)
        if inner is None:
            continue
        while isinstance(inner, Bracketed) and len(inner.items) == 1:
            inner = inner.items[0]
        name = name_of(inner.base if isinstance(inner, Scripted) and is_transpose(inner) else inner)
        if name is not None:
            alone.add(name)
        else:
            products |= {*_transposed(inner)} & {name for other in walk(inner) if (name := name_of(other))}
    return frozenset(alone), frozenset(products)


def _transposed(node: Node) -> Iterator[str]:
    for part in walk(node):
        if isinstance(part, Scripted) and is_transpose(part) and (name := name_of(part.base)):
            yield name
