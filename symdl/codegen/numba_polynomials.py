"""Polynomials for the exponential and the logarithm of Numba kernels, with certified bounds.

Each interpolates its function at Chebyshev points in ball arithmetic; its coefficients are rounded
to the format of the kernel. What the polynomial with these very coefficients is off is bounded by
enclosures (:mod:`special_bounds`), so a bound holds for every real number of the interval.

Source: W. J. Cody and W. Waite, Software Manual for the Elementary Functions, Prentice-Hall 1980,
chapters 5 and 6; L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM 2013.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from flint import arb, arb_poly, arb_series, fmpq

from symdl.numerics.ball_operations import hull
from symdl.numerics.precision import precision
from symdl.numerics.ulp import hexadecimal

from .special_bounds import Piece, relative_bound
from .special_fits import stated

HALF_LOG = fmpq(3467, 10000)
"""A little more than log(2)/2, the largest size of a reduced argument of exp."""
LARGEST_SQUARE = fmpq(295, 10000)
"""A little more than s**2 at m = sqrt(2), where s = (m - 1)/(m + 1)."""
_BITS = 300
_PIECES = 16
_TERMS = 60


@dataclass(frozen=True)
class Fit:
    """The coefficients, the constant one first, and what the function they build is off, relatively."""

    coefficients: tuple[float, ...]
    bound: float


@cache
def exponential(degree: int, dtype: str) -> Fit:
    """q with exp(r) = 1 + r + r**2 q(r) for abs(r) <= log(2)/2; ``degree`` is that of q plus 2.

    >>> exponential(6, "float32").bound < 2**-25, exponential(11, "float64").bound < 2**-53
    (True, True)
    """
    rows = _fitted(_exponential_rest, (-HALF_LOG, HALF_LOG), degree - 1, dtype)
    return Fit(rows, stated(relative_bound((1.0, 1.0, *rows), fmpq(0), exponential_pieces())))


@cache
def logarithm(degree: int, dtype: str) -> Fit:
    """p with log((1 + s)/(1 - s)) = 2 s + s z p(z) for z = s**2, where abs(log) <= log(2)/2.

    >>> logarithm(4, "float32").bound < 2**-25, logarithm(7, "float64").bound < 2**-53
    (True, True)
    """
    rows = _fitted(_logarithm_rest, (fmpq(0), LARGEST_SQUARE), degree, dtype)
    return Fit(rows, stated(relative_bound((2.0, *rows), fmpq(0), _logarithm_pieces())))


def _fitted(function: Callable[[arb], arb], interval: tuple[fmpq, fmpq], count: int, dtype: str) -> tuple[float, ...]:
    """The interpolant with ``count`` coefficients, rounded."""
    low, high = interval
    with precision(_BITS):
        points = [
            arb(fmpq(2 * j + 1, 2 * count)).cos_pi() * ((high - low) / 2) + (high + low) / 2 for j in range(count)
        ]
        polynomial = arb_poly.interpolate(points, [function(point) for point in points])
        exact = (float.fromhex(hexadecimal(coefficient)) for coefficient in polynomial.coeffs())
        return tuple(float(np.dtype(dtype).type(coefficient)) for coefficient in exact)


def _exponential_rest(r: arb) -> arb:
    """(exp(r) - 1 - r)/r**2, whose series converges at once for small r."""
    total, term = arb(0), arb(1) / 2
    for index in range(_TERMS):
        total += term
        term = term * r / (index + 3)
    return total


def _logarithm_rest(z: arb) -> arb:
    """(log((1 + s)/(1 - s)) - 2 s)/(s z) at z = s**2."""
    return sum((arb(fmpq(2, 2 * index + 3)) * z**index for index in range(_TERMS)), arb(0))


def _pieces(low: fmpq, high: fmpq, series: Callable[[arb, int], list[arb]]) -> tuple[Piece, ...]:
    """Equal pieces of an interval for a function with a series at any ball."""
    radius = (high - low) / (2 * _PIECES)

    def piece(index: int) -> Piece:
        middle = low + (2 * index + 1) * radius

        def expansion(order: int) -> tuple[list[arb], arb]:
            inner = series(arb(middle), order + 1)
            outer = series(hull(middle - radius, middle + radius), order + 1)
            return inner[:order], arb(abs(outer[order]).upper())

        return Piece(middle, radius, expansion, lambda v: v)

    return tuple(piece(index) for index in range(_PIECES))


def _listed(series: arb_series, count: int) -> list[arb]:
    return [series[index] for index in range(count)]


@cache
def exponential_pieces() -> tuple[Piece, ...]:
    """The interval of reduced arguments, for bounds of what a polynomial is off from exp."""
    return _pieces(-HALF_LOG, HALF_LOG, lambda at, count: _listed(arb_series([at, 1], count).exp(), count))


@cache
def _logarithm_pieces() -> tuple[Piece, ...]:
    return _pieces(fmpq(0), LARGEST_SQUARE, _logarithm_series)


def _logarithm_series(at: arb, count: int) -> list[arb]:
    """Of the sum of 2 z**k/(2 k + 1), cut off where what is left is far below any rounding."""
    z = arb_series([at, 1], count)
    total = arb_series([0], count)
    for index in reversed(range(_TERMS)):
        total = total * z + arb(fmpq(2, 2 * index + 1))
    return [coefficient + hull(-_LEFT, _LEFT) for coefficient in _listed(total, count)]


_LEFT = fmpq(1, 2**160)
"""More than the terms from 60 on add, and to a coefficient of order 16: binomial(60, 16) * 0.03**44."""


@cache
def halves_of_log2(digits: int, dtype: str) -> tuple[float, float]:
    """log(2) as a float of few digits, whose small multiples are exact, and what is left of it.

    >>> halves_of_log2(10, "float64")
    (0.693359375, -0.00021219444005469057)
    """
    with precision(_BITS):
        exact = arb(2).log()
        high = round(float(exact) * 2.0**digits) / 2.0**digits
        return high, float(np.dtype(dtype).type(float.fromhex(hexadecimal(exact - arb(high)))))
