"""Plans in torch and jax: measured there, float64 in jax whatever is enabled, nothing lost where subnormals are 0."""

from math import inf

import numpy as np
import pytest
import sympy as sp

from symdl import generate, library
from symdl.codegen.activation_source import activation_code
from symdl.codegen.framework_activation_tests import framework_activation_tests
from symdl.codegen.framework_activations import FrameworkActivation, framework_activation_source, kernel_source
from symdl.codegen.frameworks import JAX, TORCH
from symdl.codegen.functional_source import functional
from symdl.codegen.kernels import Plan
from symdl.codegen.leading import Leading, leading
from symdl.codegen.modules import namespace
from symdl.core import symbol
from symdl.core.programs import Assign, Program
from symdl.numerics import ball, ulp

X = symbol("x")
TINY = float(np.finfo(np.float64).tiny)


def assert_within(bound, computed, expr, points):
    true = [ball.enclose(expr, {X: float(point)}, 100, 20_000, 1200) for point in points]
    assert ulp.distance(np.asarray(computed), true).max() <= bound


def test_float32_is_correctly_rounded_in_jax_whatever_is_enabled():
    jax = pytest.importorskip("jax")
    gelu_tanh = generate("gelu_tanh", "jax").load().gelu_tanh
    points = np.linspace(-9, 13, 301, dtype=np.float32)
    assert not jax.config.jax_enable_x64
    for function in (gelu_tanh, jax.jit(gelu_tanh), jax.vmap(gelu_tanh)):
        computed = function(jax.numpy.asarray(points))
        assert computed.dtype == np.float32
        assert_within(0.51, computed, library.gelu_tanh.expr.subs(library.gelu_tanh.argument, X), points)
    assert jax.grad(gelu_tanh)(1.0).dtype == np.float32


def test_jax_loses_nothing_next_to_the_smallest_normal_numbers():
    jax = pytest.importorskip("jax")
    functions = vars(generate("silu", "jax").load())
    value = library.silu.expr.subs(library.silu.argument, X)
    points = [-712.5, -710.1, -1e-100, 2.1 * TINY, 1e-200, 3e-154, 1e-17]
    with jax.enable_x64(True):
        for name, exact in (("silu", value), ("silu_derivative", sp.diff(value, X))):
            assert_within(8, functions[name](jax.numpy.asarray(points)), exact, points)


def test_compiled_code_joins_no_exponentials():
    jax = pytest.importorskip("jax")
    body = (Assign("a", "exp", ("x",)), Assign("u", "multiply", ("x", -sp.Rational(4, 3))), Assign("b", "exp", ("u",)))
    program = Program("f", ("x",), ("y",), (*body, Assign("y", "multiply", ("a", "b"))))
    lines = "\n".join(f"    {row}" for row in functional(program, {}, JAX))
    function = namespace(f"import jax\nimport jax.numpy as jnp\n\n\ndef f(x):\n{lines}\n    return y\n")["f"]
    with jax.enable_x64(True):
        points = jax.numpy.linspace(300.0, 500.0, 200)
        assert np.array_equal(jax.jit(function)(points), function(points))


def test_plans_in_float64_for_both_dtypes_keep_float64():
    torch = pytest.importorskip("torch")
    code = activation_code(library.softsign)
    function = namespace(kernel_source(FrameworkActivation(code, TORCH), code.value, Plan(wide=True)))["_softsign"]
    for dtype in (torch.float32, torch.float64):
        assert function(torch.ones(3, dtype=dtype)).dtype == dtype


def test_what_has_no_error_bound_is_tested_without():
    code = activation_code(library.softsign)
    errors = {"softsign": {"float32": inf, "float64": 2.3}, "softsign_derivative": {"float32": 0.5, "float64": 1.0}}
    item = FrameworkActivation(code, TORCH, errors=errors)
    assert "VALUE_BOUNDS = {'float32': -1, 'float64': 4}" in framework_activation_tests(item)
    assert "not finite everywhere in float32" in framework_activation_source(item)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (X * sp.exp(X), Leading(1, sp.Integer(1), sp.Integer(1))),
        (1 - sp.cos(X), Leading(2, sp.Rational(1, 2), sp.Rational(1, 2))),
        (sp.Max(X, 0), Leading(1, sp.Integer(1), sp.Integer(0))),
        (sp.Max(X, 3 * X), Leading(1, sp.Integer(3), sp.Integer(1))),
        (sp.exp(X), None),
        (X * sp.log(1 + X**2 + sp.Abs(X)) ** sp.Rational(1, 3), None),
    ],
    ids=str,
)
def test_leading_terms(expr, expected):
    assert leading(expr, X) == expected
