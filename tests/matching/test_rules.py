"""From equations to state machines: indices, order, starts, sums, gradients."""

from collections.abc import Sequence

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import STEP as t
from symdl.core import THETA, DefinitionError, UnboundSymbol, UnsupportedOperation, function, symbol
from symdl.matching.families import recognise
from symdl.matching.lines import GRADIENT, Line, without_sums
from symdl.matching.rules import ReadRule, identifier, read_rule
from symdl.matching.trajectories import parting, run_of

theta, m, v, y, c = map(function, ("theta", "m", "v", "y", "c"))
eta, beta, gamma, epsilon, s = map(symbol, ("eta", "beta", "gamma", "epsilon", "s"))
g = function("g")


def read(*lines: Line, **options: object) -> ReadRule:
    return read_rule("rule", lines, **options)  # type: ignore[arg-type]


def steps(rule: ReadRule) -> list[str]:
    return [f"{a.symbol} = {a.expr}" for a in rule.optimizer.step]


def starts(rule: ReadRule) -> dict[str, str]:
    return {str(state.symbol): str(state.start) for state in rule.optimizer.state}


DESCENT = Line("theta", 1, theta(t) - eta * GRADIENT(theta(t)))
VELOCITY = Line("v", 0, beta * v(t - 1) + g(t))


@pytest.mark.parametrize(
    "lines",
    [
        (VELOCITY, Line("theta", 1, theta(t) - eta * v(t))),
        (Line("theta", 1, theta(t) - eta * v(t)), VELOCITY),
        (VELOCITY, Line("theta", 0, theta(t - 1) - eta * v(t))),
        (Line("v", 1, beta * v(t) + g(t)), Line("theta", 1, theta(t) - eta * v(t + 1))),
        (Line("v", 1, beta * v(t) + GRADIENT(theta(t))), Line("theta", 1, theta(t) - eta * v(t + 1))),
        (Line("v", 0, beta * v(t - 1) + GRADIENT(theta(t - 1))), Line("theta", 0, theta(t - 1) - eta * v(t))),
        (
            Line("v", None, beta * symbol("v") + symbol("g")),
            Line("theta", None, symbol("theta") - eta * symbol("v")),
        ),
        (
            Line("theta", None, symbol("theta") - eta * symbol("v")),
            Line("v", None, beta * symbol("v") + GRADIENT(symbol("theta"))),
        )[::-1],
    ],
)
def test_one_rule_in_many_indices_is_one_state_machine(lines: Sequence[Line]) -> None:
    rule = read(*lines)
    assert steps(rule) == ["v = beta*v + g", "theta = -eta*v + theta"]
    assert starts(rule) == {"v": "0"}
    assert [evaluation.point for evaluation in rule.optimizer.evaluations] == [THETA]


def test_a_displacement_keeps_the_previous_parameter() -> None:
    rule = read(Line("theta", 1, theta(t) - eta * GRADIENT(theta(t)) + beta * (theta(t) - theta(t - 1))))
    assert starts(rule) == {"theta_previous": "theta"}
    assert steps(rule)[1:] == ["theta_previous = theta", "theta = theta_next"]


def test_the_gradient_is_taken_where_the_text_says() -> None:
    ahead = theta(t) + beta * (theta(t) - theta(t - 1))
    (evaluation,) = read(Line("theta", 1, ahead - eta * GRADIENT(ahead))).optimizer.evaluations
    previous = symbol("theta_previous")
    assert sp.expand(evaluation.point - (THETA + beta * (THETA - previous))) == 0


def test_a_look_ahead_point_may_be_a_sequence_of_its_own() -> None:
    rule = read(
        Line("theta", 1, y(t) - eta * GRADIENT(y(t))), Line("y", 1, theta(t + 1) + beta * (theta(t + 1) - theta(t)))
    )
    found = recognise(rule.optimizer)
    assert found is not None
    assert found.family == "nesterov"


def test_an_old_average_beside_a_new_one_keeps_no_old_gradient() -> None:
    lion = read(
        Line("c", 0, beta * m(t - 1) + (1 - beta) * g(t)),
        Line("theta", 0, theta(t - 1) - eta * sp.sign(c(t))),
        Line("m", 0, gamma * m(t - 1) + (1 - gamma) * g(t)),
    )
    assert starts(lion) == {"m": "0"}
    assert steps(lion)[0].startswith("c = ")
    assert steps(lion)[1].startswith("m = ")


def test_older_gradients_become_states() -> None:
    rule = read(Line("theta", 1, theta(t) - eta * (g(t) - g(t - 1) + g(t - 2))))
    assert starts(rule) == {"g_previous_2": "0", "g_previous": "0"}
    assert steps(rule)[1:] == ["g_previous_2 = g_previous", "g_previous = g"]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (sp.Sum(g(s) ** 2, (s, 1, t)), "v = g**2 + v"),
        (sp.Sum(beta ** (t - s) * g(s), (s, 1, t)), "v = beta*v + g"),
        ((1 - beta) * sp.Sum(beta ** (t - s) * g(s), (s, 1, t)), "v = beta*v + g*(1 - beta)"),
        (sp.Sum(sp.Abs(GRADIENT(theta(s))), (s, 1, t)), "v = v + Abs(g)"),
    ],
)
def test_a_sum_over_the_past_is_a_running_total(total: sp.Expr, expected: str) -> None:
    rule = read(Line("v", 0, total), Line("theta", 1, theta(t) - eta * v(t)))
    assert steps(rule)[0] == expected


