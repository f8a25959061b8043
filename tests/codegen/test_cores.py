"""Short forms for tiles without tails: they mean the formula, and agree with the code for tails at their ends."""

import importlib
import tracemalloc
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl import library
from symdl.codegen.accuracy import DTYPES
from symdl.codegen.activation_source import activation_code
from symdl.codegen.core_forms import on_grid, one_sided, with_logarithms_in_parts, with_plain_roots
from symdl.codegen.costs import COSTS, nanoseconds
from symdl.codegen.halves import Style
from symdl.codegen.kernels import Core, Function, Plan, kernel
from symdl.codegen.modules import compiled
from symdl.codegen.terms import call, meaning, multiply
from symdl.core import Activation, Claim, Compare, UnsupportedOperation, symbol
from symdl.numerics import ball, ulp
from symdl.prover import decide

x = symbol("x")
SMOOTH = (
    1 / (1 + sp.exp(-x)),
    sp.tanh(x),
    sp.log(1 + sp.exp(x)),
    x / (1 + sp.exp(-x)),
    x * sp.tanh(sp.log(1 + sp.exp(x))),
    x / (1 + sp.exp(-2 * x**3 - 3 * x)),
)


@cache
def code_of(item):
    return activation_code(item)


@cache
def functions_of(item):
    return importlib.import_module(f"symdl.generated.{item.name}")


def with_cores():
    for item in library.ACTIVATIONS:
        for routine in code_of(item).routines:
            for dtype, core in routine.bound.cores.items():
                yield pytest.param(item, routine, dtype, core, id=f"{routine.name}-{dtype}")


CORED = tuple(with_cores())


def inside(core, dtype):
    """Points of every size in the range of a core, its ends among them."""
    low = -1e4 if core.low is None else core.low
    high = 1e4 if core.high is None else core.high
    sizes = np.geomspace(1e-30, 1, 300)
    points = np.concatenate([low * sizes, high * sizes, np.linspace(max(low, -20), min(high, 20), 500), [0.0]])
    points = points.astype(dtype)
    return points[(points >= low) & (points <= high)]


def keywords(item):
    return {name: float(p.default) for name, p in code_of(item).parameters if p.default is not None}


@pytest.mark.parametrize(("item", "routine", "dtype", "core"), CORED)
def test_a_core_and_the_code_for_tails_agree(item, routine, dtype, core):
    function, points = getattr(functions_of(item), routine.name), inside(core, dtype)
    short = function(points, **keywords(item))
    whole = function(np.append(points, np.array([np.nan], dtype)), **keywords(item))
    assert np.isnan(whole[-1])
    unit = np.spacing(np.maximum(np.abs(short), np.abs(whole[:-1]))).astype(float)
    distance = np.abs(short.astype(float) - whole[:-1].astype(float)) / unit
    terms = 4 * np.finfo(dtype).eps * np.maximum(1, np.abs(points)) if routine.bound.near_roots else 0.0
    near = np.abs(short - whole[:-1]) <= terms
    assert (near | (distance <= 2 * routine.bound.ulp[dtype])).all()


@pytest.mark.parametrize(("item", "routine", "dtype", "core"), CORED)
def test_a_core_is_within_the_bound_at_its_ends(item, routine, dtype, core):
    kind = np.dtype(dtype).type
    ends = [kind(end) for end in (core.low, core.high) if end is not None and abs(end) < 1e5]
    points = np.array([*ends, *(end / 2 for end in ends), kind(0.75), kind(-3.25)], dtype)
    values = {s: sp.Rational(float(kind(float(v)))) for s, v in code_of(item).values.items()}
    expr = routine.function.expr.subs(values)
    exact = [ball.enclose(expr, {x: float(p)}, 90, absolute_bits=1200) for p in points]
    found = getattr(functions_of(item), routine.name)(points, **keywords(item))
    assert (ulp.distance(found, exact) <= routine.bound.ulp[dtype]).all()


