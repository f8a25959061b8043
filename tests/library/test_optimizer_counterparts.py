"""Update rules against torch.optim, optax and Keras: the same steps in float64, at constant and at changing rates."""

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import pytest

from symdl import library
from symdl.codegen.modules import namespace
from symdl.codegen.optimizer_source import optimizer_code, optimizer_source
from symdl.library.optimizers.accumulators import RATE_INSIDE as IN_BUFFER
from symdl.library.optimizers.descent import RATE_INSIDE, RATE_OUTSIDE
from symdl.library.optimizers.moments import (
    ABOVE_5,
    AFTER,
    AT_ACCUMULATOR,
    CONSTANT,
    OF_CORRECTED,
)
from symdl.library.optimizers.parts import CORRECTED, HAT, IN_MAXIMUM, INSIDE, OUTSIDE

pytestmark = pytest.mark.filterwarnings("ignore")
STEPS = 50
TOLERANCE = 1e-12
"""Some hundred units in the last place over 50 steps of at most forty operations, relative to the largest value."""
RATE = 0.1
CONSTANT_RATES = np.full(STEPS, RATE)
CHANGING_RATES = RATE * np.where(np.arange(STEPS) < 20, 1, 0.5) * (1 + np.cos(np.arange(STEPS) / 7)) / 2


def gradients():
    """Random ones; then often zero, tiny and huge, of one sign, of changing sign, rare and all zero."""
    generator = np.random.default_rng(17)
    values = generator.standard_normal((STEPS, 9))
    values[::3, 1] = 0
    values[:, 2] *= 10.0 ** generator.integers(-8, 8, STEPS)
    values[:, 3] = np.abs(values[:, 3])
    values[:, 4] = np.where(np.arange(STEPS) % 2, -1, 1)
    values[:, 5] = np.where(np.arange(STEPS) == 30, 5.0, 0)
    values[:, 6] = 0
    values[:, 7] = 1 + np.arange(STEPS) / 8
    values[:, 8] = 0.75
    return values


GRADIENTS = gradients()
START = np.array([1.0, -2.0, 0.5, 3.0, 0.0, -1.5, 2.0, 0.25, -0.125])


@dataclass(frozen=True)
class Pair:
    """A point of a family, and what another library calls it."""

    library: str
    name: str
    arguments: dict
    family: str
    hyper: dict = field(default_factory=dict)
    point: dict = field(default_factory=dict)
    shown: str = "theta"
    """``point`` where the library keeps the look-ahead point for its parameter."""
    rates: tuple = (CONSTANT_RATES, CHANGING_RATES)

    def __str__(self):
        return "-".join([self.library, self.name, *map(str, self.arguments.values())])


EPS = {"epsilon": 0.1}
TORCH = partial(Pair, "torch")
OPTAX = partial(Pair, "optax")
KERAS = partial(Pair, "keras")
AHEAD = {"shown": "point", "rates": (CONSTANT_RATES,)}
HEAVY = {"momentum": 0.9}

