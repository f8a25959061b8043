"""Steps of gradient descent on functions that a text defines: those without a rate are refuted, right ones are not."""

from __future__ import annotations

import pytest

from symdl import check_text

LOST = {
    "eigenvectors": (
        r"Let $h(\mathbf{z}) = \frac{1}{2} \mathbf{z}^\top \mathbf{\Lambda} \mathbf{z} + b'$. In terms of $\mathbf{z}$ "
        r"gradient descent is $$\mathbf{z}_t = \mathbf{z}_{t-1} - \mathbf{\Lambda} \mathbf{z}_{t-1} "
        r"= (\mathbf{I} - \mathbf{\Lambda}) \mathbf{z}_{t-1}.$$",
        r"(\mathbf{I} - \eta \mathbf{\Lambda}) \mathbf{z}_{t-1}",
    ),
    "a bold one": (
        r"Let $h(\mathbf{z}) = \frac{1}{2} \mathbf{z}^\top \Lambda \mathbf{z}$. Gradient descent becomes "
        r"$\mathbf{z}_t = (\mathbf{1} - \Lambda) \mathbf{z}_{t-1}$.",
        r"(\mathbf{1} - \eta \Lambda) \mathbf{z}_{t-1}",
    ),
    "one number": (
        r"For $f(x) = \frac{\lambda}{2} x^2$ gradient descent gives $x_{k+1} = x_k - \lambda x_k$.",
        r"x_{k+1} = x_k - \eta \lambda x_k",
    ),
    "a matrix": (
        r"Let $\phi(u) = \frac{1}{2} u^T A u$. Steepest descent on it is $u_{k+1} = (I - A) u_k$.",
        r"u_{k+1} = (I - \eta A) u_k",
    ),
    "by its gradient": (
        r"The gradient is $\nabla q(w) = S w$, so gradient descent reads $w \leftarrow w - S w$.",
        r"w \leftarrow w - \eta S w",
    ),
    "under a heading": (
        "### Gradient descent\n" r"On $f(p) = a p^2 + c$ we get $p_{t+1} = p_t - 2 a p_t$.",
        r"p_{t+1} = p_t - \eta 2 a p_t",
    ),
}


@pytest.mark.parametrize(("text", "right"), LOST.values(), ids=LOST)
def test_a_step_without_a_rate_is_refuted_with_its_repair(text: str, right: str) -> None:
    report = check_text(text)
    (statement,) = [s for s in report.files[0].statements if s.outcome == "refuted"]
    (finding,) = [f for f in statement.findings if f.severity == "error"]
    assert finding.fix is not None
    assert right in finding.fix.text
    assert statement.witness is not None
    assert not check_text(text.replace(statement.tex, finding.fix.text)).failed


RIGHT = {
    "a rate": r"For $f(x) = \frac{\lambda}{2} x^2$ gradient descent gives $x_{t+1} = (1 - \eta \lambda) x_t$.",
    "the rate one": (
        r"For $f(x) = \frac{\lambda}{2} x^2$ gradient descent with learning rate 1 gives $x_{t+1} = (1 - \lambda) x_t$."
    ),
    "the rate is one": r"Let $\eta = 1$. For $f(x) = a x^2$ gradient descent gives $x_{t+1} = x_t - 2 a x_t$.",
    "a unit step": r"On $f(x) = a x^2$ gradient descent of unit step size is $x_{t+1} = (1 - 2a) x_t$.",
    "a number for the rate": r"On $f(x) = x^2$ gradient descent is $x_{t+1} = x_t - 0.2 x_t$.",
    "another method": r"For $f(x) = a x^2$, unlike gradient descent, we take $x_{t+1} = x_t - 2 a x_t$.",
    "no such function": r"For $f(x) = a x^2$ gradient descent leads to $y_{t+1} = (1 - a) y_t$.",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_a_right_step_is_not_refuted(text: str) -> None:
    assert not check_text(text).failed
