"""Rounding bounds: never below an error that is seen, large where the code is bad, in accord with Gappa."""

import shutil
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import assume, given
from hypothesis import strategies as st

from symdl import library
from symdl.codegen.accuracy import DTYPES, as_floats, truth
from symdl.codegen.activation_source import activation_code
from symdl.codegen.kernels import Function, Plan
from symdl.codegen.modules import compiled
from symdl.codegen.precise import precise_code
from symdl.codegen.rounding_bounds import Format, Kernel, relative_error
from symdl.codegen.rounding_bounds_file import proved
from symdl.codegen.rounding_bounds_functions import ASSUMED, EXACT, ROUNDED
from symdl.codegen.rounding_bounds_gappa import gappa_bound, gappa_script
from symdl.codegen.rounding_bounds_intervals import Interval
from symdl.codegen.rounding_bounds_search import Analysis, cells, rounding_bound
from symdl.codegen.rounding_bounds_slopes import RULES
from symdl.codegen.source import COMPARISONS
from symdl.core import UnsupportedOperation, symbol
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Program
from symdl.numerics import ball
from symdl.numerics.precision import precision

x = symbol("x")
ONE = sp.Integer(1)
POINTS = 60
ITEMS = [item for item in library.ACTIVATIONS if not item.expr.has(sp.sin)]
NUMBERS = st.floats(-100, 100) | st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)


def program(*statements):
    return Program("kernel", ("x",), ("part",), tuple(Assign(*s) for s in statements))


def error_in_float32(body, low, high):
    with precision(64):
        nodes = Kernel(body, Format.of("float32")).run(Interval(arb(low), arb(high)))
        return float(relative_error(nodes).upper().mid())


def test_every_operation_is_exact_rounded_or_assumed():
    known = {*EXACT, *ROUNDED, *ASSUMED, *COMPARISONS, "power"} - {"copy"}
    assert known == OPERATIONS.keys()
    assert RULES.keys() - {"copy"} <= OPERATIONS.keys()


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_rounding_bound_is_no_less_than_what_is_measured(item):
    usual = activation_code(item)
    for code in (usual, precise_code(usual)):
        for routine in code.of_argument:
            for dtype, bound in proved(routine.function, routine.bound, code.values).items():
                if bound is None:
                    continue
                values = as_floats(code.values, dtype)
                function = compiled(routine.function, routine.bound.plans)
                floats = {s.name: float(v) for s, v in values.items()}
                exact = truth(routine.function.expr.subs(values), routine.function.variable, dtype, POINTS)
                errors = exact.errors(function(exact.points, **floats))
                errors[exact.near_root | (np.abs(exact.high) > 0.999 * np.finfo(dtype).max)] = 0
                # 2**-40 for the rounding of the measurement.
                assert errors.max() <= bound + 2.0**-40, f"{routine.name} in {dtype}"


SMALL = [a for a in library.ACTIVATIONS if a.name in ("sigmoid", "silu", "mish", "selu", "softsign", "squareplus")]


@given(data=st.data())
def test_the_bound_at_an_argument_holds_there(data):
    code = activation_code(data.draw(st.sampled_from(SMALL)))
    routine = data.draw(st.sampled_from([code.value, code.derivative]))
    dtype = data.draw(st.sampled_from(DTYPES))
    at = float(np.dtype(dtype).type(data.draw(NUMBERS)))
    values = as_floats(code.values, dtype)
    analysis = Analysis(routine.function, routine.bound.plans[dtype], dtype, values)
    with precision(64):
        bound = analysis.cell(at, at)
    function = compiled(routine.function, routine.bound.plans)
    computed = function(np.array([at], dtype), **{s.name: float(v) for s, v in values.items()})
    true = ball.enclose(routine.function.expr.subs(values), {x: sp.Rational(at)}, 90, absolute_bits=1200)
    unit = float(np.spacing(np.dtype(dtype).type(abs(float(true.mid())))))
    with precision(200):
        error = float(abs(arb(float(computed[0])) - true).upper().mid()) / unit
    assert error <= bound * (1 + 2.0**-40)


@given(st.floats(1e-6, 1e-2))
def test_a_cancellation_is_seen(at):
    x32 = float(np.float32(at))
    bad = program(("t0", "add", ("x", ONE)), ("part", "subtract", ("t0", ONE)))
    found = abs(float((np.float32(x32) + np.float32(1)) - np.float32(1)) - x32) / x32
    bound = error_in_float32(bad, x32, x32)
    assert bound >= found
    # Half an ULP of 1 where the result is x, unless the sum is exact.
    assert bound >= 2.0**-24 / x32 / 2 or found == 0


