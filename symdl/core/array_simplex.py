"""The projection onto the probability simplex along an axis, as a node.

>>> from symdl.core.arrays import array
>>> project(array("z", "classes"), 0)
projection(z)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .arrays import ArrayExpr, Axis, axis_position, describe
from .errors import DefinitionError


@dataclass(frozen=True, eq=False, repr=False)
class Projection(ArrayExpr):
    """The nearest point whose entries along the axis are at least 0 and sum to 1: ``max(z_i - t, 0)``.

    The threshold t is the largest of ``(sum of z over S - 1)/|S|`` over all sets S of places. The
    derivative is that with the support held fixed, where entries at the threshold are outside of it.
    """

    axis: int = field(kw_only=True)


def project(operand: ArrayExpr, axis: Axis) -> ArrayExpr:
    """The projection of each vector along an axis onto the simplex."""
    if operand.level:
        raise DefinitionError(f"{describe(operand)} has one array for each level {operand.level}")
    return Projection(operand.dimensions, (operand,), axis=axis_position(operand, axis))
