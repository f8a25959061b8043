"""How the stable nodes over exponentials are computed.

Recipes: the difference to the maximum is a sum of two floats (Knuth's two-sum), so its exponential
is right to the last places also where the difference is large and inexact; the logarithm of a sum
is log1p of the sum without the largest term; a hot component is minus the sum of the others; sums
of powers are split on a grid, so that the high parts are added without rounding. Where float32 is computed
in float64, differences and sums are right as they are.

Source: Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdl.core.programs import Operand

from .array_stable import DEPTH, Exponentials
from .array_values import Builder

REACH = sp.Integer(800)
"""exp(-800) is zero in float32 and float64: what lies further below the maximum is moved up, so that
differences do not overflow; where 800 is below the spacing of the floats, half of the maximum counts.
"""


@dataclass(frozen=True)
class _Differences:
    """z - top, the maximum ``top``, and what was lost in rounding z - top."""

    shifted: str
    top: str
    lost: str | None


@dataclass(frozen=True)
class _Powers:
    """exp(z - top), the maximum ``top``, and what was lost in rounding z - top."""

    powers: str
    top: str
    lost: str | None


def exponentials(build: Builder, node: Exponentials, z: str, index: str | None, scale: Operand | None = None) -> str:
    """The value of a stable node of z; ``index`` is that of component y, ``scale`` a power of two."""
    axis = node.axis - node.operands[0].rank
    if node.kind == "powers":
        return _powers(build, z, axis).powers
    if node.kind in ("near", "far"):
        return _in_two_steps(build, z, axis)[node.kind == "far"]
    if node.kind == "residual" and index is not None:
        return _residual(build, z, index, axis)
    if node.kind == "log_softmax":
        return _log_softmax(build, z, axis)
    if node.kind == "surprise" and index is not None:
        return build.squeeze(_surprise(build, z, index, axis, scale), axis)
    at = _powers(build, z, axis)
    return build.squeeze(build.operation("add", at.top, _log_of_sum(build, z, axis)), axis)


def _differences(build: Builder, z: str, axis: int) -> _Differences:
    do = build.operation
    top = build.along("max", z, axis, name="top")
    if build.wide:
        return _Differences(do("subtract", z, top, name="shifted"), top, None)
    reach = do("add", do("multiply", do("absolute", top, name="reach"), sp.Rational(1, 2)), REACH)
    near = do("maximum", z, do("subtract", top, reach, name="bottom"), name="near")
    shifted = do("subtract", near, top, name="shifted")
    moved = do("subtract", shifted, near, name="moved")
    kept = do("subtract", shifted, moved, name="lost")
    lost = do("subtract", do("subtract", near, kept), do("add", moved, top), name="lost")
    return _Differences(shifted, top, lost)


def _powers(build: Builder, z: str, axis: int) -> _Powers:
    at = _differences(build, z, axis)
    return _Powers(_corrected(build, at.shifted, at.lost), at.top, at.lost)


def _in_two_steps(build: Builder, z: str, axis: int) -> tuple[str, str]:
    """The exponentials of max(z - top, -64) with what was lost, and of the exact rest, mostly 0."""
    at = _differences(build, z, axis)
    near = build.operation("maximum", at.shifted, -DEPTH, name="near")
    far = build.operation("subtract", at.shifted, near, name="far")
    return _corrected(build, near, at.lost), build.operation("exp", far, name="far")


def _corrected(build: Builder, exponent: str, lost: str | None) -> str:
    """The exponential of a sum of two floats."""
    power = build.operation("exp", exponent, name="powers")
    if lost is None:
        return power
    return build.operation("add", power, build.operation("multiply", power, lost, name="correction"), name="powers")


def _without(build: Builder, powers: str, place: str, axis: int, value: Operand) -> str:
    shape = build.shapes[powers]
    return build.operation("put", powers, place, value, specification=str(axis), shape=shape, name="others")


def _log_of_sum(build: Builder, z: str, axis: int) -> str:
    """log of the sum of exp(z - top)."""
    place = build.along("argmax", z, axis)
    others = _without(build, _powers(build, z, axis).powers, place, axis, sp.Integer(0))
    return build.operation("log1p", _sum(build, others, axis, "rest"), name="log_sum")


def _sum(build: Builder, powers: str, axis: int, name: str) -> str:
    return build.along("sum" if build.wide else "sum_of_powers", powers, axis, name=name)


def _log_softmax(build: Builder, z: str, axis: int) -> str:
    at = _powers(build, z, axis)
    correction = _log_of_sum(build, z, axis)
    difference = build.operation("subtract", z, at.top, name="result")
    result = build.operation("subtract", difference, correction)
    return result if at.lost is None else build.operation("add", result, at.lost)


def _surprise(build: Builder, z: str, index: str, axis: int, scale: Operand | None) -> str:
    """top - z_y + log S, where both parts are at least 0; scaled first, so that nothing overflows."""
    if build.wide:
        return _wide_surprise(build, z, index, axis)
    at = _powers(build, z, axis)
    small = build.operation("subtract", _log_of_sum(build, z, axis), build.along("take", str(at.lost), axis, index))
    parts = [at.top, build.along("take", z, axis, index), small]
    if scale is not None:
        parts = [build.operation("multiply", part, scale) for part in parts]
    top, chosen, small = parts
    return build.operation("add", build.operation("subtract", top, chosen), small)


def _wide_surprise(build: Builder, z: str, index: str, axis: int) -> str:
    """log(1 + (p_y - 1 + rest)) - (z_y - top), rest being the sum of the others, at least 1 where p_y is below 1."""
    do = build.operation
    difference = build.along("take", _differences(build, z, axis).shifted, axis, index)
    powers = _powers(build, z, axis).powers
    _sum(build, powers, axis, "sums")
    rest = _sum(build, _without(build, powers, index, axis, sp.Integer(0)), axis, "rest")
    less = do("expm1", difference, name="surprise")
    return do("subtract", do("log1p", do("add", less, rest)), difference)


def _residual(build: Builder, z: str, index: str, axis: int) -> str:
    powers = _powers(build, z, axis).powers
    _sum(build, powers, axis, "sums")
    others = _without(build, powers, index, axis, sp.Integer(0))
    hot = build.operation("negate", _sum(build, others, axis, "rest"))
    return _without(build, others, index, axis, hot)
