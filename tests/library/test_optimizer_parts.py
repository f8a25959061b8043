"""Parts that compose with update rules: the composed rule generates, and takes the steps that its parts say."""

import math

import numpy as np
import pytest

from symdl import library
from symdl.codegen import generate
from symdl.codegen.modules import namespace
from symdl.codegen.optimizer_source import optimizer_code, optimizer_source
from symdl.core import STEP, DefinitionError, symbol
from symdl.core.couplings import is_coupled
from symdl.library.optimizers.parts import (
    HAT,
    maximised,
    scheduled,
    with_clipped_gradient,
    with_clipped_norm,
    with_decoupled_decay,
    with_l2,
    with_sparse_gradient,
)
from symdl.library.optimizers.schedules import SCHEDULES
from symdl.numerics import ball

STEPS = 40
GRADIENTS = np.random.default_rng(41).standard_normal((STEPS, 6))
START = np.linspace(-1, 2, 6)
RULES = [library.sgd, library.nesterov, library.adam, library.rmsprop_momentum, library.adan, library.lamb]
PARTS = [with_l2, with_decoupled_decay, with_clipped_gradient, with_clipped_norm, with_sparse_gradient, maximised]
VALUES = {
    "steps": {"decay_rate": 0.5, "first_drop": 10, "second_drop": 25},
    "exponential": {"decay_rate": 0.9},
    "polynomial": {"length": 30, "power": 2},
    "cosine": {"length": 30, "final_factor": 0.1},
    "warm_up_cosine": {"warm_up": 5, "length": 30, "final_factor": 0.1},
    "inverse_square_root": {"warm_up": 8},
    "one_cycle": {"peak": 11, "length": 40, "initial_factor": 0.04, "final_factor": 0.04e-4},
}


def named(value):
    return getattr(value, "name", getattr(value, "__name__", str(value)))


def run(rule, rates, gradients=GRADIENTS, split=False, **hyper):
    """The parameters after each step of the generated code."""
    functions = namespace(optimizer_source(optimizer_code(rule)))
    hyper = {p.name: 0.5 for p in rule.hyper if p.default is None} | hyper
    theta, rows = START.copy(), []
    parts = [theta[:2], theta[2:]] if split else theta
    state = functions[f"{rule.name}_init"](parts)
    for rate, gradient in zip(rates, gradients, strict=True):
        given = [gradient[:2], gradient[2:]] if split else gradient
        functions[f"{rule.name}_step"](parts, given, state, **hyper | {"learning_rate": rate})
        rows.append(theta.copy())
    return np.array(rows)


def factors(schedule):
    values = {p.symbol: ball.number(VALUES[schedule.name].get(p.name, p.default)) for p in schedule.hyper}
    return [float(ball.evaluate(schedule.factor, {**values, STEP: t}, 100).mid()) for t in range(1, STEPS + 1)]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=named)
@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_scheduled_rule_takes_the_steps_of_the_rule_at_these_rates(rule, schedule):
    composed = scheduled(rule, schedule.factor, schedule.hyper)
    rates = [0.05 * factor for factor in factors(schedule)]
    expected = run(rule, rates)
    found = run(composed, [0.05] * STEPS, **VALUES[schedule.name])
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)


def in_torch(schedule):
    torch = pytest.importorskip("torch")
    make = torch.optim.lr_scheduler
    scheduler = {
        "steps": lambda o: make.MultiStepLR(o, [10, 25], 0.5),
        "exponential": lambda o: make.ExponentialLR(o, 0.9),
        "polynomial": lambda o: make.PolynomialLR(o, 30, 2),
        "cosine": lambda o: make.CosineAnnealingLR(o, 30, 0.1),
        "one_cycle": lambda o: make.OneCycleLR(o, 1.0, 40, pct_start=0.3, cycle_momentum=False),
    }.get(schedule.name)
    if scheduler is None:
        pytest.skip("torch has no such schedule in one class")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    made, rows = scheduler(optimizer), []
    for _ in range(STEPS):
        rows.append(made.get_last_lr()[0])
        optimizer.step()
        made.step() if len(rows) < STEPS else None
    return rows[:31] if schedule.name == "cosine" else rows


def in_optax(schedule):
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    make = {
        "steps": lambda: optax.piecewise_constant_schedule(1.0, {10: 0.5, 25: 0.5}),
        "exponential": lambda: optax.exponential_decay(1.0, 1, 0.9),
        "polynomial": lambda: optax.polynomial_schedule(1.0, 0.0, 2, 30),
        "cosine": lambda: optax.cosine_decay_schedule(1.0, 30, 0.1),
        "warm_up_cosine": lambda: optax.warmup_cosine_decay_schedule(0.0, 1.0, 5, 30, 0.1),
    }.get(schedule.name)
    if make is None:
        pytest.skip("optax has no such schedule, or counts its steps otherwise")
    with jax.enable_x64(True):
        return [float(make()(jax.numpy.asarray(count, jax.numpy.float64))) for count in range(STEPS)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("theirs", [in_torch, in_optax], ids=named)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=named)
def test_schedules_are_those_of_other_libraries(schedule, theirs):
    rates = theirs(schedule)
    assert np.allclose(factors(schedule)[: len(rates)], rates, rtol=0, atol=1e-12)


