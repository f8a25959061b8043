"""The inverse of a square matrix as a node, and solutions of linear equations by it.

>>> from symdl.core.arrays import array
>>> Q, b = array("Q", "n", "n"), array("b", "n")
>>> solve(Q, b)
inverse(Q) @ b
"""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import ArrayExpr, Contract, describe
from .errors import DefinitionError

_TRANSPOSE = "ij->ji"


@dataclass(frozen=True, eq=False, repr=False)
class Inverse(ArrayExpr):
    """The matrix whose product with the operand is the identity; undefined where that is singular."""


def inverse(matrix: ArrayExpr) -> ArrayExpr:
    """The inverse of a square matrix; that of a transpose is the transpose of the inverse.

    Raises :class:`DefinitionError` for what is not a square matrix.

    >>> from symdl.core.arrays import array
    >>> Q = array("Q", "n", "n")
    >>> inverse(inverse(Q)) is Q, inverse(Q.T)
    (True, inverse(Q).T)
    """
    if matrix.rank != 2 or matrix.dimensions[0] != matrix.dimensions[1] or matrix.level:
        raise DefinitionError(f"{describe(matrix)} is not a square matrix", remedy="give both axes one size")
    if isinstance(matrix, Inverse):
        return matrix.operands[0]
    if isinstance(matrix, Contract) and matrix.subscripts == _TRANSPOSE:
        return inverse(matrix.operands[0]).T
    return Inverse(matrix.dimensions, (matrix,))


def solve(matrix: ArrayExpr, right: ArrayExpr) -> ArrayExpr:
    """The x with ``matrix @ x = right``, for a vector or a matrix on the right."""
    return inverse(matrix) @ right