def test_a_sum_inside_the_update_gets_a_state_of_its_own() -> None:
    rule = read(Line("theta", 1, theta(t) - eta * g(t) / sp.sqrt(sp.Sum(g(s) ** 2, (s, 1, t)) + epsilon)))
    assert steps(rule)[0] == "total1 = g**2 + total1"


def test_sums_outside_the_class_are_refused() -> None:
    with pytest.raises(UnsupportedOperation):
        without_sums(Line("v", 0, sp.Sum(g(s) / (t - s + 1), (s, 1, t))))


def test_the_step_count_is_one_at_the_first_step() -> None:
    corrected = Line("c", 0, m(t) / (1 - beta**t))
    rule = read(Line("m", 0, beta * m(t - 1) + (1 - beta) * g(t)), corrected, Line("theta", 1, theta(t) - eta * c(t)))
    ahead = read(
        Line("m", 1, beta * m(t) + (1 - beta) * g(t)),
        Line("c", 1, m(t + 1) / (1 - beta ** (t + 1))),
        Line("theta", 1, theta(t) - eta * c(t + 1)),
    )
    assert steps(rule) == steps(ahead)
    assert "c = m/(1 - beta**t)" in steps(rule)


def test_stated_starts_are_kept_and_the_others_listed() -> None:
    lines = (VELOCITY, Line("theta", 1, theta(t) - eta * v(t)))
    assert [str(state.symbol) for state in read(*lines).assumed] == ["v"]
    stated = read(*lines, starts={"v": sp.Rational(1, 10)})
    assert starts(stated) == {"v": "1/10"}
    assert not stated.assumed


def test_a_place_starts_at_the_parameter_and_a_total_at_zero() -> None:
    averaged = read(
        DESCENT, Line("y", 0, beta * y(t - 1) + (1 - beta) * theta(t)), Line("v", 0, v(t - 1) + g(t)), parameter="theta"
    )
    assert starts(averaged) == {}
    used = read(
        Line("theta", 1, y(t) - eta * GRADIENT(theta(t))), Line("y", 0, beta * y(t - 1) + (1 - beta) * theta(t))
    )
    assert starts(used) == {"y": "theta"}


def test_an_undefined_greek_letter_is_a_schedule_and_another_letter_is_missing() -> None:
    rate = function("eta")
    assert list(map(str, read(Line("theta", 1, theta(t) - rate(t) * g(t))).schedules)) == ["eta"]
    with pytest.raises(UnboundSymbol, match="q is used"):
        read(Line("theta", 1, theta(t) - eta * g(t) + function("q")(t)))


@pytest.mark.parametrize(
    "lines",
    [
        (Line("theta", 1, theta(t + 1) - eta * g(t)),),
        (Line("theta", 1, theta(t) - v(t)), Line("v", 0, c(t)), Line("c", 0, v(t) + g(t))),
        (Line("theta", 1, theta(t) - eta),),
        (Line("v", 0, v(t - 1) + g(t)), Line("m", 0, m(t - 1) + g(t))),
    ],
    ids=["its own new value", "a circle", "no gradient", "two parameters"],
)
def test_what_describes_no_step_is_refused(lines: Sequence[Line]) -> None:
    with pytest.raises(DefinitionError):
        read(*lines)


def test_names_are_made_fit_for_code() -> None:
    assert [identifier(name) for name in ("lambda", "E[g^2]", "2x", "…", "w^(i)")] == [
        "lambda_",
        "E_g_2",
        "x_2x",
        "value",
        "w_i",
    ]


def test_two_fonts_of_one_letter_stay_two_symbols() -> None:
    bold = function("v_bold")
    rule = read(Line("theta", 1, theta(t) - eta * bold(t) - v(t)), Line("v_bold", 0, bold(t - 1) + g(t)), VELOCITY)
    assert len({str(a.symbol) for a in rule.optimizer.step}) == 3


@given(st.permutations([0, 1, 2, 3, 4]), st.integers(-2, 2))
def test_neither_the_order_of_the_text_nor_the_index_matters(order: list[int], shift: int) -> None:
    k = t + shift
    lines = (
        Line("m", shift, beta * m(k - 1) + (1 - beta) * g(k)),
        Line("v", shift, gamma * v(k - 1) + (1 - gamma) * g(k) ** 2),
        Line("c", shift, m(k) / (1 - beta**k)),
        Line("y", shift, v(k) / (1 - gamma**k)),
        Line("theta", shift + 1, theta(k) - eta * c(k) / (sp.sqrt(y(k)) + epsilon)),
    )
    found = run_of(read(*(lines[number] for number in order)).optimizer)
    expected = run_of(read(*lines).optimizer)
    assert found is not None
    assert expected is not None
    assert parting(found, expected) is None
