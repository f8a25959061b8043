"""The gradients that optimizers are run on: rationals that tell conventions apart."""

from __future__ import annotations

import numpy as np

from .machines import Array, Course

STEPS = 12
HALVED_FROM = 4
"""The step, from 0, from which the changing rate is halved."""
_COLUMNS = (
    (8, -5, 12, 3, -7, 16, 2, -9, 4, 11, -3, 6),
    (5, 6, 4, -8, -2, 1, 7, -12, 9, 3, 10, -4),
    (0, 3, 0, 0, -6, 0, 12, 0, 0, -1, 0, 5),
    (2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2),
    (40, 20, -36, 1, 28, -3, 24, 1, -1, 30, 2, -2),
    (-1, 2, 0, 1, -2, 0, 1, 1, -1, 3, -3, 1),
)
_START = (1.0, -2.0, 0.5, 3.0, -0.25, 4.0)


def gradients(shape: tuple[int, ...]) -> Array:
    """(steps, *shape): changing signs, zeros at the start and between, constant, large and small; eighths."""
    return (np.array(_COLUMNS, dtype=float).T / 8).reshape(STEPS, *shape)


def course(shape: tuple[int, ...] = (6,), halving: bool = False) -> Course:
    """The course for six parameters in any shape; with ``halving`` the rate is halved on the way."""
    factors = tuple(1.0 if index < HALVED_FROM else 0.5 for index in range(STEPS)) if halving else None
    return Course(np.array(_START).reshape(shape), gradients(shape), factors)
