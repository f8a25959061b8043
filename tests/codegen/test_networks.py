"""A network as one module: the same numbers as the training interface, NumPy alone."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from symdl import library, nn
from symdl.cli import main
from symdl.codegen.modules import namespace
from symdl.codegen.networks import network_source
from symdl.core import DefinitionError

SIZES = (3, 5, 4, 2)


LOSSES = [loss for loss in library.LOSSES if len(loss.inputs) == 2]
ACTIVATIONS = [item for item in library.ACTIVATIONS if all(p.default is not None for p in item.parameters)]
PAIRS = [
    (ACTIVATIONS[number % len(ACTIVATIONS)], LOSSES[number % len(LOSSES)])
    for number in range(max(len(ACTIVATIONS), len(LOSSES)))
]
"""Each activation and each loss once: the code of one does not depend on the other."""


@pytest.mark.parametrize(("activation", "loss"), PAIRS, ids=lambda item: item.name)
def test_the_module_computes_what_the_training_interface_does(activation, loss):
    module = SimpleNamespace(**namespace(network_source(SIZES, activation, loss, library.mlp)))
    network = nn.mlp(SIZES, activation=activation.name, loss=loss.name)
    parameters, _ = network.init(seed=1)
    generator = np.random.default_rng(2)
    inputs = generator.standard_normal((6, 3))
    integer = any(array.integer for array in loss.inputs)
    target = generator.integers(0, 2, 6) if integer else generator.standard_normal((6, 2))
    np.testing.assert_array_equal(module.predict(parameters, inputs), network.predict(parameters, inputs))
    value, gradients = module.loss_and_gradients(parameters, inputs, target)
    expected, slopes = network.loss_and_gradients(parameters, inputs, target)
    np.testing.assert_array_equal(value, expected)
    for gradient, slope in zip(gradients, slopes, strict=True):
        np.testing.assert_array_equal(gradient, slope)


def test_the_command_writes_a_module_that_needs_numpy_alone(tmp_path):
    path = tmp_path / "net.py"
    arguments = ["generate", "mlp", "--sizes", "4,3,2", "--activation", "tanh", "--loss", "cross_entropy"]
    assert main([*arguments, "-o", str(path)]) == 0
    assert main([*arguments, "-o", str(path), "--check"]) == 0
    code = f"import sys; sys.modules['symdl'] = sys.modules['sympy'] = None; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "import net; assert net.SIZES == (4, 3, 2)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (3, -1)])
def test_widths_that_make_no_network_are_refused(sizes):
    with pytest.raises(DefinitionError, match="widths"):
        network_source(sizes, library.relu, library.cross_entropy, library.mlp)


@pytest.mark.parametrize(
    "arguments",
    [("mlp", "--sizes", "a,b"), ("softmax2", "--sizes", "3,2"), ("relu", "--sizes", "3,2"), ("mlp", "--sizes", "3")],
)
def test_the_command_says_what_a_network_takes(arguments, capsys):
    assert main(["generate", *arguments]) == 2
    assert "symdl generate:" in capsys.readouterr().err


def test_parameters_of_other_shapes_are_refused():
    module = SimpleNamespace(**namespace(network_source((3, 2), library.relu, library.squared_error, library.mlp)))
    with pytest.raises(ValueError, match="do not fit"):
        module.predict([np.zeros((2, 2)), np.zeros(2)], np.zeros((1, 3)))
