"""Bugs planted in gradient transformations as optax has them: each is found and named."""

from functools import partial
from typing import NamedTuple

import pytest

from symdl import library
from symdl.testing import check_optimizer

optax = pytest.importorskip("optax", reason="optax is not installed")
jax = pytest.importorskip("jax", reason="jax is not installed")
jnp = jax.numpy
STEPS = 12
"""Steps that are not compiled take a millisecond an operation."""
EPSILON = {"epsilon": 0.1}
DECAY = {**EPSILON, "weight_decay": 0.1}


class Moments(NamedTuple):
    count: object
    m: object
    v: object


def adam(learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, bug=""):
    kind = jnp.float32 if bug == "float32" else jnp.float64

    def init(params):
        return Moments(jnp.zeros([], jnp.int32), jnp.zeros_like(params, kind), jnp.zeros_like(params, kind))

    def update(updates, state, params=None):
        g = updates.astype(kind)
        count = state.count + (0 if bug == "count" and state.count > 0 else 1)
        m = b1 * state.m + (1 - b1) * g
        v = b2 * state.v + (1 - b2) * (jnp.abs(g) if bug == "square" else g**2)
        m_hat = m / (1 - b1 ** (1 if bug == "power" else count))
        v_hat = v / (1 - b2**count)
        step = -learning_rate * m_hat / (jnp.sqrt(v_hat) + eps)
        step = {"sign": -step, "twice": step * learning_rate, "moved": params + step}.get(bug, step)
        return step.astype(jnp.float64), state if bug == "lost" else Moments(count, m, v)

    return optax.GradientTransformation(init, update)


def adamw(learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-2, bug=""):
    inner = adam(learning_rate, b1, b2, eps)

    def update(updates, state, params):
        updates = updates + weight_decay * params if bug == "coupled" else updates
        step, state = inner.update(updates, state, params)
        share = {"coupled": 0, "unscaled": weight_decay}.get(bug, learning_rate * weight_decay)
        return step - share * params, state

    return optax.GradientTransformation(inner.init, update)


def rmsprop(learning_rate=1e-2, decay=0.9, eps=1e-8, bug=""):
    def update(updates, state, params=None):
        v = decay * state + (1 - decay) * updates**2
        root = jnp.sqrt(v + eps) if bug == "inside" else jnp.sqrt(state if bug == "stale" else v) + eps
        return -learning_rate * updates / root, v

    return optax.GradientTransformation(jnp.zeros_like, update)


def momentum(learning_rate=1e-2, momentum=0.9, bug=""):
    def init(params):
        return jnp.zeros_like(params), jnp.zeros_like(params)

    def update(updates, state, params=None):
        velocity = momentum * state[0] - learning_rate * updates
        moved = state[1] if bug == "late" else velocity
        return moved, (velocity, velocity)

    return optax.GradientTransformation(init, update)


def adagrad(learning_rate=1e-2, eps=1e-10, bug=""):
    def init(params):
        return jnp.full_like(params, 1.0 if bug == "begin" else 0.0)

    def update(updates, state, params=None):
        total = state + updates**2
        return -learning_rate * updates / (jnp.sqrt(total) + eps), total

    return optax.GradientTransformation(init, update)


def lion(learning_rate=1e-2, b1=0.9, b2=0.99, weight_decay=0.0, bug=""):
    def update(updates, state, params):
        following = b2 * state + (1 - b2) * updates
        direction = b1 * state + (1 - b1) * updates
        direction = direction if bug == "unsigned" else jnp.sign(direction)
        return -learning_rate * (direction + (0 if bug == "without" else weight_decay) * params), following

    return optax.GradientTransformation(jnp.zeros_like, update)


ROWS = (
    (adam, "lost", library.adam, EPSILON, "state not updated: every step is a first step"),
    (adam, "count", library.adam, EPSILON, "count stays at 1"),
    (adam, "square", library.adam, EPSILON, "the absolute value of g is taken"),
    (adam, "power", library.adam, EPSILON, "1 - beta_1"),
    (adam, "sign", library.adam, EPSILON, "wrong sign"),
    (adam, "twice", library.adam, EPSILON, "the learning rate is applied twice"),
    (adam, "moved", library.adam, EPSILON, "new parameters are given where an update"),
    (adam, "float32", library.adam, EPSILON, "the state is kept in float32"),
    (adamw, "coupled", library.adamw, DECAY, "coupled"),
    (adamw, "unscaled", library.adamw, DECAY, "weight_decay by itself"),
    (rmsprop, "inside", library.rmsprop, EPSILON, "epsilon inside the root"),
    (rmsprop, "stale", library.rmsprop, EPSILON, "stale: the step uses v"),
    (momentum, "late", library.momentum, {"momentum": 0.9}, "one step late"),
    (adagrad, "begin", library.adagrad, EPSILON, "G starts at 1"),
    (lion, "unsigned", library.lion, {"weight_decay": 0.1}, "no sign is taken"),
    (lion, "without", library.lion, {"weight_decay": 0.1}, "weight decay is left out"),
)


@pytest.mark.parametrize(("make", "bug", "rule", "hyper", "named"), ROWS, ids=[f"{r[0].__name__}-{r[1]}" for r in ROWS])
def test_a_bug_in_a_gradient_transformation_is_found_and_named(make, bug, rule, hyper, named):
    check = check_optimizer(partial(make, bug=bug), rule, hyper=hyper, steps=STEPS)
    assert not check
    assert named in check.reason


@pytest.mark.parametrize(
    ("make", "rule", "hyper"),
    {row[0].__name__: (row[0], *row[2:4]) for row in ROWS}.values(),
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_right_gradient_transformation_passes(make, rule, hyper):
    check = check_optimizer(make, rule, hyper=hyper, steps=STEPS)
    assert check, str(check)


@pytest.mark.parametrize(
    ("make", "rule", "hyper"),
    [
        (optax.adam, library.adam, EPSILON),
        (optax.adamw, library.adamw, DECAY),
        (optax.adagrad, library.optimizers.adagrad_from_family.build(epsilon="inside the root"), EPSILON),
        (optax.adamax, library.adamax, EPSILON),
        (optax.lion, library.lion, {"weight_decay": 0.1}),
        (lambda learning_rate: optax.sgd(learning_rate), library.sgd, {}),
    ],
    ids=lambda value: getattr(value, "__name__", "") if callable(value) else "",
)
@pytest.mark.filterwarnings("ignore")
def test_the_optimizers_of_optax_pass(make, rule, hyper):
    check = check_optimizer(make, rule, hyper=hyper, steps=STEPS)
    assert check, str(check)


def test_a_transformation_with_its_own_constants_is_held_to_the_given_ones():
    assert check_optimizer(optax.sgd(0.25), library.sgd, hyper={"learning_rate": 0.25})
    assert not check_optimizer(optax.sgd(0.25), library.sgd, hyper={"learning_rate": 0.2})


def test_an_update_that_starts_at_zero_is_named():
    check = check_optimizer(optax.rprop, library.rprop, steps=STEPS)
    assert "does not move" in check.reason
