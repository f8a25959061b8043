"""How many scalar operations a program takes, as a polynomial in its sizes.

Main results: :func:`scalar_operations`.

Source: Griewank and Walther, Evaluating derivatives, SIAM 2008, Section 3.3 (the cheap gradient principle).
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symdl.core import Assign, Loop, UnsupportedOperation, symbol

from .array_lowering import Lowered
from .array_values import Shape


def scalar_operations(lowered: Lowered) -> sp.Expr:
    """Products and sums of a matrix product count two for each term, other operations one for each entry they touch.

    The call of a function counts as one operation. Raises :class:`UnsupportedOperation` for a program with loops,
    whose sizes change with the level.

    >>> from symdl.core.arrays import array
    >>> from .array_lowering import lower
    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> scalar_operations(lower("f", ("W", "x"), {"y": W @ x + 1}))
    2*in*out + out
    """
    body = lowered.program.body
    if any(isinstance(statement, Loop) for statement in body):
        raise UnsupportedOperation(f"{lowered.program.name} has loops, whose sizes change with the level")
    return sp.expand(sp.Add(*(_count(s, lowered.shapes) for s in lowered.program.statements())))


def _count(statement: Assign, shapes: Mapping[str, Shape]) -> sp.Expr:
    arrays = [shapes[name] for name in (statement.target, *statement.operands) if name in shapes]
    if statement.operation == "matmul":
        first = shapes[str(statement.operands[0])]
        summed = first[-2] if statement.specification.startswith("t") and len(first) > 1 else first[-1]
        return 2 * _size(shapes[statement.target]) * _size((summed,))
    if statement.operation == "einsum":
        groups = statement.specification.partition("->")[0].split(",")
        letters = dict(
            pair for group, shape in zip(groups, arrays[1:], strict=True) for pair in zip(group, shape, strict=True)
        )
        return 2 * _size(tuple(letters.values()))
    return _size(max(arrays, key=lambda shape: sum(axis is not None for axis in shape)))


def _size(shape: Shape) -> sp.Expr:
    return sp.Mul(*(symbol(str(dimension)) for dimension in shape if dimension is not None))
