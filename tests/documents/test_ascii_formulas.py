"""Formulas in ASCII between backticks in Markdown: read where they are mathematics, left alone where they are code."""

import pytest

from symdl.documents import check_text

TRUE = [
    "`tanh'(x) = 1 - tanh(x)^2`",
    "`f(x) = x^2`, so `f'(x) = 2x`",
    "`d/dx exp(-x^2) = -2x exp(-x^2)`",
    "`exp(x) >= 1 + x`",
    "`sigma'(x) = sigma(x)(1 - sigma(x))`",
    "$f(x) = x^3$ has `f'(x) = 3x^2`",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_formulas_in_backticks_are_proved(text: str) -> None:
    assert check_text(text).files[0].statements[-1].outcome == "proved"


FALSE = {
    "`sigma'(x) = sigma(x)(1 + sigma(x))`": "sigma'(x) = sigma(x)(1 - sigma(x))",
    "`d/dx exp(-x^2) = -x exp(-x^2)`": "d/dx exp(-x^2) = -2*x*exp(-x^2)",
    "`tanh(x) = 2 sigma(x) - 1`": None,
}


@pytest.mark.parametrize("text", FALSE)
def test_slips_in_backticks_are_refuted_with_a_repair_in_ascii(text: str) -> None:
    statement = check_text(text).files[0].statements[-1]
    assert statement.outcome == "refuted"
    (finding,) = (f for f in statement.findings if f.severity == "error")
    if FALSE[text] is not None:
        assert finding.fix is not None
        assert finding.fix.text == FALSE[text]


CODE = [
    "`y = model(x)`",
    "`lr = 0.001`",
    "`f(x) == 3`",
    "`optimizer.step()`",
    "`x = f(x)`",
    "`m = beta1*m + (1 - beta1)*g`",
    "`loss(x, axis=1) = 3`",
    "`np.exp(x) = 2`",
    "`def f(x): return x`",
    "`let f(x) = x`",
    "``tanh'(x) = 1``",
    "```\ntanh'(x) = 1\n```",
]


@pytest.mark.parametrize("text", CODE)
def test_code_is_left_alone(text: str) -> None:
    assert not check_text(text).files[0].statements
