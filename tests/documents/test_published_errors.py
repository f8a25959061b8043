"""Errors that stand in published notes, restated: each is found at its formula, and its repair makes the text clean."""

from __future__ import annotations

import re

import pytest

from symdl import check_text
from symdl.core import CheckedStatement, Report

QUADRATIC = (
    r"Let $h(\mathbf{x}) = \frac{1}{2} \mathbf{x}^\top \mathbf{Q} \mathbf{x} + \mathbf{x}^\top \mathbf{c} + b$. "
)
ADAM = (
    r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$, "
    r"$\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$, "
)
ERRORS = {
    "completed square": (
        QUADRATIC
        + r"Completing the square, $h(\mathbf{x}) = \frac{1}{2} (\mathbf{x} - \mathbf{Q}^{-1} \mathbf{c})^\top "
        r"\mathbf{Q} (\mathbf{x} - \mathbf{Q}^{-1} \mathbf{c}) "
        r"+ b - \frac{1}{2} \mathbf{c}^\top \mathbf{Q}^{-1} \mathbf{c}$.",
        r"\mathbf{Q}^{-1} \mathbf{c}$.",
    ),
    "gradient of a quadratic": (
        QUADRATIC + r"Its gradient is $\nabla h(\mathbf{x}) = \mathbf{Q} (\mathbf{x} - \mathbf{Q}^{-1} \mathbf{c})$.",
        r"\nabla h",
    ),
    "an average written out": (
        r"RMSProp keeps $s_t = \gamma s_{t-1} + (1-\gamma) g_t^2$. Written out, "
        r"$s_t = (1-\gamma)(g_t^2 + \gamma g_{t-1}^2 + \gamma^2 g_{t-2} + \ldots)$.",
        r"\ldots",
    ),
    "factor of a squared norm": (
        r"With $\delta = f - y$ we have $\frac{d}{df} \| f - y \|^2 = \delta$.",
        r"\frac{d}{df}",
    ),
    "brackets behind a sum": (
        r"The loss is $L_i = -\sum_j y_{ij} \log(\sigma(f_j)) + (1 - y_{ij}) \log(1 - \sigma(f_j))$ and its slope "
        r"$\frac{\partial L_i}{\partial f_j} = \sigma(f_j) - y_{ij}$.",
        r"L_i = -\sum",
    ),
    "decay of the other moment": (
        "## Adam\n"
        r"$$v = \beta_1 v + (1-\beta_1) \nabla J$$ $$s = \beta_2 s + (1-\beta_2) (\nabla J)^2$$ Corrected for bias: "
        r"$$v^{corrected} = \frac{v}{1-(\beta_1)^t}$$ $$s^{corrected} = \frac{s}{1-(\beta_1)^t}$$ "
        r"$$\theta = \theta - \alpha \frac{v^{corrected}}{\sqrt{s^{corrected}}+\epsilon}$$",
        "s^{corrected} =",
    ),
    "a correction that nothing defines": (
        "## RMSProp\n"
        r"$$s_{dW} = \beta s_{dW} + (1-\beta) \left(\frac{\partial J}{\partial W}\right)^2$$ "
        r"$$W = W - \alpha \frac{\frac{\partial J}{\partial W}}{\sqrt{s^{corrected}_{dW}} + \varepsilon}$$",
        "W = W",
    ),
    "decays exchanged": (
        r"Adam: $G_t = \gamma G_{t-1} + (1-\gamma) g_t^2$, $M_t = \delta M_{t-1} + (1-\delta) g_t$, "
        r"$\hat G_t = \frac{G_t}{1-\delta^t}$, $\hat M_t = \frac{M_t}{1-\gamma^t}$, "
        r"$\theta_{t+1} = \theta_t - \frac{\alpha}{\sqrt{\hat G_t+\epsilon}} \hat M_t$.",
        r"\hat G_t = ",
    ),
    "Huber without the absolute value": (
        r"The Huber loss is $$L_\delta(y, \hat y) = \begin{cases} \frac{1}{2} (y-\hat y)^2 & |y-\hat y| \le \delta \\ "
        r"\delta ((y - \hat y) - \frac{1}{2}\delta) & \text{otherwise} \end{cases}$$",
        r"L_\delta",
    ),
    "tanh by the sigmoid": (
        r"The sigmoid is $\sigma(x)=\frac{1}{1+e^{-x}}$. It gives the hyperbolic tangent: $\tanh(x) = 2\sigma(x) - 1$.",
        r"\tanh",
    ),
    "ELU as a maximum": (r"**ELU**: $f(x) = \max(\alpha(e^x-1), x)$ with $\alpha > 0$.", r"f(x)"),
    "a square left out": (
        r"Let $L = \frac{1}{2} \sum_i (y_i - \sigma(z_i))$ be the squared error. Then "
        r"$\frac{\partial L}{\partial z_i} = -(y_i - \sigma(z_i)) \sigma'(z_i)$.",
        r"L = \frac{1}{2}",
    ),
    "a factor too many": (
        r"Let $L = \frac{1}{2} (y - \sigma(z))^2$. Then $\frac{dL}{dz} = -2 (y - \sigma(z)) \sigma'(z)$.",
        r"\frac{dL}{dz}",
    ),
    "a one for the label": (
        r"Let $L = -y \log \sigma(z) - (1-y) \log(1-\sigma(z))$. Then $\frac{dL}{dz} = \sigma(z) - 1$.",
        r"\frac{dL}{dz}",
    ),
    "the gradient once more": (
        "### Adam\n"
        r"$s \leftarrow \rho_1 s + (1-\rho_1) g$, $r \leftarrow \rho_2 r + (1-\rho_2) g \circ g$, "
        r"$\hat s \leftarrow \frac{s}{1-\rho_1^t}$, $\hat r \leftarrow \frac{r}{1-\rho_2^t}$, "
        r"$\theta \leftarrow \theta - \epsilon \frac{\hat s}{\sqrt{\hat r}} \circ g$.",
        r"\theta \leftarrow",
    ),
    "another letter": (
        r"Decay: $\epsilon_k = (1-\alpha) e_k + \alpha \epsilon_\tau$ with $\alpha = \frac{k}{\tau}$.",
        r"e_k",
    ),
    "a step of a variance": (
        r"$$\mathrm{Var}[\psi] = \frac{2\rho^2 }{s^4 (\rho-2)^2 (\rho-4)} = \frac{2 \rho / s^4}{(\rho-2)^2 (\rho-2)}$$",
        r"\mathrm{Var}",
    ),
    "no power of the step": (
        "### Adam\n"
        r"$m \leftarrow \beta_1 m + (1-\beta_1) g$, $v \leftarrow \beta_2 v + (1-\beta_2) g^2$, "
        r"$\theta \leftarrow \theta - \eta \frac{\sqrt{1-\beta_2}}{1-\beta_1} \frac{m}{\sqrt{v}+\epsilon}$.",
        r"\theta \leftarrow",
    ),
    "epsilon added to the parameter": (
        "## Yogi\n"
        r"$v_t = \beta_1 v_{t-1} + (1-\beta_1) g_t$, "
        r"$s_t = s_{t-1} + (1 - \beta_2) g_t^2 \odot \mathrm{sgn}(g_t^2 - s_{t-1})$, "
        r"$x_t = x_{t-1} - \frac{\eta v_t}{\sqrt{s_t}} + \epsilon$.",
        "x_t =",
    ),
    "a letter of another alphabet": (
        r"The rate decays as $\alpha_t = \alpha_0 e^{-kt}$, where $a_0$ is where it starts.",
        "a_0",
    ),
}


