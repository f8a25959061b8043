"""Ways in which a run may follow a rule without taking its steps: the sign of the gradient, a step too late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .machines import Array, Course

Distortion = Callable[[Course, Array], tuple[Course, Array] | None]


def _negated(course: Course, run: Array) -> tuple[Course, Array]:
    return replace(course, gradients=-course.gradients), run


def _delayed(course: Course, run: Array) -> tuple[Course, Array] | None:
    if not np.array_equal(run[0], course.start):
        return None
    factors = None if course.factors is None else course.factors[:-1]
    return replace(course, gradients=course.gradients[:-1], factors=factors), run[1:]


WISHED: tuple[tuple[str, Distortion], ...] = (("ascends", _negated),)
"""What an option may ask for."""
MISTAKEN: tuple[tuple[str, Distortion], ...] = (("each update is made one step late", _delayed),)
"""What no definition asks for: the state of the step before is used."""
