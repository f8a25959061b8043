"""Update rules that take the same steps, and runs that part."""

from dataclasses import replace
from itertools import combinations

import pytest
import sympy as sp

from symdl.core import THETA, Assignment, Claim, Compare, Evaluation, Optimizer, Parameter, SameRun, State, symbol
from symdl.library import OPTIMIZERS, adam, amsgrad, gradient_descent, momentum, nesterov, yogi
from symdl.library.optimizers import adam_family, dampened_momentum_family, momentum_family, nesterov_family
from symdl.prover import decide
from symdl.prover.joint_runs import by_joint_induction, by_unrolling

eta, beta, g, v, epsilon = map(symbol, ("eta", "beta", "g", "v", "epsilon"))
ZERO = sp.Integer(0)
SAME = [pair for family in (momentum_family, nesterov_family) for pair in combinations(family.points(), 2)]


def with_step(rule, index, expr):
    """A rule with another expression in one of its assignments."""
    step = list(rule.step)
    step[index] = Assignment(step[index].symbol, expr)
    return replace(rule, step=tuple(step))


@pytest.mark.parametrize(("left", "right"), [*SAME, *(pair[::-1] for pair in SAME)])
def test_the_forms_of_a_momentum_rule_take_the_same_steps(left, right):
    verdict = decide(Claim(SameRun(left, right)))
    assert verdict.proved, verdict


@pytest.mark.parametrize("rule", OPTIMIZERS, ids=lambda rule: rule.name)
def test_every_rule_takes_its_own_steps(rule):
    assert decide(Claim(SameRun(rule, rule))).proved


@pytest.mark.parametrize(("left", "right"), list(combinations(adam_family.points(), 2)))
def test_the_places_of_epsilon_differ_and_agree_where_it_is_0(left, right):
    assert decide(Claim(SameRun(left, right))).refuted
    assert decide(Claim(SameRun(left, right), (Compare(epsilon, "=", ZERO),))).proved


@pytest.mark.parametrize("rule", OPTIMIZERS, ids=lambda rule: rule.name)
def test_planted_errors_in_a_step_are_refuted(rule):
    place = max(index for index, assignment in enumerate(rule.step) if assignment.symbol == THETA)
    last = rule.step[place].expr
    for wrong in (2 * THETA - last, THETA + (last - THETA) * sp.Rational(10005, 10000), last + eta / 100):
        verdict = decide(Claim(SameRun(rule, with_step(rule, place, wrong))))
        assert verdict.refuted, (rule.name, wrong)
        assert "after step" in verdict.witness.lhs


def test_swapped_corrections_of_adam_are_refuted():
    first, second = symbol("beta_1"), symbol("beta_2")
    swapped = replace(
        adam,
        step=tuple(
            Assignment(a.symbol, a.expr.xreplace({first: second, second: first})) if "hat" in a.symbol.name else a
            for a in adam.step
        ),
    )
    assert decide(Claim(SameRun(adam, swapped))).refuted
    assert decide(Claim(SameRun(adam, swapped), (Compare(first, "=", second),))).proved


def test_where_the_gradient_is_taken_matters():
    assert decide(Claim(SameRun(momentum, nesterov))).refuted
    none = (Compare(beta, "=", ZERO),)
    assert decide(Claim(SameRun(nesterov, gradient_descent), none)).proved
    assert decide(Claim(SameRun(gradient_descent, nesterov), none)).proved


def test_a_rule_at_its_look_ahead_point_is_tied_by_an_invariant():
    """Nesterov's rule written for phi = theta + beta v, the point where the gradient is taken."""
    shifted = Optimizer(
        "shifted",
        nesterov.hyper,
        (State(v),),
        (Evaluation(g, THETA),),
        (Assignment(v, beta * v - eta * g), Assignment(THETA, THETA + beta * v - eta * g)),
    )
    tie = ((THETA, THETA + beta * v), (v, v))
    observed = ((v, v),)
    assert decide(Claim(SameRun(nesterov, shifted, observed))).proved
    assert decide(Claim(SameRun(nesterov, shifted, observed, invariant=tie))).proved
    assert decide(Claim(SameRun(nesterov, shifted))).refuted


def test_a_horizon_is_written_out():
    left, right = SAME[0]
    assert by_unrolling(Claim(SameRun(left, right, horizon=3))) is not None
    late = with_step(left, 0, left.step[0].expr + sp.Max(0, symbol("t") - 2))
    assert decide(Claim(SameRun(left, late, horizon=2))).proved
    assert decide(Claim(SameRun(left, late, horizon=3))).refuted


def test_an_error_of_a_late_step_is_not_proved_away():
    late = with_step(gradient_descent, -1, THETA - eta * g + sp.Max(0, symbol("t") - 50))
    assert decide(Claim(SameRun(gradient_descent, late))).outcome == "UNDECIDED"


def test_an_invariant_is_not_taken_on_trust():
    left, right = SAME[0]
    wrong = ((THETA, THETA), (v, 2 * THETA - 2 * symbol("theta_previous")))
    with pytest.raises(Exception, match="off"):
        by_joint_induction(Claim(SameRun(left, right, invariant=wrong)))


def test_parameters_of_the_same_name_are_the_same():
    rate = Parameter(symbol("alpha"), "learning_rate")
    other = Optimizer("other", (rate,), step=(Assignment(THETA, THETA - symbol("alpha") * g),))
    assert decide(Claim(SameRun(gradient_descent, other))).refuted
    assert decide(Claim(SameRun(gradient_descent, other), (Compare(symbol("alpha"), "=", eta),))).proved


def test_a_case_that_fixes_the_step_or_a_state_is_used_in_it():
    """The first step alone differs in form, and a maximum may be a tie."""
    at_gradient, damped = dampened_momentum_family.points()
    assert decide(Claim(SameRun(at_gradient, damped), (Compare(symbol("tau"), "=", ZERO),))).proved
    assert by_joint_induction(Claim(SameRun(amsgrad, amsgrad))) is not None
    assert by_joint_induction(Claim(SameRun(yogi, yogi))) is not None


def test_rules_that_part_late_are_refuted_by_a_longer_run():
    late = with_step(gradient_descent, -1, THETA - eta * g + sp.Max(0, symbol("t") - 7))
    verdict = decide(Claim(SameRun(gradient_descent, late)))
    assert verdict.refuted
    assert "after step 8" in verdict.witness.rhs
    assert decide(Claim(SameRun(gradient_descent, late, horizon=7))).proved
