"""Precise code: float32 in float64, float64 with every rounding error carried along."""

import re

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import symdl
from symdl import library
from symdl.cli import main
from symdl.codegen import generate
from symdl.codegen.accuracy import as_floats, measure, truth
from symdl.codegen.activation_source import activation_code
from symdl.codegen.modules import namespace
from symdl.codegen.precise import committed, precise_code
from symdl.codegen.precise_functions import HELPERS as PRECISE
from symdl.codegen.rounding import HELPERS
from symdl.core import Activation, UnsupportedOperation, symbol
from symdl.numerics import ball, ulp
from symdl.numerics.precision import precision

x = symbol("x")
POINTS = 300
NOT_CARRIED = (sp.erf, sp.sin, sp.cos)
"""What these lack is not known."""
FUNCTIONS = {
    "exp": (np.exp, lambda u: u.exp()),
    "expm1": (np.expm1, lambda u: u.expm1()),
    "log": (np.log, lambda u: u.log()),
    "log1p": (np.log1p, lambda u: u.log1p()),
    "tanh": (np.tanh, lambda u: u.tanh()),
}
SCOPE = {}
exec(
    "from __future__ import annotations\nimport numpy as np\n" + HELPERS["_product_error"] + "".join(PRECISE.values()),
    SCOPE,
)
SIZES = st.floats(1e-300, 700.0) | st.floats(1e-3, 30.0)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data())
def test_what_an_elementary_function_lacks_is_known(name, data):
    function, exact = FUNCTIONS[name]
    u = data.draw(SIZES) * (1 if name in ("log", "log1p") else data.draw(st.sampled_from([-1, 1])))
    points = np.array([u])
    value, rest = function(points), np.empty(1)
    SCOPE[f"_{name}_error"](points, value, rest)
    with precision(300):
        lacking = exact(arb(u)) - arb(float(value[0]))
        unit = ulp.unit(float(value[0]), "float64")
        # 2**-20 ULP, and what is below the subnormal numbers.
        assert abs(float((lacking - arb(float(rest[0]))).mid())) <= max(unit * 2.0**-20, 2.0**-1074)


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_float32_is_within_half_a_unit(item):
    code = precise_code(activation_code(item))
    functions = generate(item, precise=True).load()
    floats = {name: float(code.values[p.symbol]) for name, p in code.parameters}
    for routine in code.of_argument:
        formula = routine.function.expr.subs(as_floats(code.values, "float32"))
        exact = truth(formula, routine.function.variable, "float32", POINTS)
        found = measure(lambda v, name=routine.name: getattr(functions, name)(v, **floats), exact, (None, None))
        assert found.worst <= 0.51, routine.name
        assert not found.failures
        assert not found.floods


ROOTS = {
    "silu": -1.278464542761074,
    "gelu": -0.7517915246935645,
    "gelu_tanh": -0.7524614220710163,
    "mish": -1.1924312145154954,
    "hardswish": -1.5,
}


@pytest.mark.parametrize("name", ROOTS)
def test_float32_is_within_half_a_unit_next_to_roots_of_the_derivative(name):
    code = precise_code(activation_code(symdl.library.find(name)))
    root = np.float32(ROOTS[name])
    points = np.concatenate([root + np.arange(-40, 41) * np.spacing(root), root * (1 + 2.0 ** -np.arange(4, 20))])
    points = points.astype(np.float32)
    computed = getattr(generate(code.activation, precise=True).load(), code.derivative.name)(points)
    for at, value in zip(points, computed, strict=True):
        exact = ball.enclose(code.derivative.function.expr, {x: sp.Rational(float(at))}, 100, 4000)
        unit = ulp.unit(ulp.nearest(exact.mid(), "float32"), "float32")
        with precision(120):
            assert float(abs(arb(float(value)) - exact).mid()) <= 0.51 * unit, at


def test_committed_bounds_hold_the_promise():
    rows = [row for item in library.ACTIVATIONS for row in precise_code(activation_code(item)).routines]
    assert len(committed()) == len({id(row.bound) for row in rows})
    for row in rows:
        expr = row.function.expr
        assert row.bound.ulp["float32"] <= 0.51
        assert row.bound.sound or expr.has(*NOT_CARRIED), row.name
        root = any(not power.exp.is_Integer and power.base.has(x) for power in expr.atoms(sp.Pow))
        assert row.bound.ulp["float64"] <= 1.6 or root or expr.has(*NOT_CARRIED), row.name


def test_no_bound_is_worse_than_that_of_the_default():
    for item in library.ACTIVATIONS:
        code = activation_code(item)
        for usual, routine in zip(code.of_argument, precise_code(code).of_argument, strict=True):
            for dtype, stated in usual.bound.ulp.items():
                assert routine.bound.ulp[dtype] <= stated, routine.name


@pytest.mark.parametrize("name", ["sigmoid", "mish", "prelu", "hardswish"])
def test_generated_precise_tests_pass(name, failures):
    assert failures(generate(symdl.library.find(name), precise=True)) == {}


def test_generated_precise_tests_fail_for_the_default(failures):
    usual = generate(library.sigmoid).source
    assert "test_precise_values_are_within_their_bound" in failures(generate(library.sigmoid, precise=True), usual)


def test_an_activation_of_ones_own_is_within_a_unit():
    item = Activation("tempered", x, x / (1 + sp.exp(-x)) ** 2)
    source = generate(item, precise=True).source
    stated = [float(number) for number in re.findall(r"(\d+(?:\.\d+)?)\s+ULP\s+in", source)]
    assert len(stated) == 4
    assert max(stated[0::2]) <= 0.51
    assert max(stated[1::2]) <= 1.1
    exact = truth(item.expr, x, "float64", POINTS)
    assert measure(namespace(source)["tempered"], exact, (None, None)).worst <= stated[1]


@pytest.mark.parametrize(("name", "target"), [("adam", "numpy"), ("softmax", "numpy"), ("mse_loss", "numpy")])
def test_precise_code_is_for_activations(name, target):
    with pytest.raises(UnsupportedOperation, match="activation"):
        symdl.generate(name, target=target, precise=True)


def test_precise_code_is_numpy():
    with pytest.raises(UnsupportedOperation, match="torch"):
        symdl.generate("relu", target="torch", precise=True)


def test_precise_on_the_command_line(capsys):
    assert main(["generate", "sigmoid", "--precise"]) == 0
    assert capsys.readouterr().out == symdl.generate("sigmoid", precise=True).source
    assert main(["generate", "adam", "--precise"]) == 2
    assert "activation" in capsys.readouterr().err
    assert main(["generate", "mlp", "--sizes", "4,2", "--precise"]) == 2
    assert "--precise" in capsys.readouterr().err
