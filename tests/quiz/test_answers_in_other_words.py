r"""Answers that are right in another dress: unlabelled, by components, scaled, integrated."""

import pytest

from symdl import mark

COUNT = "m positive integer"
HEADS = ["X matrix(n, d)", "W_Q matrix(d, k)", "W_K matrix(d, k)"]
ENTROPY = [r"H = -\sum_{i=1}^{2}p_i\ln p_i", "p_1+p_2 = 1", "p_1 > 0", "p_2 > 0"]


@pytest.mark.parametrize(
    ("gold", "answer", "given"),
    [
        (r"(XW_Q)(XW_K)^T", "XW_QW_K^TX^T", HEADS),
        (r"\frac{\partial\log p_i}{\partial z_j}=\mathbb{1}[i=j]-p_j", r"\delta_{ij}-p_j", []),
        (r"\frac{1}{m}\delta A^T", "(1/m) * delta @ A.T", ["A matrix(n, m)", r"\delta matrix(k, m)", COUNT]),
        (r"\begin{pmatrix}4&-2\\-2&4\end{pmatrix}", r"2\begin{pmatrix}2&-1\\-1&2\end{pmatrix}", []),
        (r"\begin{pmatrix}-a\\1\end{pmatrix}", r"-\begin{pmatrix}a\\-1\end{pmatrix}", []),
        ("112", r"\left\lfloor\frac{224+2\cdot3-7}{2}\right\rfloor+1", []),
        (r"\int 2x\,dx", "x^2", []),
        (r"\int\tanh x\,dx", r"\ln\cosh x+C", []),
        (r"\ln 2-H", r"\sum_{i=1}^{2}p_i\ln(2p_i)", ENTROPY),
        ("1", r"\sum_{i=1}^{2}p_i", ["p_1+p_2=1"]),
        ("w_ix_i", r"w_i x_i", []),
    ],
)
def test_the_same_in_another_dress_is_right(gold, answer, given):
    assert mark(gold, answer, given=given).grade == "RIGHT"


@pytest.mark.parametrize(
    ("gold", "answer", "given"),
    [
        (r"(XW_Q)(XW_K)^T", "XW_QW_KX^T", HEADS),
        (r"\frac{\partial\log p_i}{\partial z_j}=\mathbb{1}[i=j]-p_j", r"\delta_{ij}-p_i", []),
        (r"\begin{pmatrix}4&-2\\-2&4\end{pmatrix}", r"2\begin{pmatrix}2&-1\\-1&1\end{pmatrix}", []),
        ("112", r"\left\lfloor\frac{224+2\cdot3-7}{2}\right\rfloor", []),
        (r"\int 2x\,dx", "2", []),
        (r"\ln 2-H", r"\sum_{i=1}^{2}p_i\ln p_i", ENTROPY),
        ("2", r"\sum_{i=1}^{2}p_i", ["p_1+p_2=1"]),
    ],
)
def test_something_else_in_that_dress_is_not_accepted(gold, answer, given):
    assert mark(gold, answer, given=given).grade in ("WRONG", "UNREADABLE")
