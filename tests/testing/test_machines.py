import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from symdl import library
from symdl.codegen.generation import generate
from symdl.testing import StepFunctions, optimizer_machine

QUICK = settings(max_examples=12, stateful_step_count=10, deadline=None, database=None)
FINDING = settings(QUICK, max_examples=500, phases=[Phase.generate])


@pytest.mark.parametrize("rule", library.OPTIMIZERS, ids=lambda rule: rule.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_generated_rules_follow_their_exact_run(rule, dtype):
    run_state_machine_as_test(optimizer_machine(rule, generate(rule).load(), dtype), settings=QUICK)


def test_a_rule_that_caches_its_rate_is_caught():
    def step(parameters, gradients, state, learning_rate):
        rate = state.setdefault("rate", learning_rate)
        parameters -= rate * gradients

    machine = optimizer_machine(library.sgd, StepFunctions(lambda parameters: {}, step))
    with pytest.raises(AssertionError, match="exact run"):
        run_state_machine_as_test(machine, settings=FINDING)


def test_a_state_shared_with_the_parameters_is_caught():
    def step(parameters, gradients, state, learning_rate, momentum):
        velocity = momentum * (parameters - state["previous"]) - learning_rate * gradients
        state["previous"] = parameters
        parameters += velocity

    machine = optimizer_machine(library.momentum, StepFunctions(lambda parameters: {"previous": parameters}, step))
    with pytest.raises(AssertionError, match="exact run"):
        run_state_machine_as_test(machine, settings=FINDING)


def test_a_slip_in_one_branch_is_caught():
    def step(parameters, gradients, state, learning_rate):
        parameters -= learning_rate * np.where(gradients < -90, -90, gradients)

    machine = optimizer_machine(library.sgd, StepFunctions(lambda parameters: {}, step))
    with pytest.raises(AssertionError, match="exact run"):
        run_state_machine_as_test(machine, settings=FINDING)
