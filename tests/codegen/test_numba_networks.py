"""Networks as Numba modules: the numbers of the NumPy layers, planted errors, arrays that are kept, refusals."""

import tracemalloc
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pytest

from symdl import front, library, nn
from symdl.cli import main
from symdl.codegen.modules import namespace
from symdl.codegen.networks import network_source
from symdl.codegen.numba_network_source import numba_network_source
from symdl.core import DefinitionError, InputError, UnsupportedOperation


@lru_cache
def source(sizes, activation="tanh", loss="cross_entropy"):
    """The module, its activation measured at fewer points than otherwise."""
    pytest.importorskip("numba")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("symdl.codegen.accuracy.FINE_POINTS", 1500)
        return numba_network_source(sizes, library.find(activation), library.find(loss), library.mlp)


@lru_cache
def module(sizes, activation="tanh", loss="cross_entropy"):
    return SimpleNamespace(**namespace(source(sizes, activation, loss)))


def largest_difference(found, expected):
    return max(np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in zip(found, expected, strict=True))


def batch(sizes, count, dtype):
    generator = np.random.default_rng(count)
    return generator.standard_normal((count, sizes[0])).astype(dtype), generator.integers(0, sizes[-1], count)


def differences(made, sizes, dtype, activation="tanh", loss="cross_entropy", count=7):
    """How far the loss and the gradients are from those of the NumPy layers, in units of eps."""
    network = nn.mlp(sizes, activation=activation, loss=loss, dtype=dtype)
    parameters, _ = network.init(seed=1)
    for bias in parameters[1::2]:
        bias += np.linspace(-1, 1, bias.size, dtype=dtype)
    inputs, target = batch(sizes, count, dtype)
    target = target if loss == "cross_entropy" else np.eye(sizes[-1], dtype=dtype)[target]
    value, gradients = made.loss_and_gradients(parameters, inputs, target)
    expected, slopes = network.loss_and_gradients(parameters, inputs, target)
    assert value.dtype == dtype
    assert [g.dtype for g in gradients] == [g.dtype for g in slopes]
    return max(abs(value / expected - 1), largest_difference(gradients, slopes)) / np.finfo(dtype).eps


def test_losses_and_gradients_are_those_of_the_numpy_layers():
    # a few roundings of products of at most eight terms, each with an activation within 4 ULP
    sizes = (5, 8, 6, 3)
    for dtype in (np.float32, np.float64):
        assert differences(module(sizes), sizes, dtype) <= 64


def test_outputs_are_those_of_the_numpy_layers():
    sizes = (5, 8, 6, 3)
    network = nn.mlp(sizes, activation="tanh", dtype=np.float32)
    parameters, _ = network.init(seed=1)
    inputs, _ = batch(sizes, 9, np.float32)
    found, expected = module(sizes).predict(parameters, inputs), network.predict(parameters, inputs)
    assert found.dtype == np.float32
    assert largest_difference([found], [expected]) <= 64 * np.finfo(np.float32).eps


@pytest.mark.parametrize("sizes", [(5, 8, 6, 3), (4, 3)])
def test_a_network_of_rectifiers_has_the_same_numbers(sizes):
    made = module(sizes, "relu", "mse_loss")
    assert differences(made, sizes, np.float32, "relu", "mse_loss", count=33) <= 4


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("preactivation_gradient = a * state_gradient", "preactivation_gradient = a + state_gradient"),
        ("_[:] = 0.0", "_[:] = 1.0"),
    ],
)
def test_slips_in_kernels_are_seen(right, wrong):
    sizes = (5, 8, 6, 3)
    text = source(sizes, "relu", "mse_loss")
    assert right in text
    made = SimpleNamespace(**namespace(text.replace(right, wrong)))
    assert differences(made, sizes, np.float32, "relu", "mse_loss") > 1e3


