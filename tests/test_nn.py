"""Networks: gradients against torch and against the expansion, training, repeatability, refusals."""

import pkgutil
import subprocess
import sys
from functools import cache, partial
from importlib import import_module
from inspect import signature
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symdl import generated, nn
from symdl.calculus.derivatives import activation_derivative
from symdl.calculus.expansion import expand
from symdl.codegen.accuracy import specimen
from symdl.codegen.array_activations import activations_of
from symdl.codegen.array_arguments import domain_of
from symdl.core.activations import Activation, Properties
from symdl.core.symbols import symbol
from symdl.generated import tanh as tanh_module
from symdl.library.activations import ACTIVATIONS
from symdl.library.layers import mlp as layer
from symdl.library.losses import LOSSES
from symdl.testing.array_measure import moderate_samples

ACTIVATION_NAMES = ["relu", "leaky_relu", "sigmoid", "tanh", "softplus", "silu", "gelu", "elu"]
XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
XOR_LABELS = np.array([0, 1, 1, 0])
RATES = {
    "gradient_descent": {"learning_rate": 1.0},
    "sgd": {"learning_rate": 1.0},
    "momentum": {"learning_rate": 0.2, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.2, "momentum": 0.9},
    "adagrad": {"learning_rate": 0.1},
    "rmsprop": {"learning_rate": 0.01},
    "adam": {"learning_rate": 0.03},
}
"""Rates at which the loss halves within 200 steps, for the activations above."""


def batch(sizes, count, seed, dtype=np.float64):
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((count, sizes[0])).astype(dtype)
    return inputs, generator.integers(0, sizes[-1], count)


def shifted(parameters, seed):
    """Parameters with biases that are not zero."""
    generator = np.random.default_rng(seed)
    return [p + 0.1 * generator.standard_normal(p.shape) for p in parameters]


def torch_functions():
    torch = pytest.importorskip("torch", reason="torch is the independent implementation to compare with")
    functional = torch.nn.functional
    return torch, {
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": functional.softplus,
        "silu": functional.silu,
        "gelu": functional.gelu,
        "elu": functional.elu,
        "relu6": functional.relu6,
        "prelu": partial(functional.prelu, weight=torch.tensor([0.25], dtype=torch.float64)),
        "selu": torch.selu,
        "celu": torch.celu,
        "mish": functional.mish,
        "logsigmoid": functional.logsigmoid,
        "gelu_tanh": partial(functional.gelu, approximate="tanh"),
        "softsign": functional.softsign,
        "tanhshrink": functional.tanhshrink,
        "hardtanh": functional.hardtanh,
        "hardswish": functional.hardswish,
        "softshrink": functional.softshrink,
        "hardshrink": functional.hardshrink,
        "sine": torch.sin,
        "exponential": torch.exp,
    }


@pytest.mark.parametrize("sizes", [(784, 256, 128, 10), (2, 8, 2), (3, 2), (2, 4, 4, 4, 3)], ids=str)
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("name", [activation.name for activation in ACTIVATIONS])
def test_gradients_equal_those_of_torch(name, loss, sizes):
    torch, activations = torch_functions()
    if name not in activations or (sizes[0] > 2 and name not in ACTIVATION_NAMES):
        pytest.skip("torch has no such function to full precision, or a smaller network will do")
    network = nn.mlp(sizes, activation=name, loss=loss)
    parameters = shifted(network.init(seed=1)[0], seed=2)
    inputs, labels = batch(sizes, 16, seed=3)
    targets = labels if loss == "cross_entropy" else np.random.default_rng(4).standard_normal((16, sizes[-1]))
    value, gradients = network.loss_and_gradients(parameters, inputs, targets)

    leaves = [torch.tensor(p, requires_grad=True) for p in parameters]
    state = torch.tensor(inputs)
    for weight, bias in zip(leaves[:-2:2], leaves[1:-2:2], strict=True):
        state = activations[name](state @ weight.T + bias)
    outputs = state @ leaves[-2].T + leaves[-1]
    wanted = torch.tensor(targets)
    if loss == "cross_entropy":
        expected = torch.nn.functional.cross_entropy(outputs, wanted)
    else:
        expected = ((outputs - wanted) ** 2).sum() / (2 * len(inputs))
    expected.backward()

    assert value == pytest.approx(expected.item(), rel=1e-12)
    for gradient, leaf in zip(gradients, leaves, strict=True):
        truth = leaf.grad.numpy()
        assert gradient.shape == truth.shape
        assert np.abs(gradient - truth).max() <= 1e-12 * np.abs(truth).max()


