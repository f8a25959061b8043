"""Rules that take their gradient ahead: the step of parameters that stand there already."""

from inspect import signature

import numpy as np
import pytest

from symdl import library, nn
from symdl.codegen.generation import generate
from symdl.codegen.look_ahead import from_point
from symdl.codegen.modules import namespace
from symdl.codegen.optimizer_source import optimizer_code

AHEAD = [*library.optimizers.nesterov_family.points(), library.nesterov]
HYPER = {"learning_rate": 0.1, "momentum": 0.9}


def runs(functions, name, moved, steps=20):
    """Parameters after some steps on f(x) = |x|^4/4, moved to the point of the gradient or not."""
    theta = [np.linspace(-2, 2, 7), np.full((2, 3), 0.5)]
    state = functions[f"{name}_init"](theta)
    asked = signature(functions[f"{name}_evaluation_point"]).parameters
    known = {key: value for key, value in HYPER.items() if key in asked}
    for _ in range(steps):
        if moved:
            functions[f"{name}_evaluation_point"](theta, state, **known, out=theta)
            functions[f"{name}_step_from_point"](theta, [x**3 for x in theta], state, **HYPER)
        else:
            points = functions[f"{name}_evaluation_point"](theta, state, **known)
            functions[f"{name}_step"](theta, [x**3 for x in points], state, **HYPER)
    return [*theta, *state["v"]]


@pytest.mark.parametrize("rule", [r for r in AHEAD if {p.name for p in r.hyper} == set(HYPER)], ids=str)
def test_both_steps_give_the_same_run(rule):
    """Up to rounding: twenty steps of a few roundings each, of numbers up to 3."""
    functions = namespace(generate(rule).source)
    if f"{rule.name}_step_from_point" in functions:
        pairs = zip(runs(functions, rule.name, True), runs(functions, rule.name, False), strict=True)
        assert all(np.allclose(a, b, rtol=0, atol=200 * np.finfo(float).eps) for a, b in pairs)


def test_a_wrong_step_is_seen():
    source = generate(library.nesterov).source
    assert source.endswith("        np.subtract(theta, a, out=theta)\n")
    wrong = namespace(source.removesuffix("np.subtract(theta, a, out=theta)\n") + "np.add(theta, v, out=theta)\n")
    assert not np.allclose(runs(wrong, "nesterov", True)[0], runs(wrong, "nesterov", False)[0])


def test_the_velocity_drops_out_of_the_step_of_nesterov():
    moved = from_point(optimizer_code(library.nesterov).optimizer)
    velocity, last = moved.step
    assert velocity.symbol.name == "v"
    assert {s.name for s in last.expr.free_symbols} == {"theta", "g", "learning_rate"}


@pytest.mark.parametrize("rule", [library.adam, library.schedule_free_sgd], ids=str)
def test_there_is_none_where_the_old_parameters_are_needed_or_nothing_looks_ahead(rule):
    assert from_point(optimizer_code(rule).optimizer) is None


@pytest.mark.parametrize("refused", [{"learning_rate": -1.0}, {"targets": np.array([0, 9])}], ids=str)
def test_a_step_that_is_refused_moves_nothing(refused):
    network = nn.mlp((3, 4, 2), optimizer="nesterov")
    parameters, state = network.init(0)
    inputs, given = np.ones((2, 3)), {"targets": np.array([0, 1]), **HYPER}
    network.train_step(parameters, state, inputs, **given)
    before = [p.copy() for p in parameters]
    with pytest.raises(ValueError, match=r"expected|must"):
        network.train_step(parameters, state, inputs, **{**given, **refused})
    assert all(np.allclose(a, b, rtol=0, atol=8 * np.finfo(float).eps) for a, b in zip(parameters, before, strict=True))


@pytest.mark.parametrize("spoil", ["read-only", "shared"])
def test_what_cannot_move_to_the_point_is_left_as_it_is(spoil):
    network = nn.mlp([4, 4, 4, 3], optimizer="nesterov")
    parameters, state = network.init(0)
    for velocity in state["v"]:
        velocity[...] = 1.0
    inputs, targets = np.ones((2, 4)), np.array([0, 1])
    if spoil == "shared":
        parameters[2], targets = parameters[0], np.array([0, 9])
    else:
        parameters[1].flags.writeable = False
    before = [theta.copy() for theta in parameters]
    with pytest.raises(ValueError, match=r"read-only|must lie in"):
        network.train_step(parameters, state, inputs, targets, learning_rate=0.1, momentum=0.9)
    assert all(np.array_equal(theta, old) for theta, old in zip(parameters, before, strict=True))
