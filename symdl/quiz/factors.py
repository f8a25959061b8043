r"""The order of factors where nothing is declared: ``Wx`` is no ``xW``, ``W^\top \delta`` no ``\delta W^\top``.

A capital that usually is a matrix, a transpose or an inverse before a small letter reads as a matrix before a vector.
What is equal as numbers has to be equal as square matrices and vectors, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from symdl.core import Claim, ReadError
from symdl.notation.array_signs import inverse_of, is_transpose, spread
from symdl.notation.arrays import compare_arrays, read_array
from symdl.notation.names import name_of
from symdl.notation.syntax import Juxtaposed, Name, Node, Product, Relation, Scripted, rewritten, walk
from symdl.notation.tokens import GREEK
from symdl.prover import decide

from .results import Result, of_verdict, wrong
from .scoped import Pair

_MATRICES = frozenset("WAXUJ")
_SIZE = "n"

Shapes = Mapping[str, tuple[str, ...]]


def out_of_order(pair: Pair, gold: Node, own: Node) -> Result | None:
    """Why an answer that is right for numbers is not for matrices; None where nothing speaks of matrices."""
    gold, own = (rewritten(node, _spelled_out) for node in (gold, own))
    declared = pair.context.ready.shapes
    told = pair.scope.variables | declared.keys() | pair.profile.constants.keys()
    ranks = {name: rank for node in (gold, own) for name, rank in _read_ranks(node) if name not in told}
    if not ranks:
        return None
    shapes = {**declared, **{name: (_SIZE,) * rank for name, rank in ranks.items()}}
    try:
        (link,) = compare_arrays(Relation(gold, (("=", own),)), pair.profile, pair.scope, shapes, pair.own.text)
    except ReadError:
        alone = _is_array(pair, gold, shapes) != _is_array(pair, own, shapes)
        return wrong("the factors stand in an order that only numbers allow") if alone else None
    result = of_verdict(decide(Claim(link, pair.given)))
    return None if result.grade == "RIGHT" else replace(result, reason=f"for matrices, {result.reason}")


def _spelled_out(node: Node) -> Node:
    """``Wx`` as a product of letters."""
    run = isinstance(node, Name) and not node.decorations and 1 < len(node.base) == node.end - node.start < 4
    if not run or not isinstance(node, Name) or not node.base.isalpha() or node.base in GREEK:
        return node
    return Juxtaposed(tuple(Name(letter) for letter in node.base)) if _MATRICES & {*node.base} else node


def _is_array(pair: Pair, node: Node, shapes: Shapes) -> bool:
    try:
        read_array(spread(node, pair.profile), pair.profile, pair.scope, shapes, "")
    except ReadError:
        return False
    return True


def _read_ranks(node: Node) -> Iterator[tuple[str, int]]:
    """The names of matrices that stand before small letters, and those letters."""
    for part in walk(node):
        if isinstance(part, Juxtaposed):
            items = part.items
        elif isinstance(part, Product) and all(operator == "*" for operator, _ in part.rest):
            items = (part.first, *(operand for _, operand in part.rest))
        else:
            continue
        for left, right in pairwise(items):
            matrix, vector = _matrix(left), _vector(right)
            if matrix and vector:
                yield matrix, 2
                yield vector, 1


def _matrix(node: Node) -> str | None:
    inner = inverse_of(node)
    if isinstance(node, Scripted) and is_transpose(node):
        inner = replace(node, superscript=None)
    if isinstance(inner, Scripted) and inner.subscript is None and not inner.primes:
        inner = inner.base
    if inner is not None:
        name = name_of(inner)
        return name if name and name[0].isupper() else None
    base = node.base if isinstance(node, Scripted) and node.superscript is None and not node.primes else node
    capital = isinstance(base, Name) and base.base in _MATRICES and not base.decorations
    return name_of(node) if capital else None


def _vector(node: Node) -> str | None:
    base = node.base if isinstance(node, Scripted) and node.superscript is None and not node.primes else node
    if not isinstance(base, Name) or not base.base[:1].islower():
        return None
    return name_of(node) if len(base.base) == 1 or base.base in GREEK else None
