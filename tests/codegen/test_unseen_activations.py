"""Activations that the library does not hold, class by class: each against ball arithmetic where it used to fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.calculus.derivatives import activation_derivative
from symdl.codegen import generate
from symdl.codegen.activation_tests import is_flat
from symdl.codegen.kernels import Function, Plan, kernel, plans
from symdl.codegen.located import located
from symdl.codegen.modules import compiled
from symdl.codegen.power_tails import losing, power_tails
from symdl.codegen.running import runner
from symdl.codegen.terms import Call
from symdl.codegen.thresholds import from_threshold
from symdl.core import Activation, symbol
from symdl.numerics import ball, ulp
from symdl.numerics.conditioning import condition_sum

X = symbol("x")
DTYPES = (np.float32, np.float64)


def code_of(expr: sp.Expr) -> SimpleNamespace:
    return generate(Activation("f", X, expr)).load()


def assert_within_the_bound(function: Any, expr: sp.Expr, points: Any) -> None:
    """At most 4 ULP times 1 + the sum of the condition numbers of the intermediate values; no zero, nan, infinity."""
    computed = np.asarray(function(points))
    true = [ball.enclose(expr, {X: float(point)}, 100, 20_000, 1200) for point in points]
    errors = ulp.distance(computed, true)
    for point, value, exact, error in zip(points, computed, true, errors, strict=True):
        least, largest = np.finfo(points.dtype).tiny, np.finfo(points.dtype).max
        if not least <= abs(float(exact.mid())) <= largest:
            continue
        assert np.isfinite(value), f"at {point}"
        assert value != 0, f"at {point}"
        assert error <= 4 * (1 + condition_sum(expr, X, float(point))), f"at {point}: {error} ULP"


def far_points(dtype: Any) -> Any:
    sizes = np.logspace(1, np.log10(float(np.finfo(dtype).max)) - 0.1, 40)
    return np.concatenate([-sizes[::-1], sizes]).astype(dtype)


@pytest.mark.parametrize(
    "expr",
    [
        sp.log(1 + 9 * X**2 / 4),
        sp.erf(X / (1 + 4 * X**2)),
        sp.asinh(sp.log((X + 1) ** 2 + 1)),
        sp.log(1 + sp.exp(X / (1 + sp.exp(-X)))),
    ],
    ids=str,
)
def test_powers_and_logarithms_far_out(expr: sp.Expr) -> None:
    code, slope = code_of(expr), activation_derivative(Activation("f", X, expr))
    for dtype in DTYPES:
        assert_within_the_bound(code.f, expr, far_points(dtype))
        assert_within_the_bound(code.f_derivative, slope, far_points(dtype))


def test_power_tails_are_what_the_function_does() -> None:
    left, right = power_tails(sp.log(1 + X**2) / X, X)
    assert (left.halves, right.halves, left.logarithm, right.logarithm) == (-2, -2, -2, 2)
    assert power_tails(sp.sin(X), X) == ()
    assert power_tails(sp.exp(X), X) == ()
    assert [tail.direction for tail in power_tails(sp.erfc(X**3), X)] == [-1]
    assert [found.part for found in losing(X / (1 + X**2) * sp.sin(X), X)] == [X / (1 + X**2)]


@pytest.mark.parametrize(
    "expr", [sp.Max(1 / (1 + sp.exp(-X - 1)), sp.asinh(X)), sp.Min(sp.exp(-(X**2)), sp.exp(-sp.Abs(X)))], ids=str
)
def test_kinks_without_a_closed_form(expr: sp.Expr) -> None:
    code, found = code_of(expr), located(Activation("f", X, expr))
    slope = activation_derivative(found.activation)
    for dtype in DTYPES:
        for place in map(float, found.places()):
            near = dtype(place)
            points = np.array([np.nextafter(near, dtype(-9)), near, np.nextafter(near, dtype(9))])
            points = points[[sp.Rational(float(point)) not in found.places() for point in points]]
            assert_within_the_bound(code.f, expr, points)
            assert_within_the_bound(code.f_derivative, slope, points)


def test_no_zero_next_to_a_root() -> None:
    expr = sp.sqrt((2 * X - sp.Rational(1, 3)) ** 2 + 1)
    code, slope = code_of(expr), activation_derivative(Activation("f", X, expr))
    for dtype in DTYPES:
        around = dtype(1 / 6) + np.spacing(dtype(1 / 6)) * np.arange(-4, 5, dtype=dtype)
        assert_within_the_bound(code.f_derivative, slope, around)


def test_both_zeros_have_the_same_slope_at_a_kink() -> None:
    code = code_of(sp.exp(-2 * sp.Abs(X)))
    for dtype in DTYPES:
        assert code.f_derivative(np.array([-0.0, 0.0], dtype)).tolist() == [2.0, 2.0]


@given(st.fractions(-100, 100, max_denominator=10**6), st.booleans())
def test_thresholds_hold_in_both_dtypes(point: Any, belongs: bool) -> None:
    exact = sp.Rational(point.numerator, point.denominator)
    found = from_threshold(X, exact, belongs)
    assert isinstance(found, Call)
    number_in_code: Any = found.operands[1]
    compare = {"greater": np.greater, "greater_equal": np.greater_equal}[found.operation]
    for dtype in DTYPES:
        near = dtype(float(exact))
        for number in (np.nextafter(near, dtype(-1e9)), near, np.nextafter(near, dtype(1e9))):
            side = sp.Rational(float(number)) - exact
            right = bool(side >= 0) if belongs else bool(side > 0)
            assert bool(compare(number, float(number_in_code))) == right


@pytest.mark.parametrize("plan", [Plan(), Plan(cells=False), Plan(wide=True, compensated=True), Plan(floor="large")])
def test_programs_run_as_their_source_does(plan: Plan) -> None:
    function = Function(X * sp.erf(sp.log(1 + sp.exp(X))) + sp.Max(X, sp.Rational(1, 3)), X)
    assert kernel(function, plan) is not None
    for dtype in DTYPES:
        points = np.linspace(-30, 30, 400, dtype=dtype)
        with np.errstate(all="ignore"):
            source = compiled(function, {"float32": plan, "float64": plan})(points)
            assert np.array_equal(runner(function, plan)(points), source, equal_nan=True)


def test_subnormal_results_count_as_zero_where_they_are_flushed() -> None:
    function = Function(sp.exp(-X), X)
    points = np.array([80.0, 88.0], np.float32)
    assert (runner(function, Plan(cells=False))(points) > 0).all()
    assert runner(function, Plan(cells=False), flushed=True)(points).tolist()[1] == 0


@pytest.mark.parametrize(
    "expr",
    [sp.Abs(X) / (sp.exp(X * (X + 1)) + 1), sp.Max(X, 0) * sp.exp(X**3 + X**2), sp.Abs(X) * sp.tanh(X**3 + X)],
    ids=str,
)
def test_every_plan_computes_the_function(expr: sp.Expr) -> None:
    function = Function(expr, X)
    points = np.linspace(-1.9, 1.9, 39)
    true = np.array([float(ball.enclose(expr, {X: point}, 60, 20_000, 1200).mid()) for point in points.tolist()])
    made = [plan for plan in plans(function) if kernel(function, plan) is not None]
    assert any(plan.cells for plan in made)
    for plan in made:
        np.testing.assert_allclose(runner(function, plan)(points), true, rtol=1e-12, err_msg=str(plan))


@pytest.mark.parametrize(
    ("expr", "points"),
    [
        (sp.sinh(sp.sqrt(X**2 + 1)) / (4 * X**2 + 1), np.linspace(-722, 722, 41)),
        (sp.sinh(X / (sp.exp(2 * X) + 1)) * (1 + sp.exp(-X)), np.linspace(300, 356, 29)),
        (sp.cosh(X) * sp.exp(X**2) * sp.erfc(X), np.linspace(1, 700, 41)),
        (sp.sqrt(sp.exp(X) - 1) * sp.exp(-X), np.linspace(1, 1400, 41)),
    ],
    ids=str,
)
def test_products_of_large_with_small_numbers(expr: sp.Expr, points: Any) -> None:
    function = Function(expr, X)
    with np.errstate(all="ignore"):
        plain, best = (runner(function, Plan(cells=False, gathered=with_one))(points) for with_one in (False, True))
    assert_within_the_bound(lambda _: best, expr, points)
    assert ((plain == 0) | ~np.isfinite(plain)).any()


def test_constants_that_are_no_floats_are_stepped_over() -> None:
    expr = (X - sp.Rational(1, 3)) ** 3
    near = 1 / 3 + np.spacing(1 / 3) * np.arange(-40, 41)
    stepped, plain = (runner(Function(expr, X), Plan(cells=False, stepped=with_one)) for with_one in (True, False))
    assert_within_the_bound(stepped, expr, near)
    assert (plain(near) == 0).any()


def test_the_conditions_of_the_formula_decide_between_plans() -> None:
    points = np.linspace(-89, -80, 400, dtype=np.float32)
    assert_within_the_bound(code_of(sp.sinh(X)).f_derivative, sp.cosh(X), points)


def test_results_in_float64_overflow_silently_in_float32() -> None:
    run = runner(Function(-2 * X, X), Plan(cells=False, wide=True, silent=("over",)))
    assert run(np.array([1.0, 3e38], np.float32)).tolist() == [-2.0, -np.inf]


def test_branches_that_meet_endlessly_often() -> None:
    expr = sp.Max(sp.sin(X), sp.Rational(1, 7))
    code, found = code_of(expr), located(Activation("f", X, expr))
    assert found.many
    assert not found.kinks()
    for dtype in DTYPES:
        points = np.linspace(-50, 50, 301, dtype=dtype)
        assert_within_the_bound(code.f, expr, points)
        assert_within_the_bound(code.f_derivative, found.slope(), points)
    assert "Branches meet at many places" in code.f_derivative.__doc__


def test_a_growing_sine_meets_more_often_than_samples_show() -> None:
    assert located(Activation("f", X, sp.Max(X / sp.sqrt(X**2 + 1), sp.cos(X)))).many
    assert not located(Activation("f", X, sp.Max(sp.cos(sp.tanh(X)), sp.exp(X)))).many


def test_taylor_remainders_are_tested_where_the_exact_ones_are_of_second_order() -> None:
    def routine(expr: sp.Expr) -> SimpleNamespace:
        return SimpleNamespace(function=Function(expr, X), bound=None)

    def kept(expr: sp.Expr) -> list[float]:
        code: Any = SimpleNamespace(value=routine(expr), derivative=routine(sp.diff(expr, X)), values={})
        return [point for point in (-1.9, 0.3, 2.3, 4.1) if is_flat(code, point)]

    assert kept(sp.tanh(X)) == [-1.9, 0.3, 2.3, 4.1]
    assert kept(sp.exp(sp.exp(X**3 / 8))) == [-1.9, 0.3, 2.3]