PAIRS = (
    TORCH("SGD", {}, "gradient_descent"),
    TORCH("SGD", HEAVY, "momentum", HEAVY, {"form": RATE_OUTSIDE}),
    TORCH("SGD", HEAVY | {"nesterov": True}, "nesterov", HEAVY, {"form": RATE_OUTSIDE}, **AHEAD),
    TORCH("SGD", HEAVY | {"dampening": 0.3}, "dampened_momentum", HEAVY | {"dampening": 0.3}),
    TORCH("Adagrad", {"eps": 0.1}, "adagrad", EPS),
    TORCH(
        "Adagrad",
        {"eps": 0.1, "initial_accumulator_value": 0.2, "lr_decay": 0.05},
        "adagrad_from",
        EPS | {"initial_accumulator": 0.2, "rate_decay": 0.05},
    ),
    TORCH("RMSprop", {"alpha": 0.9, "eps": 0.1}, "rmsprop", EPS),
    TORCH("RMSprop", {"alpha": 0.9, "eps": 0.1, "centered": True}, "centered_rmsprop", EPS, {"epsilon": OUTSIDE}),
    TORCH("RMSprop", {"alpha": 0.9, "eps": 0.1, "momentum": 0.8}, "rmsprop_momentum", EPS | {"momentum": 0.8}),
    TORCH("Adadelta", {"eps": 0.1}, "adadelta", EPS),
    TORCH("Adam", {"eps": 0.1}, "adam", EPS),
    TORCH("Adam", {"eps": 0.1, "betas": (0.5, 0.7)}, "adam", EPS | {"beta1": 0.5, "beta2": 0.7}),
    TORCH("Adam", {"eps": 0.1, "amsgrad": True}, "amsgrad", EPS),
    TORCH("AdamW", {"eps": 0.1, "weight_decay": 0.1}, "adamw", EPS | {"weight_decay": 0.1}),
    TORCH("Adamax", {"eps": 0.1}, "adamax", EPS),
    TORCH("NAdam", {"eps": 0.1}, "nadam", EPS),
    TORCH("RAdam", {"eps": 0.1}, "radam", EPS, {"threshold": ABOVE_5, "epsilon": HAT}),
    TORCH(
        "RAdam",
        {"eps": 0.1, "betas": (0.9, 0.9)},
        "radam",
        EPS | {"beta2": 0.9},
        {"threshold": ABOVE_5, "epsilon": HAT},
    ),
    TORCH("Rprop", {}, "rprop", rates=(CONSTANT_RATES,)),
    TORCH("ASGD", {"t0": 5, "lambd": 0.1}, "asgd", {"averaging_from": 5, "weight_decay": 0.1}, rates=(CONSTANT_RATES,)),
    OPTAX("sgd", {}, "gradient_descent"),
    OPTAX("sgd", HEAVY, "momentum", HEAVY, {"form": RATE_OUTSIDE}),
    OPTAX("sgd", HEAVY | {"nesterov": True}, "nesterov", HEAVY, {"form": RATE_OUTSIDE}, **AHEAD),
    OPTAX("sign_sgd", {}, "sign_descent"),
    OPTAX(
        "adagrad",
        {"eps": 0.1, "initial_accumulator_value": 0.2},
        "adagrad_from",
        EPS | {"initial_accumulator": 0.2},
        {"epsilon": INSIDE},
    ),
    OPTAX("rmsprop", {"eps": 0.1}, "rmsprop", EPS, {"epsilon": INSIDE}),
    OPTAX("rmsprop", {"eps": 0.1, "eps_in_sqrt": False}, "rmsprop", EPS, {"epsilon": OUTSIDE}),
    OPTAX("rmsprop", {"eps": 0.1, "centered": True}, "centered_rmsprop", EPS),
    OPTAX(
        "rmsprop",
        {"eps": 0.1, "momentum": 0.8},
        "rmsprop_momentum",
        EPS | {"momentum": 0.8},
        {"epsilon": INSIDE, "rate": IN_BUFFER},
    ),
    OPTAX("adadelta", {"eps": 0.1}, "adadelta", EPS),
    OPTAX("adam", {"eps": 0.1}, "adam", EPS),
    OPTAX("adam", {"eps": 0, "eps_root": 0.1}, "adam", EPS, {"epsilon": INSIDE}),
    OPTAX("adamw", {"eps": 0.1, "weight_decay": 0.1}, "adamw", EPS | {"weight_decay": 0.1}),
    OPTAX("amsgrad", {"eps": 0.1}, "amsgrad", EPS, {"maximum": OF_CORRECTED}),
    OPTAX("adamax", {"eps": 0.1}, "adamax", EPS),
    OPTAX("nadam", {"eps": 0.1}, "nadam", EPS, {"momentum": CONSTANT}),
    OPTAX("radam", {"eps": 0.1}, "radam", EPS, {"threshold": ABOVE_5}),
    OPTAX("adabelief", {"eps": 0.1, "eps_root": 0.1}, "adabelief", EPS),
    OPTAX("adabelief", {"eps": 0.1, "eps_root": 0}, "adabelief", EPS, {"epsilon": OUTSIDE}),
    OPTAX("yogi", {"eps": 0.1}, "yogi", EPS, {"bias": CORRECTED, "first_moment": AT_ACCUMULATOR}),
    OPTAX("adan", {"eps": 0.1, "eps_root": 0}, "adan", EPS),
    OPTAX("lion", {"weight_decay": 0.1}, "lion", {"weight_decay": 0.1}),
    OPTAX("contrib.schedule_free_sgd", {}, "schedule_free_sgd", shown="point", rates=(CONSTANT_RATES,)),
    OPTAX(
        "contrib.schedule_free_adamw",
        {"eps": 0.1, "weight_decay": 0.1},
        "schedule_free_adamw",
        EPS | {"weight_decay": 0.1},
        shown="point",
        rates=(CONSTANT_RATES,),
    ),
    KERAS("SGD", HEAVY, "momentum", HEAVY, {"form": RATE_INSIDE}),
    KERAS("SGD", HEAVY | {"nesterov": True}, "nesterov", HEAVY, {"form": RATE_INSIDE}, shown="point"),
    KERAS(
        "Adagrad",
        {"epsilon": 0.1, "initial_accumulator_value": 0.2},
        "adagrad_from",
        EPS | {"initial_accumulator": 0.2},
        {"epsilon": INSIDE},
    ),
    KERAS("RMSprop", {"epsilon": 0.1}, "rmsprop", EPS, {"epsilon": INSIDE}),
    KERAS("RMSprop", {"epsilon": 0.1, "centered": True}, "centered_rmsprop", EPS),
    KERAS(
        "RMSprop",
        {"epsilon": 0.1, "momentum": 0.8},
        "rmsprop_momentum",
        EPS | {"momentum": 0.8},
        {"epsilon": INSIDE, "rate": IN_BUFFER},
    ),
    KERAS("Adadelta", {"epsilon": 0.1, "rho": 0.9}, "adadelta", EPS),
    KERAS("Adam", {"epsilon": 0.1}, "adam", EPS, {"epsilon": HAT}),
    KERAS("Adam", {"epsilon": 0.1, "amsgrad": True}, "amsgrad", EPS, {"epsilon": HAT}),
    KERAS("AdamW", {"epsilon": 0.1, "weight_decay": 0.1}, "adamw", EPS | {"weight_decay": 0.1}, {"epsilon": HAT}),
    KERAS("Adamax", {"epsilon": 0.1}, "adamax", EPS, {"epsilon": AFTER}),
    KERAS("Nadam", {"epsilon": 0.1}, "nadam", EPS | {"momentum_decay": 1}),
    KERAS("Lion", {"weight_decay": 0.1}, "lion", {"weight_decay": 0.1}),
)
WITHOUT = {
    "uncorrected_adam": "no library leaves the correction out",
}


