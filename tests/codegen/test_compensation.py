"""Rounding errors carried along: exact errors of operations, programs that mean the same and are more accurate."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.codegen import generate
from symdl.codegen.accuracy import DTYPES, specimens, truth
from symdl.codegen.compensation import rest_of_scalar
from symdl.codegen.kernels import Function, Plan
from symdl.codegen.modules import compiled
from symdl.codegen.near_zero import expansion
from symdl.codegen.rounding import HELPERS
from symdl.core import Activation, Compare, Parameter, symbol
from symdl.numerics import ball

x, k = symbol("x"), symbol("k")
POSITIVE = (Compare(k, ">", sp.Integer(0)),)
FLOATS = st.floats(-1e100, 1e100, allow_subnormal=False).filter(lambda value: value == 0 or abs(value) > 1e-100)


@pytest.fixture(scope="module")
def helpers():
    scope = {"np": np}
    exec("from __future__ import annotations\n" + "".join(HELPERS.values()), scope)
    return scope


def error(helpers, name, a, b):
    out = np.empty(1)
    helpers[name](np.array([a]), np.array([b]), out=out)
    return Fraction(float(out[0]))


@given(FLOATS, FLOATS)
def test_errors_of_sums_and_differences_are_exact(helpers, a, b):
    assert error(helpers, "_sum_error", a, b) == Fraction(a) + Fraction(b) - Fraction(a + b)
    assert error(helpers, "_difference_error", a, b) == Fraction(a) - Fraction(b) - Fraction(a - b)


@given(FLOATS, FLOATS)
def test_errors_of_products_are_exact_unless_they_are_tiny(helpers, a, b):
    wanted = Fraction(a) * Fraction(b) - Fraction(a * b)
    assert (
        error(helpers, "_product_error", a, b) == (wanted if abs(a * b) > 1e-250 else wanted * 0) or abs(a * b) < 1e-250
    )


def test_a_correction_that_is_no_number_is_left_out(helpers):
    out = np.empty(2)
    helpers["_corrected"](np.array([1.0, 2.0]), np.array([np.nan, 0.5]), out=out)
    assert out.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    "formula", [sp.exp(-(x**2)), sp.exp(sp.Rational(17, 10) * x), sp.sin(sp.Rational(3, 10) * x) + 3], ids=str
)
def test_what_was_lost_is_won_back(formula):
    exact = truth(formula, x, "float64", 300)
    errors = {}
    for carried in (False, True):
        plan = Plan(cells=False, exact=False, silent=("over", "invalid"), compensated=carried)
        function = compiled(Function(formula, x), dict.fromkeys(DTYPES, plan))
        inside = np.abs(exact.points) < 1e12
        found = exact.errors(function(exact.points))
        errors[carried] = found[inside & (np.abs(exact.rounded) > 1e-290)].max()
    assert errors[True] < 2
    assert errors[False] > 16


def test_float32_in_float64_is_correctly_rounded_but_for_ties():
    exact = truth(sp.tanh(x) * sp.exp(-(x**2)), x, "float32", 300)
    plan = Plan(cells=False, wide=True)
    computed = compiled(Function(exact.formula, x), dict.fromkeys(DTYPES, plan))(exact.points)
    assert computed.dtype == np.float32
    assert exact.errors(computed).max() < 0.51


def test_what_parameters_lack():
    assert rest_of_scalar(k) == rest_of_scalar(-k / 4) == rest_of_scalar(sp.sqrt(k)) == 0
    assert rest_of_scalar(1 / k) != 0


@pytest.mark.parametrize("formula", [x - sp.tanh(x), sp.sin(x) - x * sp.cos(x), sp.exp(x) - 1 - x], ids=str)
def test_expansions_are_the_function(formula):
    known = expansion(formula, x)
    for at in (sp.Rational(1, 1000), sp.Rational(-2, 3), sp.Rational(9, 10)):
        argument = at**2 if known.even else at
        value = at**known.order * sum(c * argument**i for i, c in enumerate(known.coefficients))
        assert abs(float(value / sp.Rational(float(ball.enclose(formula, {x: at}, 80).mid()))) - 1) < 1e-15


def test_what_has_no_double_root_is_not_expanded():
    assert expansion(sp.tanh(x), x) is None
    assert expansion(sp.Abs(x) - sp.tanh(x), x) is None
    assert expansion(sp.cos(x), x) is None


def test_other_specimens_lie_in_the_domain():
    low, high = symbol("l"), symbol("u")
    ordered = (
        Parameter(low, "low", sp.Integer(-1)),
        Parameter(high, "high", sp.Integer(1), (Compare(high, ">", low),)),
    )
    rows = specimens(ordered)
    assert len(rows) == 3
    assert all(row[low] < row[high] for row in rows)
    assert specimens(()) == ({},)


def test_learned_parameters_have_their_derivative():
    item = Activation(
        "steps", x, sp.Max(x, 0) + k * sp.Min(x, 0), (Parameter(k, "slope", sp.Integer(1), learned=True),)
    )
    functions = generate(item).load()
    points = np.array([-2.0, -0.0, 0.0, 3.0])
    assert functions.steps_derivative_slope(points, slope=0.3).tolist() == [-2, 0, 0, 0]
    assert "in slope" in functions.steps_derivative_slope.__doc__