def test_a_naive_logarithm_gets_no_small_bound():
    naive = Function(sp.log(1 + sp.exp(-x)), x)
    assert rounding_bound(naive, Plan(cells=False, exact=False), "float32", low=0.0, high=80.0).ulp > 1e4
    assert rounding_bound(naive, Plan(), "float32", low=0.0, high=80.0).ulp < 12


def test_assumptions_enter_the_bound():
    body = program(("part", "exp", ("x",)))
    assert error_in_float32(body, 1.0, 2.0) == pytest.approx(ASSUMED["exp"]["float32"] * 2.0**-24, rel=1e-4)
    # The error of the product is multiplied by its size, about 60.
    body = program(("t0", "multiply", ("x", sp.Rational(1, 3))), ("part", "exp", ("t0",)))
    assert error_in_float32(body, 180.0, 180.0) > 100 * 2.0**-24


def test_differences_of_close_numbers_are_exact():
    body = program(("part", "subtract", ("x", ONE)))
    assert error_in_float32(body, 1.25, 2.0) == 0
    assert error_in_float32(body, 0.5, 0.75) == 0
    assert error_in_float32(body, 2.0**-30, 2.0**-20) > 0


def test_an_operation_that_is_not_known_gets_no_bound():
    assert rounding_bound(Function(sp.acos(x), x), Plan(cells=False), "float64").ulp == float("inf")


def test_a_constant_without_a_value_gets_no_bound():
    body = program(("part", "add", ("x", sp.asin(sp.sqrt(2)))))
    assert not Kernel(body, Format.of("float32")).understood


def test_a_jump_of_a_rounded_value_gets_no_bound():
    body = program(
        ("t0", "exp", ("x",)),
        ("t1", "greater", ("t0", sp.Rational(2))),
        ("part", "where", ("t1", ONE, sp.Integer(3))),
    )
    assert error_in_float32(body, 0.5, 1.0) == float("inf")
    assert error_in_float32(body, 1.0, 2.0) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_ranges_cover_every_number_up_to_overflow(dtype):
    rows = list(cells(dtype, -float("inf"), float("inf")))
    kind = np.dtype(dtype).type
    for (_, end), (start, _) in pairwise(rows):
        assert kind(start) == np.nextafter(kind(end), kind(np.inf))
    assert rows[-1][1] == -rows[0][0]


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 4), st.floats(0, 1), st.floats(0, 1))
def test_operations_enclose_their_values(ends, first, second):
    (a, b), (c, d) = sorted(ends[:2]), sorted(ends[2:])
    p, q = (low + (high - low) * part for low, high, part in ((a, b, first), (c, d, second)))
    assume(a <= p <= b and c <= q <= d)
    with precision(64):
        left, right, u, v = Interval(arb(a), arb(b)), Interval(arb(c), arb(d)), arb(p), arb(q)
        pairs = [("add", u + v), ("subtract", u - v), ("multiply", u * v), ("tanh", u.tanh()), ("expm1", u.expm1())]
        pairs += [("divide", u / v)] if not right.has_zero else []
        for name, value in pairs:
            image = RULES[name].value((left, right)[: OPERATIONS[name].arity])
            assert image.low <= value.upper(), name
            assert value.lower() <= image.high, name


GAPPA = shutil.which("gappa")


@pytest.mark.skipif(GAPPA is None, reason="Gappa is not installed: apt-get install gappa")
@pytest.mark.parametrize("name", ["sigmoid", "softsign", "tanh", "silu", "mish", "selu", "elu", "relu_squared"])
def test_gappa_agrees(name):
    code = activation_code(library.find(name))
    compared = 0
    for routine in (code.value, code.derivative):
        analysis = Analysis(
            routine.function, routine.bound.plans["float32"], "float32", as_floats(code.values, "float32")
        )
        for low, high in ((-2.0, -1.5), (1.5, 2.0)):
            with precision(64):
                nodes = analysis.guarded.run(Interval(arb(low), arb(high)))
                ours = float(relative_error(nodes).upper().mid())
                try:
                    script = gappa_script(nodes, analysis.format)
                except UnsupportedOperation:
                    continue
            if not 0 < ours < float("inf"):
                continue
            theirs = gappa_bound(script)
            # Neither can be below what is seen; Gappa knows no conditions, ours no correlation of ranges.
            x32 = np.linspace(low, high, 400).astype(np.float32)
            formula = routine.function.expr.subs(as_floats(code.values, "float32"))
            computed = compiled(routine.function, routine.bound.plans)(
                x32, **{s.name: float(v) for s, v in code.values.items()}
            )
            seen = max(
                abs(float(c) / float(ball.enclose(formula, {x: sp.Rational(float(p))}, 60).mid()) - 1)
                for c, p in zip(computed, x32, strict=True)
            )
            assert seen <= min(ours, theirs) * (1 + 1e-6)
            assert ours <= 1.5 * theirs
            compared += 1
    assert compared
