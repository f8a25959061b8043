"""Enclosures at many points in order, each helped by what its neighbour took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import sympy as sp
from flint import arb

from symdl.core.errors import UndefinedValue

from .ball import refined

_FEW_BITS = 2600
"""Enough for the exponential of every float and what is left of its logarithm."""
_IN_VAIN = 3


def enclosures(
    expr: sp.Expr,
    variable: sp.Symbol,
    points: Iterable[float],
    relative_bits: int = 90,
    max_bits: int = 20_000,
    absolute_bits: int = 1200,
) -> dict[float, arb | None]:
    """``ball.enclose`` of ``expr`` at distinct points; None where there is no value, or none within ``max_bits``.

    Points are visited outwards from 0. Each starts at half the precision that its neighbour took; after a few
    in a row that ``max_bits`` did not suffice for, the next ones are given less, until one succeeds.

    >>> x = sp.Symbol("x", real=True)
    >>> found = enclosures(sp.log(x), x, [-1.0, 1.0, 2.0])
    >>> found[-1.0], found[1.0] == 0, found[2.0].str(8)
    (None, True, '[0.69314718 +/- 5.61e-10]')
    """
    known = _known(expr, variable, relative_bits, max_bits, absolute_bits)
    wanted = sorted(points, key=abs)
    missing = [point for point in wanted if point not in known]
    for side in ([p for p in missing if p >= 0], [p for p in missing if p < 0]):
        known.update(_visited(expr, variable, side, relative_bits, max_bits, absolute_bits))
    return {point: known[point] for point in wanted}


@lru_cache(maxsize=64)
def _known(
    expr: sp.Expr, variable: sp.Symbol, relative_bits: int, max_bits: int, absolute_bits: int
) -> dict[float, arb | None]:
    """What was found before, by point."""
    return {}


def _visited(
    expr: sp.Expr, variable: sp.Symbol, points: list[float], relative_bits: int, max_bits: int, absolute_bits: int
) -> Iterator[tuple[float, arb | None]]:
    start = in_vain = 0
    for point in points:
        most = max_bits if in_vain < _IN_VAIN else min(_FEW_BITS, max_bits)
        try:
            value, bits = refined(expr, {variable: point}, relative_bits, most, absolute_bits, min(start, most))
        except UndefinedValue:
            yield point, None
            continue
        found = value is not None and value.is_finite()
        start, in_vain = (bits // 2, 0) if found else (0, in_vain + 1)
        yield point, value if found else None
