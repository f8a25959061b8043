import numpy as np
import pytest

from symdl import library
from symdl.codegen.generation import generate
from symdl.core import (
    THETA,
    Assignment,
    Evaluation,
    InputError,
    Optimizer,
    UndefinedValue,
    UnsupportedOperation,
    symbol,
)
from symdl.testing import check_optimizer
from symdl.testing.optimizers import default_gradients, typical_hyper

DTYPES = [np.float32, np.float64]
G, H = symbol("g"), symbol("h")


@pytest.mark.parametrize("rule", library.OPTIMIZERS, ids=lambda rule: rule.name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_generated_rules_agree_with_the_exact_run(rule, dtype):
    check = check_optimizer(generate(rule).load(), rule, dtype=dtype)
    assert check, str(check)
    roundings = 2 * check.steps
    assert check.worst < (1e-12 if dtype is np.float64 else roundings * float(np.finfo(dtype).eps))


def heavy_ball(parameters, gradients, state, learning_rate, momentum):
    velocity = momentum * state.get("velocity", 0) - learning_rate * gradients
    state["velocity"] = velocity
    return parameters + velocity


def test_a_step_may_return_new_parameters():
    assert check_optimizer(heavy_ball, library.momentum)


def test_a_step_may_return_parameters_and_state():
    def step(parameters, gradients, state, learning_rate, momentum):
        velocity = momentum * state - learning_rate * gradients
        return parameters + velocity, velocity

    assert check_optimizer(step, library.momentum, init=np.zeros_like)


def test_hyper_parameters_given_go_to_both_sides():
    def fixed(parameters, gradients, state, **hyper):
        assert hyper == {"learning_rate": 0.3, "momentum": 0.5}
        return heavy_ball(parameters, gradients, state, **hyper)

    assert check_optimizer(fixed, library.momentum, hyper={"learning_rate": 0.3, "momentum": 0.5})


def test_a_step_that_keeps_its_own_constants_is_held_to_the_given_ones():
    def step(parameters, gradients, state):
        parameters -= 0.1 * gradients

    assert check_optimizer(step, library.sgd, hyper={"learning_rate": 0.1})
    assert not check_optimizer(step, library.sgd, hyper={"learning_rate": 0.10005})


def test_a_slip_at_the_fifth_step_is_placed_there():
    def step(parameters, gradients, state, learning_rate):
        state["count"] = state.get("count", 0) + 1
        parameters -= learning_rate * gradients * (1.001 if state["count"] == 5 else 1)

    check = check_optimizer(step, library.sgd)
    assert check.first_step == 5
    assert "at step 5" in str(check)


def test_the_allowance_follows_the_conditioning_of_the_rule():
    adam = generate(library.adam).load()
    check = check_optimizer(adam, library.adam, hyper={"beta2": 1 - 2.0**-40})
    assert check, str(check)
    assert check.allowed > 1e-12, "1 - beta2 is known to 13 digits fewer"


def test_a_nan_names_its_step():
    def step(parameters, gradients, state, learning_rate):
        parameters -= learning_rate * gradients / np.where(gradients == 5, np.nan, 1)

    check = check_optimizer(step, library.sgd)
    assert check.first_step == 1
    assert np.isnan(check.computed)


def test_histories_where_the_rule_has_no_value_are_left_out():
    rate = library.sgd.hyper[0]
    rule = Optimizer("sign", (rate,), (), (Evaluation(G),), (Assignment(THETA, THETA - rate.symbol * G / abs(G)),))

    def step(parameters, gradients, state, learning_rate):
        with np.errstate(invalid="ignore"):
            parameters -= learning_rate * gradients / np.abs(gradients)

    assert check_optimizer(step, rule)


def test_own_gradients_and_starts_are_taken():
    gradients = np.array([[1.0, 2.0], [3.0, -1.0]])
    check = check_optimizer(heavy_ball, library.momentum, gradients=gradients, start=[5.0, -7.0])
    assert check
    assert check.steps == 2


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="adam_init"):
        check_optimizer({}, library.adam)
    with pytest.raises(InputError, match="shape"):
        check_optimizer(heavy_ball, library.momentum, gradients=np.zeros(3))
    with pytest.raises(InputError, match="into"):
        check_optimizer(lambda p, g, s, **h: np.zeros(2), library.sgd)
    with pytest.raises(InputError, match="rate"):
        check_optimizer(lambda p, g, s, **h: None, library.sgd, hyper={"rate": 1.0})
    twice = Optimizer("twice", (), (), (Evaluation(G), Evaluation(H)), (Assignment(THETA, THETA - G - H),))
    with pytest.raises(UnsupportedOperation, match="2 quantities"):
        check_optimizer(lambda p, g, s: None, twice)


