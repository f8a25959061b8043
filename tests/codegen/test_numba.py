"""Numba modules: their functions of one number against balls, their own tests, planted errors, refusals."""

import ast
import re
import warnings
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq

from symdl import generate, library
from symdl.codegen import numba_activations
from symdl.codegen.accuracy import limits, measure, truth
from symdl.codegen.activation_source import activation_code
from symdl.codegen.frameworks import INFIX
from symdl.codegen.modules import namespace
from symdl.codegen.numba_exponents import with_exact_exponents
from symdl.codegen.numba_helpers import SETUP, helpers, requirements
from symdl.codegen.numba_loops import NumbaActivation, in_halves, numba_activation_source
from symdl.codegen.numba_optimizers import numba_optimizer_source
from symdl.codegen.numba_plans import numba_activation
from symdl.codegen.numba_polynomials import exponential, exponential_pieces, halves_of_log2, logarithm
from symdl.codegen.numba_source import OWN, SPELLED
from symdl.codegen.optimizer_source import optimizer_code
from symdl.codegen.optimizer_tests import telling_hyper
from symdl.codegen.special_bounds import relative_bound
from symdl.core import MissingPackage, UnsupportedOperation, symbol
from symdl.core.couplings import is_coupled
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Program
from symdl.numerics.precision import precision

x = symbol("x")
DTYPES = ("float32", "float64")
ULP = {"exp": 1, "expm1": 1.5, "log": 1, "log1p": 1, "tanh": 1.5, "erf": 1, "erfc": 4, "erfcx": 3, "log_erfc": 3}
"""What is promised of each; sign is exact."""
HEAD = "import math\nimport sys\nimport numpy as np\nfrom typing import Any\n"
LOOP = """
@_compiled
def {name}_{dtype}(points, values):
    for i in range(points.size):
        values[i] = _{name}_{dtype}(points[i])
"""