def test_arrays_are_kept_from_step_to_step():
    sizes = (5, 8, 6, 3)
    made = module(sizes)
    network = nn.mlp(sizes, activation="tanh", module=made, dtype=np.float32)
    parameters, state = network.init(seed=0)
    inputs, target = batch(sizes, 64, np.float32)
    workspace = {}
    _, gradients = network.loss_and_gradients(parameters, inputs, target, workspace=workspace)
    kept = [g.copy() for g in gradients]
    _, again = network.loss_and_gradients(parameters, inputs, target, workspace=workspace)
    assert all(a is b for a, b in zip(gradients, again, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(kept, again, strict=True))
    small, few = batch(sizes, 3, np.float32)
    assert largest_difference(
        network.loss_and_gradients(parameters, small, few, workspace=workspace)[1],
        made.loss_and_gradients(parameters, small, few)[1],
    ) == 0  # fmt: skip
    losses = [network.train_step(parameters, state, inputs, target, learning_rate=0.02) for _ in range(60)]
    assert losses[-1] < 0.7 * losses[0]
    network.loss_and_gradients(parameters, inputs, target, workspace=workspace)
    tracemalloc.start()
    network.loss_and_gradients(parameters, inputs, target, workspace=workspace)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8000  # less than one array of a hidden layer and its slope: 64 * 8 * 4 bytes are 2048 each


def test_what_does_not_fit_is_refused():
    sizes = (5, 8, 6, 3)
    made = module(sizes)
    parameters, _ = nn.mlp(sizes, dtype=np.float32).init(seed=0)
    inputs, target = batch(sizes, 4, np.float32)
    for bad, error, said in (
        ((parameters[:-1], inputs, target), ValueError, "do not fit the network"),
        ((parameters, inputs[:, :4], target), ValueError, r"expected sizes \(batch, 5\)"),
        ((parameters, inputs[:0], target), ValueError, "of at least 1"),
        ((parameters, inputs.astype(np.float64), target), TypeError, "dtype of the inputs"),
        ((parameters, inputs.astype(int), target), TypeError, "must be float32 or float64"),
        ((parameters, inputs, target + 3), ValueError, "target must lie in 0 to 2"),
        ((parameters, inputs, target[:2]), ValueError, "target has shape"),
    ):
        with pytest.raises(error, match=said):
            made.loss_and_gradients(*bad)
    with pytest.raises(ValueError, match=r"sizes \(5, 3\)"):
        nn.mlp((5, 3), module=made)


def test_a_network_for_numpy_serves_too():
    sizes = (5, 4, 3)
    text = network_source(sizes, library.relu, library.cross_entropy, library.mlp)
    network = nn.mlp(sizes, module=SimpleNamespace(**namespace(text)))
    plain = nn.mlp(sizes)
    parameters, _ = network.init(seed=0)
    inputs, target = batch(sizes, 4, np.float64)
    assert np.array_equal(network.predict(parameters, inputs), plain.predict(parameters, inputs))
    assert network.loss_and_gradients(parameters, inputs, target)[0] == plain.loss_and_gradients(
        parameters, inputs, target
    )[0]  # fmt: skip


def test_networks_are_written_at_the_command_line(capsys):
    pytest.importorskip("numba")
    assert main(["generate", "mlp", "--sizes", "4,3", "--target", "numba"]) == 0
    assert "def loss_and_gradients(" in capsys.readouterr().out
    with pytest.raises(InputError, match="not generated for torch"):
        front.network("mlp", "4,3", "relu", "cross_entropy", "torch")


def test_parts_without_numba_code_are_refused():
    pytest.importorskip("numba")
    with pytest.raises(DefinitionError, match="widths"):
        numba_network_source([3], library.relu, library.cross_entropy, library.mlp)
    with pytest.raises(UnsupportedOperation, match="no chain of layers"):
        numba_network_source([3, 2], library.relu, library.cross_entropy, library.find("layer_norm"))
    free = front.activation("free", "x*exp(-a*x^2)", parameters={"a": None}, given=["a > 0"])
    with pytest.raises(UnsupportedOperation, match="no value for a"):
        numba_network_source([3, 2], free, library.cross_entropy, library.mlp)
