"""Answers of several values: sets, tuples, intervals and matrices."""

from __future__ import annotations

from symdl.core import ReadError
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Bracketed,
    Listing,
    Matrix,
    Name,
    Node,
    Product,
    Relation,
    Scripted,
    walk,
)

from .entries import is_written_out
from .expressions import Pair, equal
from .inequalities import interval_said
from .labels import split
from .reading import Reading
from .results import Result, all_of, any_of, right, undecided, wrong

_MOST_ITEMS = 24
_INFINITY = frozenset({"oo", "inf", "infty", "infinity"})
_NUMBER_SETS = frozenset("RNZQC")


def values_of(reading: Reading) -> tuple[Node, ...] | None:
    """The values that a text lists, in order; None for a text that is no list.

    ``x = 1, x = 2`` under one label, alternatives, sets and tuples are lists.
    """
    nodes = [node for statement in reading.nodes for node in _items(statement)]
    found = [split(node) for node in nodes]
    labels = {label for label, _, _ in found}
    if len(labels) > 1 or any(len(sides) != 1 or isinstance(sides[0], Relation) for _, sides, _ in found):
        return None
    if len(nodes) == 1 and not _is_list(reading.nodes[0]):
        inner = found[0][1][0]
        return tuple(_items(inner)) if _is_list(inner) or isinstance(inner, Matrix) else None
    return tuple(sides[0] for _, sides, _ in found)


Space = tuple[str, tuple[Node, ...]]
"""A number set and the sizes of its arrays."""


def space_of(node: Node) -> Space | None:
    r"""The letter and the sizes of ``\mathbb R^{n \times d}``; None for anything else."""
    base, upper = (node.base, node.superscript) if isinstance(node, Scripted) else (node, None)
    if not isinstance(base, Name) or "bb" not in base.decorations or base.base not in _NUMBER_SETS:
        return None
    if isinstance(upper, Product) and all(operator == "*" for operator, _ in upper.rest):
        return base.base, (upper.first, *(size for _, size in upper.rest))
    return base.base, () if upper is None else (upper,)


def same_space(pair: Pair, gold: Space, own: Space) -> Result:
    """The same numbers, the same sizes in the same order."""
    if gold[0] != own[0] or len(gold[1]) != len(own[1]):
        return wrong("another space is asked for")
    if not gold[1]:
        return right("identical", "the same set of numbers")
    return all_of(equal(pair, *sizes) for sizes in zip(gold[1], own[1], strict=True))


def _is_list(node: Node) -> bool:
    return isinstance(node, Listing) or (
        isinstance(node, Bracketed) and (len(node.items) > 1 or (node.opening == "{" and bool(node.items)))
    )


def _items(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Matrix) and (len(node.rows) == 1 or all(len(row) == 1 for row in node.rows)):
        return tuple(cell for row in node.rows for cell in row)
    return node.items if isinstance(node, Bracketed | Listing) and _is_list(node) else (node,)


def same_set(pair: Pair) -> Result:
    """Equal as sets: each element of one side is an element of the other."""
    gold, own = values_of(pair.gold), values_of(pair.own)
    if gold is None:
        raise ReadError("the right answer is no set", text=pair.gold.text, remedy="write \\{1, 2\\}")
    if own is None:
        if len(pair.own.nodes) > 1:
            return wrong("a set is asked for")
        own = split(pair.own.nodes[0])[1][-1:]
    if _could_be_interval(pair.own.nodes) and interval_of(pair.gold.nodes[0]) is None:
        return undecided("two values in brackets could be an interval: write braces around a set")
    if max(len(gold), len(own)) > _MOST_ITEMS:
        return undecided(f"a set of more than {_MOST_ITEMS} elements")
    there = [any_of(equal(pair, element, other) for other in own) for element in gold]
    back = [any_of(equal(pair, other, element) for other in gold) for element in own]
    result = all_of([*there, *back])
    return wrong("an element is missing or too many") if result.grade == "WRONG" else result


def _could_be_interval(nodes: tuple[Node, ...]) -> bool:
    found = interval_of(nodes[0]) if len(nodes) == 1 else None
    return found is not None and "[" in found.opening + found.closing.replace("]", "[")


def is_whole_line(node: Node) -> bool:
    r"""Whether a value is all numbers: ``\mathbb R`` or ``(-\infty, \infty)``."""
    interval = interval_of(node)
    if interval is not None:
        return (infinite(interval.items[0]), infinite(interval.items[1])) == ("-", "+")
    return space_of(split(node)[1][-1]) == ("R", ())


def same_tuple(pair: Pair) -> Result:
    """Equal place by place."""
    gold, own = values_of(pair.gold), values_of(pair.own)
    if gold is None:
        raise ReadError("the right answer is no tuple", text=pair.gold.text, remedy="write (1, 2)")
    if own is None:
        return wrong(f"{len(gold)} values are asked for")
    if len(gold) != len(own):
        return wrong(f"{len(own)} values instead of {len(gold)}")
    return all_of(equal(pair, *places) for places in zip(gold, own, strict=True))