@lru_cache
def made_for_numba(name):
    """The module, measured at fewer points than otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("symdl.codegen.accuracy.FINE_POINTS", 1500)
        return generate(name, "numba")


def functions(names=OWN, change=lambda source: source):
    """Functions of arrays that apply the helpers of Numba modules."""
    pytest.importorskip("numba")
    loops = "".join(LOOP.format(name=name, dtype=dtype) for name in names for dtype in DTYPES)
    own = helpers(loops)
    found = namespace(change("\n".join([HEAD, *requirements(own), SETUP, own, loops])))

    def applied(name, dtype):
        def function(points):
            values = np.empty_like(points)
            found[f"{name}_{dtype}"](points, values)
            return values

        return function

    return {(name, dtype): applied(name, dtype) for name in names for dtype in DTYPES} | {"module": found}


@pytest.fixture(scope="module")
def own():
    return functions()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OWN)
def test_functions_of_one_number_are_those_of_balls(own, name, dtype):
    meaning = OPERATIONS[name].meaning(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reached = measure(own[name, dtype], truth(meaning, x, dtype, 800), limits(meaning, x, dtype))
    assert reached.sound, reached
    assert reached.worst <= ULP.get(name, 0), reached


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values_are_kept(own, dtype):
    def at(name, *points):
        return own[name, dtype](np.array(points, dtype)).tolist()

    inf = np.inf
    assert at("exp", -inf, inf, 0.0) == [0, inf, 1]
    assert at("expm1", -inf, inf, 0.0) == [-1, inf, 0]
    assert at("log", 0.0, inf, 1.0) == [-inf, inf, 0]
    assert at("log1p", -1.0, inf, 0.0) == [-inf, inf, 0]
    assert at("tanh", -inf, inf, -0.0) == [-1, 1, 0]
    assert at("sign", -inf, -0.0, 3.0) == [-1, 0, 1]
    assert np.isnan(at("log", -1.0, -inf)).all()
    assert all(np.isnan(at(name, np.nan)).all() for name in OWN)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_grows_up_to_one(own, dtype):
    points = np.linspace(8 if dtype == "float32" else 18, 20, 20_001, dtype=dtype)
    values = own["tanh", dtype](points)
    assert np.max(values) == 1
    assert np.max(np.abs(values - np.tanh(points))) <= np.finfo(dtype).eps


def test_subnormal_results_are_rounded_and_not_flushed(own):
    points = np.linspace(-745.0, -708.5, 400)
    exact = [float(arb(float(point)).exp().mid()) for point in points]
    assert np.max(np.abs(own["exp", "float64"](points) - exact) / np.spacing(exact)) <= 1
    tiny = np.float32(2.0) ** np.arange(-149, -126, dtype=np.float32)
    assert np.allclose(own["log", "float32"](tiny), np.log(tiny.astype(np.float64)), rtol=2e-7)


@pytest.mark.parametrize("name", ["exp", "tanh", "log1p", "erf"])
def test_loops_become_vector_code(own, name):
    own[name, "float64"](np.ones(3))
    (text,) = own["module"][f"{name}_float64"].inspect_asm().values()
    if "mulsd" not in text:
        pytest.skip("this is no x86 processor")
    assert re.search(r"\bv?mulpd\b", text)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("exp", "def _reduced_float64", "-0.6931471805"),
        ("log", "_log_of_parts_float64(k - 53.0 if tiny", "_log_of_parts_float64(k - 52.0 if tiny"),
        ("tanh", "size = 22.0 if size > 22.0 else size", "size = 8.0 if size > 8.0 else size"),
    ],
)
def test_slips_in_the_helpers_are_seen(name, right, wrong):
    def slipped(source):
        assert right in source
        if right.startswith("def"):
            high = repr(-halves_of_log2(41, "float64")[0])
            assert high in source
            return source.replace(high, wrong)
        return source.replace(right, wrong)

    function = functions((name,), slipped)[name, "float64"]
    meaning = OPERATIONS[name].meaning(x)
    reached = measure(function, truth(meaning, x, "float64", 400), limits(meaning, x, "float64"))
    assert not reached.sound or reached.worst > 10


def test_the_polynomials_are_certified():
    for fit, digits in ((exponential(6, "float32"), 25), (exponential(11, "float64"), 53)):
        assert fit.bound < 2.0**-digits
    for fit, digits in ((logarithm(4, "float32"), 25), (logarithm(7, "float64"), 53)):
        assert fit.bound < 2.0**-digits
    assert halves_of_log2(41, "float64")[0] * 2.0**41 == int(halves_of_log2(41, "float64")[0] * 2.0**41)
    high, low = map(Fraction, halves_of_log2(41, "float64"))
    with precision(200):
        assert abs(float(arb(fmpq((high + low).numerator, (high + low).denominator)) - arb(2).log())) < 2.0**-93


def test_a_polynomial_that_is_off_has_a_larger_bound():
    right = exponential(11, "float64")
    wrong = (1.0, 1.0, right.coefficients[0] * (1 + 1e-9), *right.coefficients[1:])
    assert relative_bound(wrong, fmpq(0), exponential_pieces()) > 1e5 * right.bound


def test_every_operation_has_a_spelling():
    assert OPERATIONS.keys() <= SPELLED.keys() | INFIX.keys()


def test_exponents_carry_what_rounding_takes():
    body = (
        Assign("t0", "multiply", ("x", sp.sqrt(2))),
        Assign("t1", "exp", ("t0",)),
        Assign("out", "add", ("t1", sp.Integer(1))),
    )
    changed = with_exact_exponents(Program("f", ("x",), ("out",), body), "float64").body
    assert [s.operation for s in changed][:2] == ["multiply", "product_error"] or "product_error" in {
        s.operation for s in changed
    }
    assert changed[-1] == body[-1]
    assert with_exact_exponents(Program("g", ("x",), ("out",), (Assign("out", "exp", ("x",)),)), "float32").body == (
        Assign("out", "exp", ("x",)),
    )


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_modules_of_all_activations_define_what_they_call(item):
    source = numba_activation_source(NumbaActivation(activation_code(item)))
    tree = ast.parse(source)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules = {"__future__", "math", "sys", "fractions", "typing", "numpy", "numpy.typing", "numba", "numba.extending"}
    assert imported <= modules
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | {"_compiled", "_inlined"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert {name for name in called if name.startswith("_")} <= defined
    assert not re.search(r"KIND|DTYPE\b|\b(?:EXP|LOG|ERF)[A-Z0-9]*_[A-Z]", source.replace("_DTYPES", ""))


@pytest.mark.parametrize("name", ["sigmoid"])
def test_modules_pass_their_own_tests(name, failures):
    pytest.importorskip("numba")
    assert not failures(made_for_numba(name))


def test_their_own_tests_catch_slips(failures):
    pytest.importorskip("numba")
    made = made_for_numba("sigmoid")
    for right, wrong in (("a = a + np.float32(1.0)", "a = a + np.float32(1.01)"), ("b = _sign_float64(x)", "b = x")):
        assert right in made.source, made.source
        assert failures(made, made.source.replace(right, wrong), stop=True)


def test_short_forms_are_taken_where_no_tails_are(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr("symdl.codegen.accuracy.FINE_POINTS", 1500)
    item = numba_activation(activation_code(library.silu))
    functions = namespace(numba_activation_source(item))
    for dtype in DTYPES:
        short = item.short["silu", dtype]
        assert short.low < -16 < 16 < short.high
        inside = np.linspace(-16, 16, 9001, dtype=dtype)
        whole, parts = np.empty_like(inside), np.empty_like(inside)
        functions[f"_short_silu_{dtype}"](inside, parts)
        assert np.array_equal(functions["silu"](inside), parts)
        for far in (2 * short.low, np.nan):
            points = inside.copy()
            points[4000] = far
            functions[f"_loop_silu_{dtype}"](points, whole)
            found = functions["silu"](points)
            assert np.array_equal(found[:4096], whole[:4096], equal_nan=True)
            assert np.array_equal(found[4096:], parts[4096:])


def test_a_function_of_a_function_runs_in_two_loops():
    statements = (Assign("t0", "exp", ("x",)), Assign("t1", "log1p", ("t0",)), Assign("part", "add", ("t1", "x")))
    first, second = in_halves(Program("f", ("x",), ("part",), statements))
    assert [s.operation for s in first.body] == ["exp"]
    assert [s.operation for s in second.body] == ["log1p", "add"]
    assert first.outputs == ("inner",) == second.inputs[1:]
    both = (Assign("t2", "square", ("x",)), *statements[:2], Assign("part", "add", ("t1", "t2")))
    assert len(in_halves(Program("g", ("x",), ("part",), both))) == 1


def test_results_may_go_to_the_argument():
    pytest.importorskip("numba")
    function = made_for_numba("sigmoid").load().sigmoid
    points = np.linspace(-9, 9, 100_001, dtype=np.float32)
    expected = function(points)
    assert function(points, points) is points
    assert np.array_equal(points, expected)


RULES = [rule for rule in library.OPTIMIZERS if not is_coupled(rule) and len(rule.evaluations) == 1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_modules_of_all_rules_define_what_they_call(rule):
    tree = ast.parse(numba_optimizer_source(optimizer_code(rule)))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert {name for name in called if name.startswith("_")} <= defined


@pytest.mark.parametrize("name", ["adam", "radam", "nesterov"])
def test_steps_are_those_of_numpy_to_the_last_bit(name):
    pytest.importorskip("numba")
    generator = np.random.default_rng(0)
    hyper = {key: float(value) for key, value in telling_hyper(optimizer_code(library.find(name))).items()}
    results = []
    for target in ("numpy", "numba"):
        module = generate(name, target).load()
        generator = np.random.default_rng(0)
        parameters = [generator.standard_normal(shape).astype(np.float32) for shape in ((7, 5), (1, 3), (0,))]
        parameters[0] = np.asfortranarray(parameters[0])
        state = getattr(module, f"{name}_init")(parameters)
        for _ in range(8):
            gradients = [generator.standard_normal(p.shape).astype(np.float32) for p in parameters]
            gradients[1].flags.writeable = False
            getattr(module, f"{name}_step")(parameters, gradients, state, **hyper)
        results.append([*parameters, *(array for key in state if key != "step" for array in state[key])])
    for first, second in zip(*results, strict=True):
        assert first.dtype == second.dtype == np.float32
        assert np.array_equal(first, second)


def test_rules_pass_their_own_tests_and_slips_are_caught(failures):
    pytest.importorskip("numba")
    made = generate("adamw", "numba")
    assert not failures(made)
    for right in ("m_[i] = m\n", "theta = theta - "):
        assert right in made.source
        assert failures(made, made.source.replace(right, right.replace("-", "+").replace("= m\n", "= g\n")), stop=True)


def test_what_numba_has_no_code_for_is_refused(monkeypatch):
    pytest.importorskip("numba")
    with pytest.raises(UnsupportedOperation, match="numba"):
        generate("layer_norm", "numba")
    with pytest.raises(UnsupportedOperation, match="no numba code"):
        generate("info_nce_loss", "numba")
    with pytest.raises(UnsupportedOperation, match="depend on each other"):
        generate("lamb", "numba")

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(numba_activations, "import_module", missing)
    with pytest.raises(MissingPackage, match="numba"):
        generate("sigmoid", "numba")


def test_steps_of_parts_of_arrays_change_nothing_else():
    pytest.importorskip("numba")
    module = generate("gradient_descent", "numba").load()
    whole = np.arange(12.0)
    for part in (whole[::3], whole.reshape(4, 3)[:, 1], whole.reshape(4, 3)[:2, 2:]):
        before = whole.copy()
        module.gradient_descent_step(part, part, module.gradient_descent_init(part), learning_rate=0.5)
        part *= 2
        assert np.array_equal(whole, before)


def test_arrays_that_do_not_fit_are_refused_before_anything_changes():
    pytest.importorskip("numba")
    module = generate("momentum", "numba").load()
    theta, wrong = np.ones((2, 3)), np.ones((3, 2))
    state = module.momentum_init(theta)
    for gradients in (wrong, theta.astype(np.float32), [theta, theta]):
        with pytest.raises(ValueError, match=r"gradients|parameters"):
            module.momentum_step(theta, gradients, state, learning_rate=0.5, momentum=0.5)
    with pytest.raises(ValueError, match="v"):
        module.momentum_step(wrong, wrong, state, learning_rate=0.5, momentum=0.5)
    assert state["step"] == 0
    assert np.array_equal(theta, np.ones((2, 3)))