def test_defaults_are_named_and_histories_differ():
    assert typical_hyper(library.momentum) == {"learning_rate": 0.01, "momentum": 0.9}
    assert typical_hyper(library.adam)["beta2"] == 0.999
    gradients = default_gradients(50)
    assert gradients.shape == (50, 7)
    assert len(np.unique(gradients[:, 0])) == 50
    assert np.ptp(gradients[:, 1]) == 0
    assert (gradients[1:, 2] == -gradients[:-1, 2]).all()
    assert (gradients[:, 3] == 0).any()


TORCH = {
    "SGD": (library.sgd, {"learning_rate": "lr"}),
    "Adagrad": (library.adagrad, {"learning_rate": "lr", "epsilon": "eps"}),
    "RMSprop": (library.rmsprop, {"learning_rate": "lr", "decay": "alpha", "epsilon": "eps"}),
}


@pytest.mark.parametrize("name", TORCH)
def test_torch_takes_the_steps_of_the_library(name):
    torch = pytest.importorskip("torch")
    rule, names = TORCH[name]

    def init(parameters):
        variable = torch.nn.Parameter(torch.tensor(parameters))
        return variable, {}

    def step(parameters, gradients, state, **hyper):
        variable, kept = state
        if "optimizer" not in kept:
            kept["optimizer"] = getattr(torch.optim, name)([variable], **{names[key]: v for key, v in hyper.items()})
        variable.grad = torch.tensor(gradients)
        kept["optimizer"].step()
        return variable.detach().numpy().copy(), state

    check = check_optimizer(step, rule, init=init)
    assert check, str(check)


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (library.sgd, {"steps": 0}),
        (library.sgd, {"steps": -1}),
        (library.sgd, {"gradients": np.ones((0, 2))}),
        (library.sgd, {"gradients": np.ones((2, 0))}),
        (library.sgd, {"dtype": np.float16}),
        (library.sgd, {"dtype": int}),
        ("sgd", {}),
    ],
    ids=["no steps", "fewer", "no gradients", "no elements", "float16", "integers", "a name"],
)
def test_a_run_that_shows_nothing_is_refused(spec, options):
    with pytest.raises(InputError):
        check_optimizer(lambda p, g, s, learning_rate: p - learning_rate * g, spec, **options)


@pytest.mark.parametrize("returned", [(), (1,), (1, 2, 3)], ids=len)
def test_a_step_that_gives_other_values_is_refused(returned):
    with pytest.raises(InputError, match=f"gave {len(returned)} values"):
        check_optimizer(lambda p, g, s: returned, library.sgd)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"hyper": {"learning_rate": -1}}, "learning_rate = -1.0 is not in the domain"),
        ({"hyper": {"learning_rate": float("nan")}}, "learning_rate = nan is not a finite number"),
        ({"hyper": {"learning_rate": "fast"}}, "is not a finite number"),
        ({"hyper": {"beta1": 1}}, "beta1 = 1.0 is not in the domain"),
        ({"hyper": {"beta2": 1.5}}, "beta2 = 1.5 is not in the domain"),
        ({"hyper": {"epsilon": -1e-8}}, "epsilon"),
        ({"gradients": [[1.0, np.nan]]}, "nan or infinity"),
        ({"gradients": [[np.inf]]}, "nan or infinity"),
        ({"gradients": [[1j]]}, "not real numbers"),
        ({"gradients": [["a"]]}, "not real numbers"),
        ({"gradients": [[1.0], [1.0, 2.0]]}, "no array"),
        ({"start": []}, "no start"),
        ({"start": [np.nan]}, "nan or infinity"),
    ],
    ids=str,
)
def test_numbers_that_no_rule_takes_are_refused(options, named):
    with pytest.raises(InputError, match=named):
        check_optimizer(generate(library.adam).load(), library.adam, **options)


def test_a_rate_of_zero_and_integer_gradients_are_taken():
    assert check_optimizer(generate(library.adam).load(), library.adam, hyper={"learning_rate": 0})
    assert check_optimizer(generate(library.adam).load(), library.adam, gradients=np.array([[1, 2], [3, -4]]))


def test_zero_gradients_without_epsilon_have_no_value():
    with pytest.raises(UndefinedValue, match="no value"):
        check_optimizer(generate(library.adam).load(), library.adam, hyper={"epsilon": 0}, gradients=np.zeros((3, 2)))


def test_rules_that_cannot_be_checked_entry_by_entry_and_other_classes_are_refused():
    with pytest.raises(UnsupportedOperation, match="depend on each other"):
        check_optimizer(lambda p, g, s: p, library.lamb)
    with pytest.raises(InputError, match="no torch optimizer"):
        check_optimizer(int, library.sgd)
    with pytest.raises(InputError, match="no init and update"):
        check_optimizer(lambda learning_rate: 1, library.sgd)
    with pytest.raises(InputError, match="not made of real numbers"):
        check_optimizer(lambda p, g, s: p * 1j, library.sgd)