def interval_of(node: Node) -> Bracketed | None:
    """The interval that a tree is, behind a label too."""
    value = split(node)[1][-1]
    is_interval = isinstance(value, Bracketed) and len(value.items) == 2 and value.opening in "(["
    return value if isinstance(value, Bracketed) and is_interval else None


def same_interval(pair: Pair) -> Result:
    """The same ends, and each of them in or out."""
    if all(len(reading.nodes) == 1 and is_whole_line(reading.nodes[0]) for reading in (pair.gold, pair.own)):
        return right("identical", "all numbers")
    gold, own = interval_of(pair.gold.nodes[0]), interval_of(pair.own.nodes[0])
    own = own or interval_said(pair.own.nodes[0], pair.gold.bare)
    if gold is None or own is None:
        return wrong("an interval is asked for")
    if not (_ends_alike(gold, own)):
        return wrong("an end belongs to one interval and not to the other")
    return all_of(_same_end(pair, *ends) for ends in zip(gold.items, own.items, strict=True))


def _ends_alike(gold: Bracketed, own: Bracketed) -> bool:
    """Whether the brackets agree at the finite ends."""
    left = gold.opening == own.opening or infinite(gold.items[0]) is not None
    return left and (gold.closing == own.closing or infinite(gold.items[1]) is not None)


def infinite(node: Node) -> str | None:
    """``+`` or ``-`` for an infinite end."""
    from symdl.notation.syntax import Addition

    if isinstance(node, Addition) and len(node.terms) == 1 and name_of(node.terms[0][1]) in _INFINITY:
        return node.terms[0][0]
    return "+" if isinstance(node, Name) and node.base in _INFINITY else None


def _same_end(pair: Pair, gold: Node, own: Node) -> Result:
    signs = infinite(gold), infinite(own)
    if signs == (None, None):
        return equal(pair, gold, own)
    return Result("RIGHT") if signs[0] == signs[1] else wrong("an end is infinite on one side alone")


Rows = tuple[tuple[Node, ...], ...]


def rows_of(node: Node) -> Rows | None:
    """The rows of a matrix: an environment, or lists in a list; a flat list is one column."""
    value = split(node)[1][-1]
    if isinstance(value, Matrix):
        return value.rows
    if not isinstance(value, Bracketed):
        return None
    if all(isinstance(item, Bracketed) and item.opening in "([" for item in value.items):
        return tuple(item.items for item in value.items if isinstance(item, Bracketed))
    return tuple((item,) for item in value.items)


def same_matrix(pair: Pair) -> Result:
    """The same shape and the same entries."""
    gold, own = rows_of(pair.gold.nodes[0]), rows_of(pair.own.nodes[0])
    if gold is None or own is None:
        if gold is None or any(isinstance(part, Matrix) for part in walk(pair.own.nodes[0])):
            return undecided("a product or sum of matrices that cannot be worked out")
        return wrong("a matrix written out is asked for")
    shapes = [(len(rows), len(rows[0])) for rows in (gold, own)]
    ragged = any(len(row) != shape[1] for rows, shape in zip((gold, own), shapes, strict=True) for row in rows)
    if shapes[0] != shapes[1] or ragged:
        return wrong(f"a matrix of shape {shapes[1]} where {shapes[0]} is asked for")
    steps = _steps(pair)
    if any({(len(rows), len(row)) for row in rows} != {shapes[0]} for rows in steps):
        return undecided("a step on the way to the matrix is of another shape")
    cells = [
        (a, b)
        for rows in (own, *steps)
        for left, right in zip(gold, rows, strict=True)
        for a, b in zip(left, right, strict=True)
    ]
    return all_of(equal(pair, *places) for places in cells)


def _steps(pair: Pair) -> list[Rows]:
    """The matrices on the way to the last one of a chain, without those that bear names of their own."""
    *steps, last = split(pair.own.nodes[0])[1]
    known = _names(last) | _names(pair.gold.nodes[0])
    written = (step for step in steps if is_written_out(step) and _names(step) <= known)
    return [rows for step in written if (rows := rows_of(step)) is not None]


def _names(node: Node) -> set[str]:
    return {part.base for part in walk(node) if isinstance(part, Name)}


def is_builder(node: Node) -> Relation | None:
    r"""The condition in ``\{x : x > 0\}`` or ``\{x | x > 0\}``, else None."""
    value = split(node)[1][-1]
    if not isinstance(value, Bracketed) or value.opening != "{" or len(value.items) != 1:
        return None
    inner = value.items[0]
    if isinstance(inner, Relation) and inner.relations[:1] == (":",) and len(inner.rest) > 1:
        return Relation(inner.rest[0][1], inner.rest[1:])
    return None
