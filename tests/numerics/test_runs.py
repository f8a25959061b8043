from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import (
    STEP,
    THETA,
    Assignment,
    Evaluation,
    InputError,
    Optimizer,
    Parameter,
    State,
    UndefinedValue,
    symbol,
)
from symdl.numerics.ball import precision
from symdl.numerics.runs import constants, exact_run

eta, mu, beta, epsilon, g, v, vhat = (symbol(name) for name in ("eta", "mu", "beta", "epsilon", "g", "v", "vhat"))
RATE = Parameter(eta, "learning_rate", sp.Rational(1, 10))
HEAVY_BALL = Optimizer(
    "heavy_ball",
    (RATE, Parameter(mu, "momentum", sp.Rational(9, 10))),
    (State(v),),
    (Evaluation(g),),
    (Assignment(v, mu * v + eta * g), Assignment(THETA, THETA - v)),
)
LOOK_AHEAD = Optimizer(
    "look_ahead", HEAVY_BALL.hyper, HEAVY_BALL.state, (Evaluation(g, THETA - mu * v),), HEAVY_BALL.step
)
CORRECTED = Optimizer(
    "corrected",
    (RATE, Parameter(beta, "decay", sp.Rational(999, 1000)), Parameter(epsilon, "epsilon", sp.Integer(0))),
    (State(v),),
    (Evaluation(g),),
    (
        Assignment(v, beta * v + (1 - beta) * g**2),
        Assignment(vhat, v / (1 - beta**STEP)),
        Assignment(THETA, THETA - eta * g / sp.sqrt(vhat + epsilon)),
    ),
)
fractions = st.fractions(-10, 10, max_denominator=100)


@given(st.lists(fractions, min_size=1, max_size=20), fractions)
def test_a_linear_rule_runs_in_exact_rationals(gradients, start):
    theta, velocity = start, Fraction(0)
    for row, gradient in zip(exact_run(HEAVY_BALL, gradients, start=start), gradients, strict=True):
        velocity = Fraction(9, 10) * velocity + gradient / 10
        theta -= velocity
        for value, exact in ((row[THETA], theta), (row[v], velocity)):
            with precision(300):
                assert (value * exact.denominator).overlaps(arb(exact.numerator))
            assert value.is_zero() == (exact == 0)


def test_the_step_count_is_one_at_the_first_step():
    rows = exact_run(CORRECTED, [Fraction(1, 3)] * 3)
    assert [int(row[STEP].fmpq().p) for row in rows] == [1, 2, 3]
    assert rows[0][THETA].overlaps(arb("-0.1")), "bias correction makes the first step the learning rate"


def test_irrational_runs_are_accurate_to_a_hundred_bits():
    rows = exact_run(
        CORRECTED, [Fraction(k % 7 - 3, 5) for k in range(1, 51)], {"epsilon": Fraction(1, 10**8)}, start=1
    )
    assert len(rows) == 50
    assert all(row[THETA].rel_accuracy_bits() >= 100 for row in rows)


def test_a_gradient_function_is_asked_at_the_point_of_the_evaluation():
    points = []

    def gradient(point):
        points.append(point)
        return 2 * point

    rows = exact_run(LOOK_AHEAD, gradient, {"learning_rate": Fraction(1, 4), "momentum": Fraction(1, 2)}, 1, steps=2)
    assert points == [fmpq(1), fmpq(1, 4)]
    assert rows[0][THETA] == 0.5
    assert rows[1][THETA] == 0.5 - (0.25 + 0.125)


def test_a_state_may_start_at_theta():
    previous = symbol("theta_previous")
    rule = Optimizer(
        "two_step",
        (RATE,),
        (State(previous, THETA),),
        (Evaluation(g),),
        (
            Assignment(symbol("moved"), THETA - eta * g + (THETA - previous) / 2),
            Assignment(previous, THETA),
            Assignment(THETA, symbol("moved")),
        ),
    )
    rows = exact_run(rule, [0, 1], {eta: 1}, start=5)
    assert [float(row[THETA]) for row in rows] == [5, 4]


def test_a_parameter_that_returns_to_zero_over_irrational_steps_is_accepted():
    rule = Optimizer("normalized", (RATE,), (), (Evaluation(g),), (Assignment(THETA, THETA - g / sp.sqrt(g**2 + 1)),))
    rows = exact_run(rule, [1, -1])
    assert 0 in rows[1][THETA]
    assert rows[1][THETA].rad() < 1e-300


def test_several_evaluations_take_a_tuple_a_step():
    h = symbol("h")
    rule = Optimizer(
        "pair", (RATE,), (), (Evaluation(g), Evaluation(h, THETA - g)), (Assignment(THETA, THETA - eta * (g + h)),)
    )
    assert float(exact_run(rule, [(1, 2)], {eta: 2})[0][THETA]) == -6


def test_no_steps_give_no_rows():
    assert exact_run(HEAVY_BALL, []) == []


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="no hyper-parameter rate"):
        exact_run(HEAVY_BALL, [1], {"rate": 1})
    with pytest.raises(InputError, match="steps"):
        exact_run(HEAVY_BALL, [1], steps=3)
    with pytest.raises(InputError, match="needs a value"):
        exact_run(
            Optimizer("bare", (Parameter(eta, "rate"),), (), (Evaluation(g),), (Assignment(THETA, eta * g),)), [1]
        )
    with pytest.raises(InputError, match="finite"):
        exact_run(HEAVY_BALL, [float("nan")])
    with pytest.raises(UndefinedValue):
        exact_run(CORRECTED, [0])


def test_a_symbol_as_a_key_means_that_symbol() -> None:
    rate, small, slope = symbol("epsilon"), symbol("delta"), symbol("g")
    rule = Optimizer(
        "crossed",
        (Parameter(rate, "learning_rate"), Parameter(small, "epsilon")),
        (),
        (Evaluation(slope),),
        (Assignment(THETA, THETA - rate * slope / small),),
    )
    assert constants(rule, {rate: 1, small: 2}) == {rate: 1, small: 2}
    assert constants(rule, {"learning_rate": 1, "epsilon": 2}) == {rate: 1, small: 2}
    assert constants(rule, {"learning_rate": 1, "delta": 2}) == {rate: 1, small: 2}
