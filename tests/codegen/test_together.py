"""A value and its derivative in one pass, and choices by bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from symdl import library
from symdl.codegen import generate
from symdl.codegen.activation_source import activation_code
from symdl.codegen.cores import at_usual
from symdl.codegen.kernels import LARGEST, kernel
from symdl.codegen.modules import helpers, namespace
from symdl.codegen.source import elementwise
from symdl.codegen.support import IMPORTS, OPTIONAL
from symdl.codegen.together import OUTPUTS, together

SELECT = namespace(f"from __future__ import annotations\n{IMPORTS}{OPTIONAL['_select']}")["_select"]
SHARING = (library.silu, library.softplus, library.exponential)


def run(body, x):
    """The outputs of a program, computed by its lines."""
    lines = elementwise(body, {LARGEST: "largest"})
    places = [f"{name} = np.empty_like(x)" for name in (*body.outputs, *lines.buffers)]
    rows = [*places, "largest = np.finfo(x.dtype).max", *lines.scalars, *lines.body]
    result = ", ".join(f"{name}={name}" for name in body.outputs)
    source = "\n    ".join(["def run(x):", *rows, f"return dict({result})"])
    with np.errstate(all="ignore"):
        return namespace(f"{helpers(source)}\n{source}")["run"](x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_choices_by_bits_are_those_of_numpy(dtype, data):
    numbers = arrays(dtype, 7, elements=st.floats(width=np.finfo(dtype).bits))
    sides = numbers | st.sampled_from([0.0, -0.0, 1.5, np.inf, np.nan])
    condition, a, b = data.draw(arrays(bool, 7)), data.draw(sides), data.draw(sides)
    found = SELECT(condition, a, b, np.dtype(dtype))
    expected = np.where(condition, np.asarray(a, dtype), np.asarray(b, dtype))
    assert found.dtype == dtype
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_one_program_of_two_gives_the_bits_of_each(item):
    code = activation_code(item)
    for dtype in ("float32", "float64"):
        bodies = [
            kernel(at_usual(routine.function, code.values), routine.bound.plans[dtype])
            for routine in (code.value, code.derivative)
        ]
        both = together(*bodies)
        assert both.operation_count <= sum(body.operation_count for body in bodies) + 1
        x = np.linspace(-30, 30, 301, dtype=dtype)
        for output, body in zip(OUTPUTS, bodies, strict=True):
            assert run(both, x)[output].tobytes() == run(body, x)["part"].tobytes()


@pytest.mark.parametrize("item", SHARING, ids=lambda item: item.name)
def test_what_both_need_stands_once(item):
    source = generate(item).source
    whole, joint = source.split(f"def {item.name}_and_derivative")
    assert "together: what both need is computed once" in joint
    assert joint.count("np.exp(") < whole.count("np.exp(")


@pytest.mark.parametrize("item", SHARING, ids=lambda item: item.name)
def test_an_error_in_the_shared_pass_alone_is_found(item, failures):
    module = generate(item)
    whole, joint = module.source.split(f"def {item.name}_and_derivative")
    wrong = joint.replace("np.exp(", "np.expm1(", 1)
    assert "test_both_together_are_within_their_bounds" in failures(
        module, f"{whole}def {item.name}_and_derivative{wrong}"
    )


def test_out_of_the_wrong_shape_is_refused():
    function = namespace(generate(library.silu).source)["silu_and_derivative"]
    x = np.linspace(-1, 1, 4)
    with pytest.raises(ValueError, match="out must have shape"):
        function(x, np.empty(4))
    with pytest.raises(TypeError, match="float32 or float64"):
        function(np.arange(3))
