r"""Derivatives by components of vectors: the Jacobian of softmax, gradients of losses with sums, and their chains."""

import pytest

from symdl.core import CheckedStatement
from symdl.documents import check_text

SOFTMAX = r"For $p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$ and $L = -\sum_i y_i \log p_i$ we have "
SQUARES = r"With $a_i = \sum_j w_j x_{ij}$ and $E = \frac12 \sum_i (a_i - y_i)^2$ we have "


def last(text: str) -> CheckedStatement:
    return check_text(text).files[0].statements[-1]


TRUE = [
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)$",
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_i} = p_i(1 - p_i)$",
    SOFTMAX + r"$\frac{\partial L}{\partial z_j} = p_j - y_j$",
    SOFTMAX + r"$\frac{\partial L}{\partial z_j} = p_j \sum_i y_i - y_j$",
    r"For $S = \sum_k e^{z_k}$ we have $\frac{\partial S}{\partial z_j} = e^{z_j}$",
    r"For $F = \log \sum_k e^{z_k}$ we have $\frac{\partial F}{\partial z_i} = \frac{e^{z_i}}{\sum_k e^{z_k}}$",
    r"For $N = \sum_i x_i^2$ we have $\frac{\partial N}{\partial x_k} = 2 x_k$",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_derivatives_by_components_are_proved_for_every_size(text: str) -> None:
    assert last(text).outcome == "proved"


FALSE = [
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_j} = p_j(\delta_{ij} - p_j)$",
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} + p_j)$",
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_j} = p_i(1 - p_j)$",
    SOFTMAX + r"$\frac{\partial p_i}{\partial z_j} = -p_i p_j$",
    SOFTMAX + r"$\frac{\partial L}{\partial z_j} = y_j - p_j$",
    r"For $N = \sum_i x_i^2$ we have $\frac{\partial N}{\partial x_k} = x_k$",
]


@pytest.mark.parametrize("text", FALSE)
def test_slips_in_derivatives_by_components_are_refuted_with_a_witness(text: str) -> None:
    statement = last(text)
    assert statement.outcome == "refuted"
    assert statement.witness is not None
    assert [f.code for f in statement.findings if f.severity == "error"] == ["DER001"]


CHAIN = (
    SOFTMAX
    + r"""

$$
\begin{aligned}
\frac{\partial L}{\partial z_j} &= -\sum_i y_i \frac{1}{p_i}\frac{\partial p_i}{\partial z_j} \\
&= -\sum_i y_i (\delta_{ij} - p_j) \\
&= -y_j + p_j \sum_i y_i \\
&= p_j - y_j
\end{aligned}
$$
"""
)


def test_the_chain_to_the_gradient_of_the_cross_entropy_is_proved_row_by_row() -> None:
    assert [s.outcome for s in check_text(CHAIN).files[0].statements[2:]] == ["proved"] * 4


def test_a_wrong_row_of_that_chain_is_found() -> None:
    text = CHAIN.replace(r"-y_j + p_j \sum_i y_i", r"-y_j - p_j \sum_i y_i")
    rows = check_text(text).files[0].statements[2:]
    assert [s.outcome for s in rows][:3] == ["proved", "proved", "refuted"]


def test_sums_of_products_with_two_indices_are_never_misjudged() -> None:
    right = last(SQUARES + r"$\frac{\partial E}{\partial w_k} = \sum_i (a_i - y_i) x_{ik}$")
    wrong = last(SQUARES + r"$\frac{\partial E}{\partial w_k} = \sum_i (a_i + y_i) x_{ik}$")
    assert right.outcome != "refuted"
    assert wrong.outcome != "proved"


@pytest.mark.parametrize(
    "text", [SOFTMAX + r"$\frac{\partial h_i}{\partial z_j} = 3$", r"$\frac{\partial L}{\partial w_j} = g_j$"]
)
def test_derivatives_of_what_is_not_defined_are_not_judged(text: str) -> None:
    assert last(text).outcome == "noted"