def takes_any_outputs(loss):
    """Whether a loss compares the outputs of a network, whatever numbers these are, with a target alone."""
    return [a.name for a in loss.inputs] == ["prediction", "target"] and not domain_of(loss, "prediction")


WITH_DEFAULTS = [a for a in ACTIVATIONS if all(p.default is not None for p in a.parameters)]
OF_OUTPUTS = [loss for loss in LOSSES if takes_any_outputs(loss)]
SMOOTH = next(a for a in ACTIVATIONS if a.name == "tanh")
OUTPUTS_WITH_ALL = [(a, OF_OUTPUTS[0]) for a in WITH_DEFAULTS] + [(SMOOTH, loss) for loss in OF_OUTPUTS[1:]]


@pytest.mark.parametrize(("activation", "loss"), OUTPUTS_WITH_ALL, ids=lambda item: item.name)
def test_gradients_equal_those_of_the_expansion(activation, loss):
    """Nothing of reverse mode: the loss is written out in scalars, and each entry is derived."""
    network = nn.mlp(SIZES, activation=activation.name, loss=loss.name)
    parameters = shifted(network.init(seed=5)[0], seed=6)
    inputs, targets = expanded_arguments(loss)
    _, gradients = network.loss_and_gradients(parameters, inputs, targets)

    slopes, entries = expanded_slopes(loss)
    numbers = [number for array in parameters for number in array.ravel()]
    found = [number for array in gradients for number in array.ravel()]
    values = {p.symbol: p.default for p in activation.parameters}
    applied, derived = (
        sp.Lambda(activation.argument, expr.xreplace(values))
        for expr in (activation.expr, activation_derivative(activation))
    )
    for slope, number in zip(slopes, found, strict=True):
        exact = slope.xreplace(dict(zip(entries, numbers, strict=True)))
        exact = exact.replace(Applied, lambda at: applied(at)).replace(Derived, lambda at: derived(at))
        assert number == pytest.approx(float(exact), abs=1e-14, rel=1e-12)


SIZES = (2, 2, 3)


class Applied(sp.Function):
    """Any activation."""

    def fdiff(self, argindex=1):
        return Derived(self.args[0])


class Derived(sp.Function):
    """Its declared derivative."""


def expanded_arguments(loss):
    inputs, _ = batch(SIZES, 2, seed=7)
    (arguments,) = moderate_samples(loss, np.dtype(np.float64), 1)
    return inputs, arguments["target"]


@cache
def expanded_slopes(loss):
    """The derivative of the loss by each entry of the parameters, and these entries."""
    total, arrays = expanded_loss(loss, Applied, SIZES, *expanded_arguments(loss))
    entries = [entry for array in arrays for entry in array.ravel()]
    return [sp.diff(total, entry) for entry in entries], entries


def expanded_loss(loss, activation, sizes, inputs, targets):
    shapes = {"batch": 2, "width": sizes[:-1], "depth": 1, "outputs": sizes[-1]}
    shapes |= dict.fromkeys(("classes", "features"), sizes[-1])
    outputs = expand(layer.expr, shapes, {"inputs": inputs.astype(object)}, {"activation": activation})
    arrays = [expand(a, shapes) for a in layer.learned]
    total = expand(loss.expr, shapes, {"prediction": outputs, "target": targets}).item()
    parameters = [*loss.parameters, *(p for a in activations_of(loss.expr, loss.parameters) for p in a.parameters)]
    total = total.xreplace(specimen(parameters)).replace(sp.Max, lambda *sides: sp.Max(*sides).rewrite(sp.Piecewise))
    return total, [a[0] if isinstance(a, list) else a for a in arrays]


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_the_loss_halves_within_200_steps(name, optimizer):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    blobs = 2 * generator.standard_normal((3, 4))[labels] + 0.5 * generator.standard_normal((60, 4))
    for sizes, inputs, targets in (((4, 16, 3), blobs, labels), ((2, 16, 2), XOR, XOR_LABELS)):
        network = nn.mlp(sizes, activation=name, optimizer=optimizer)
        parameters, state = network.init(seed=0)
        steps = (network.train_step(parameters, state, inputs, targets, **RATES[optimizer]) for _ in range(200))
        first = next(steps)
        assert any(loss <= first / 2 for loss in steps), sizes


