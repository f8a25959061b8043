"""Functions and claims in documents: what is proved, refuted, or only noted."""

import pytest

from symdl.core import CheckedStatement
from symdl.documents import check_text


def last(text: str) -> CheckedStatement:
    return check_text(text).files[0].statements[-1]


TRUE = [
    r"$f(x) = \frac{1}{1+e^{-x}}$ and $f'(x) = f(x)(1-f(x))$",
    r"$f(x) = \frac{1}{1+e^{-x}}$ and $f' = f(1 - f)$",
    r"$\sigma'(x) = \sigma(x)(1 - \sigma(x))$",
    r"$\frac{d}{dx} \operatorname{tanh}(x) = 1 - \operatorname{tanh}^2(x)$",
    r"$\frac{d}{dx}\ln x = \frac{1}{x}$",
    r"$\tanh(x) = 2\sigma(2x) - 1$",
    r"$\cosh^2 x - \sinh^2 x = 1$",
    r"$e^x \ge 1 + x$",
    r"$f(x) = \max(x, 0)$ and $f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}$",
    r"$g(z) = \ln(1+e^z)$, so that $g'(z) = \frac{1}{1+e^{-z}}$",
    "| f | derivative |\n|---|---|\n| $\\tanh x$ | $1 - \\tanh^2 x$ |",
    "| f(x) | f'(x) |\n|---|---|\n| $s(x) = \\frac{1}{1+e^{-x}}$ | $s(x)(1-s(x))$ |",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_claims_are_proved(text: str) -> None:
    assert last(text).outcome == "proved"


FALSE = [
    (r"$f(x) = \frac{1}{1+e^{-x}}$ and $f'(x) = f(x)(1+f(x))$", "DER001"),
    (r"$\frac{d}{dx} \tanh(x) = 1 - \tanh(x)$", "DER001"),
    (r"$\frac{d}{dx}\ln x = \frac{1}{x^2}$", "DER001"),
    (r"$\frac{d}{dx} e^{-x^2} = 2x e^{-x^2}$", "DER001"),
    (r"$\tanh(x) = 2\sigma(x) - 1$", "EQN001"),
    (r"$\sigma(-x) = -\sigma(x)$", "EQN001"),
    (r"$\sigma(0) = 0$", "EQN001"),
    (r"$\sigma(x) > \frac{1}{2}$", "INEQ001"),
    (r"Sigmoid: $f(x) = \frac{1}{1+e^{x}}$", "FUN001"),
    (r"- ReLU: $g(x) = \max(x, 1)$", "FUN001"),
    (r"$\text{softplus}(x) = \ln(1 - e^x)$", "FUN001"),
    ("| f | derivative |\n|---|---|\n| $\\tanh x$ | $1 + \\tanh^2 x$ |", "DER001"),
]


@pytest.mark.parametrize(("text", "code"), FALSE)
def test_slips_are_refuted_with_a_witness(text: str, code: str) -> None:
    statement = last(text)
    assert statement.outcome == "refuted"
    assert statement.witness is not None
    assert [f.code for f in statement.findings if f.severity == "error"] == [code]


NO_CLAIM = [
    r"Solve $x^2 = 4$",
    r"The minimum is where $f'(x) = 0$",
    r"We require $\alpha + \beta = 1$",
    r"with $\eta < \frac{2}{L}$",
    r"$0 < k < 1$",
    r"$\alpha \in (0, 1)$",
    r"as $t \to \infty$",
    r"$S'(z) = S(z)(1 - S(z))$",
    r"$y = W^\top x + b$",
    r"$k = 0.01$",
    r"$f(x; \theta)$",
    r"SiLU: $f(x) = x \sigma(x)$",
    r"Scaled tanh: $f(x) = \frac{17}{10} \tanh(\frac{2}{3} x)$",
    r"$L(\theta) = \frac{1}{n} \sum_{i=1}^{n} \ell(f_\theta(x_i), y_i)$",
    "# Sigmoid\n\nA linear layer $h(x) = 2x + 1$",
]


@pytest.mark.parametrize("text", NO_CLAIM)
def test_conditions_and_definitions_are_never_refuted(text: str) -> None:
    statement = last(text)
    assert statement.outcome in ("noted", "defined")
    assert not [f for f in statement.findings if f.severity == "error"]


def test_a_definition_holds_in_its_own_topic() -> None:
    text = r"""
- Sigmoid: $f(x) = \frac{1}{1+e^{-x}}$
- Tanh: $f(x) = \tanh x$ and $f'(x) = 1 - f(x)^2$
- Other: $f'(x) = 1 - f(x)^2$
"""
    outcomes = [s.outcome for s in check_text(text).files[0].statements]
    assert outcomes == ["defined", "defined", "proved", "noted"]


def test_a_chain_behind_a_definition_is_a_claim() -> None:
    right, wrong = r"\frac{e^x}{1+e^x}", r"\frac{e^x}{1-e^x}"
    assert last(rf"$f(x) = \frac{{1}}{{1+e^{{-x}}}} = {right}$").outcome == "defined"
    assert last(rf"$f(x) = \frac{{1}}{{1+e^{{-x}}}} = {wrong}$").outcome == "refuted"


def test_an_assumption_is_about_the_formula_beside_it() -> None:
    text = r"Leaky: $f(x) = \max\{x, kx\}$ ($0 < k < 1$); $f'(x) = 1$ for $x > 0$ and $f'(x) = k$ for $x < 0$."
    statements = check_text(text).files[0].statements
    assert [s.outcome for s in statements if s.role == "derivative"] == ["proved", "proved"]


def test_a_repair_of_a_derivative_is_the_derivative() -> None:
    (finding,) = [f for f in last(r"$\frac{d}{dx}\ln x = \frac{1}{x^2}$").findings if f.code == "DER001"]
    assert finding.fix is not None
    assert finding.fix.text == r"\frac{d}{dx}\ln x = \frac{1}{x}"
    assert last(f"${finding.fix.text}$").outcome == "proved"


def test_a_function_with_kinks_says_where_and_which_slopes() -> None:
    statement = last(r"Hard: $h(x) = \max(-1, \min(1, x))$")
    kinks = [f.message for f in statement.findings if f.code == "KINK001"]
    assert len(kinks) == 2
    assert all("[0, 1]" in message for message in kinks)


def test_the_finding_codes_are_all_in_the_table() -> None:
    from symdl.core.rules import RULES

    table = {rule.code: rule.severity for rule in RULES}
    texts = [*TRUE, *(text for text, _ in FALSE), *NO_CLAIM, "no formula", "a $x + 1 is\n\nopen", r"$\nosuch$"]
    for text in texts:
        for finding in check_text(text).findings:
            assert table[finding.code] == finding.severity
