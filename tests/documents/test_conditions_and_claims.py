"""What the words beside a formula make of it: a condition that is not judged, or a claim that is."""

import pytest

from symdl.core import CheckedStatement
from symdl.documents import check_text


def last(text: str) -> CheckedStatement:
    return check_text(text).files[0].statements[-1]


FALSE = [
    (r"- $(a+b)^2 \ge 2(a^2+b^2)$", "INEQ001"),
    (r"Hence $x^2 + y^2 \le 2xy$", "INEQ001"),
    (r"$x^3 > x$ for all $x > 0$".replace("x > 0$", "x$"), "INEQ001"),
    (r"For $x > 0$, $\ln x \ge x - 1$", "INEQ001"),
    (r"For $x > 0$ we have $\ln(x + 1) = \ln x + 1$", "EQN001"),
    (r"For $x > 0$, $\ln(x^2) = 2\ln x$ and $\ln(x + 2) = \ln x + 2$", "EQN001"),
]


@pytest.mark.parametrize(("text", "code"), FALSE)
def test_false_claims_under_a_stated_domain_are_refuted_with_a_witness(text: str, code: str) -> None:
    statements = [s for s in check_text(text).files[0].statements if s.outcome == "refuted"]
    assert len(statements) == 1
    assert statements[0].witness is not None
    assert [f.code for f in statements[0].findings if f.severity == "error"] == [code]


ASSUMED = [
    r"Let $x > 0$.",
    r"Assume $\eta < \frac{2}{L}$",
    r"Assume that $\beta_1^2 < \sqrt{\beta_2}$",
    r"for $|x| < 3$",
    r"if $a + b = ab$",
    r"Suppose $a > b$ and $a + b < ab$",
    r"The method converges if $\eta L < 2$",
    r"We need $\alpha^2 + \beta^2 < 1$",
    r"for every $a^2 < b^2$",
]


@pytest.mark.parametrize("text", ASSUMED)
def test_assumptions_are_noted(text: str) -> None:
    assert {s.outcome for s in check_text(text).files[0].statements} == {"noted"}


def test_a_condition_behind_a_derivative_is_in_force_there() -> None:
    text = r"The function $h(x) = \max(0, \min(1, x))$ has slope $h'(x) = 1$ for $|2x - 1| < 1$."
    outcomes = [s.outcome for s in check_text(text).files[0].statements]
    assert outcomes == ["defined", "proved", "noted"]


def test_assumptions_in_front_of_a_claim_are_in_force_there() -> None:
    text = r"Assume $\eta < \frac{2}{L}$ and $L > 0$. Then $1 - \frac{L\eta}{2} > 0$."
    assert last(text).outcome == "proved"


def test_a_heading_opens_no_condition() -> None:
    text = "## Working with the square\n\n$$(a-b)^2 = a^2 - ab + b^2$$"
    assert last(text).outcome == "refuted"
