"""Bugs planted in optimizers as people write them, in NumPy, for torch and for optax: each is found and named."""

from functools import partial

import numpy as np
import pytest

from symdl import library
from symdl.library.optimizers.moments import CONSTANT, RAW
from symdl.library.optimizers.parts import OUTSIDE
from symdl.testing import check_optimizer

EPSILON = {"epsilon": 0.1}
PUSHED = {"momentum": 0.9}
plain_nadam = library.optimizers.nadam_family.build(momentum=CONSTANT)
amsgrad = library.optimizers.amsgrad_family.build(maximum=RAW, epsilon=OUTSIDE)


# --- in NumPy: step functions over a dict of states


def adamw(
    parameters, gradients, state, bug="", learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=0.1, weight_decay=0.01
):
    share = weight_decay if bug == "unscaled" else learning_rate * weight_decay
    gradients = gradients + weight_decay * parameters if bug == "coupled" else gradients
    if bug not in ("coupled", "after", "without"):
        parameters = parameters * (1 - share)
    t = state["t"] = state.get("t", 1 if bug == "count" else 0) + 1
    zero = np.zeros_like(parameters)
    m = state["m"] = beta1 * state.get("m", gradients if bug == "begin" else zero) + (1 - beta1) * gradients
    v = state["v"] = beta2 * state.get("v", zero) + (1 - beta2) * gradients**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 if bug == "biased" else 1 - beta2**t)
    root = np.maximum(np.sqrt(v_hat), epsilon) if bug == "larger" else np.sqrt(v_hat) + epsilon
    parameters = parameters - learning_rate * m_hat / root
    return parameters * (1 - share) if bug == "after" else parameters


def rmsprop(parameters, gradients, state, bug="", learning_rate=0.001, decay=0.9, epsilon=0.1):
    old = state.get("v", np.zeros_like(parameters))
    v = decay * old + (1 - decay) * gradients**2
    if bug != "lost":
        state["v"] = v
    used = old if bug == "stale" else v
    if bug == "inside":
        parameters -= learning_rate * gradients / np.sqrt(used + epsilon)
    else:
        parameters -= learning_rate * gradients / ((used if bug == "rootless" else np.sqrt(used)) + epsilon)


def momentum(parameters, gradients, state, bug="", learning_rate=0.01, momentum=0.9):
    if bug == "gradients":
        gradients *= learning_rate
        velocity = state["v"] = momentum * state.get("v", 0) - gradients
    elif bug == "alias":
        if "v" not in state:
            state["v"] = gradients
        else:
            state["v"] *= momentum
            state["v"] += gradients
        velocity = -learning_rate * state["v"]
    else:
        velocity = state["v"] = momentum * state.get("v", 0) - learning_rate * gradients
    if bug == "scratch":
        parameters += velocity
        moved = parameters.copy()
        parameters *= 0.5
        return moved
    moved = parameters + velocity
    return moved.astype(np.float32) if bug == "narrow" else moved


def displacement(parameters, gradients, state, learning_rate, momentum):
    previous = state.get("previous", parameters.copy())
    moved = parameters - learning_rate * gradients + momentum * (parameters - previous)
    state["previous"] = parameters
    parameters[...] = moved


def largest(parameters, gradients, state, bug="", learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=0.1):
    t = state["t"] = state.get("t", 0) + 1
    zero = np.zeros_like(parameters)
    m = state["m"] = beta1 * state.get("m", zero) + (1 - beta1) * gradients
    v = state["v"] = beta2 * state.get("v", zero) + (1 - beta2) * gradients**2
    most = max(v.max(), np.max(state.get("most", 0))) if bug == "whole" else np.maximum(state.get("most", zero), v)
    if bug != "lost":
        state["most"] = most
    return parameters - learning_rate * m / (1 - beta1**t) / (np.sqrt(most / (1 - beta2**t)) + epsilon)


def adamax(parameters, gradients, state, bug="", learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=0.1):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradients
    size = gradients if bug == "signed" else np.abs(gradients)
    u = np.maximum(beta2 * state.get("u", np.zeros_like(parameters)), size + epsilon)
    state["u"] = u
    return parameters - learning_rate * m / ((1 - beta1 ** (1 if bug == "power" else t)) * u)


def lion(parameters, gradients, state, bug="", learning_rate=0.01, beta1=0.9, beta2=0.99, weight_decay=0.1):
    m = state.get("m", np.zeros_like(parameters))
    following = beta2 * m + (1 - beta2) * gradients
    used = following if bug == "early" else m
    direction = beta1 * used + (1 - beta1) * gradients
    state["m"] = following
    return parameters - learning_rate * (
        (direction if bug == "unsigned" else np.sign(direction)) + weight_decay * parameters
    )


def adagrad(parameters, gradients, state, bug="", learning_rate=0.01, epsilon=0.1):
    kind = np.float32 if bug == "float32" else np.float64
    total = state.get("total", np.full(parameters.shape, bug == "begin", kind)) + (gradients**2).astype(kind)
    state["total"] = total
    return parameters - learning_rate * gradients / (np.sqrt(total) + epsilon)


def adadelta(parameters, gradients, state, bug="", learning_rate=1.0, decay=0.9, epsilon=0.1):
    zero = np.zeros_like(parameters)
    v = state["v"] = decay * state.get("v", zero) + (1 - decay) * gradients**2
    u = state.get("u", zero)
    change = np.sqrt(u + (0 if bug == "below" else epsilon)) / np.sqrt(v + epsilon) * gradients
    state["u"] = decay * u + (1 - decay) * change**2
    if bug == "lost":
        state["u"] = zero
    return parameters - learning_rate * change


