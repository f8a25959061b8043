from types import SimpleNamespace

import numpy as np
import pytest

from symdl import library
from symdl.codegen.generation import generate
from symdl.core import DefinitionError
from symdl.testing import StepFunctions, examine
from symdl.testing.examination import stated_bound

COUNT = 600


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_generated_activations_pass(item):
    for row in examine(item, generate(item), count=COUNT):
        assert row.passed, row.failures
        assert row.worst_value_ulp <= 4
        assert row.worst_derivative_ulp <= 8
        assert (row.zeros, row.nans, row.infinities) == (0, 0, 0)
        assert row.properties_run >= 10


@pytest.mark.parametrize("item", [*library.OPTIMIZERS, *library.COUPLED], ids=lambda item: item.name)
def test_generated_update_rules_pass(item):
    rows = examine(item, generate(item))
    assert [row.dtype for row in rows] == ["float32", "float64"]
    for row in rows:
        assert row.passed, row.failures
    assert rows[1].worst_relative < 1e-12


def test_a_coupled_rule_that_forgets_its_ratio_fails():
    wrong = SimpleNamespace(lamb_init=generate(library.adam).load().adam_init, lamb_step=lambda *a, **k: None)
    assert all("exact run" in row.failures[0] for row in examine(library.lamb, wrong))


def relu_module(kernel, **overrides):
    value = kernel(lambda x: np.maximum(x, 0))
    derivative = kernel(lambda x: np.where(np.isnan(x), x, x > 0))
    return SimpleNamespace(**{"relu": value, "relu_derivative": derivative, **overrides})


def failures(kernel, **overrides):
    rows = examine(library.relu, relu_module(kernel, **overrides), count=60)
    return "\n".join(line for row in rows for line in row.failures)


def test_a_function_that_widens_float32_fails(kernel):
    assert "float64" in failures(kernel, relu=lambda x, out=None: np.maximum(np.asarray(x, np.float64), 0))


def test_a_function_that_flattens_fails(kernel):
    right = kernel(lambda x: np.maximum(x, 0))
    assert "shape (2, 3)" in failures(
        kernel, relu=lambda x, out=None: right(np.ravel(x)) if x.ndim > 1 else right(x, out)
    )


def test_a_function_that_changes_its_input_fails(kernel):
    right = kernel(lambda x: np.maximum(x, 0))

    def in_place(x, out=None):
        return np.maximum(x, 0, out=x) if out is None and isinstance(x, np.ndarray) and x.ndim else right(x, out)

    assert "the input of shape" in failures(kernel, relu=in_place)


def test_a_function_that_ignores_out_fails(kernel):
    right = kernel(lambda x: np.maximum(x, 0))
    assert "out is not filled" in failures(kernel, relu=lambda x, out=None: right(x))


def test_a_function_that_reads_out_while_writing_it_fails(kernel):
    right = kernel(lambda x: np.maximum(x, 0))

    def element_by_element(x, out=None):
        if out is None or out.shape != x.shape or out.dtype != x.dtype:
            return right(x, out)
        for place in np.ndindex(*x.shape):
            out[place] = max(x[place], 0)
        return out

    assert "overlaps" in failures(kernel, relu=element_by_element)


def test_a_function_that_takes_integers_fails(kernel):
    right = kernel(lambda x: np.maximum(x, 0))
    taking = lambda x, out=None: right(x, out) if np.asarray(x).dtype.kind == "f" else np.maximum(x, 0)  # noqa: E731
    assert "dtype int64 is not refused" in failures(kernel, relu=taking)


def sgd(step):
    return SimpleNamespace(sgd_init=lambda parameters: {}, sgd_step=step)


def test_an_update_that_is_not_in_place_or_takes_anything_fails():
    def step(parameters, gradients, state, learning_rate):
        return parameters - np.asarray(learning_rate * gradients).astype(parameters.dtype)

    text = "\n".join(line for row in examine(library.sgd, sgd(step)) for line in row.failures)
    assert "not moved in place" in text
    assert "are not refused" in text


def test_an_update_that_changes_its_gradients_or_warns_fails():
    def step(parameters, gradients, state, learning_rate):
        for p, g in zip(*(v if isinstance(v, list) else [v] for v in (parameters, gradients)), strict=True):
            if p.shape != g.shape or p.dtype != g.dtype:
                raise ValueError("shapes differ")
            g *= learning_rate
            p -= g
            np.log(0 * p)

    text = "\n".join(line for row in examine(library.sgd, sgd(step)) for line in row.failures)
    assert "gradients of shape () were changed" in text
    assert "divide by zero" in text


def test_the_bound_of_a_docstring_is_held():
    def relu(x, out=None):
        """Error: at most 2 ULP in float32, at most 3.5 ULP in float64."""

    code = SimpleNamespace(relu=relu)
    assert stated_bound(code, "relu", "float64", 4.0) == 3.5
    assert stated_bound(code, "relu", "float32", 1.0) == 1.0


def test_other_things_cannot_be_examined():
    with pytest.raises(DefinitionError, match="can be examined"):
        examine("relu", StepFunctions)
