"""Points over the whole range of a floating-point format, for measuring functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from symdl.core.errors import InputError

from .ulp import float_format

_REACH = {"float32": 120.0, "float64": 800.0}
_DENSE = 20.0
_SEED = 20_241
_NEIGHBOURS = 3


def thresholds(dtype: DTypeLike) -> tuple[float, ...]:
    """Where exp(x), exp(2x), cosh(x), x**2 and 1 + exp(-x) change their behaviour in ``dtype``."""
    digits, smallest, largest = float_format(dtype)
    log2 = float(np.log(2.0))
    normal = smallest + digits - 1
    ends = (largest * log2, -normal * log2, -smallest * log2, (1 - smallest) * log2)
    unit = digits * log2
    roots = tuple(2.0 ** (exponent / 2) for exponent in (largest - 1, smallest, normal, -digits))
    return (*ends, *(end / 2 for end in ends), unit, unit / 2, 1.0, 2.0, 0.5, *roots)


def float_range(dtype: DTypeLike, count: int = 8400, around: Iterable[float] = ()) -> NDArray[Any]:
    """About ``count`` distinct finite points of float32 or float64, sorted; the same at every call.

    Half lie over all exponents, of both signs, subnormals included (with the default count, in each
    binade); half where elementwise functions live, in [-20, 20] and up to 120 (float32) or 800
    (float64). To these come the extremes, both zeros, and the neighbours of the thresholds of exp
    and of the points ``around`` (kinks, roots).

    >>> bool(np.isfinite(float_range(np.float32, 500)).all())
    True
    """
    kind: Any = np.dtype(dtype).type
    _digits, smallest, largest = float_format(dtype)
    if count < 1:
        raise InputError(f"{count} points are asked for", remedy="ask for at least one")
    generator = np.random.default_rng(_SEED)
    exponents = np.linspace(smallest, largest - 1, max(2, count // 4)).round().astype(int)
    sizes = np.ldexp(1 + generator.random(exponents.size), exponents)
    reach = _REACH[np.dtype(dtype).name]
    near = _spread(generator, _DENSE, count // 4)
    wide = _spread(generator, reach, count // 8)
    unit = _spread(generator, 3.0, count // 8)
    special = np.array([*thresholds(dtype), 0.0])
    centres = np.concatenate([special, -special, np.array(list(around), float)])
    points = np.concatenate([sizes, -sizes, near, wide, unit]).astype(kind)
    with np.errstate(over="ignore"):
        return _distinct(np.concatenate([points, _neighbours(centres, kind), _extremes(kind)]))


def _spread(generator: np.random.Generator, reach: float, count: int) -> NDArray[Any]:
    """One random point in each of ``count`` equal parts of [-reach, reach]."""
    return ((np.arange(count) + generator.random(count)) / max(count, 1) * 2 - 1) * reach


def _neighbours(centres: NDArray[Any], kind: Any) -> NDArray[Any]:
    """Each centre as a float, the nearest floats on both sides, and points a little further off."""
    rows = [centres.astype(kind)]
    for end in (-np.inf, np.inf):
        row = rows[0]
        for _ in range(_NEIGHBOURS):
            row = np.nextafter(row, kind(end))
            rows.append(row)
    offsets = np.array([sign * 10.0**-power for power in (1, 2, 4) for sign in (-1, 1)])
    rows.append((centres[:, None] + offsets).ravel().astype(kind))
    return np.concatenate(rows)


def _extremes(kind: Any) -> NDArray[Any]:
    info = np.finfo(kind)
    sizes = np.array([0.0, info.smallest_subnormal, info.tiny, info.eps, info.max], kind)
    return np.concatenate([sizes, -sizes])


def _distinct(points: NDArray[Any]) -> NDArray[Any]:
    """Sorted and without repetitions; -0 and 0 both stay."""
    unique = np.unique(points[np.isfinite(points)])
    place = int(np.searchsorted(unique, 0.0))
    zeros = np.array([-0.0, 0.0], points.dtype)
    return np.concatenate([unique[:place], zeros, unique[place + 1 :]])
