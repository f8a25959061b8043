"""Certified bounds of what a polynomial is off from a function, relative, over a whole interval.

The interval is cut into pieces. On each the difference is expanded at the middle in ball
arithmetic, to an order at which the rest is small; the sum of the sizes of the terms bounds it.
Every step encloses, so a bound holds for every real number of the interval, not for samples.

The function erfcx(a) = exp(a**2) erfc(a) is completely monotone on a >= 0: it is the integral of
exp(-2 a u) exp(-u**2) over u > 0, times 2/sqrt(pi). So each derivative is largest, in size, at the
left end of a piece. Beyond a = 32 its asymptotic series in 1/a envelops it.

Source: NIST Digital Library of Mathematical Functions, 7.6.1, 7.7.2, 7.12.1; W. Tucker, Validated
Numerics, Princeton 2011, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from flint import arb, arb_series, fmpq

from symdl.numerics.ball_operations import hull
from symdl.numerics.precision import precision

_BITS = 200
_STEEP_BITS = 3000
"""For derivatives of erfcx up to a = 32, where products of size exp(1024) meet."""
_ORDER = 16
_ERF_TERMS = 40
_ONE = fmpq(1)
_FAR = 32
_FAR_TERMS = 20
POLE = 4
"""The argument a of erfcx goes to t = (a - 4)/(a + 4), which takes [0, oo] to [-1, 1]."""


@dataclass(frozen=True)
class Piece:
    """The interval ``middle`` +- ``radius`` of a variable v, in which the polynomial stands at t(v).

    ``expansion(order)`` gives the coefficients of the function at the middle up to ``order``, and a
    bound of the size of the coefficient of that order at every point of the piece.
    """

    middle: fmpq
    radius: fmpq
    expansion: Callable[[int], tuple[list[arb], arb]]
    argument: Callable[[arb_series], arb_series]


def relative_bound(coefficients: Sequence[float], offset: fmpq, pieces: Sequence[Piece]) -> float:
    """A number that abs(p/f - 1) does not exceed on the union of the pieces.

    ``p`` is ``offset`` plus the polynomial with the coefficients, the constant one first.
    """
    with precision(_BITS):
        exact = [arb(c) for c in coefficients]
        exact[0] += offset
        worst = max((_bound_on(exact, piece) for piece in pieces), key=float)
        return float(worst) * (1 + 2.0**-40)


def _bound_on(coefficients: Sequence[arb], piece: Piece) -> arb:
    function, last = piece.expansion(_ORDER)
    radius = arb(piece.radius)
    at_middle = _composed(coefficients, piece, arb(piece.middle))
    around = _composed(coefficients, piece, hull(piece.middle - piece.radius, piece.middle + piece.radius))
    size, factor = arb(0), arb(1)
    smallest = arb(abs(function[0]).lower())
    for order in range(_ORDER):
        size += abs(at_middle[order] - function[order]) * factor
        factor *= radius
        smallest -= abs(function[order + 1]) * factor if order + 1 < _ORDER else last * factor
    size += (abs(around[_ORDER]) + last) * factor
    if not smallest > 0:
        return arb("inf")
    return arb((size / smallest).upper())


def _composed(coefficients: Sequence[arb], piece: Piece, start: arb) -> list[arb]:
    """The coefficients of p(t(v)) in powers of v - start."""
    t = piece.argument(arb_series([start, 1], _ORDER + 1))
    result = reduce(lambda total, c: total * t + c, reversed(coefficients), arb_series([0], _ORDER + 1))
    return _listed(result, _ORDER + 1)


def _listed(series: arb_series, count: int) -> list[arb]:
    return [series[index] for index in range(count)]


def erf_pieces(count: int = 128, end: fmpq = _ONE) -> tuple[Piece, ...]:
    """erf(x)/x in s = x**2 over [0, end]: its Taylor polynomial, the alternating rest as a radius."""
    with precision(_BITS):
        scale = 2 / arb.pi().sqrt()
        terms, factorial = [], fmpq(1)
        for index in range(_ERF_TERMS):
            terms.append(scale * (-1) ** index / (factorial * (2 * index + 1)))
            factorial *= index + 1
        rest = scale * end**_ERF_TERMS / (factorial * (2 * _ERF_TERMS + 1))
    return _polynomial_pieces(terms, rest, end, count, lambda v: v)


def _polynomial_pieces(
    terms: Sequence[arb], rest: arb, end: fmpq, count: int, argument: Callable[[arb_series], arb_series]
) -> tuple[Piece, ...]:
    """Equal pieces of [0, end] for a function that is within ``rest`` of a polynomial there."""

    def piece(index: int) -> Piece:
        radius = end / (2 * count)
        middle = (2 * index + 1) * radius

        def expansion(order: int) -> tuple[list[arb], arb]:
            inner, outer = (
                _listed(_horner(terms, arb_series([start, 1], order + 1)), order + 1)
                for start in (arb(middle), hull(middle - radius, middle + radius))
            )
            inner[0] += hull(-rest, rest)
            return inner[:order], arb(abs(outer[order]).upper())

        return Piece(middle, radius, expansion, argument)

    return tuple(piece(index) for index in range(count))


def _horner(terms: Sequence[arb], at: arb_series) -> arb_series:
    return reduce(lambda total, c: total * at + c, reversed(terms), arb_series([0], at.prec))


def erfcx_pieces(density: int = 32, far_count: int = 32) -> tuple[Piece, ...]:
    """(a + 1/sqrt(pi)) erfcx(a) over a >= 0: pieces in a up to 32, then pieces in 1/a."""
    ends = [fmpq(0)]
    while ends[-1] < _FAR:
        ends.append(min(fmpq(_FAR), ends[-1] + (1 + ends[-1] / 2) / density))
    near = tuple(_near_piece(low, high) for low, high in pairwise(ends))
    with precision(_BITS):
        shift = 1 / arb.pi().sqrt()
        series = [shift * 0] * (2 * _FAR_TERMS + 1)
        term = arb(1)
        for index in range(_FAR_TERMS):
            series[2 * index] += shift * term
            series[2 * index + 1] += shift * shift * term
            term = -term * (2 * index + 1) / 2
        rest = abs(term) * shift * (1 + shift / _FAR) / arb(_FAR) ** (2 * _FAR_TERMS)
    return near + _polynomial_pieces(series, rest, fmpq(1, _FAR), far_count, lambda u: (1 - POLE * u) / (1 + POLE * u))


def _near_piece(low: fmpq, high: fmpq) -> Piece:
    def expansion(order: int) -> tuple[list[arb], arb]:
        with precision(_STEEP_BITS):
            shift = 1 / arb.pi().sqrt()
            inner = _erfcx_series((low + high) / 2, order) * arb_series([(low + high) / 2 + shift, 1], order)
            last = [abs(c) for c in _listed(_erfcx_series(low, order + 1), order + 1)]
            # The coefficient of (a + shift) g is that of g times a + shift, and the one before it.
            return _listed(inner, order), arb((last[order] * (high + shift) + last[order - 1]).upper())

    return Piece((low + high) / 2, (high - low) / 2, expansion, lambda a: (a - POLE) / (a + POLE))


def _erfcx_series(start: fmpq, order: int) -> arb_series:
    a = arb_series([arb(start), 1], order)
    return (a * a).exp() * a.erfc()