@cache
def module(family, point):
    """The generated functions of a point, without the measured error in their docstrings."""
    (found,) = [f for f in library.FAMILIES if f.name == family]
    chosen = {axis: choices[0] for axis, choices in found.axes.items()} | dict(point)
    defaults = dict(next(rule for rule in library.OPTIMIZERS if rule.name == family).conventions) | dict(point)
    rule = found.build(**{axis: defaults.get(axis, choice) for axis, choice in chosen.items()})
    return rule, namespace(optimizer_source(optimizer_code(rule)))


def ours(pair, rates):
    rule, functions = module(pair.family, tuple(sorted(pair.point.items())))
    asked = {parameter.name for parameter in rule.hyper}
    theta, rows, hyper = START.copy(), [], {"decay": 0.9} | pair.hyper
    hyper = {name: value for name, value in hyper.items() if name in asked}
    starting = hyper | {"learning_rate": rates[0]}
    state = called(functions[f"{rule.name}_init"], theta, **starting)
    for rate, gradient in zip(rates, GRADIENTS, strict=True):
        functions[f"{rule.name}_step"](theta, gradient, state, **hyper, learning_rate=rate)
        ahead = partial(called, functions.get(f"{rule.name}_evaluation_point"), theta, state)
        rows.append(ahead(**hyper, learning_rate=rate) if pair.shown == "point" else theta.copy())
    return np.array(rows)


def called(function, *arrays, **hyper):
    """The function, given those hyper-parameters that it asks for."""
    asked = function.__code__.co_varnames[: function.__code__.co_argcount + function.__code__.co_kwonlyargcount]
    return function(*arrays, **{name: value for name, value in hyper.items() if name in asked})


