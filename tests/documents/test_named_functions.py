"""Functions that words or a heading call by a known name: held to it only where the words speak of them."""

from __future__ import annotations

import pytest

from symdl import check_text


@pytest.mark.parametrize(
    "text",
    [
        "### Sigmoid\n$$f(x) = 1/(1+e^x)$$",
        "### Sigmoid\nIt is defined as $f(x) = 1/(1+e^x)$.",
        "The sigmoid function is $f(x) = 1/(1+e^x)$.",
        "The exponential linear unit is $h(z) = \\max(e^z - 1, z)$.",
    ],
)
def test_a_wrong_function_under_a_known_name_is_refuted(text: str) -> None:
    assert check_text(text).summary["refuted"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "### Sigmoid\nThe inverse of it is $g(y) = \\log(y/(1-y))$.",
        "The inverse of the sigmoid is $g(y) = \\log(y/(1-y))$.",
        "Unlike that, the inverse of the sigmoid is $g(y) = \\log(y/(1-y))$.",
        "### ReLU\nThe leaky version is $f(x) = \\max(x, 0.1 x)$.",
        "### GELU\nAn approximation is $f(x) = x \\sigma(1.702 x)$.",
        "### ReLU\n$f(x) = \\max(0, x)$, and its mirror is $g(x) = \\min(0, x)$.",
        "The squared error loss is $f(r) = r^2$. The Huber loss is $h(r) = \\sqrt{1 + r^2} - 1$.",
    ],
)
def test_another_function_beside_a_known_name_is_not_refuted(text: str) -> None:
    assert not check_text(text).failed


def test_a_capital_that_is_a_function_of_a_number_is_no_matrix() -> None:
    text = r"Let $G(X) = e^{-X^2}$ be given. Its derivative is $G'(X) = -2 X G(X)$."
    assert check_text(text).summary["proved"] == 1


@pytest.mark.parametrize(
    "text",
    [
        r"**Hard sigmoid**: $f(x) = \max(0, \min(1, 0.2 x + 0.5))$.",
        r"### Hard sigmoid" "\n" r"$$f(x) = \max(0, \min(1, 0.2 x + 0.5))$$",
        r"The step is bounded by $|\Delta_t| \le \alpha$.",
    ],
)
def test_another_cut_of_a_curve_and_bounds_of_what_steps_are_not_refuted(text: str) -> None:
    assert not check_text(text).failed


def test_a_cut_that_ends_elsewhere_is_refuted() -> None:
    assert check_text(r"**Hard sigmoid**: $f(x) = \max(0, \min(2, 0.2 x + 0.5))$.").failed
