"""Sizes of arrays while a formula is read: what is added, multiplied or compared must fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from symdl.core import Activation, ReadError
from symdl.core.arrays import ArrayExpr, apply, repeat


class ShapeError(ReadError):
    """Two arrays whose sizes have names, and the names differ where they must be one size.

    ``sizes`` are the two names.
    """

    def __init__(self, message: str, sizes: tuple[str, str], *, text: str, position: int, remedy: str) -> None:
        super().__init__(message, text=text, position=position, remedy=remedy)
        self.sizes = sizes


class Size:
    """A size that may turn out to be another one; ``name`` where somebody has named it."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.same: Size | None = None

    def found(self) -> Size:
        """The size that this one has turned out to be."""
        size = self
        while size.same is not None:
            size = size.same
        return size

    def unify(self, other: Size) -> bool:
        """Make the two sizes one; False where both have a name and the names differ."""
        left, right = self.found(), other.found()
        if left is right:
            return True
        if left.name and right.name:
            return left.name == right.name
        if left.name:
            right.same = left
        else:
            left.same = right
        return True


Axes = tuple[Size, ...]


@dataclass(frozen=True)
class Value:
    """An array being read: its axes, whether it is a row (a transposed vector), and how to make it.

    ``unknown`` is the name of a quantity that is taken for a scalar as long as nothing else says what it is.
    """

    axes: Axes
    make: Callable[[], ArrayExpr]
    row: bool = False
    unknown: str = ""

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.axes)


def mapped(formula: Callable[..., sp.Expr] | Activation, *values: Value) -> Value:
    """A formula entry by entry; scalars are repeated."""
    wide = max(values, key=lambda value: value.rank)

    def make() -> ArrayExpr:
        arrays = [value.make() for value in values]
        model = next(made for made, value in zip(arrays, values, strict=True) if value is wide)
        return apply(formula, *(_stretched(made, model) for made in arrays))

    return Value(wide.axes, make, wide.row)


def _stretched(made: ArrayExpr, model: ArrayExpr) -> ArrayExpr:
    if made.rank == model.rank:
        return made
    for dimension in reversed(model.dimensions):
        made = repeat(made, 0, dimension)
    return made
