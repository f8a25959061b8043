"""Enclosures at many points: as those of single points, and quick where no precision suffices."""

from __future__ import annotations

import time

import numpy as np
import pytest
import sympy as sp

from symdl.core import symbol
from symdl.core.errors import BudgetExceeded, UndefinedValue
from symdl.numerics import ball
from symdl.numerics.ranges import float_range
from symdl.numerics.sweeps import enclosures

x = symbol("x")
FORMULAS = (
    sp.log(1 + sp.exp(x)) - x,
    1 - sp.tanh(x) ** 2,
    sp.sqrt(x - 1) * sp.sin(x),
    sp.exp(-sp.exp(-x)),
    sp.Piecewise((sp.cos(sp.exp(x)), x < 9), (x, True)),
)


def alone(expr: sp.Expr, point: float) -> object:
    try:
        return ball.enclose(expr, {x: point}, 90, 20_000, 1200)
    except (UndefinedValue, BudgetExceeded):
        return None


@pytest.mark.parametrize("expr", FORMULAS, ids=str)
def test_values_of_a_sweep_are_those_of_single_points(expr: sp.Expr) -> None:
    points = [float(point) for point in float_range("float64", 40)][::3]
    found = enclosures(expr, x, points)
    assert set(found) == set(points)
    for point, value in found.items():
        single = alone(expr, point)
        assert (value is None) == (single is None), point
        assert value is None or value.overlaps(single), point


def test_points_after_a_run_in_vain_are_found() -> None:
    expr = sp.sin(sp.exp(1 / x))
    points = [float(point) for point in np.geomspace(1e-300, 1e3, 200)]
    found = enclosures(expr, x, points)
    assert all(found[point] is not None for point in points if 1 / point < 1500)
    assert all(found[point] is None for point in points if 1 / point > 15_000)


def test_many_points_that_no_precision_suffices_for_take_little_time() -> None:
    # 600 points at 20,000 bits would be about 10 s.
    points = [float(point) for point in np.geomspace(1e6, 1e300, 600)]
    before = time.process_time()
    found = enclosures(sp.cos(sp.sinh(x)) * sp.sin(sp.exp(x)), x, points)
    assert set(found.values()) == {None}
    assert time.process_time() - before < 5