@pytest.mark.parametrize(("item", "routine", "dtype", "core"), CORED)
def test_a_core_means_the_formula(item, routine, dtype, core):
    expr = routine.function.expr.subs(dict(code_of(item).values))
    plain = Plan(core.plan.cells, core.plan.exact, core.plan.style, side=core.plan.side, parts=core.plan.parts)
    body = kernel(Function(expr, x, routine.function.given), plain)
    assert body is not None
    value = compiled(Function(expr, x, routine.function.given), dict.fromkeys(DTYPES, plain))
    for point in (-2.5, 0.375, 3.0):
        exact = float(ball.evaluate(expr, {x: point}, 200).mid())
        assert value(np.array([point]))[0] == pytest.approx(exact, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("item", [library.silu, library.sigmoid, library.softplus], ids=lambda item: item.name)
def test_tiles_of_every_kind_stand_side_by_side(item, dtype):
    usual = np.linspace(-9, 9, 1 << 15, dtype=dtype)
    far = np.linspace(-300, 300, 1 << 15, dtype=dtype)
    special = usual.copy()
    special[[3, 77, 4096]] = np.nan, np.inf, -np.inf
    everything = np.concatenate([usual, far, special, usual[:1000]] * 3)
    for name in (item.name, f"{item.name}_derivative"):
        function = getattr(functions_of(item), name)
        whole = function(everything)
        pieces = np.concatenate([function(piece) for piece in np.split(everything, range(4096, everything.size, 4096))])
        limit = 64 * np.finfo(dtype).eps
        assert np.allclose(whole, pieces, rtol=limit, atol=limit / 8, equal_nan=True)
        assert np.isnan(whole).sum() == 3


@pytest.mark.parametrize("size", [0, 1, 2, 1000])
def test_small_arrays_of_any_shape_are_computed(size):
    for item in (library.silu, library.gelu_tanh, library.softplus):
        function = getattr(functions_of(item), item.name)
        for dtype in DTYPES:
            points = np.linspace(-5, 5, size, dtype=dtype)
            expected = [function(point) for point in points]
            assert np.allclose(function(points), expected, rtol=32 * np.finfo(dtype).eps, atol=0)
            assert function(points.reshape(1, -1, 1)).shape == (1, size, 1)


def test_a_parameter_of_unusual_value_takes_the_whole_code():
    function = functions_of(library.softplus).softplus
    points = np.linspace(-4, 4, 101)
    assert np.allclose(function(points, beta=2.0), np.log1p(np.exp(2 * points)) / 2, rtol=1e-14)
    assert np.allclose(function(points, beta=1.0), np.log1p(np.exp(points)), rtol=1e-14)


@pytest.mark.parametrize("name", ["sigmoid", "silu", "silu_derivative", "tanh_derivative"])
def test_no_array_is_allocated_in_the_loop(name):
    function = getattr(functions_of(getattr(library, name.removesuffix("_derivative"))), name)
    points = np.linspace(-9, 9, 1 << 19, dtype=np.float32)
    out = np.empty_like(points)
    function(points, out)
    tracemalloc.start()
    function(points, out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 7 * (1 << 17)


@pytest.mark.parametrize("expr", SMOOTH, ids=str)
@pytest.mark.parametrize("side", [1, -1])
def test_the_formula_of_one_half_line_holds_on_both(expr, side):
    written = meaning(one_sided(expr, x, (), Style(fraction=True), side))
    for point in (-3, sp.Rational(-1, 7), 2):
        difference = ball.evaluate(written - expr, {x: point}, 200)
        assert abs(difference).mid() < 1e-40


def test_kinks_and_even_exponents_have_no_such_formula():
    for expr in (sp.Abs(x) * sp.exp(x), sp.exp(-(x**2)), x**2):
        with pytest.raises(UnsupportedOperation):
            one_sided(expr, x, (), Style(), 1)


@given(st.lists(st.fractions(-3, 3, max_denominator=50), min_size=1, max_size=3))
def test_an_exponential_on_the_grid_means_the_same(coefficients):
    exponent = sum(sp.Rational(c.numerator, c.denominator) * x ** (k + 1) for k, c in enumerate(coefficients))
    if exponent == 0:
        return
    written = on_grid(call("exp", exponent if exponent.is_Symbol else multiply(exponent)), x)
    difference = ball.evaluate(meaning(written) - sp.exp(exponent), {x: sp.Rational(5, 3)}, 200)
    assert abs(difference).mid() < 1e-30


def test_the_exponent_on_the_grid_is_exact_to_twice_the_digits():
    expr = sp.exp(-sp.sqrt(2) * x - x**3 / 7)
    form = Function(expr, x)
    plain, grid = (
        compiled(form, dict.fromkeys(DTYPES, Plan(cells=False, exact=False, grid=on))) for on in (False, True)
    )
    points = np.linspace(-9, 9, 401)
    exact = [ball.enclose(expr, {x: float(p)}, 120) for p in points]
    assert ulp.distance(grid(points), exact).max() < 2
    assert ulp.distance(plain(points), exact).max() > 10


@given(st.floats(-30, 30))
def test_powers_on_the_grid_round_nothing(point):
    shift = 3 * 2.0**45
    h = (point + shift) - shift
    short = [
        round(Fraction(c) * 2**bits) / Fraction(2**bits) for c, bits in ((1.5957691216057308, 36), (0.0713548, 24))
    ]
    computed = (float(short[1]) * (h * h) + float(short[0])) * h
    assert Fraction(computed) == (short[1] * Fraction(h) ** 2 + short[0]) * Fraction(h)


def test_logarithms_in_parts_mean_the_same():
    term = call("log1p", call("exp", x))
    difference = ball.evaluate(meaning(with_logarithms_in_parts(term)) - sp.log(1 + sp.exp(x)), {x: -3}, 200)
    assert abs(difference).mid() < 1e-40


def test_neglecting_rounding_errors_costs_less_and_is_less_exact():
    form = Function((1 + x) ** 3 - 3 * x, x)
    carried = Plan(cells=False, exact=False, compensated=True)
    plain = Plan(cells=False, exact=False)
    places = range(len(kernel(form, plain).body))
    neglected = Plan(cells=False, exact=False, compensated=True, neglected=tuple(places))
    points = np.linspace(0.5, 3, 200)
    first, second, third = (compiled(form, dict.fromkeys(DTYPES, p))(points) for p in (carried, neglected, plain))
    exact = [ball.enclose(form.expr, {x: float(p)}, 120) for p in points]
    assert ulp.distance(first, exact).max() <= 0.51
    assert np.array_equal(second, third)
    assert nanoseconds(kernel(form, neglected), "float64") < nanoseconds(kernel(form, carried), "float64")


@given(st.sampled_from([None, -3.5, -87.6]), st.sampled_from([None, 12.0, 1e6]), st.sampled_from([0, 1, -1]))
def test_cores_survive_json(low, high, side):
    core = Core(Plan(side=side, parts=True, neglected=(1, 4)), low, high)
    assert Core.from_json(core.to_json()) == core


def test_costs_are_positive_and_doubles_cost_no_less_than_half_of_singles():
    assert all(single > 0 and double >= single / 2 for single, double in COSTS.values())


def test_an_activation_never_seen_before_gets_a_core():
    item = Activation("leaning", x, x / (1 + sp.exp(-x - x / 3)))
    code = activation_code(item)
    assert code.value.bound.cores
    claim = Claim(Compare(meaning(one_sided(item.expr, x, (), Style(), 1)), "=", item.expr))
    assert decide(claim).outcome == "PROVED"


def test_plain_roots_mean_the_hypotenuse():
    hypotenuse = call("add", call("hypot", x, sp.Integer(3)), x)
    plain = with_plain_roots(hypotenuse)
    assert sp.expand(meaning(plain) - meaning(hypotenuse)) == 0
    assert "hypot" not in str(plain)