def found_at(report: Report, fragment: str) -> CheckedStatement:
    """The statement with a fragment in it that something is said against."""
    for statement in report.files[0].statements:
        if fragment.removesuffix("$.") in statement.tex and any(f.severity != "info" for f in statement.findings):
            return statement
    raise AssertionError(f"nothing is said of {fragment}")


@pytest.mark.parametrize(("text", "fragment"), ERRORS.values(), ids=ERRORS)
def test_a_published_error_is_found_and_its_repair_is_right(text: str, fragment: str) -> None:
    report = check_text(text)
    statement = found_at(report, fragment)
    fix = next(f.fix for f in statement.findings if f.severity != "info")
    assert fix is not None
    mended = text.replace(statement.tex, fix.text)
    again = check_text(mended)
    assert not [f for s in again.files[0].statements if s.tex == fix.text for f in s.findings if f.severity != "info"]
    assert again.summary["refuted"] < max(report.summary["refuted"], 1)


@pytest.mark.parametrize(("text", "fragment"), list(ERRORS.values())[1:5], ids=list(ERRORS)[1:5])
def test_a_published_error_is_found_in_tex_as_well(text: str, fragment: str) -> None:
    tex = re.sub(r"(?<!\$)\$(?!\$)([^$]+)\$(?!\$)", r"\\(\1\\)", text)
    assert "\\(" in tex
    found_at(check_text(tex), fragment)


