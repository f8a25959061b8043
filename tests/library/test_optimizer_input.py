"""What generated update rules do with hyper-parameters and arrays that no run should have."""

import importlib
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl import library

RATED = [r for r in (*library.OPTIMIZERS, *library.COUPLED) if "learning_rate" in {p.name for p in r.hyper}]
RULES = (*library.OPTIMIZERS, *library.COUPLED)
SHAPE = (2, 3)
FINITE = {"min_value": -5, "max_value": 5, "width": 32}


class Functions:
    """The committed functions of a rule, with values for what has no default."""

    def __init__(self, rule):
        module = importlib.import_module(f"symdl.generated.{rule.name}")
        self.init_function, self.step_function = (getattr(module, f"{rule.name}_{kind}") for kind in ("init", "step"))
        self.hyper = {p.name: 0.5 for p in rule.hyper if p.default is None}

    def init(self, parameters):
        asked = inspect.signature(self.init_function).parameters
        return self.init_function(parameters, **{k: v for k, v in self.hyper.items() if k in asked})

    def step(self, parameters, gradients, state, **hyper):
        if "curvature" in inspect.signature(self.step_function).parameters:
            shown = [parameters] if isinstance(parameters, np.ndarray) else parameters
            hyper["curvature"] = [2 * np.eye(array.size) for array in shown]
        self.step_function(parameters, gradients, state, **self.hyper | hyper)


def by_name(rule):
    return rule.name


@pytest.mark.parametrize("rule", RATED, ids=by_name)
@pytest.mark.parametrize("value", [-0.5, float("nan")])
def test_a_rate_below_zero_or_nan_is_refused_and_nothing_changes(rule, value):
    functions, theta = Functions(rule), np.ones(SHAPE)
    state = functions.init(theta)
    with pytest.raises(ValueError, match="expected learning_rate >= 0"):
        functions.step(theta, np.ones(SHAPE), state, learning_rate=value)
    assert np.array_equal(theta, np.ones(SHAPE))
    assert state["step"] == 0


@pytest.mark.parametrize("rule", RULES, ids=by_name)
@pytest.mark.parametrize("value", [1, 1.5, float("inf"), float("nan")])
def test_an_average_that_never_forgets_or_grows_is_refused(rule, value):
    functions, theta = Functions(rule), np.ones(SHAPE)
    averages = [p.name for p in rule.hyper if any(r.relation == "<" and r.rhs == 1 for r in p.domain)]
    for name in averages:
        with pytest.raises(ValueError, match=f"expected {name} .* and {name} < 1"):
            functions.step(theta, np.ones(SHAPE), functions.init(theta), **{name: value})
    assert np.array_equal(theta, np.ones(SHAPE))


@pytest.mark.parametrize("rule", RATED, ids=by_name)
def test_a_rate_of_zero_leaves_finite_parameters(rule):
    functions, theta = Functions(rule), np.ones(SHAPE)
    functions.step(theta, np.full(SHAPE, 0.5), functions.init(theta), learning_rate=0.0)
    assert np.isfinite(theta).all()


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_nan_at_epsilon_zero_and_zero_gradients_is_said_in_the_docstring(rule):
    functions, theta = Functions(rule), np.ones(SHAPE)
    for parameter in rule.hyper:
        if parameter.name.startswith("epsilon"):
            if any(relation.relation == ">" for relation in parameter.domain):
                with pytest.raises(ValueError, match=f"expected {parameter.name} > 0"):
                    functions.step(theta, np.zeros(SHAPE), functions.init(theta), **{parameter.name: 0.0})
                continue
            with np.errstate(all="ignore"):
                functions.step(theta, np.zeros(SHAPE), functions.init(theta), **{parameter.name: 0.0})
            said = f"With {parameter.name} = 0 a first gradient of zero gives 0/0"
            assert np.isnan(theta).any() == (said in " ".join(functions.step_function.__doc__.split()))


@pytest.mark.parametrize("rule", library.OPTIMIZERS, ids=by_name)
def test_a_nan_in_a_gradient_reaches_its_own_entry_alone(rule):
    functions, theta, other = Functions(rule), np.ones(SHAPE), np.ones(SHAPE)
    gradient = np.full(SHAPE, 0.5)
    poisoned = gradient.copy()
    poisoned[0, 0] = np.nan
    state, clean = functions.init(theta), functions.init(other)
    with np.errstate(all="ignore"):
        for _ in range(3):
            functions.step(theta, poisoned, state)
            functions.step(other, gradient, clean)
    assert np.isnan(theta[0, 0])
    assert np.array_equal(theta.flat[1:], other.flat[1:])


@pytest.mark.parametrize("rule", library.COUPLED, ids=by_name)
def test_a_nan_in_a_gradient_shows_in_the_whole_array_of_a_coupled_rule(rule):
    functions, theta, gradient = Functions(rule), [np.ones(SHAPE), np.ones(SHAPE)], np.full(SHAPE, 0.5)
    poisoned = gradient.copy()
    poisoned[0, 0] = np.nan
    with np.errstate(all="ignore"):
        functions.step(theta, [poisoned, gradient], functions.init(theta))
    assert np.isnan(theta[0]).any()
    assert np.isfinite(theta[1]).all()


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_empty_list_only_counts_the_step(rule):
    functions = Functions(rule)
    state = functions.init([])
    functions.step([], [], state)
    assert state["step"] == 1


@pytest.mark.parametrize("rule", RULES, ids=by_name)
@given(rows=st.integers(1, 4), columns=st.integers(1, 4), kind=st.sampled_from(["i4", "f2", "c16", "bool"]))
def test_other_shapes_and_dtypes_are_refused_and_nothing_changes(rule, rows, columns, kind):
    functions, theta = Functions(rule), np.ones(SHAPE)
    state = functions.init(theta)
    with pytest.raises(TypeError, match="expected float32 or float64"):
        functions.step(theta, np.ones(SHAPE, kind), state)
    with pytest.raises(TypeError, match="expected float32 or float64"):
        functions.init(np.ones(SHAPE, kind))
    if (rows, columns) != SHAPE:
        with pytest.raises(ValueError, match=r"gradients\[0\] has shape"):
            functions.step(theta, np.ones((rows, columns)), state)
    with pytest.raises(ValueError, match="1 parameters but 2 arrays of gradients"):
        functions.step(theta, [theta, theta], state)
    assert np.array_equal(theta, np.ones(SHAPE))
    assert state["step"] == 0


@pytest.mark.parametrize("rule", RULES, ids=by_name)
@given(data=st.data())
def test_ordinary_gradients_keep_parameters_finite(rule, data):
    functions, theta = Functions(rule), np.ones(SHAPE)
    state = functions.init(theta)
    for _ in range(3):
        row = data.draw(st.lists(st.floats(**FINITE), min_size=6, max_size=6))
        functions.step(theta, np.reshape(row, SHAPE), state)
    assert np.isfinite(theta).all()
