"""What a training step allocates: nothing of the size of parameters or activations after the first step."""

import copy
import importlib.util
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

from symdl import nn

_SPEC = importlib.util.spec_from_file_location("memory", Path(__file__).parent / "benchmarks" / "memory.py")
memory = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(memory)

SIZES, BATCH = (512, 768, 512, 4), 1024
SMALLEST = 4 * BATCH * 512
"""The bytes of the smallest array of a hidden layer; the scratch of all functions together stays below half of it."""


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "momentum", "nesterov", "rmsprop", "adagrad", "sgd"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_step_needs_little_beyond_what_it_keeps(optimizer, activation):
    peak, counted, fresh = memory.measured(SIZES, BATCH, optimizer, activation)
    assert peak <= memory.LIMIT * counted
    assert fresh <= SMALLEST / 2


def test_a_look_ahead_is_kept_too():
    assert memory.measured(SIZES, BATCH, "nesterov")[2] <= SMALLEST / 2


def test_the_measure_sees_a_step_that_allocates(monkeypatch):
    monkeypatch.setattr(nn.Network, "train_step", careless)
    assert memory.measured(SIZES, BATCH)[2] > SMALLEST


def careless(network, parameters, state, inputs, targets, **hyper):
    value, gradients = network.loss_and_gradients(parameters, inputs, targets)
    network.optimizer["_step"](parameters, gradients, state, **hyper)
    return value


def batches(network, seed):
    generator = np.random.default_rng(seed)
    for size in (5, 5, 3, 7, 7, 1):
        yield generator.standard_normal((size, network.sizes[0])), generator.integers(0, network.sizes[-1], size)


def trained(network, step, seed=0):
    parameters, state = network.init(seed)
    losses = [step(network, parameters, state, x, y, learning_rate=0.01) for x, y in batches(network, seed)]
    return losses, parameters


@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 2), (3, 4, 5, 6, 2)], ids=str)
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softplus"])
def test_arrays_that_live_on_change_no_step(sizes, activation):
    """Batches of sizes that change, networks of any depth: the same numbers as with new arrays in each step."""
    network = nn.mlp(sizes, activation=activation)
    (losses, parameters), (others, expected) = trained(network, nn.Network.train_step), trained(network, careless)
    assert losses == others
    assert all(np.array_equal(a, b) for a, b in zip(parameters, expected, strict=True))


def test_gradients_that_a_caller_holds_are_left_alone():
    network = nn.mlp((3, 4, 2))
    parameters, state = network.init(0)
    (x, y), *_ = batches(network, 0)
    _, held = network.loss_and_gradients(parameters, x, y)
    kept = copy.deepcopy(held)
    network.train_step(parameters, state, x, y)
    network.loss_and_gradients(parameters, x, y)
    assert all(np.array_equal(a, b) for a, b in zip(held, kept, strict=True))


def test_a_workspace_gives_the_same_arrays_again():
    network, workspace = nn.mlp((3, 4, 2)), {}
    parameters, _ = network.init(0)
    (x, y), *_ = batches(network, 0)
    _, first = network.loss_and_gradients(parameters, x, y, workspace=workspace)
    _, second = network.loss_and_gradients(parameters, x, y, workspace=workspace)
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_threads_train_one_network_side_by_side():
    network = nn.mlp((20, 30, 30, 4), activation="tanh")
    alone = [trained(network, nn.Network.train_step, seed) for seed in range(4)]
    found = {}
    threads = [
        threading.Thread(target=lambda s=seed: found.update({s: trained(network, nn.Network.train_step, s)}))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, (losses, parameters) in enumerate(alone):
        assert found[seed][0] == losses
        assert all(np.array_equal(a, b) for a, b in zip(found[seed][1], parameters, strict=True))


def test_a_trained_network_can_be_pickled_and_copied():
    network = nn.mlp((3, 4, 2))
    trained(network, nn.Network.train_step)
    for other in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert other == network
        assert trained(other, nn.Network.train_step)[0] == trained(network, nn.Network.train_step)[0]
