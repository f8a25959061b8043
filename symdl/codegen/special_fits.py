"""Polynomials for the functions that NumPy lacks: ``python -m symdl.codegen.special_fits``.

Each polynomial interpolates its function at Chebyshev points, in ball arithmetic, and its
coefficients are rounded to float64 once. What they are off is bounded in :mod:`special_bounds`;
coefficients and bounds are committed in ``special_functions.json``, which this script writes byte
for byte.

Source: L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM 2013, chapters 2-4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, log2

from flint import arb, arb_poly, fmpq

from symdl.numerics.precision import precision
from symdl.numerics.ulp import hexadecimal

from .special_bounds import POLE, Piece, erf_pieces, erfcx_pieces, relative_bound
from .special_data import DATA, Polynomial

_FIT_BITS = 400
_TERMS = 40
_FAR = 60


@dataclass(frozen=True)
class Target:
    """What a polynomial stands for: ``value`` on an interval, less the exact number ``offset``.

    ``degrees`` are those for float32 and float64 results; ``pieces`` cover the interval for the
    certification.
    """

    name: str
    formula: str
    value: Callable[[arb], arb]
    interval: tuple[int, int]
    offset: fmpq
    degrees: Mapping[str, int]
    pieces: Callable[[], tuple[Piece, ...]]


def _erf_over_argument(square: arb) -> arb:
    root = square.sqrt()
    return root.erf() / root


def _erfcx_times_line(t: arb) -> arb:
    """(a + 1/sqrt(pi)) erfcx(a) at a = 4 (1 + t)/(1 - t)."""
    a = POLE * (1 + t) / (1 - t)
    shift = 1 / arb.pi().sqrt()
    if a < _FAR:
        return (a + shift) * (a * a).exp() * a.erfc()
    total, term = arb(0), arb(1)
    for index in range(_TERMS):
        total += term
        term = -term * (2 * index + 1) / (2 * a * a)
    return (1 + shift / a) * shift * total


TARGETS = (
    Target(
        "erf",
        "erf(x)/x in s = x**2 for 0 <= s <= 1",
        _erf_over_argument,
        (0, 1),
        fmpq(1),
        {"float32": 6, "float64": 12},
        erf_pieces,
    ),
    Target(
        "erfcx",
        "(a + 1/sqrt(pi)) exp(a**2) erfc(a) in t = (a - 4)/(a + 4) for a >= 0",
        _erfcx_times_line,
        (-1, 1),
        fmpq(5, 8),
        {"float32": 12, "float64": 25},
        erfcx_pieces,
    ),
)


def fitted(target: Target, degree: int) -> tuple[float, ...]:
    """The rounded coefficients of the interpolant of ``target`` less its offset, the constant one first."""
    low, high = target.interval
    count = degree + 1
    with precision(_FIT_BITS):
        points = [
            arb(fmpq(2 * j + 1, 2 * count)).cos_pi() * fmpq(high - low, 2) + fmpq(high + low, 2) for j in range(count)
        ]
        polynomial = arb_poly.interpolate(points, [target.value(point) - target.offset for point in points])
        return tuple(float.fromhex(hexadecimal(coefficient)) for coefficient in polynomial.coeffs())


def stated(bound: float) -> float:
    """``bound`` rounded up to an eighth of a power of two: what is committed."""
    step = 2.0 ** (ceil(log2(bound)) - 3)
    return ceil(bound / step) * step


def certified(target: Target, degree: int) -> Polynomial:
    """The polynomial and its bound, derived anew."""
    coefficients = fitted(target, degree)
    return Polynomial(coefficients, stated(relative_bound(coefficients, target.offset, target.pieces())))


def text() -> str:
    """The committed file: for each function and dtype its coefficients and its bound, as exact hexadecimal floats."""
    rows = {}
    for target in TARGETS:
        rows[target.name] = {"formula": target.formula, "offset": str(target.offset)} | {
            dtype: _row(certified(target, degree)) for dtype, degree in target.degrees.items()
        }
    return json.dumps(rows, indent=1) + "\n"


def _row(polynomial: Polynomial) -> dict[str, object]:
    return {"bound": polynomial.bound.hex(), "coefficients": [c.hex() for c in polynomial.coefficients]}


if __name__ == "__main__":
    DATA.write_text(text(), encoding="utf-8")
