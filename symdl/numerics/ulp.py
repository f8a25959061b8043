"""Distances in units in the last place (ULP), against enclosures of the true values.

Source: J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd edition, 2018, section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import DTypeLike, NDArray

from symdl.core.errors import BudgetExceeded, InputError

from .precision import precision

_FORMATS: dict[str, tuple[int, int, int]] = {"float32": (24, -149, 128), "float64": (53, -1074, 1024)}
"""Digits of the significand, exponent of the smallest subnormal, first exponent that overflows."""
_WORKING_BITS = 200


def float_format(dtype: DTypeLike) -> tuple[int, int, int]:
    """(digits, exponent of the smallest subnormal, overflow exponent) of float32 or float64."""
    name = np.dtype(dtype).name
    if name not in _FORMATS:
        raise InputError(f"{name} is not float32 or float64")
    return _FORMATS[name]


def nearest(value: arb, dtype: DTypeLike) -> float:
    """The float nearest to an exact ball: ties to even, subnormals gradual, overflow to infinity."""
    digits, smallest, largest = float_format(dtype)
    mantissa, exponent = (int(part) for part in value.man_exp())
    sign, mantissa = (-1.0 if mantissa < 0 else 1.0), abs(mantissa)
    top = mantissa.bit_length() + exponent
    if mantissa == 0 or top < smallest:
        return sign * 0.0
    if top > largest:
        return sign * float("inf")
    shift = max(mantissa.bit_length() - digits, smallest - exponent)
    if shift > 0:
        mantissa, exponent = _half_even(mantissa, shift), exponent + shift
    if mantissa.bit_length() + exponent > largest:
        return sign * float("inf")
    return sign * float(np.ldexp(float(mantissa), exponent))


def _half_even(mantissa: int, shift: int) -> int:
    quotient, rest = divmod(mantissa, 1 << shift)
    half = 1 << (shift - 1)
    return quotient + (rest > half or (rest == half and quotient & 1))


def correctly_rounded(ball: arb, dtype: DTypeLike = np.float64) -> float:
    """The one float that every value in ``ball`` rounds to.

    Raises :class:`BudgetExceeded` when the ball is too wide to say.

    >>> with precision(100):
    ...     correctly_rounded(arb(1) / 3)
    0.3333333333333333
    """
    if not ball.is_finite():
        raise InputError(f"{ball} is not a finite number")
    with precision(_WORKING_BITS):
        low, high = nearest(ball.lower(), dtype), nearest(ball.upper(), dtype)
    if low != high:
        raise BudgetExceeded(f"{ball.str(20)} is too wide to be rounded to {np.dtype(dtype).name}")
    return high


def hexadecimal(ball: arb, dtype: DTypeLike = np.float64) -> str:
    """The correctly rounded value as the exact text of ``float.fromhex``.

    >>> with precision(100):
    ...     hexadecimal(arb(1) / 3)
    '0x1.5555555555555p-2'
    """
    return correctly_rounded(ball, dtype).hex()


def unit(value: float, dtype: DTypeLike) -> float:
    """The spacing of ``dtype`` at the float ``value``; at infinity that of the largest number."""
    digits, smallest, largest = float_format(dtype)
    exponent = largest if np.isinf(value) else int(np.frexp(value)[1]) if value else smallest
    return float(np.ldexp(1.0, max(exponent - digits, smallest)))


def distance(computed: NDArray[Any], truth: Sequence[arb]) -> NDArray[np.float64]:
    """abs(computed - truth) in ULP of the dtype of ``computed``, taken at the rounded truth.

    ``computed`` is a float32 or float64 array of n elements, ``truth`` n finite balls. Infinite
    where ``computed`` is nan, or is infinite and the truth does not round to that infinity.

    >>> with precision(100):
    ...     third = arb(1) / 3
    >>> bool(distance(np.array([1 / 3]), [third])[0] < 0.5)
    True
    """
    values = np.asarray(computed)
    float_format(values.dtype)
    if values.size != len(truth):
        raise InputError(f"{values.size} computed values against {len(truth)} true ones")
    with precision(_WORKING_BITS):
        errors = [
            _distance(float(value), exact, values.dtype) for value, exact in zip(values.ravel(), truth, strict=True)
        ]
    return np.array(errors, np.float64).reshape(values.shape)


def _distance(value: float, truth: arb, dtype: np.dtype[Any]) -> float:
    if not truth.is_finite():
        raise InputError(f"the truth {truth} is not a finite number")
    rounded = nearest(truth.mid(), dtype)
    if np.isnan(value):
        return float("inf")
    if np.isinf(value):
        return 0.0 if value == rounded else float("inf")
    return float(abs(arb(value) - truth).mid() / unit(rounded, dtype))
