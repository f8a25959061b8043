"""Functions that NumPy lacks: accuracy against balls, laws, certified bounds and planted errors."""

import json
import math
import os
import warnings
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from symdl.codegen import generate
from symdl.codegen.accuracy import limits, measure, truth
from symdl.codegen.error_functions import with_tails
from symdl.codegen.modules import helpers, namespace
from symdl.codegen.special_bounds import erf_pieces, erfcx_pieces, relative_bound
from symdl.codegen.special_data import DATA, committed
from symdl.codegen.special_fits import TARGETS, stated, text
from symdl.codegen.special_source import SPECIAL, special_functions
from symdl.codegen.structural import structural
from symdl.codegen.terms import add, call, multiply
from symdl.core import Compare, Layer, Loss, symbol
from symdl.core.arrays import apply, array
from symdl.core.operations import OPERATIONS, erfcx
from symdl.numerics import ball
from symdl.numerics.precision import precision

x = symbol("x")
CI = os.environ.get("SYMDL_PROFILE") == "ci"
POINTS = 8000 if CI else 2500
DTYPES = ("float32", "float64")
MODULE = namespace(helpers(" ".join(f"_{name}(" for name in SPECIAL)))
FLOAT64_ULP = {"erf": 2, "erfc": 4, "erfcx": 3, "log_erfc": 4}
"""What is promised in float64; in float32, which is computed in float64, it is 1."""
BY_NAME = {target.name: target for target in TARGETS}


def applied(name):
    def function(points):
        out = np.empty_like(points)
        MODULE[f"_{name}"](points, out)
        return out

    return function


def quietly(name, values, dtype="float64"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return applied(name)(np.asarray(values, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SPECIAL)
def test_values_are_those_of_balls_over_the_whole_range(name, dtype):
    meaning = OPERATIONS[name].meaning(x)
    reached = measure(applied(name), truth(meaning, x, dtype, POINTS), limits(meaning, x, dtype))
    assert reached.sound, reached
    assert reached.worst <= (1 if dtype == "float32" else FLOAT64_ULP[name]), reached


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "left", "right"),
    [("erf", -1, 1), ("erfc", 2, 0), ("erfcx", np.inf, 0), ("log_erfc", math.log(2), -np.inf)],
)
def test_special_values_infinities_and_nan(name, left, right, dtype):
    found = quietly(name, [-np.inf, np.inf, np.nan], dtype)
    assert found[0] == np.array(left, dtype)
    assert found[1] == right
    assert np.isnan(found[2])
    at_zero = quietly(name, [-0.0, 0.0], dtype)
    assert np.all(at_zero == (0 if name in ("erf", "log_erfc") else 1))
    assert name != "erf" or list(np.signbit(at_zero)) == [True, False]


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_erf_is_odd_and_all_are_monotone_up_to_rounding(dtype, data):
    width = int(dtype[-2:])
    numbers = st.floats(-30, 30, width=width) | st.floats(allow_nan=False, allow_infinity=False, width=width)
    a, b = sorted(data.draw(st.tuples(numbers, numbers)))
    odd = quietly("erf", [a, -a], dtype)
    assert odd[0] == -odd[1]
    for name, slope in (("erf", 1), ("erfc", -1), ("erfcx", -1), ("log_erfc", -1)):
        low, high = (slope * quietly(name, [a, b], dtype))[::1]
        # Each is off by at most 4 units, so a wrong order is off by at most 8.
        assert high >= low - 8 * np.spacing(abs(low)) if np.isfinite(low) else low <= high


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SPECIAL)
def test_no_zero_and_no_infinity_where_the_truth_is_a_normal_number(name, dtype):
    tiny = float(np.finfo(dtype).tiny)
    with precision(100):
        for point in np.linspace(-30, 30, 241):
            exact = ball.enclose(OPERATIONS[name].meaning(x), {x: Fraction(float(np.array(point, dtype)))})
            if tiny <= abs(float(exact.mid())) <= float(np.finfo(dtype).max):
                found = quietly(name, [point], dtype)[0]
                assert found != 0
                assert np.isfinite(found), (point, exact)


