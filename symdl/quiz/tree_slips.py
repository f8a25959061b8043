"""Slips that show on the syntax tree: an index one off, a matrix or a factor transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations

from symdl.core import SymdlError
from symdl.matching.misconceptions import BY_NAME, Misconception
from symdl.notation.syntax import Addition, Juxtaposed, Matrix, Name, Node, Number, Scripted, rewritten, walk

from .expressions import equal
from .scoped import Pair

TRANSPOSED = Misconception("transposed", lambda case: iter(()), "compare the sizes: rows and columns are exchanged")
_SIGNS = ("top", "T", "intercal")
_MOST_NAMES = 6


def slip_of_tree(pair: Pair, gold: Node, own: Node) -> Misconception | None:
    """The slip between two formulas that their trees show, None where they show none."""
    if rewritten(gold, _without_shift) == rewritten(own, _without_shift):
        return BY_NAME["off by one"]
    return TRANSPOSED if _is_transposed(pair, gold, own) else None


def _without_shift(node: Node) -> Node:
    """``x_t`` for ``x_{t-1}``."""
    match node:
        case Scripted(subscript=Addition(((_, index), (_, Number())))):
            return replace(node, subscript=index)
    return node


def _is_transposed(pair: Pair, gold: Node, own: Node) -> bool:
    """Whether the given answer is the right one with rows and columns exchanged somewhere."""
    if isinstance(gold, Matrix):
        turned = Matrix(tuple(zip(*gold.rows, strict=True)))
        return isinstance(own, Matrix) and (turned == own or _equal(pair, turned, own))
    if not (pair.gold.arrays or pair.own.arrays or any(map(_is_transpose, walk(gold)))):
        return False
    candidates = list(_transposes(gold))
    return own in candidates or any(_equal(pair, candidate, own) for candidate in candidates[:_MOST_NAMES])


def _equal(pair: Pair, edited: Node, own: Node) -> bool:
    try:
        return equal(pair, edited, own).grade == "RIGHT"
    except SymdlError:
        return False


def _is_transpose(node: Node) -> bool:
    return isinstance(node, Scripted) and isinstance(node.superscript, Name) and node.superscript.base in _SIGNS


def _transposes(gold: Node) -> Iterator[Node]:
    """One factor, or two, transposed or no longer so; the factors of a product in another order."""
    turned = [node for node in walk(gold) if isinstance(node, Scripted) and _is_transpose(node)]
    sign = next((node.superscript for node in turned), None) or Name("top")
    plain = [node for node in walk(gold) if isinstance(node, Name) and node != sign]
    bases = [node.base for node in turned]
    factors = list(dict.fromkeys([*turned, *(node for node in plain if node not in bases)]))[:_MOST_NAMES]
    for chosen in (*((one,) for one in factors), *combinations(factors, 2)):
        yield rewritten(gold, partial(_exchanged, {node: _turned(node, sign) for node in chosen}))
    for product in (node for node in walk(gold) if isinstance(node, Juxtaposed)):
        yield rewritten(gold, partial(_exchanged, {product: replace(product, items=product.items[::-1])}))


def _exchanged(table: dict[Node, Node], node: Node) -> Node:
    return table.get(node, node)


def _turned(node: Node, sign: Node) -> Node:
    if isinstance(node, Scripted) and _is_transpose(node):
        return node.base
    return Scripted(node, None, sign)
