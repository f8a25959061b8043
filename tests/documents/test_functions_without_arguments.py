r"""Derivatives of functions without their argument, compositions, and D as an operator."""

import pytest

from symdl.core import CheckedStatement
from symdl.documents import check_text


def last(text: str) -> CheckedStatement:
    return check_text(text).files[0].statements[-1]


TRUE = [
    r"$\sigma' = \sigma(1-\sigma)$",
    r"$\tanh' = 1 - \tanh^2$",
    r"$\tanh'(x) = 1 - \tanh^2$",
    r"$\sigma'(x) = \sigma(1-\sigma)$",
    r"$\sigma'' = \sigma(1-\sigma)(1-2\sigma)$",
    r"$\frac{d\sigma}{dx} = \sigma(1-\sigma)$",
    r"$\frac{d}{dx}\tanh = 1 - \tanh^2$",
    r"For $u = \tanh(v)$ we have $u' = 1 - u^2$",
    r"Let $y = \sigma(x)$; then $y' = y(1 - y)$",
    r"If $f(x) = x^2$ and $g(x) = \sin x$, then $(f \circ g)(x) = \sin^2 x$",
    r"If $f(x) = x^2$ and $g(x) = \sin x$, then $(f \circ g)'(x) = 2 \sin x \cos x$",
    r"If $f(x) = x^2$ and $g(x) = \sin x$, then $(g \circ f)(x) = \sin x^2$",
    r"$D_x x^3 = 3x^2$",
    r"$D_x [x^2 + 1] = 2x$",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_derivatives_in_short_form_are_proved(text: str) -> None:
    assert last(text).outcome == "proved"


FALSE = [
    r"$\sigma' = \sigma(1+\sigma)$",
    r"$\tanh' = 1 + \tanh^2$",
    r"$\frac{d\sigma}{dx} = \sigma(1-2\sigma)$",
    r"Let $y = \sigma(x)$; then $y' = y(1 + y)$",
    r"If $f(x) = x^2$ and $g(x) = \sin x$, then $(f \circ g)'(x) = 2 \sin x$",
    r"$D_x x^3 = 3x$",
]


@pytest.mark.parametrize("text", FALSE)
def test_slips_in_short_form_are_refuted_with_a_witness(text: str) -> None:
    statement = last(text)
    assert statement.outcome == "refuted"
    assert statement.witness is not None


NO_CLAIM = [
    r"$x' = Ax + b$",
    r"$w' = w - \eta g$",
    r"the function $\tanh$",
    r"its slope is $1 - \tanh^2$",
    r"$D_t x = 3$",
    r"$a \circ b = c$",
]


@pytest.mark.parametrize("text", NO_CLAIM)
def test_primed_names_and_functions_by_themselves_claim_nothing(text: str) -> None:
    assert last(text).outcome in ("noted", "defined")
