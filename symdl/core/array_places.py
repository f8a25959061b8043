"""Arrays whose entries are those of others at computed places: rows by integers, windows along an axis.

Each comes with the node that adds entries back to their places, which is its reverse.

>>> from symdl.core.arrays import array
>>> table, words = array("table", "vocabulary", "width"), array("words", "batch", integer=True)
>>> gather(table, words).dimensions[0].name
'batch'
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from .arrays import ArrayExpr, Axis, axis_position, describe, is_integer
from .dimensions import Dimension
from .errors import DefinitionError


@dataclass(frozen=True, eq=False, repr=False)
class Gather(ArrayExpr):
    """The members of the first operand, along its first axis, that the second names: ``w[y[b], k]``."""


@dataclass(frozen=True, eq=False, repr=False)
class Accumulate(ArrayExpr):
    """The sums, along a new first axis, of the members of the first operand that the second puts there."""


@dataclass(frozen=True)
class Steps:
    """The place of entry k of window o: ``stride*o + dilation*k - padding``."""

    stride: sp.Expr = sp.Integer(1)
    dilation: sp.Expr = sp.Integer(1)
    padding: sp.Expr = sp.Integer(0)


@dataclass(frozen=True, eq=False, repr=False)
class Window(ArrayExpr):
    """An axis as two, of windows and of the entries in each; zeros stand outside of the operand."""

    axis: int = field(kw_only=True)
    steps: Steps = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Overlap(ArrayExpr):
    """Windows added up where they lie: the axes of windows and of their entries become one."""

    axis: int = field(kw_only=True)
    steps: Steps = field(kw_only=True)


def gather(table: ArrayExpr, index: ArrayExpr) -> ArrayExpr:
    """``table[index[b], ...]``: the axes of ``index`` take the place of the first one.

    Raises :class:`DefinitionError` for an index that is not made of integers.
    """
    if not table.rank or table.level or index.level or not is_integer(index):
        raise DefinitionError(
            f"{describe(index)} does not name members of {describe(table)}", remedy="declare integer=True"
        )
    return Gather((*index.dimensions, *table.dimensions[1:]), (table, index))


def accumulate(members: ArrayExpr, index: ArrayExpr, dimension: Dimension) -> ArrayExpr:
    """The sum over all b of ``members[b, ...]`` in row ``index[b]``: the reverse of :func:`gather`."""
    if members.dimensions[: index.rank] != index.dimensions or not is_integer(index):
        raise DefinitionError(f"{describe(index)} does not place {describe(members)}")
    return Accumulate((dimension, *members.dimensions[index.rank :]), (members, index))


def window(
    operand: ArrayExpr, axis: Axis, positions: Dimension, width: Dimension, steps: Steps | None = None
) -> ArrayExpr:
    """Windows along an axis: entry (o, k) is that at ``stride*o + dilation*k - padding``, or 0 outside.

    >>> from symdl.core.arrays import array
    >>> [d.name for d in window(array("x", "n"), 0, Dimension("o"), Dimension("k")).dimensions]
    ['o', 'k']
    """
    place = axis_position(operand, axis)
    if operand.level:
        raise DefinitionError(f"{describe(operand)} has one array for each level {operand.level}")
    dimensions = (*operand.dimensions[:place], positions, width, *operand.dimensions[place + 1 :])
    return Window(dimensions, (operand,), axis=place, steps=steps or Steps())


def overlap(operand: ArrayExpr, axis: int, dimension: Dimension, steps: Steps) -> ArrayExpr:
    """The sum of all windows at their places: the reverse of :func:`window`."""
    dimensions = (*operand.dimensions[:axis], dimension, *operand.dimensions[axis + 2 :])
    return Overlap(dimensions, (operand,), axis=axis, steps=steps)


def slid(length: Dimension, width: Dimension, steps: Steps, name: str) -> Dimension:
    """The windows that fit into an axis with its padding.

    >>> str(slid(Dimension("length"), Dimension("kernel"), Steps(), "positions").size)
    'floor(-size(kernel) + size(length)) + 1'
    """
    free = length.size + 2 * steps.padding - steps.dilation * (width.size - 1) - 1
    return Dimension(name, formula=sp.floor(free / steps.stride) + 1)