@contextmanager
def double_precision_in_torch(torch):
    """Numbers that torch keeps beside its buffers have the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def in_torch(pair, rates):
    torch = pytest.importorskip("torch")
    with double_precision_in_torch(torch):
        theta, rows = torch.nn.Parameter(torch.tensor(START)), []
        optimizer = getattr(torch.optim, pair.name)([theta], lr=rates[0], **pair.arguments)
        for rate, gradient in zip(rates, GRADIENTS, strict=True):
            optimizer.param_groups[0]["lr"] = float(rate)
            theta.grad = torch.tensor(gradient)
            optimizer.step()
            rows.append(theta.detach().numpy().copy())
    return np.array(rows)


def in_optax(pair, rates):
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    *folder, name = pair.name.split(".")
    make = getattr(getattr(optax, folder[0]) if folder else optax, name)
    if folder:
        from optax import contrib  # noqa: F401
    with jax.enable_x64(True):
        table = jax.numpy.array(rates)
        rate = float(rates[0]) if len(set(rates)) == 1 else (lambda count: table[count])
        transformation = make(rate, **pair.arguments)
        theta, rows = jax.numpy.array(START), []
        state, update = transformation.init(theta), jax.jit(transformation.update)
        for gradient in GRADIENTS:
            change, state = update(jax.numpy.array(gradient), state, theta)
            theta = optax.apply_updates(theta, change)
            rows.append(np.array(theta))
    return np.array(rows)


def in_keras(pair, rates):
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        theta, rows = keras.Variable(START), []
        optimizer = getattr(keras.optimizers, pair.name)(learning_rate=float(rates[0]), **pair.arguments)
        optimizer.build([theta])
        for rate, gradient in zip(rates, GRADIENTS, strict=True):
            optimizer.learning_rate = float(rate)
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [theta])
            rows.append(np.array(keras.ops.convert_to_numpy(theta)))
    finally:
        keras.config.set_floatx(before)
    return np.array(rows)


LIBRARIES = {"torch": in_torch, "optax": in_optax, "keras": in_keras}
RUNS = [(pair, rates) for pair in PAIRS for rates in pair.rates]


@pytest.mark.parametrize(
    ("pair", "rates"),
    RUNS,
    ids=lambda value: str(value) if isinstance(value, Pair) else f"from {value[0]} to {value[-1]:.2}",
)
def test_the_steps_are_those_of_the_other_library(pair, rates):
    theirs, mine = LIBRARIES[pair.library](pair, rates), ours(pair, rates)
    assert np.isfinite(theirs).all()
    scale = np.maximum.accumulate(np.maximum(np.abs(theirs), 1), axis=0)
    assert np.max(np.abs(mine - theirs) / scale) <= TOLERANCE


def test_epsilon_in_the_maximum_bounds_the_root_from_below():
    pair = Pair("", "", {}, "adam", EPS, {"epsilon": IN_MAXIMUM})
    m, v, theta, rows = 0.0, 0.0, START.copy(), []
    for count, gradient in enumerate(GRADIENTS, 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        root = np.maximum(np.sqrt(v / (1 - 0.999**count)), 0.1)
        theta = theta - RATE * m / (1 - 0.9**count) / root
        rows.append(theta)
    assert np.allclose(ours(pair, CONSTANT_RATES), rows, rtol=TOLERANCE, atol=TOLERANCE)


def test_a_point_with_another_convention_is_told_apart():
    (pair,) = [p for p in PAIRS if (p.library, p.name) == ("torch", "NAdam")]
    wrong = Pair("torch", "NAdam", pair.arguments, "nadam", EPS | {"momentum_decay": 1})
    assert np.max(np.abs(ours(wrong, CONSTANT_RATES) - in_torch(pair, CONSTANT_RATES))) > 1e-3


def test_every_family_has_a_counterpart_or_a_reason_for_none():
    named = {pair.family for pair in PAIRS}
    assert named | set(WITHOUT) == {family.name for family in library.FAMILIES}
    assert named.isdisjoint(WITHOUT)
