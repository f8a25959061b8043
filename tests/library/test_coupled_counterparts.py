"""Update rules whose entries depend on each other against torch.optim, optax and Keras, in float64."""

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from symdl import library
from symdl.codegen.modules import namespace
from symdl.codegen.optimizer_source import optimizer_code, optimizer_source
from symdl.library.optimizers.coupled import (
    AS_GIVEN,
    BEFORE_RATIO,
    COLUMNS_OVER_ROWS,
    LARGER_SIDE,
    LEAST,
    MOVING,
    UNBIASED,
    UNSCALED,
    WHOLE,
)

pytestmark = pytest.mark.filterwarnings("ignore")
STEPS = 50
TOLERANCE = 1e-12
"""Some thousand units in the last place, relative to the largest entry: five products of matrices amplify by 500."""
SINGLE = 1e-6
"""For what is partly computed in float32: optax's power of the step count in Adafactor, ``keras.ops.maximum`` of
numbers in Adafactor and Muon, and ``keras.ops.norm`` in Muon, whatever the dtype of the arrays."""
HALF = 2.0**-7
"""For what is computed in bfloat16, with 8 digits: the products of matrices of ``torch.optim.Muon``."""
RATE = 0.05
CHANGING_RATES = RATE * np.where(np.arange(STEPS) < 20, 1, 0.5) * (1 + np.cos(np.arange(STEPS) / 7)) / 2
MATRICES, VECTORS = ((3, 4), (4, 2), (2, 2)), ((5,), (2,))


@dataclass(frozen=True)
class Pair:
    library: str
    name: str
    arguments: dict
    family: str
    hyper: dict = field(default_factory=dict)
    point: dict = field(default_factory=dict)
    shapes: tuple = MATRICES
    tolerance: float = TOLERANCE

    def __str__(self):
        return "-".join([self.library, self.name, *map(str, self.arguments.values()), str(len(self.shapes[0]))])


COEFFICIENTS = (3.4445, -4.775, 2.0315)
DECAY = {"weight_decay": 0.1}
SMALL = {"epsilon": 1e-3, "smallest_scale": 0.01}
ONE_BY_ONE = {"min_dim_size_to_factor": 1, "eps": 1e-3}
PAIRS = (
    Pair("optax", "lamb", {}, "lamb"),
    Pair("optax", "lamb", DECAY, "lamb", DECAY),
    Pair("optax", "lamb", DECAY, "lamb", DECAY, shapes=VECTORS),
    Pair("keras", "Lamb", {"epsilon": 0.1} | DECAY, "lamb", {"epsilon": 0.1} | DECAY, {"weight_decay": BEFORE_RATIO}),
    Pair("torch", "Adafactor", {"eps": (1e-3, 0.01)}, "adafactor", SMALL, {"epsilon": LEAST}),
    Pair("torch", "Adafactor", {"eps": (1e-3, 0.01)}, "adafactor", SMALL, {"epsilon": LEAST, "moment": WHOLE}, VECTORS),
    Pair("optax", "adafactor", ONE_BY_ONE, "adafactor", {"epsilon": 1e-3}, {"rate": AS_GIVEN}, tolerance=SINGLE),
    Pair(
        "optax",
        "adafactor",
        {"eps": 1e-3},
        "adafactor",
        {"epsilon": 1e-3},
        {"rate": AS_GIVEN, "moment": WHOLE},
        VECTORS,
        SINGLE,
    ),
    Pair("keras", "Adafactor", {"epsilon_1": 1e-3, "epsilon_2": 0.01}, "adafactor", SMALL, tolerance=SINGLE),
    Pair(
        "keras",
        "Adafactor",
        {"epsilon_1": 1e-3, "epsilon_2": 0.01},
        "adafactor",
        SMALL,
        {"moment": WHOLE},
        VECTORS,
        SINGLE,
    ),
    Pair(
        "optax",
        "contrib.muon",
        {"ns_coeffs": COEFFICIENTS, "eps": 1e-7} | DECAY,
        "muon",
        DECAY,
        {"buffer": UNBIASED, "shape": COLUMNS_OVER_ROWS},
    ),
    Pair(
        "optax",
        "contrib.muon",
        {"ns_coeffs": COEFFICIENTS, "eps": 1e-7, "consistent_rms": 0.2} | DECAY,
        "muon",
        DECAY,
        {"buffer": UNBIASED, "shape": LARGER_SIDE},
    ),
    Pair("keras", "Muon", {"rms_rate": None} | DECAY, "muon", DECAY, {"shape": UNSCALED}, tolerance=SINGLE),
    Pair("keras", "Muon", DECAY, "muon", DECAY, {"shape": LARGER_SIDE}, tolerance=SINGLE),
    Pair("torch", "Muon", DECAY, "muon", DECAY, {"buffer": MOVING}, tolerance=HALF),
    Pair(
        "torch",
        "Muon",
        {"adjust_lr_fn": "match_rms_adamw"} | DECAY,
        "muon",
        DECAY,
        {"buffer": MOVING, "shape": LARGER_SIDE},
        tolerance=HALF,
    ),
)


def gradients(shapes):
    """Random, of one sign, and with zeros and rare entries."""
    generator = np.random.default_rng(29)
    rows = [[generator.standard_normal(shape) for shape in shapes] for _ in range(STEPS)]
    for count, row in enumerate(rows):
        row[1] = np.abs(row[1]) * (1 + count % 3)
        row[0].flat[0] = 0 if count % 4 else 3
    return rows


def starts(shapes):
    generator = np.random.default_rng(31)
    return [generator.standard_normal(shape) for shape in shapes]


