r"""Norms, traces and products of vectors and matrices as sums over components, for a formula that is written so.

Here a capital is a matrix and a small letter a vector; Greek letters and numbers are scalars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from symdl.notation.array_signs import TRACES, is_transpose
from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Juxtaposed,
    Name,
    Node,
    Norm,
    Number,
    Product,
    Root,
    Scripted,
    Summation,
    rewritten,
    walk,
)
from symdl.notation.tokens import GREEK

_TWO = Number("2")
Index = Name | None


def componentwise(node: Node) -> Node:
    """The tree with norms, traces and inner products as sums over components."""
    for change in (_ordered, _scalar):
        node = rewritten(node, lambda part, change=change: change(part) or part)  # type: ignore[misc]
    return node


def _ordered(node: Node) -> Node | None:
    """A norm with its order or its power; None for anything else."""
    match node:
        case Scripted(Norm(body), order, power) if power in (None, _TWO):
            return _norm(body, order, power is not None, _letters(node))
    return None


def _scalar(node: Node) -> Node | None:
    """A norm, a trace, an inner product or a component of a product; None for anything else."""
    match node:
        case Norm(body):
            return _norm(body, None, False, _letters(node))
        case Juxtaposed((Name(name), Bracketed((inner,)))) if name in TRACES:
            letters = _letters(node)
            index = Name(next(letters))
            entry = _entry(inner, index, index, letters)
            return _total([index], entry) if entry is not None else None
        case Scripted(Bracketed((inner,)), Name() as index, None) if not node.primes:
            entry = _entry(inner, index, None, _letters(node))
            return Bracketed((entry,)) if entry is not None and entry != inner else None
        case Juxtaposed() | Product() if any(map(is_transpose, _factors(node))):
            return _entry(node, None, None, _letters(node))
    return None


def _letters(node: Node) -> Iterator[str]:
    """Names for indices that the formula does not use."""
    used = {letter for part in walk(node) if isinstance(part, Name) for letter in part.base}
    return iter([letter for letter in (*"ijklmrsuv", *(f"i{n}" for n in range(9))) if letter not in used])


def _norm(body: Node, order: Node | None, squared: bool, letters: Iterator[str]) -> Node | None:
    frobenius = order == Name("F")
    row, column = Name(next(letters)), Name(next(letters)) if frobenius else None
    entry = _entry(body, row, column, letters)
    if entry is None or order not in (None, Number("1"), _TWO, Name("F")):
        return None
    bound = [index for index in (row, column) if index is not None]
    if order == Number("1"):
        total = _total(bound, Absolute(entry))
        return Scripted(total, None, _TWO) if squared else total
    plain = isinstance(entry, Scripted) and entry.superscript is None
    power = replace(entry, superscript=_TWO) if plain else Scripted(Bracketed((entry,)), None, _TWO)  # type: ignore[call-arg]
    total = _total(bound, power)
    return total if squared else Root(total)


def _total(indices: list[Name], body: Node) -> Node:
    for index in reversed(indices):
        body = Bracketed((Summation("sum", index, None, None, None, body),))
    return body


def _entry(node: Node, row: Index, column: Index, letters: Iterator[str]) -> Node | None:
    """The entry of a sum of products at a row and a column; None where the formula has no such axes."""
    while isinstance(node, Bracketed) and len(node.items) == 1:
        node = node.items[0]
    if isinstance(node, Addition):
        terms = [(sign, _entry(term, row, column, letters)) for sign, term in node.terms]
        whole = tuple((sign, entry) for sign, entry in terms if entry is not None)
        return Addition(whole) if len(whole) == len(terms) else None
    factors = _factors(node)
    ranks = [_rank(factor) for factor in factors]
    if None in ranks:
        return None
    arrays = [factor for factor, rank in zip(factors, ranks, strict=True) if rank]
    axes = [_axes(factor) for factor in arrays]
    if not arrays or any(left[1] != right[0] for left, right in pairwise(axes)):
        return None
    if (axes[0][0], axes[-1][1]) != (row is not None, column is not None):
        return None
    inner: list[Index] = [Name(next(letters)) if has_column else None for _, has_column in axes[:-1]]
    marks = [row, *inner, column]
    parts = [factor for factor, rank in zip(factors, ranks, strict=True) if not rank]
    parts += [_at(factor, *places) for factor, places in zip(arrays, pairwise(marks), strict=True)]
    body: Node = parts[0] if len(parts) == 1 else Juxtaposed(tuple(parts))
    return _total([index for index in inner if index is not None], body)


def _factors(node: Node) -> tuple[Node, ...]:
    """The factors of a product of letters."""
    if isinstance(node, Product) and all(operator in ("*", "cdot") for operator, _ in node.rest):
        return tuple(
            factor for part in (node.first, *(operand for _, operand in node.rest)) for factor in _factors(part)
        )
    if isinstance(node, Juxtaposed):
        return tuple(factor for part in node.items for factor in _factors(part))
    if isinstance(node, Name) and len(node.base) in (2, 3) and node.base.isalpha() and node.base not in GREEK:
        return tuple(map(Name, node.base))
    return (node,)


def _rank(node: Node) -> int | None:
    """2 for a matrix, 1 for a vector, 0 for a scalar; None where that is not plain."""
    if isinstance(node, Number):
        return 0
    base = node.base if isinstance(node, Scripted) and is_transpose(node) and node.subscript is None else node
    if not isinstance(base, Name) or (len(base.base) > 1 and base.base not in GREEK):
        return None
    return 0 if base.base in GREEK else 2 if base.base.isupper() else 1


def _axes(node: Node) -> tuple[bool, bool]:
    """Whether an array has a row and a column index where it stands."""
    if _rank(node) == 2:
        return True, True
    return (False, True) if is_transpose(node) else (True, False)


def _at(node: Node, row: Index, column: Index) -> Node:
    turned = is_transpose(node)
    bare = node.base if turned and isinstance(node, Scripted) else node
    places = [index for index in ((column, row) if turned else (row, column)) if index is not None]
    return Scripted(bare, places[0] if len(places) == 1 else Juxtaposed(tuple(places)))
