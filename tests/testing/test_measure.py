from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symdl import library
from symdl.codegen.cancellation import magnitude
from symdl.core import Activation, InputError, Parameter, symbol
from symdl.numerics import ball
from symdl.testing import measure
from symdl.testing.measure import accuracy, truth

x, a = symbol("x"), symbol("a")
DTYPES = ["float32", "float64"]
SILU_SLOPE = (1 + sp.exp(-x) + x * sp.exp(-x)) / (1 + sp.exp(-x)) ** 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_correctly_rounded_values_are_within_half_a_unit(dtype):
    true = truth(sp.tanh(x), x, dtype, 400, ())
    assert true.errors(true.rounded.astype(dtype)).max() <= 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_unit_more_is_seen_as_one_unit(dtype):
    true = truth(1 / (1 + sp.exp(-x)), x, dtype, 400, ())
    above = np.nextafter(true.rounded.astype(dtype), np.dtype(dtype).type(2))
    errors = true.errors(above)[true.rounded > 1e-30]
    assert (errors >= 0.5).all()
    assert (errors <= 1.5).all()


def test_wrong_zeros_nans_infinities_and_warnings_are_counted():
    def code(values):
        return np.where(values < -20, 0, np.where(values > 5, np.inf, np.where(values == 1, np.nan, np.tanh(values))))

    row = accuracy(code, "code", truth(sp.tanh(x), x, "float64", 400, ()))
    assert row.nans == 1
    assert row.zeros > 10
    assert row.infinities > 10
    assert np.isinf(row.worst_ulp)
    assert accuracy(lambda v: np.tanh(v) + 0 * np.exp(v), "code", truth(sp.tanh(x), x, "float32", 400, ())).warnings


def test_the_reproducer_names_call_result_and_truth():
    row = accuracy(lambda v: np.tanh(v) * np.float32(1.001), "f", truth(sp.tanh(x), x, "float32", 400, ()))
    assert row.reproducer.startswith("f(np.float32(")
    assert "the truth is" in row.reproducer


@pytest.mark.parametrize("dtype", DTYPES)
def test_near_a_root_errors_count_against_the_terms(dtype):
    true = truth(SILU_SLOPE, x, dtype, 400, ())
    near = true.relief < 1
    assert near.any()
    assert (np.abs(true.points[near] + 1.27846) < 0.11).all()
    kind = np.dtype(dtype).type
    off = (true.rounded + 0.2 * float(np.finfo(kind).eps) * near).astype(dtype)
    assert true.errors(off).max() < 4, "a fifth of eps is hundreds of ULP of the value itself"


def test_truth_at_minus_zero_is_that_at_zero():
    true = truth(sp.exp(x), x, "float64", 50, ())
    zeros = true.points == 0
    assert np.signbit(true.points[zeros]).tolist() == [True, False]
    assert (true.rounded[zeros] == 1).all()


def test_points_without_value_are_left_out():
    assert (truth(sp.log(x), x, "float64", 100, ()).points > 0).all()


def test_the_sum_of_absolute_terms_bounds_the_value():
    for point in (-2, sp.Rational(1, 3), 5):
        terms = ball.evaluate(magnitude(SILU_SLOPE), {x: point})
        assert terms.upper() >= ball.evaluate(SILU_SLOPE, {x: point}).abs_lower()
    assert magnitude((x - 1) ** 2 * sp.Piecewise((-x, x > 0), (x, True))).subs(x, -3) == 48


def test_parameters_without_default_are_passed_by_keyword():
    item = Activation("scaled", x, a * x, (Parameter(a, "scale"),))
    seen = []

    def scaled(values, scale):
        seen.append(scale)
        return values * values.dtype.type(scale)

    code = SimpleNamespace(scaled=scaled, scaled_derivative=lambda v, scale: np.full_like(v, scale))
    row = measure(item, np.float32, code, count=100)
    assert row.value.worst_ulp <= 0.5
    assert len(set(seen)) == 3


def test_a_missing_function_is_named():
    with pytest.raises(InputError, match="relu_derivative"):
        measure(library.relu, np.float32, {"relu": lambda v: v}, count=50)