@cache
def module(family, point):
    (found,) = [f for f in library.COUPLED_FAMILIES if f.name == family]
    rule = found.build(**{axis: choices[0] for axis, choices in found.axes.items()} | dict(point))
    return namespace(optimizer_source(optimizer_code(rule)))


def ours(pair, rates):
    functions = module(pair.family, tuple(sorted(pair.point.items())))
    theta, rows = starts(pair.shapes), []
    state = functions[f"{pair.family}_init"](theta)
    for rate, gradient in zip(rates, gradients(pair.shapes), strict=True):
        functions[f"{pair.family}_step"](theta, gradient, state, **pair.hyper, learning_rate=rate)
        rows.append(flat(theta))
    return np.array(rows)


def flat(arrays):
    return np.concatenate([np.asarray(array).ravel() for array in arrays])


def in_torch(pair, rates):
    torch = pytest.importorskip("torch")
    thetas, rows = [torch.nn.Parameter(torch.tensor(start)) for start in starts(pair.shapes)], []
    optimizer = getattr(torch.optim, pair.name)(thetas, lr=float(rates[0]), **pair.arguments)
    for rate, row in zip(rates, gradients(pair.shapes), strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        for theta, gradient in zip(thetas, row, strict=True):
            theta.grad = torch.tensor(gradient)
        optimizer.step()
        rows.append(flat([theta.detach().numpy() for theta in thetas]))
    return np.array(rows)


def in_optax(pair, rates):
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    from optax import contrib

    *folder, name = pair.name.split(".")
    with jax.enable_x64(True):
        table = jax.numpy.array(rates)
        make = getattr(contrib if folder else optax, name)
        transformation = make(lambda count: table[count], **pair.arguments)
        theta, rows = [jax.numpy.array(start) for start in starts(pair.shapes)], []
        state, update = transformation.init(theta), jax.jit(transformation.update)
        for row in gradients(pair.shapes):
            change, state = update([jax.numpy.array(gradient) for gradient in row], state, theta)
            theta = optax.apply_updates(theta, change)
            rows.append(flat(theta))
    return np.array(rows)


@contextmanager
def double_precision_in(keras):
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def in_keras(pair, rates):
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    with double_precision_in(keras):
        thetas, rows = [keras.Variable(start, name="kernel") for start in starts(pair.shapes)], []
        optimizer = getattr(keras.optimizers, pair.name)(learning_rate=float(rates[0]), **pair.arguments)
        optimizer.build(thetas)
        for rate, row in zip(rates, gradients(pair.shapes), strict=True):
            optimizer.learning_rate = float(rate)
            optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in row], thetas)
            rows.append(flat([keras.ops.convert_to_numpy(theta) for theta in thetas]))
    return np.array(rows)


LIBRARIES = {"torch": in_torch, "optax": in_optax, "keras": in_keras}


@pytest.mark.parametrize("rates", [np.full(STEPS, RATE), CHANGING_RATES], ids=["constant", "changing"])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_coupled_steps_are_those_of_the_other_library(pair, rates):
    theirs, mine = LIBRARIES[pair.library](pair, rates), ours(pair, rates)
    assert np.isfinite(theirs).all()
    assert np.max(np.abs(mine - theirs)) <= pair.tolerance * np.max(np.abs(theirs))


def test_a_coupled_point_with_another_convention_is_told_apart():
    (pair,) = [p for p in PAIRS if p.library == "keras" and p.family == "lamb"]
    wrong = Pair("keras", "Lamb", pair.arguments, "lamb", pair.hyper)
    assert np.max(np.abs(ours(wrong, CHANGING_RATES) - in_keras(pair, CHANGING_RATES))) > 1e-3


def test_the_buffer_of_muon_in_torch_is_ours_although_its_products_are_narrow():
    torch = pytest.importorskip("torch")
    functions, theta = module("muon", (("buffer", MOVING),)), starts(MATRICES)
    thetas, state = [torch.nn.Parameter(torch.tensor(start)) for start in theta], functions["muon_init"](theta)
    optimizer = torch.optim.Muon(thetas, lr=RATE, weight_decay=0)
    for row in gradients(MATRICES):
        functions["muon_step"](theta, row, state, learning_rate=RATE)
        for parameter, gradient in zip(thetas, row, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
    buffers = [optimizer.state[parameter]["momentum_buffer"].numpy() for parameter in thetas]
    assert np.allclose(flat(state["m"]), flat(buffers), rtol=TOLERANCE, atol=TOLERANCE)


def test_every_coupled_family_has_a_counterpart():
    asks_for_gradients = {f.name for f in library.COUPLED_FAMILIES if len(next(f.points()).evaluations) == 1}
    assert {pair.family for pair in PAIRS} == asks_for_gradients


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_newton_with_damping_is_the_step_of_torch_autograd_and_solve(rate):
    torch = pytest.importorskip("torch")

    def loss(x):
        return (x**4).sum() / 4 + x.prod() + (x - 1).square().sum()

    functions, theta = module("damped_newton", ()), np.array([[0.5, -1.0], [2.0, 0.25]])
    found, state = torch.tensor(theta), functions["damped_newton_init"](theta)
    for _ in range(5):
        gradient = torch.func.grad(loss)(found)
        curvature = torch.func.hessian(loss)(found).reshape(4, 4)
        functions["damped_newton_step"](
            theta, gradient.numpy(), state, curvature.numpy(), learning_rate=rate, damping=0.5
        )
        step = torch.linalg.solve(curvature + 0.5 * torch.eye(4, dtype=torch.float64), gradient.reshape(-1))
        found = found - rate * step.reshape(2, 2)
        assert np.allclose(theta, found.numpy(), rtol=1e-12, atol=1e-14)