def test_the_schedule_of_the_transformer_rises_and_falls_as_in_its_paper():
    (schedule,) = [s for s in SCHEDULES if s.name == "inverse_square_root"]
    paper = [min(t**-0.5, t * 8**-1.5) for t in range(1, STEPS + 1)]
    assert np.allclose(factors(schedule), paper, rtol=1e-14, atol=0)


@pytest.mark.parametrize("part", PARTS, ids=named)
@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_composed_rule_generates_and_its_tests_pass(rule, part, tmp_path):
    if any(p.name == "weight_decay" for p in rule.hyper) and part in (with_l2, with_decoupled_decay):
        with pytest.raises(DefinitionError, match="has a hyper-parameter weight_decay"):
            part(rule)
        return
    composed = part(rule)
    assert is_coupled(composed) == (is_coupled(rule) or part is with_clipped_norm)
    module = generate(composed)
    (tmp_path / f"{module.name}.py").write_text(module.source)
    functions = {"__name__": "tests", "__file__": str(tmp_path / f"test_{module.name}.py")}
    exec(module.tests, functions)
    for name, test in list(functions.items()):
        if name.startswith("test_"):
            test()


@pytest.mark.parametrize("rule", [library.sgd, library.adam, library.adan, library.lion], ids=named)
def test_clipping_by_global_norm_scales_the_whole_list(rule):
    norms = np.linalg.norm(GRADIENTS, axis=1, keepdims=True)
    clipped = GRADIENTS * np.minimum(1, 2.0 / norms)
    assert (norms > 2).any()
    assert (norms < 2).any()
    found = run(with_clipped_norm(rule), [0.05] * STEPS, split=True, max_norm=2.0)
    assert np.allclose(found, run(rule, [0.05] * STEPS, clipped), rtol=1e-11, atol=1e-12)


def test_zero_gradients_are_not_scaled():
    assert np.array_equal(
        run(with_clipped_norm(library.sgd), [0.05] * STEPS, 0 * GRADIENTS, max_norm=0.0), np.tile(START, (STEPS, 1))
    )


@pytest.mark.filterwarnings("ignore")
def test_a_chain_of_parts_is_that_of_optax():
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    (cosine,) = [s for s in SCHEDULES if s.name == "cosine"]
    rule = scheduled(with_clipped_norm(with_decoupled_decay(library.adam)), cosine.factor, cosine.hyper)
    found = run(rule, [0.05] * STEPS, max_norm=2.0, weight_decay=0.1, epsilon=0.1, **VALUES["cosine"])
    with jax.enable_x64(True):
        chain = optax.chain(
            optax.clip_by_global_norm(2.0),
            optax.adamw(optax.cosine_decay_schedule(0.05, 30, 0.1), eps=0.1, weight_decay=0.1),
        )
        theta = jax.numpy.array(START)
        state, rows = chain.init(theta), []
        for gradient in GRADIENTS:
            change, state = chain.update(jax.numpy.array(gradient), state, theta)
            theta = optax.apply_updates(theta, change)
            rows.append(np.array(theta))
    assert np.allclose(found, rows, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_a_chain_of_parts_is_that_of_torch():
    torch = pytest.importorskip("torch")
    (cosine,) = [s for s in SCHEDULES if s.name == "cosine"]
    rule = scheduled(maximised(with_l2(library.adam)), cosine.factor, cosine.hyper)
    gradients = GRADIENTS[:30]
    found = run(rule, [0.05] * 30, gradients, weight_decay=0.1, epsilon=0.1, length=30, final_factor=0)
    theta = torch.nn.Parameter(torch.tensor(START))
    optimizer = torch.optim.Adam([theta], lr=0.05, eps=0.1, weight_decay=0.1, maximize=True)
    scheduler, rows = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30), []
    for gradient in gradients:
        theta.grad = torch.tensor(gradient)
        optimizer.step()
        scheduler.step()
        rows.append(theta.detach().numpy().copy())
    assert np.allclose(found, rows, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_adam_of_sparse_gradients_is_that_of_torch_where_a_gradient_is_present():
    torch = pytest.importorskip("torch")
    rule = with_sparse_gradient(library.optimizers.adam_family.build(epsilon=HAT))
    gradients = np.where(np.arange(STEPS * 6).reshape(STEPS, 6) % 3 == 1, 0, GRADIENTS)
    rates = [0.05] * 20 + [0.02] * 20
    theta, rows = torch.nn.Parameter(torch.tensor(START)), []
    optimizer = torch.optim.SparseAdam([theta], lr=rates[0], eps=0.1)
    for rate, gradient in zip(rates, gradients, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        theta.grad = torch.tensor(gradient).to_sparse()
        optimizer.step()
        rows.append(theta.detach().numpy().copy())
    assert np.allclose(run(rule, rates, gradients, epsilon=0.1), rows, rtol=0, atol=1e-12)


def test_every_schedule_has_a_source_and_values_in_these_tests():
    assert all(s.source.cite and s.factor.free_symbols <= {STEP, *(p.symbol for p in s.hyper)} for s in SCHEDULES)
    assert {s.name for s in SCHEDULES} == set(VALUES)
    assert math.isclose(factors(SCHEDULES[0])[0], 1)
    assert symbol("eta") not in {name for s in SCHEDULES for name in s.factor.free_symbols}
