"""Largest and smallest of an array and a number as clips, which NumPy computes several times as fast.

NumPy has vector code for the maximum of two arrays and for ``x.clip(low, high)``, but none for the maximum
of an array and a number, nor for signs. A clip keeps nan, as the maximum does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from symdl.core.programs import Assign, Operand

CLIP = "clip"
CLIPS: dict[str, Callable[..., sp.Basic]] = {
    CLIP: lambda x, low, high: sp.Min(sp.Max(x, low), high),
    "ceil": sp.ceiling,
    "floor": sp.floor,
}
"""What the operations mean that stand in code alone."""
_BOUNDS = {"maximum": (None, sp.oo), "minimum": (-sp.oo, None)}
_STEPS: dict[tuple[Operand, ...], tuple[str, sp.Expr, sp.Expr]] = {
    (sp.Integer(0), sp.oo): ("ceil", sp.Integer(0), sp.Integer(1)),
    (-sp.oo, sp.Integer(0)): ("floor", sp.Integer(-1), sp.Integer(0)),
}


def with_clips(statements: Sequence[Assign]) -> list[Assign]:
    """The statements with clips, two bounds in one, and steps as clips that are rounded.

    >>> x = Assign("t0", "sign", ("x",)), Assign("out", "maximum", ("t0", sp.Integer(0)))
    >>> [(s.operation, s.operands) for s in with_clips(x)]
    [('clip', ('x', 0, 1)), ('ceil', ('t0',))]
    """
    result: list[Assign] = []
    for statement in map(_clip, statements):
        made = next((s for s in result if s.target == statement.operands[0]), None)
        if statement.operation != CLIP or made is None or _reads(statements, made.target) > 1:
            result.append(statement)
        elif made.operation == "sign" and statement.operands[1:] in _STEPS:
            rounding, low, high = _STEPS[statement.operands[1:]]
            result[result.index(made)] = Assign(made.target, CLIP, (made.operands[0], low, high))
            result.append(Assign(statement.target, rounding, (made.target,)))
        elif made.operation == CLIP and (both := _joined(made.operands, statement.operands)):
            result.remove(made)
            result.append(Assign(statement.target, CLIP, both))
        else:
            result.append(statement)
    return result


def clip_call(operands: Sequence[str], place: str) -> str:
    """The clip as a call."""
    return f"{operands[0]}.clip({', '.join(operands[1:])}, out={place})"


def _clip(statement: Assign) -> Assign:
    """A bound by a number as a clip."""
    bounds = _BOUNDS.get(statement.operation)
    arrays = [operand for operand in statement.operands if isinstance(operand, str)]
    if bounds is None or len(arrays) != 1:
        return statement
    (number,) = (operand for operand in statement.operands if not isinstance(operand, str))
    low, high = (number if bound is None else bound for bound in bounds)
    return Assign(statement.target, CLIP, (arrays[0], low, high))


def _joined(inner: Sequence[Operand], outer: Sequence[Operand]) -> tuple[Operand, ...] | None:
    """Two clips as one, where one gives the lower bound, the other an upper one that is no less."""
    array, *bounds = inner
    lows = [low for low in (bounds[0], outer[1]) if low != -sp.oo]
    highs = [high for high in (bounds[1], outer[2]) if high != sp.oo]
    if len(lows) != 1 or len(highs) != 1 or not all(isinstance(end, sp.Number) for end in (*lows, *highs)):
        return None
    return (array, *lows, *highs) if sp.sympify(lows[0]) <= sp.sympify(highs[0]) else None


def _reads(statements: Sequence[Assign], name: str) -> int:
    return sum(statement.operands.count(name) for statement in statements)
