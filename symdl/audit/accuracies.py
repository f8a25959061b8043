"""How accurate the activations of libraries are in float64: worst error in ULP, and what comes out as 0 or nan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from symdl.calculus.derivatives import activation_derivative
from symdl.core import UndefinedValue
from symdl.testing.measure import Accuracy, Truth, accuracy, truth

from .activations import Case, definitions, kinks_of, report
from .findings import AuditFinding
from .machines import Array, Refused, refusals

_POINTS = 300
_BESIDE = 1e-14
_INACCURATE = 1e3
"""ULP from which a worst error is told: ten of the 53 digits."""


@dataclass(frozen=True)
class ActivationAccuracy:
    """Value and derivative of an activation over the normal numbers of float64, kinks left out.

    The definition is the one that the library's defaults were found to be. ``zeros`` counts points where the
    truth is a normal number, ``nans`` and ``infinities`` those where it is finite.
    """

    library: str
    version: str
    item: str
    definition: str
    worst_value_ulp: float
    value_at: float
    worst_slope_ulp: float
    slope_at: float
    zeros: int
    nans: int
    infinities: int


def accuracies(library: str) -> Iterator[tuple[ActivationAccuracy, AuditFinding | None]]:
    """A row for each activation that the library has, and a finding where its accuracy is lost."""
    for case in definitions(library):
        try:
            with refusals():
                value, slope = _measured(case)
        except (Refused, UndefinedValue):
            continue
        row = ActivationAccuracy(
            case.functions.library,
            case.version,
            case.name,
            case.item.name,
            value.worst_ulp,
            value.at,
            slope.worst_ulp,
            slope.at,
            value.zeros + slope.zeros,
            value.nans + slope.nans,
            value.infinities + slope.infinities,
        )
        yield row, _finding(case, value, slope)


def _measured(case: Case) -> tuple[Accuracy, Accuracy]:
    """The accuracy of the value and of the derivative, in this order."""
    slope = activation_derivative(case.item).xreplace(dict(case.values))
    places = tuple(float(kink.point) for kink in kinks_of(case))
    rows = []
    for index, expr in enumerate((case.expr, slope)):
        true = _told(truth(expr, case.item.argument, "float64", _POINTS, places), places)
        rows.append(accuracy(partial(_computed, case, index), case.name, true))
    return rows[0], rows[1]


def _computed(case: Case, index: int, points: Array) -> Array:
    return case.functions.derive(case.function, points, case.keywords)[index]


def _told(true: Truth, places: tuple[float, ...]) -> Truth:
    """Without kinks and the floats next to them, and without subnormal numbers, which processors may flush to 0."""
    tiny = float(np.finfo(np.float64).tiny)
    kept = np.ones(true.points.size, bool)
    for place in places:
        kept &= np.abs(true.points - place) > _BESIDE * max(abs(place), tiny)
    for numbers in (true.points, true.rounded):
        kept &= (numbers == 0) | (np.abs(numbers) >= tiny)
    values = tuple(value for value, keep in zip(true.values, kept, strict=True) if keep)
    relief, near = true.relief[kept], true.near_roots[kept]
    return replace(
        true, points=true.points[kept], values=values, rounded=true.rounded[kept], relief=relief, near_roots=near
    )


def _finding(case: Case, value: Accuracy, slope: Accuracy) -> AuditFinding | None:
    parts = []
    for what, row in (("the value", value), ("the derivative", slope)):
        wrong = [(row.zeros, "0"), (row.nans, "nan"), (row.infinities, "infinite")]
        shown = [
            f"{what} is {name} at {count} of {row.points} points where the truth is not"
            for count, name in wrong
            if count
        ]
        if row.worst_ulp > _INACCURATE:
            given = f"{row.computed:.6g} at {row.at:.6g}, where the truth is {row.truth:.6g}"
            shown.append(f"{what} is {given}: {row.worst_ulp:.1e} ULP")
        parts += shown
    if not parts:
        return None
    return report(case, "ACC001", "info", "; ".join(parts), size=max(value.worst_ulp, slope.worst_ulp))