@pytest.mark.parametrize("name", SPECIAL)
def test_shapes_strides_and_aliases_make_no_difference(name):
    values = np.random.default_rng(7).uniform(-6, 6, (3, 9000))
    expected = quietly(name, values)
    for function in (lambda v: v.T, lambda v: v[:, ::2], lambda v: v[::-1], lambda v: v[1], lambda v: v[:, :0]):
        assert np.array_equal(quietly(name, function(values)), function(expected))
    assert quietly(name, np.float64(values[0, 0])).shape == ()
    alias = values.copy()
    MODULE[f"_{name}"](alias, alias)
    assert np.array_equal(alias, expected)
    strided = np.zeros((3, 18000))
    MODULE[f"_{name}"](values, strided[:, ::2])
    assert np.array_equal(strided[:, ::2], expected)


def test_the_committed_data_regenerates_byte_for_byte():
    assert DATA.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BY_NAME)
def test_the_committed_bound_is_certified_again(name, dtype):
    polynomial = committed(name, dtype)
    pieces = BY_NAME[name].pieces()
    bound = relative_bound(polynomial.coefficients, BY_NAME[name].offset, pieces)
    assert stated(bound) == polynomial.bound
    finer = {"erf": erf_pieces(300), "erfcx": erfcx_pieces(50, 50)}[name]
    assert relative_bound(polynomial.coefficients, BY_NAME[name].offset, finer) <= polynomial.bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BY_NAME)