def yogi(
    parameters,
    gradients,
    state,
    bug="",
    learning_rate=0.01,
    beta1=0.9,
    beta2=0.999,
    epsilon=0.1,
    initial_accumulator=1e-6,
):
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradients
    v = state.get("v", np.full(parameters.shape, initial_accumulator))
    square = gradients**2
    v = state["v"] = v - (1 - beta2) * np.sign(v - (gradients if bug == "linear" else square)) * square
    return parameters - learning_rate * m / (np.sqrt(v) + epsilon)


def adan(parameters, gradients, state, bug="", learning_rate=0.001, beta1=0.98, beta2=0.92, beta3=0.99, epsilon=0.1):
    t = state["t"] = state.get("t", 0) + 1
    first = np.zeros_like(gradients) if bug == "begin" else gradients
    change = gradients - state.get("previous", first)
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradients
    d = state["d"] = beta2 * state.get("d", 0) + (1 - beta2) * change
    n = state["n"] = beta3 * state.get("n", 0) + (1 - beta3) * (gradients + (1 - beta2) * change) ** 2
    state["previous"] = gradients if bug == "alias" else gradients.copy()
    ahead = m / (1 - beta1**t) + (1 - beta2) * d / (1 - beta2**t)
    return parameters - learning_rate * ahead / (np.sqrt(n / (1 - beta3**t)) + epsilon)


def in_place(parameters, gradients, state, bug="", learning_rate=0.01, decay=0.9, momentum=0.9, epsilon=0.1):
    if not state:
        state["v"] = np.zeros_like(parameters)
        state["b"] = state["v"] if bug == "shared" else np.zeros_like(parameters)
    v, b = state["v"], state["b"]
    v *= decay
    v += (1 - decay) * gradients**2
    b *= momentum
    b += gradients / (np.sqrt(v) + epsilon)
    parameters -= learning_rate * b


def once(parameters, gradients, state, bug="", learning_rate=0.01):
    t = state["t"] = state.get("t", 0) + 1
    return parameters - learning_rate * gradients * (0 if bug == "first" and t == 1 else 1)


DECAY = {**EPSILON, "weight_decay": 0.01}
NUMPY = (
    (adamw, "coupled", library.adamw, DECAY, "coupled"),
    (adamw, "unscaled", library.adamw, DECAY, "weight_decay by itself"),
    (adamw, "after", library.adamw, DECAY, "after the step"),
    (adamw, "without", library.adamw, DECAY, "weight decay is left out"),
    (adamw, "count", library.adamw, DECAY, "count is 2 at the first step"),
    (adamw, "begin", library.adamw, DECAY, "m starts at the first g"),
    (adamw, "biased", library.adamw, DECAY, "beta_2 is not corrected"),
    (adamw, "larger", library.adamw, DECAY, "the larger of the root and epsilon"),
    (rmsprop, "lost", library.rmsprop, EPSILON, "state not updated: v"),
    (rmsprop, "stale", library.rmsprop, EPSILON, "stale: the step uses v"),
    (rmsprop, "inside", library.rmsprop, EPSILON, "epsilon inside the root"),
    (rmsprop, "rootless", library.rmsprop, EPSILON, "the root of v is not taken"),
    (momentum, "gradients", library.momentum, PUSHED, "changes in place the array of gradients"),
    (momentum, "alias", library.momentum, PUSHED, "holds on to the array of gradients"),
    (momentum, "scratch", library.momentum, PUSHED, "changes in place the array of parameters"),
    (momentum, "narrow", library.momentum, PUSHED, "float64 parameters into float32"),
    (displacement, None, library.momentum, PUSHED, "holds on to the array of parameters"),
    (largest, "whole", amsgrad, EPSILON, "depends on the others"),
    (largest, "lost", amsgrad, EPSILON, "state not updated: v_max"),
    (adamax, "signed", library.adamax, EPSILON, "no absolute value"),
    (adamax, "power", library.adamax, EPSILON, "step count stays at 1"),
    (lion, "early", library.lion, {"weight_decay": 0.1}, "m is updated before"),
    (lion, "unsigned", library.lion, {"weight_decay": 0.1}, "no sign is taken"),
    (adagrad, "float32", library.adagrad, EPSILON, "float32"),
    (adagrad, "begin", library.adagrad, EPSILON, "G starts at 1"),
    (adadelta, "below", library.adadelta, EPSILON, "epsilon"),
    (adadelta, "lost", library.adadelta, EPSILON, "state not updated: u"),
    (yogi, "linear", library.yogi, EPSILON, "without the square"),
    (adan, "begin", library.adan, EPSILON, "one case is taken for all"),
    (adan, "alias", library.adan, EPSILON, "holds on to the array of gradients"),
    (in_place, "shared", library.rmsprop_momentum, EPSILON, "two arrays of the state share memory"),
    (once, "first", library.sgd, {}, "wrong first step"),
)


def bugs(rows):
    return pytest.mark.parametrize(
        ("step", "bug", "rule", "hyper", "named"), rows, ids=[f"{row[0].__name__}-{row[1]}" for row in rows]
    )


@bugs(NUMPY)
def test_a_bug_in_numpy_is_found_and_named(step, bug, rule, hyper, named):
    check = check_optimizer(partial(step, bug=bug) if bug else step, rule, hyper=hyper)
    assert not check
    assert named in check.reason


@pytest.mark.parametrize(
    ("step", "rule", "hyper"),
    {row[0].__name__: (row[0], *row[2:4]) for row in NUMPY if row[1]}.values(),
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_right_step_in_numpy_passes(step, rule, hyper):
    check = check_optimizer(step, rule, hyper=hyper)
    assert check, str(check)