def test_the_same_seed_gives_the_same_run():
    def run(seed):
        network = nn.mlp((2, 8, 2), activation="tanh")
        parameters, state = network.init(seed)
        for _ in range(20):
            network.train_step(parameters, state, XOR, XOR_LABELS, learning_rate=0.01)
        return parameters

    assert all(np.array_equal(a, b) for a, b in zip(run(3), run(3), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(run(3)[::2], run(4)[::2], strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_networks_keep_their_dtype(dtype):
    network = nn.mlp((3, 4, 2), dtype=dtype)
    parameters, state = network.init(seed=0)
    inputs, labels = batch((3, 4, 2), 5, seed=0, dtype=dtype)
    value, gradients = network.loss_and_gradients(parameters, inputs, labels)
    assert {a.dtype for a in (*parameters, *gradients, value)} == {np.dtype(dtype)}
    assert network.predict(parameters, inputs).dtype == dtype
    assert network.train_step(parameters, state, inputs, labels).dtype == dtype


@pytest.mark.parametrize("activation", WITH_DEFAULTS, ids=lambda activation: activation.name)
def test_weights_keep_the_mean_square_of_what_comes_in(activation):
    declared = activation.properties or Properties()
    if declared.lipschitz in (None, sp.oo) and declared.convex == "convex":
        pytest.skip("its square grows faster than that of its argument: the mean over 400 weights is no estimate")
    network = nn.mlp((400, 400, 400, 400), activation=activation.name)
    parameters, _ = network.init(seed=0)
    inputs = np.random.default_rng(1).standard_normal((50, 400))
    outputs = network.predict(parameters, inputs)
    assert np.mean(outputs**2) == pytest.approx(1, rel=0.2)


def test_weights_of_relu_have_the_variance_of_he():
    parameters, _ = nn.mlp((500, 500, 500), activation="relu").init(seed=0)
    assert np.var(parameters[2]) == pytest.approx(2 / 500, rel=0.02)


def test_nesterov_takes_its_gradient_ahead():
    """The step equals the published rule, written out, with the gradient at the look-ahead point."""
    network = nn.mlp((2, 3, 2), activation="tanh", optimizer="nesterov")
    parameters, state = network.init(seed=0)
    theta = [p.copy() for p in parameters]
    velocity = [np.zeros_like(p) for p in parameters]
    for _ in range(3):
        ahead = [p + 0.9 * v for p, v in zip(theta, velocity, strict=True)]
        _, gradients = network.loss_and_gradients(ahead, XOR, XOR_LABELS)
        velocity = [0.9 * v - 0.1 * g for v, g in zip(velocity, gradients, strict=True)]
        theta = [p + v for p, v in zip(theta, velocity, strict=True)]
        network.train_step(parameters, state, XOR, XOR_LABELS, learning_rate=0.1, momentum=0.9)
    assert all(np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(parameters, theta, strict=True))


def test_modules_of_ones_own_are_taken():
    bent = SimpleNamespace(
        bent=lambda x: np.sqrt(x * x + 1) - 1 + x,
        bent_derivative=lambda x: x / np.sqrt(x * x + 1) + 1,
    )
    square = SimpleNamespace(
        square=lambda p, t: np.mean((p - t) ** 2), square_gradient=lambda p, t: 2 * (p - t) / p.size
    )
    step = SimpleNamespace(
        plain_init=lambda parameters: {},
        plain_step=lambda parameters, gradients, state, *, learning_rate: [
            np.subtract(p, learning_rate * g, out=p) for p, g in zip(parameters, gradients, strict=True)
        ],
    )
    network = nn.mlp((2, 8, 1), activation=bent, loss=square, optimizer=step)
    parameters, state = network.init(seed=0)
    targets = XOR_LABELS[:, None].astype(float)
    losses = [network.train_step(parameters, state, XOR, targets, learning_rate=0.2) for _ in range(200)]
    assert losses[-1] < losses[0] / 2
    assert nn.mlp((2, 2), activation=tanh_module).activation[""] is tanh_module.tanh


def test_generated_items_of_ones_own_are_taken():
    from symdl.codegen import generate

    cube = generate(Activation("cube", symbol("u"), symbol("u") ** 3 / 4)).load()
    network = nn.mlp((2, 4, 2), activation=cube)
    parameters, _ = network.init(seed=0)
    assert network.predict(parameters, XOR).shape == (4, 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.mlp([3]), ValueError, "at least two positive integers"),
        (lambda: nn.mlp([3, 0]), ValueError, "at least two positive integers"),
        (lambda: nn.mlp([3, 2.5]), ValueError, "at least two positive integers"),
        (lambda: nn.mlp([3, 2], dtype=np.int64), TypeError, "float32 or float64"),
        (lambda: nn.mlp([3, 2], activation="rellu"), ValueError, "did you mean relu"),
        (lambda: nn.mlp([3, 2], loss="qqq"), ValueError, "no generated loss 'qqq'; there are "),
        (lambda: nn.mlp([3, 2], activation=SimpleNamespace()), ValueError, "NAME and NAME_derivative"),
    ],
)
def test_networks_that_cannot_be_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_wrong_arguments_are_refused_with_a_clear_message():
    network = nn.mlp((3, 4, 2))
    parameters, state = network.init(seed=0)
    inputs, labels = batch((3, 4, 2), 5, seed=0)
    step = network.train_step
    for call, error, message in (
        (lambda: network.predict(parameters, inputs[:, :2]), ValueError, r"width\[0\]"),
        (
            lambda: network.predict(parameters, inputs.astype(np.float32)),
            TypeError,
            "is float64, but inputs is float32",
        ),
        (lambda: network.predict(parameters, inputs.astype(int)), TypeError, "inputs must be float32 or float64"),
        (lambda: network.predict(parameters[:2], inputs), ValueError, "do not fit the network"),
        (lambda: network.predict([p.T for p in parameters], inputs), ValueError, "do not fit the network"),
        (lambda: network.loss_and_gradients(parameters, inputs, labels + 1), ValueError, "target must lie in 0 to 1"),
        (lambda: network.loss_and_gradients(parameters, inputs, labels[:3]), ValueError, "target has shape"),
        (lambda: network.loss_and_gradients(parameters, inputs, labels * 1.0), ValueError, "must be integers"),
        (lambda: step(parameters, state, inputs, labels, momentum=0.5), TypeError, "momentum"),
        (lambda: step(parameters, state, inputs, labels, learning_rate=-1), ValueError, "learning_rate"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_networks_never_load_sympy():
    code = "import sys, symdl.nn; symdl.nn.mlp([2, 3, 2]).init(0); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'symdl.nn'" in loaded
    assert "'sympy'" not in loaded
    assert "'flint'" not in loaded
    assert "'symdl.core'" not in loaded


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("activation", "softmax"),
        ("activation", "layer_norm"),
        ("loss", "softmax"),
        ("loss", "relu"),
        ("optimizer", "glu"),
    ],
)
def test_an_item_of_another_kind_is_refused_by_name(role, name):
    with pytest.raises(ValueError, match=f"{name} is no {role}"):
        nn.mlp([2, 2], **{role: name})


def test_every_generated_activation_works_between_layers():
    names = [m.name for m in pkgutil.iter_modules(generated.__path__)]
    spaces = {name: vars(import_module(f"{generated.__name__}.{name}")) for name in names}
    inputs, targets = np.ones((3, 2)), np.array([0, 1, 1])
    tried = [name for name, space in spaces.items() if f"{name}_derivative" in space]
    assert len(tried) >= 5
    for name in tried:
        if any(p.default is p.empty for p in list(signature(spaces[name][name]).parameters.values())[1:]):
            continue
        network = nn.mlp([2, 4, 2], activation=name)
        parameters, _ = network.init(seed=0)
        value, slopes = network.loss_and_gradients(parameters, inputs, targets)
        assert np.isfinite(value), name
        assert all(np.isfinite(slope).all() for slope in slopes), name


def test_private_functions_of_a_module_are_no_part_of_a_network():
    space = {**vars(import_module("symdl.generated.mse_loss"))}
    space |= {"_rows": space["mse_loss"], "_rows_gradient": space["mse_loss_gradient"]}
    network = nn.mlp([2, 2], loss=SimpleNamespace(**space))
    assert network.loss[""] is space["mse_loss"]