CORRECT = {
    "d2l's letters": (
        "## Adam\n"
        r"$$\begin{aligned} \mathbf{v}_t & \leftarrow \beta_1 \mathbf{v}_{t-1} + (1 - \beta_1) \mathbf{g}_t, \\ "
        r"\mathbf{s}_t & \leftarrow \beta_2 \mathbf{s}_{t-1} + (1 - \beta_2) \mathbf{g}_t^2. \end{aligned}$$ "
        r"$$\hat{\mathbf{v}}_t = \frac{\mathbf{v}_t}{1 - \beta_1^t} \textrm{ and } "
        r"\hat{\mathbf{s}}_t = \frac{\mathbf{s}_t}{1 - \beta_2^t}.$$ "
        r"$$\mathbf{g}_t' = \frac{\eta \hat{\mathbf{v}}_t}{\sqrt{\hat{\mathbf{s}}_t} + \epsilon}.$$ "
        r"$$\mathbf{x}_t \leftarrow \mathbf{x}_{t-1} - \mathbf{g}_t'.$$"
    ),
    "three conventions and the rate epsilon": (
        "## AdaGrad\n"
        r"$r \leftarrow r + g \odot g$ and $\theta \leftarrow \theta - \frac{\epsilon}{\delta + \sqrt{r}} \odot g$."
        "\n## RMSProp\n"
        r"$r \leftarrow \rho r + (1-\rho) g \odot g$, "
        r"$\theta \leftarrow \theta - \frac{\epsilon}{\sqrt{\delta + r}} \odot g$."
        "\n## Adam\n"
        r"$s \leftarrow \rho_1 s + (1-\rho_1) g$, $r \leftarrow \rho_2 r + (1-\rho_2) g \odot g$, "
        r"$\hat s \leftarrow \frac{s}{1-\rho_1^t}$, $\hat r \leftarrow \frac{r}{1-\rho_2^t}$, "
        r"$\theta \leftarrow \theta - \epsilon \frac{\hat s}{\sqrt{\hat r} + \delta}$."
    ),
    "the right quadratic": (
        QUADRATIC
        + r"Completing the square, $h(\mathbf{x}) = \frac{1}{2} (\mathbf{x} + \mathbf{Q}^{-1} \mathbf{c})^\top "
        r"\mathbf{Q} (\mathbf{x} + \mathbf{Q}^{-1} \mathbf{c}) "
        r"+ b - \frac{1}{2} \mathbf{c}^\top \mathbf{Q}^{-1} \mathbf{c}$."
        r" Its gradient is $\nabla h(\mathbf{x}) = \mathbf{Q} (\mathbf{x} + \mathbf{Q}^{-1} \mathbf{c})$."
    ),
    "an orthogonal matrix": r"For an orthogonal matrix $Q^{-1} = Q^\top$, so $Q^\top Q = I$ and $\|Q x\| = \|x\|$.",
    "a softmax": (
        r"Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $L = -\sum_k y_k \log p_k$. "
        r"Then $\frac{\partial L}{\partial z_k} = p_k - y_k$."
    ),
    "deviations": (
        r"With $\bar x = \frac{1}{n} \sum_j x_j$ and $V = \sum_i (x_i - \bar x)^2$: "
        r"$\frac{\partial V}{\partial x_i} = 2 (x_i - \bar x)$."
    ),
    "a function on both sides": r"Let $S(x) = \frac{1}{1+e^{-x}}$. "
    r"Then $\frac{dS}{dx} = S(x)(1-S(x))$, or $\frac{dS}{dx} = S(1-S)$.",
    "other losses": (
        r"Unlike the hinge loss, ours is $\ell(y, z) = \max(0, 1 + yz)$. "
        r"The mean squared error is $E(p, y) = \frac12 (p-y)^2$."
    ),
}


@pytest.mark.parametrize("text", CORRECT.values(), ids=CORRECT)
def test_what_is_right_is_not_refuted(text: str) -> None:
    report = check_text(text)
    assert report.summary["refuted"] == 0
    assert not [f.message for f in report.findings if f.severity == "error"]
