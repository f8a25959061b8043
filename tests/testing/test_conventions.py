"""A step function at another point of the family, or with a known slip, is named as such."""

import numpy as np
import pytest

from symdl import library
from symdl.testing import check_optimizer

HYPER = {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 0.1}


def adam(change=""):
    """A step of Adam in NumPy, with one change."""

    def step(parameters, gradients, state, learning_rate, beta1, beta2, epsilon):
        t = state["t"] = state.get("t", 0) + 1
        kind = np.float32 if change == "float32" else np.float64
        m = state.get("m", np.zeros(parameters.shape, kind))
        v = state.get("v", np.zeros(parameters.shape, kind))
        if change == "start":
            m = state.get("m", gradients)
        state["m"] = m = (beta1 * m + (1 - beta1) * gradients).astype(kind)
        state["v"] = v = (beta2 * v + (1 - beta2) * gradients ** (1 if change == "square" else 2)).astype(kind)
        corrected = (
            m / (1 - beta1 ** (1 if change == "power" else t)),
            v / (1 - (beta1 if change == "decay" else beta2) ** t),
        )
        if change == "inside":
            update = corrected[0] / np.sqrt(corrected[1] + epsilon)
        elif change == "hat":
            update = corrected[0] * np.sqrt(1 - beta2**t) / (np.sqrt(v) + epsilon)
        else:
            update = corrected[0] / (np.sqrt(corrected[1]) + epsilon)
        if change == "late":
            update, state["update"] = state.get("update", np.zeros_like(update)), update
        parameters -= (-1 if change == "sign" else 1) * learning_rate * update

    return step


def test_the_right_step_passes():
    assert check_optimizer(adam(), library.adam, hyper=HYPER)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("inside", "epsilon inside the root"),
        ("hat", "epsilon hat"),
        ("late", "one step late"),
        ("power", "1 - beta_1"),
        ("decay", "v_hat"),
        ("sign", "wrong sign"),
        ("float32", "float32"),
    ],
)
def test_a_changed_step_is_named(change, named):
    result = check_optimizer(adam(change), library.adam, hyper=HYPER)
    assert not result
    assert named in result.reason


@pytest.mark.parametrize("change", ["start", "square"])
def test_other_slips_are_caught(change):
    assert not check_optimizer(adam(change), library.adam, hyper=HYPER)