def test_no_sample_exceeds_a_certified_bound(name, dtype):
    target, polynomial = BY_NAME[name], committed(name, dtype)
    worst = 0.0
    with precision(300):
        low, high = target.interval
        for index in range(1, 200):
            point = arb(low) + arb(high - low) * fmpq(index, 200)
            value = sum((arb(c) * point**power for power, c in enumerate(polynomial.coefficients)), arb(target.offset))
            worst = max(worst, abs(float(value / target.value(point) - 1)))
    assert worst <= polynomial.bound
    assert worst >= polynomial.bound / 4


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BY_NAME)
def test_a_coefficient_that_is_changed_breaks_the_bound(name, dtype):
    target, polynomial = BY_NAME[name], committed(name, dtype)
    last = len(polynomial.coefficients) - 1
    for index in range(last + 1) if CI else (0, last // 2, last):
        coefficient = polynomial.coefficients[index]
        changed = list(polynomial.coefficients)
        changed[index] = coefficient + math.copysign(4 * polynomial.bound, coefficient)
        assert relative_bound(changed, target.offset, target.pieces()) > polynomial.bound, index


def test_last_digits_count():
    """Eight units in the last place of the constant coefficient are seen."""
    polynomial = committed("erf", "float64")
    first, *rest = polynomial.coefficients
    changed = (first + 8 * math.ulp(first), *rest)
    assert relative_bound(changed, BY_NAME["erf"].offset, erf_pieces()) > polynomial.bound


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_polynomial_is_not_certified_beyond_its_interval(dtype):
    polynomial = committed("erf", dtype)
    assert relative_bound(polynomial.coefficients, BY_NAME["erf"].offset, erf_pieces(end=fmpq(5, 4))) > polynomial.bound


def test_a_wrong_function_is_not_certified():
    polynomial = committed("erfcx", "float64")
    assert relative_bound(polynomial.coefficients, BY_NAME["erf"].offset, erf_pieces()) > 1e-3


def test_the_file_states_what_the_targets_are():
    rows = json.loads(DATA.read_text(encoding="utf-8"))
    assert list(rows) == [target.name for target in TARGETS]
    for target in TARGETS:
        assert rows[target.name]["formula"] == target.formula
        assert {d: len(rows[target.name][d]["coefficients"]) - 1 for d in DTYPES} == target.degrees


def test_only_what_is_called_is_carried():
    assert "_erfcx_of_size" not in special_functions("_erf_near_zero(x, x.dtype)")
    assert special_functions("np.exp(x)") == ""
    assert special_functions("_log_erfc(x, out=a)").count("def _polynomial") == 1


FORMULAS = (
    1 + sp.erf(x),
    sp.erfc(2 * x - 1) * x,
    sp.log(sp.erfc(x)),
    sp.erf(x) - sp.erf(x / 2),
    sp.exp(-(x**2)) / sp.erfc(-x),
    sp.log((1 + sp.erf(x / sp.sqrt(2))) / 2),
)


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_tails_change_no_value(formula):
    written = with_tails(formula, x)
    assert written.has(erfcx)
    for point in (-9, -2, -1, Fraction(-1, 3), 0, Fraction(3, 4), 1, 4, 12):
        point = sp.Rational(point)
        values = [ball.enclose(expr, {x: point}, 120, absolute_bits=400) for expr in (formula, written)]
        with precision(200):
            assert abs(values[0] - values[1]) < arb(2) ** -100 * (abs(values[0]) + arb(2) ** -290)


def test_slopes_may_be_parameters_of_known_sign():
    k, centre = symbol("k"), symbol("m")
    written = with_tails(sp.erfc(k * (x - centre)), x, (Compare(k, ">", sp.Integer(0)),))
    assert written.args[1] == (
        sp.exp(-sp.expand(k**2 * (x - centre) ** 2)) * erfcx(k * (x - centre)),
        x >= centre + sp.Rational(7, 8) / k,
    )


@pytest.mark.parametrize("formula", [sp.exp(-(x**2)), sp.erf(x**2), sp.erf(symbol("k") * x), sp.erf(sp.tanh(x))])
def test_formulas_without_an_error_function_of_a_line_have_no_tails(formula):
    assert with_tails(formula, x) is None


@pytest.mark.parametrize(
    ("formula", "argument", "factor"),
    [
        (3 + 3 * sp.erf(x**2), -(x**2), 3),
        (1 - sp.erf(x**3), x**3, 1),
        (sp.erfc(-(x**2)) / 2, -(x**2), sp.Rational(1, 2)),
        (sp.erfc(x**2 + 1), x**2 + 1, 1),
    ],
)
def test_complements_and_their_logarithms_are_one_operation(formula, argument, factor):
    variables = frozenset({x})
    inner = structural(argument, variables, True)
    assert structural(formula, variables, True) == multiply(sp.sympify(factor), call("erfc", inner))
    assert structural(sp.log(formula), variables, True) == add(call("log_erfc", inner), sp.log(factor))


def test_sums_that_are_no_complement_stay():
    for formula in (2 + sp.erf(x**2), 1 - 2 * sp.erf(x**2), 1 - sp.erfc(x**2) / 3, 1 + sp.erfc(x**2) / 2):
        assert "log_erfc" not in repr(structural(sp.log(formula), frozenset({x}), True))


def test_losses_and_layers_may_use_error_functions():
    p, t, inputs = array("prediction", "batch"), array("target", "batch"), array("x", "in")
    probit = Loss("probit", (p, t), -apply(lambda a, b: sp.log(sp.erfc(-a * b)), p, t).mean())
    smooth = Layer("smooth", (inputs,), apply(lambda a: a * sp.erf(a), inputs))
    rng = np.random.default_rng(3)
    a, b = rng.uniform(-3, 3, 7), np.sign(rng.uniform(-1, 1, 7))
    modules = [namespace(generate(item).source) for item in (probit, smooth)]
    value, slope = modules[0]["probit"](a, b), modules[0]["probit_gradient"](a, b)
    erfc = np.array([math.erfc(-u) for u in a * b])
    assert value == pytest.approx(-np.log(erfc).mean(), rel=1e-13)
    assert slope == pytest.approx(-2 * b * np.exp(-((a * b) ** 2)) / np.sqrt(np.pi) / erfc / 7, rel=1e-12)
    assert modules[1]["smooth"](a) == pytest.approx([u * math.erf(u) for u in a], rel=1e-14)
