"""Does code return the declared slope at a kink, and the one-sided slopes beside it?

Source: F. H. Clarke, Optimization and Nonsmooth Analysis, Wiley 1983, Section 1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from symdl.core.errors import InputError

from ._arrays import as_numpy, float_type

_ULPS = 4
_LEAST_STEP, _STEPS = 2, 12
_SETTLED = 0.05


@dataclass(frozen=True)
class KinkCheck:
    """What a derivative returned at a kink (``at``), and why that is right or wrong.

    True in an ``assert`` only when the check passed.
    """

    passed: bool
    reason: str
    at: float
    returned: float

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'failed'} at the kink {self.at:g}: {self.reason}"


def check_kink(
    f: Callable[[Any], Any],
    derivative: Callable[[Any], Any],
    at: Any,
    left: Any,
    right: Any,
    declared: Any = None,
    dtype: DTypeLike = np.float64,
) -> KinkCheck:
    """Whether ``derivative`` returns the ``declared`` slope of the elementwise ``f`` at the kink ``at``.

    Exactly that one, correctly rounded up to 4 ULP: no other member of the Clarke interval between
    the slopes ``left`` and ``right`` will do. Without a declared slope any member passes. Also
    wrong: a function that jumps at ``at``, one whose one-sided slopes are others (by difference
    quotients), a derivative that leaves ``left`` before the kink or reaches ``right`` after it, and
    one that treats -0 and 0 differently. float32 or float64. Raises :class:`InputError` for other formats
    and for values that are not finite.

    >>> relu = lambda x: np.maximum(x, 0)
    >>> print(check_kink(relu, lambda x: np.where(x > 0, 1.0, 0.0), 0, 0, 1, declared=0))
    passed at the kink 0: returns the declared slope 0
    >>> print(check_kink(relu, lambda x: np.where(x > 0, 1.0, 0.5 * (x == 0)), 0, 0, 1, declared=0))
    failed at the kink 0: returns 0.5, the declared slope is 0
    """
    kind: Any = float_type(dtype).type
    place, slopes = kind(float(at)), (float(left), float(right))
    if not np.isfinite([place, *slopes, 0 if declared is None else float(declared)]).all():
        raise InputError("the kink and its slopes must be finite")
    returned = [_value(derivative, point) for point in _spellings(place)]
    reasons = [
        *_wrong_function(f, place, slopes),
        *_wrong_beside(derivative, place, slopes),
        *(_wrong_at(value, slopes, declared, kind) for value in returned),
    ]
    wrong = [reason for reason in reasons if reason]
    said = f"returns the declared slope {float(declared):.6g}" if declared is not None else _member(slopes)
    return KinkCheck(not wrong, wrong[0] if wrong else said, float(place), returned[0])


def _member(slopes: tuple[float, float]) -> str:
    return f"returns a member of the Clarke interval [{min(slopes):.6g}, {max(slopes):.6g}]"


def _spellings(place: Any) -> list[Any]:
    return [place, -place] if place == 0 else [place]


def _value(function: Callable[[Any], Any], point: Any) -> float:
    with np.errstate(all="ignore"):
        return float(as_numpy(function(np.array([point]))).reshape(-1)[0])


def _wrong_at(returned: float, slopes: tuple[float, float], declared: Any, kind: Any) -> str:
    unit = float(np.finfo(kind).eps)
    if declared is not None:
        wanted = float(declared)
        if abs(returned - wanted) <= _ULPS * unit * abs(wanted):
            return ""
        return f"returns {returned:.6g}, the declared slope is {wanted:.6g}"
    slack = _ULPS * unit * max(map(abs, slopes))
    if min(slopes) - slack <= returned <= max(slopes) + slack:
        return ""
    return f"returns {returned:.6g}, outside the Clarke interval [{min(slopes):.6g}, {max(slopes):.6g}]"


def _wrong_beside(derivative: Callable[[Any], Any], place: Any, slopes: tuple[float, float]) -> list[str]:
    """The derivative one float before and after the kink, where it has not had time to change."""
    reasons = []
    scale = max(map(abs, slopes))
    for side, slope, end in (("before", slopes[0], -np.inf), ("after", slopes[1], np.inf)):
        value = _value(derivative, np.nextafter(place, type(place)(end)))
        if not abs(value - slope) <= float(np.finfo(type(place)).eps) ** 0.5 * scale:
            reasons.append(f"returns {value:.6g} just {side} it, the slope is {slope:.6g}")
    return reasons


def _wrong_function(f: Callable[[Any], Any], place: Any, slopes: tuple[float, float]) -> list[str]:
    """One-sided difference quotients, extrapolated once, at the step that resolves them best."""
    value = _value(f, place)
    unit = float(np.finfo(type(place)).eps)
    scale = max(map(abs, slopes))
    reasons = []
    for side, slope, sign in (("left", slopes[0], -1), ("right", slopes[1], 1)):
        measured, bound = _one_sided(f, place, value, sign, unit)
        if not bound <= _SETTLED * max(scale, 1e3 * unit * abs(value)):
            reasons.append(f"the function has no slope on the {side}: its difference quotients do not settle")
        elif not abs(measured - slope) <= bound + unit**0.5 * scale:
            reasons.append(f"the slope of the function on the {side} is {measured:.6g}, not {slope:.6g}")
    return reasons


def _one_sided(f: Callable[[Any], Any], place: Any, value: float, sign: int, unit: float) -> tuple[float, float]:
    steps = max(1.0, abs(float(place))) * np.exp2(-np.arange(_LEAST_STEP, _LEAST_STEP + _STEPS))
    points = (float(place) + sign * steps).astype(type(place))
    displacements = points.astype(np.float64) - float(place)
    quotients = np.array([_value(f, p) - value for p in points]) / displacements
    estimates = 2 * quotients[1:] - quotients[:-1]
    noise = 8 * unit * max(abs(value), abs(float(place)) * float(np.abs(quotients[-1]))) / steps[2:]
    bounds = 2 * np.abs(np.diff(estimates)) + noise
    best = int(np.argmin(np.where(np.isnan(bounds), np.inf, bounds)))
    return float(estimates[best + 1]), float(bounds[best])
