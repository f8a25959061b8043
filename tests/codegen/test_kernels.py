"""The parts of elementwise code generation: the NumPy column, schedules, plans, measurement."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given
from hypothesis import strategies as st

from symdl.codegen import generate
from symdl.codegen.accuracy import DTYPES, measure, truth
from symdl.codegen.halves import Style
from symdl.codegen.kernels import Function, Plan, kernel, plans
from symdl.codegen.modules import compiled, namespace
from symdl.codegen.source import COMPARISONS, NUMPY, elementwise
from symdl.codegen.special_source import special_functions
from symdl.core import Activation, BudgetExceeded, SymdlError, UnsupportedOperation, symbol
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Program
from symdl.numerics import ball, ulp

x = symbol("x")
y = symbol("y")
POINTS = (sp.Rational(1, 3), sp.Rational(5, 8))


def test_the_numpy_column_is_complete():
    assert NUMPY.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"where"}))
def test_the_numpy_column_agrees_with_the_meaning(name):
    operation = OPERATIONS[name]
    values = (sp.Rational(3, 2), POINTS[0]) if name == "arccosh" else POINTS
    operands = (x, y)[: operation.arity]
    meaning = operation.meaning(*operands).subs(dict(zip(operands, values, strict=False)))
    scope = {"np": np}
    exec("from __future__ import annotations\n" + special_functions(f"_{name}("), scope)
    out = np.empty(1, bool if name in COMPARISONS else np.float64)
    arrays = [np.array([float(value)]) for value in values[: operation.arity]]
    eval(NUMPY[name], scope)(*arrays, out=out)
    expected = bool(meaning) if name in COMPARISONS else float(meaning)
    assert out[0] == pytest.approx(expected, rel=1e-14)


def test_a_comparison_is_kept_when_its_buffer_is_reused():
    body = (
        Assign("t0", "square", ("x",)),
        Assign("t1", "greater", ("t0", sp.Integer(1))),
        Assign("t2", "add", ("t0", sp.Integer(5))),
        Assign("out", "where", ("t1", "x", "t2")),
    )
    lines = elementwise(Program("f", ("x",), ("out",), body), {}).body
    assert lines[1].startswith("b = a > 1.0")


def test_a_value_that_outlives_an_array_does_not_go_there():
    body = (
        Assign("t0", "multiply", ("theta", sp.Integer(2))),
        Assign("previous", "copy", ("theta",)),
        Assign("theta", "copy", ("t0",)),
    )
    lines = elementwise(Program("f", ("theta", "previous"), ("theta", "previous"), body), {}, in_place=True).body
    assert lines == ("np.multiply(theta, 2.0, out=a)", "np.copyto(previous, theta)", "np.copyto(theta, a)")


def test_out_is_written_by_the_last_statement_alone():
    for item in (sp.tanh(x) ** 3 + x, x / (1 + sp.exp(-x)), sp.Max(x, 0) - sp.exp(-(x**2))):
        for plan in plans(Function(item, x)):
            body = kernel(Function(item, x), plan)
            if body is not None:
                assert [s.target for s in body.body].index("part") == len(body.body) - 1


@given(st.builds(Style, *(st.booleans() for _ in range(6))), st.booleans(), st.sampled_from(["", "largest", "64"]))
def test_plans_survive_json(style, nan, floor):
    plan = Plan(style=style, nan=nan, floor=floor, ends=("-inf", ""), silent=("over",))
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_errors_are_those_of_the_ulp_distance(dtype):
    exact = truth(1 / (1 + sp.exp(-x)), x, dtype, 200)
    computed = (exact.rounded * exact.rounded.dtype.type(1.000001)).astype(dtype)
    known = [ball.enclose(1 / (1 + sp.exp(-x)), {x: float(point)}) for point in exact.points]
    found, expected = exact.errors(computed), ulp.distance(computed, known)
    # Where the truth is subnormal in float64 its rest has no float: half a unit may go unseen.
    small = np.abs(exact.rounded) < 1e-290
    assert np.allclose(found[~small], expected[~small], rtol=1e-6, atol=1e-6)
    assert np.allclose(found[small], expected[small], rtol=1e-6, atol=0.5)


def test_failures_floods_and_limits_are_counted():
    exact = truth(1 / (1 + sp.exp(-x)), x, "float32", 300)

    def naive(points):
        return np.exp(points) / (1 + np.exp(points))

    seen = measure(naive, exact, (0.0, 1.0))
    assert seen.failures > 0
    assert set(seen.floods) == {"over", "invalid"}
    assert not seen.limits
    assert not seen.sound


def test_points_next_to_roots_are_judged_by_absolute_error():
    exact = truth(x - 1, x, "float64", 300)
    assert exact.near_root.any()
    assert not exact.near_root[np.abs(exact.points) > 2].any()


ATOMS = st.sampled_from([x, x, x / 2, sp.Integer(1), sp.Rational(-1, 3), sp.Integer(2)])


def _compounds(inner):
    return st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a: a / (1 + sp.exp(-x)), inner),
        st.builds(sp.tanh, inner),
        st.builds(lambda a: sp.log(1 + sp.exp(a)), inner),
        st.builds(lambda a: sp.Max(a, 0), inner),
        st.builds(lambda a: sp.sqrt(a**2 + 1), inner),
        st.builds(sp.Abs, inner),
    )


FORMULAS = st.recursive(ATOMS, _compounds, max_leaves=3)


@given(FORMULAS)
@example(x + 1 + sp.log(1 + sp.E))
def test_every_plan_of_a_random_formula_computes_it(expr):
    function = Function(expr, x)
    points = np.array([-3.0, -0.75, 0.0, 0.5, 2.25])
    if x not in expr.free_symbols:
        return
    exact = [float(ball.evaluate(expr, {x: float(p)}, 200).mid()) for p in points]
    scale = max(1.0, max(map(abs, exact)))
    for plan in plans(function):
        if kernel(function, plan) is not None:
            assert np.allclose(
                compiled(function, dict.fromkeys(DTYPES, plan))(points), exact, rtol=1e-9, atol=1e-9 * scale
            ), plan


def test_generation_is_deterministic():
    item = Activation("repeated", x, x / (1 + sp.exp(-x)))
    assert generate(item) == generate(item)


def tower(height):
    expr = x
    for _ in range(height):
        expr = sp.tanh(expr) + x
    return expr


@pytest.mark.parametrize(
    "expr",
    [(1 + x) ** 3000, (1 + sp.exp(x)) ** 500, x**100_000, sp.exp(1000 * x) + sp.exp(x), tower(12)],
    ids=["high power", "high power of exp", "huge power", "far apart exponents", "tower"],
)
def test_what_cannot_be_factored_cheaply_is_computed_as_written(expr):
    function = Function(expr, x)
    assert kernel(function, Plan()) is None
    assert compiled(function, dict.fromkeys(DTYPES, Plan(cells=False)))(np.array([0.0]))[0] == float(expr.subs(x, 0))


def test_formulas_beyond_the_budget_are_refused():
    with pytest.raises(BudgetExceeded, match="nodes"):
        generate(Activation("tower", x, tower(40)))
    with pytest.raises(UnsupportedOperation, match="is no float"):
        generate(Activation("vast", x, x * sp.Integer(10) ** 400))


def test_whatever_is_no_item_is_refused():
    with pytest.raises(SymdlError, match="not an item"):
        generate("sigmoid")


def test_loaded_modules_hold_functions_only_of_their_own():
    loaded = namespace(generate(Activation("thing", x, sp.tanh(x))).source)
    assert callable(loaded["thing"])
    assert "symdl" not in loaded
