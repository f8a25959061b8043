"""Slips that show on the syntax tree: an index one off, a transpose, a sign or a factor among arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations, islice

from symdl.core import SymdlError
from symdl.matching.misconceptions import BY_NAME, Misconception
from symdl.notation.syntax import Addition, Fraction, Juxtaposed, Matrix, Name, Node, Number, Scripted, rewritten, walk

from .expressions import equal
from .scoped import Pair

TRANSPOSED = Misconception("transposed", lambda case: iter(()), "compare the sizes: rows and columns are exchanged")
_SIGNS = ("top", "T", "intercal")
_MOST_NAMES = 6
_MOST_EDITS = 12
_MOST_PROOFS = 4

Term = tuple[str, Node]


def slip_of_tree(pair: Pair, gold: Node, own: Node) -> Misconception | None:
    """The slip between two formulas that their trees show, None where they show none."""
    if rewritten(gold, _without_shift) == rewritten(own, _without_shift):
        return BY_NAME["off by one"]
    if _is_transposed(pair, gold, own):
        return TRANSPOSED
    return _of_arrays(pair, gold, own) if pair.gold.arrays else None


def _of_arrays(pair: Pair, gold: Node, own: Node) -> Misconception | None:
    """A sign, a number or a term of a formula about arrays, whose products do not commute."""
    edits = list(islice(_edits(gold), _MOST_EDITS))
    alike = (name for name, edited in edits if edited == own)
    found = next(alike, None) or next(
        (name for name, edited in edits[:_MOST_PROOFS] if _equal(pair, edited, own)), None
    )
    return BY_NAME[found] if found else None


def _edits(gold: Node) -> Iterator[tuple[str, Node]]:
    for node in walk(gold):
        match node:
            case Addition(terms):
                for place, (sign, term) in enumerate(terms):
                    flipped = ("+" if sign == "-" else "-", term)
                    yield "sign", _put(gold, node, replace(node, terms=_with(terms, place, (flipped,))))
                    yield "missing term", _put(gold, node, _sum(node, _with(terms, place, ())))
            case Juxtaposed(items):
                if isinstance(items[0], Number | Fraction):
                    yield "factor", _put(gold, node, replace(node, items=items[1:]) if items[2:] else items[1])


def _with(terms: tuple[Term, ...], place: int, new: tuple[Term, ...]) -> tuple[Term, ...]:
    return (*terms[:place], *new, *terms[place + 1 :])


def _sum(node: Addition, terms: tuple[Term, ...]) -> Node:
    return terms[0][1] if len(terms) == 1 and terms[0][0] == "+" else replace(node, terms=terms)


def _put(gold: Node, old: Node, new: Node) -> Node:
    """``gold`` with ``new`` where ``old`` stands, and nowhere else."""
    return rewritten(gold, lambda node: new if node == old and node.start == old.start else node)


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
    yield from (_put(gold, node, _turned(node, sign)) for node in turned)
    for product in (node for node in walk(gold) if isinstance(node, Juxtaposed)):
        backwards = product.items[::-1]
        for items in (backwards, tuple(_turned(item, sign) for item in backwards)):
            yield _put(gold, product, replace(product, items=items))


def _exchanged(table: dict[Node, Node], node: Node) -> Node:
    return table.get(node, node)


def _turned(node: Node, sign: Node) -> Node:
    if isinstance(node, Scripted) and _is_transpose(node):
        return node.base
    return Scripted(node, None, sign)
