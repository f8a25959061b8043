"""The errors of test_published_errors.py in other dresses: other letters, other notations, prose and containers.

Each is found at its formula with a repair that is right, and with the right formula in its place nothing is refuted.
"""

from __future__ import annotations

import pytest

from symdl import check_text
from symdl.core import Finding, Report

DRESSES = {
    "completed square, 1": (
        (r"q(x) = \frac{1}{2} (x - A^{-1} b)^T A (x - A^{-1} b) + c - \frac{1}{2} b^T A^{-1} b"),
        (r"q(x) = \frac{1}{2} (x + A^{-1} b)^T A (x + A^{-1} b) + c - \frac{1}{2} b^T A^{-1} b"),
        (r"Take $q(x) = \frac{1}{2} x^T A x + b^T x + c$ with $A$ symmetric. We rewrite it as $@$."),
        "notes.md",
    ),
    "completed square, 2": (
        (
            r"f(\mathbf{w}) = \frac12 (\mathbf{w} - \mathbf{H}^{-1}\mathbf{g})^\top \mathbf{H} "
            r"(\mathbf{w} - \mathbf{H}^{-1}\mathbf{g}) - \frac12 \mathbf{g}^\top \mathbf{H}^{-1} "
            r"\mathbf{g}"
        ),
        (
            r"f(\mathbf{w}) = \frac12 (\mathbf{w} + \mathbf{H}^{-1}\mathbf{g})^\top \mathbf{H} "
            r"(\mathbf{w} + \mathbf{H}^{-1}\mathbf{g}) - \frac12 \mathbf{g}^\top \mathbf{H}^{-1} "
            r"\mathbf{g}"
        ),
        (
            "Let"
            "\n"
            r"\[ f(\mathbf{w}) = \frac12 \mathbf{w}^\top \mathbf{H} \mathbf{w} + \mathbf{g}^\top "
            r"\mathbf{w}. \]"
            "\n"
            "Completing the square gives"
            "\n"
            r"\begin{equation} @ \end{equation}"
        ),
        "notes.tex",
    ),
    "gradient of a quadratic, 1": (
        (r"\nabla q(x) = A (x - A^{-1} b)"),
        (r"\nabla q(x) = A (x + A^{-1} b)"),
        (r"For $q(x) = \frac{1}{2} x^T A x + b^T x + c$ with symmetric $A$ the gradient is $@$."),
        "notes.md",
    ),
    "gradient of a quadratic, 2": (
        (r"\nabla f(\mathbf{w}) = \mathbf{H} \mathbf{w} - \mathbf{g}"),
        (r"\nabla f(\mathbf{w}) = \mathbf{H} \mathbf{w} + \mathbf{g}"),
        (
            r"Let :math:`f(\mathbf{w}) = \frac12 \mathbf{w}^\top \mathbf{H} \mathbf{w} + "
            r"\mathbf{g}^\top \mathbf{w}`. Then"
            "\n"
            "\n"
            ".. math::"
            "\n"
            "\n"
            "    @"
            "\n"
        ),
        "notes.rst",
    ),
    "an average written out, 1": (
        (r"r_k = (1-\rho)(g_k^2 + \rho g_{k-1}^2 + \rho^2 g_{k-2} + \cdots)"),
        (r"r_k = (1-\rho)(g_k^2 + \rho g_{k-1}^2 + \rho^2 g_{k-2}^2 + \cdots)"),
        (r"The accumulator obeys $r_k = \rho r_{k-1} + (1-\rho) g_k^2$, that is, $@$."),
        "notes.md",
    ),
    "an average written out, 2": (
        (r"v_t = (1 - \beta) (g_t + \beta^2 g_{t-1} + \beta^2 g_{t-2} + \dots)"),
        (r"v_t = (1 - \beta) (g_t + \beta g_{t-1} + \beta^2 g_{t-2} + \dots)"),
        (
            "The velocity"
            "\n"
            r"\begin{align} v_t &= \beta v_{t-1} + (1 - \beta) g_t \end{align}"
            "\n"
            "unrolls into"
            "\n"
            r"\begin{align} @ \end{align}"
        ),
        "notes.tex",
    ),
    "factor of a squared norm, 1": (
        (r"\nabla_u \| u - a \|^2 = u - a"),
        (r"\nabla_u \| u - a \|^2 = 2 (u - a)"),
        ("The gradient of the squared distance is $@$."),
        "notes.md",
    ),
    "factor of a squared norm, 2": (
        (r"\frac{\partial}{\partial z} (z - t)^2 = e"),
        (r"\frac{\partial}{\partial z} (z - t)^2 = 2 e"),
        ("Put $e = z - t$. Then $@$."),
        "notes.md",
    ),
    "factor of a squared norm, 3": (
        (r"\frac{d}{dp} |p - q|^2 = r"),
        (r"\frac{d}{dp} |p - q|^2 = 2 r"),
        ('def f():\n    r"""With :math:`r = p - q` one has :math:`@`."""\n'),
        "notes.py",
    ),
    "brackets behind a sum, 1": (
        (r"C = -\sum_k t_k \log(\sigma(a_k)) + (1 - t_k) \log(1 - \sigma(a_k))"),
        (r"C = -\sum_k \left( t_k \log(\sigma(a_k)) + (1 - t_k) \log(1 - \sigma(a_k)) \right)"),
        (r"The cost is $@$, and so $\frac{\partial C}{\partial a_k} = \sigma(a_k) - t_k$."),
        "notes.md",
    ),
    "brackets behind a sum, 2": (
        (r"\ell = -\sum_i y_i \log \sigma(z_i) + (1 - y_i) \log (1 - \sigma(z_i))"),
        (r"\ell = -\sum_i [y_i \log \sigma(z_i) + (1 - y_i) \log (1 - \sigma(z_i))]"),
        (
            "Cross-entropy with logits is"
            "\n"
            r"\[ @, \]"
            "\n"
            "so that"
            "\n"
            r"\[ \frac{\partial \ell}{\partial z_i} = \sigma(z_i) - y_i. \]"
        ),
        "notes.tex",
    ),
    "decay of the other moment, 1": (
        (r"\hat q_t = \frac{q_t}{1 - a^t}"),
        (r"\hat q_t = \frac{q_t}{1 - b^t}"),
        (
            "## Adam"
            "\n"
            "- $p_t = a p_{t-1} + (1-a) g_t$"
            "\n"
            "- $q_t = b q_{t-1} + (1-b) g_t^2$"
            "\n"
            r"- $\hat p_t = \frac{p_t}{1-a^t}$ and $@$"
            "\n"
            r"- $x_t = x_{t-1} - \eta \frac{\hat p_t}{\sqrt{\hat q_t} + \delta}$"
        ),
        "notes.md",
    ),
    "decay of the other moment, 2": (
        (r"\hat{r} \leftarrow r / (1 - \rho_1^t)"),
        (r"\hat{r} \leftarrow r / (1 - \rho_2^t)"),
        (
            r"\section{Adam}"
            "\n"
            r"\begin{algorithmic}"
            "\n"
            r"\STATE $s \leftarrow \rho_1 s + (1-\rho_1) g$"
            "\n"
            r"\STATE $r \leftarrow \rho_2 r + (1-\rho_2) g \odot g$"
            "\n"
            r"\STATE $\hat{s} \leftarrow s / (1 - \rho_1^t)$"
            "\n"
            r"\STATE $@$"
            "\n"
            r"\STATE $\theta \leftarrow \theta - \epsilon \hat{s} / (\sqrt{\hat{r}} + \delta)$"
            "\n"
            r"\end{algorithmic}"
        ),
        "notes.tex",
    ),
    "decay of the other moment, 3": (
        (r"\hat{v} = v / (1 - \beta_1^t)"),
        (r"\hat{v} = v / (1 - \beta_2^t)"),
        (
            "class Adam:"
            "\n"
            '    r"""Adam.'
            "\n"
            "\n"
            "    .. math::"
            "\n"
            r"        m = \beta_1 m + (1 - \beta_1) g"
            "\n"
            "\n"
            r"        v = \beta_2 v + (1 - \beta_2) g^2"
            "\n"
            "\n"
            r"        \hat{m} = m / (1 - \beta_1^t)"
            "\n"
            "\n"
            "        @"
            "\n"
            "\n"
            r"        \theta = \theta - \alpha \hat{m} / (\sqrt{\hat{v}} + \epsilon)"
            "\n"
            '    """'
            "\n"
        ),
        "notes.py",
    ),
    "a correction that nothing defines, 1": (
        (r"w = w - \eta \frac{g}{\sqrt{\hat v} + \epsilon}"),
        (r"w = w - \eta \frac{g}{\sqrt{v} + \epsilon}"),
        (
            "## RMSProp"
            "\n"
            r"We keep $v = \rho v + (1-\rho) g^2$ and step by $@$."
        ),
        "notes.md",
    ),
    "a correction that nothing defines, 2": (
        (r"x_t = x_{t-1} - \frac{\alpha}{\sqrt{\hat r_t + \epsilon}} g_t"),
        (r"x_t = x_{t-1} - \frac{\alpha}{\sqrt{r_t + \epsilon}} g_t"),
        (r"**RMSProp.** $r_t = \gamma r_{t-1} + (1-\gamma) g_t^2$, then $@$."),
        "notes.md",
    ),
    "decays exchanged, 1": (
        (r"\hat u_k = \frac{u_k}{1 - \nu^k}"),
        (r"\hat u_k = \frac{u_k}{1 - \mu^k}"),
        (
            r"Adam: $u_k = \mu u_{k-1} + (1-\mu) g_k$, $s_k = \nu s_{k-1} + (1-\nu) g_k^2$,"
            "\n"
            r"$@$, $\hat s_k = \frac{s_k}{1-\nu^k}$,"
            "\n"
            r"$w_{k+1} = w_k - \alpha \frac{\hat u_k}{\sqrt{\hat s_k} + \epsilon}$."
        ),
        "notes.md",
    ),
    "huber, 1": (
        (
            r"H(r) = \begin{cases} \frac{1}{2} r^2 & |r| \le k \\ k (r - \frac{k}{2}) & "
            r"\text{otherwise} \end{cases}"
        ),
        (
            r"H(r) = \begin{cases} \frac{1}{2} r^2 & |r| \le k \\ k (|r| - \frac{k}{2}) & "
            r"\text{otherwise} \end{cases}"
        ),
        ("With $r = y - f$ the Huber loss is $$@$$"),
        "notes.md",
    ),
    "huber, 2": (
        (
            r"L_c(t, p) = \begin{cases} \frac{1}{2} (t-p)^2 & \text{if } |t-p| < c \\ c (t - p) - "
            r"\frac{1}{2} c^2 & \text{otherwise} \end{cases}"
        ),
        (
            r"L_c(t, p) = \begin{cases} \frac{1}{2} (t-p)^2 & \text{if } |t-p| < c \\ c |t - p| - "
            r"\frac{1}{2} c^2 & \text{otherwise} \end{cases}"
        ),
        ("Huber loss\n----------\n\n.. math::\n\n    @\n"),
        "notes.rst",
    ),
    "tanh by the sigmoid, 1": (
        (r"\tanh(z) = 2 s(z) - 1"),
        (r"\tanh(z) = 2 s(2z) - 1"),
        ("Let $s(z) = 1/(1 + e^{-z})$. Note that $@$."),
        "notes.md",
    ),
    "tanh by the sigmoid, 2": (
        (r"\tanh u = 2 \sigma(u) - 1"),
        (r"\tanh u = 2 \sigma(2u) - 1"),
        (
            r"The logistic function $\sigma(u) = \frac{e^u}{1 + e^u}$ and tanh are related by"
            "\n"
            r"\begin{equation*} @. \end{equation*}"
        ),
        "notes.tex",
    ),
    "ELU as a maximum, 1": (
        (r"h(z) = \max(\alpha (\exp(z) - 1), z)"),
        (r"h(z) = \begin{cases} z & z > 0 \\ \alpha (\exp(z) - 1) & z \le 0 \end{cases}"),
        (
            "### ELU"
            "\n"
            r"The exponential linear unit is $@$ with $\alpha > 0$."
        ),
        "notes.md",
    ),
    "ELU as a maximum, 2": (
        (r"\mathrm{ELU}(x) = \max(x, a(e^x - 1))"),
        (r"\mathrm{ELU}(x) = \max(0, x) + \min(0, a(e^x - 1))"),
        ("$$@$$ where $a > 0$."),
        "notes.md",
    ),
    "a square left out, 1": (
        (r"E = \frac{1}{2} \sum_k (t_k - o_k)"),
        (r"E = \frac{1}{2} \sum_k (t_k - o_k)^2"),
        (r"The error is $@$, so $\frac{\partial E}{\partial o_k} = -(t_k - o_k)$."),
        "notes.md",
    ),
    "a square left out, 2": (
        (r"J = \frac{1}{2} (y - \tanh(z))"),
        (r"J = \frac{1}{2} (y - \tanh(z))^2"),
        (
            "Let $@$ be the loss. Its derivative is"
            "\n"
            r"$$\frac{dJ}{dz} = -(y - \tanh(z)) (1 - \tanh^2(z)).$$"
        ),
        "notes.md",
    ),
    "a factor too many, 1": (
        (r"\frac{\partial E}{\partial o} = -2 (t - o)"),
        (r"\frac{\partial E}{\partial o} = -(t - o)"),
        (r"The squared error is $E = \frac{1}{2} (t - o)^2$. We get $@$."),
        "notes.md",
    ),
    "a factor too many, 2": (
        (r"\frac{dJ}{da} = 2 (s(a) - y) s'(a)"),
        (r"\frac{dJ}{da} = (s(a) - y) s'(a)"),
        (r"Let $s(a) = \frac{1}{1+e^{-a}}$ and $J = \frac{(s(a) - y)^2}{2}$. Hence $@$."),
        "notes.md",
    ),
    "a one for the label, 1": (
        (r"\frac{\partial \ell}{\partial a} = s(a) - 1"),
        (r"\frac{\partial \ell}{\partial a} = s(a) - t"),
        (
            r"Let $s(a) = \frac{1}{1+e^{-a}}$ and $\ell = -t \log s(a) - (1-t) \log(1 - s(a))$. Then "
            "$@$."
        ),
        "notes.md",
    ),
    "a one for the label, 2": (
        (r"\frac{dC}{du} = p - 1"),
        (r"\frac{dC}{du} = p - y"),
        (
            r"With $p = \frac{1}{1+e^{-u}}$ and $C = -(y \log p + (1-y) \log (1-p))$, the chain rule "
            "gives $@$."
        ),
        "notes.md",
    ),
    "the gradient once more, 1": (
        (r"w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat v} + \delta} \odot g"),
        (r"w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat v} + \delta}"),
        (
            "## Adam"
            "\n"
            r"1. $m \leftarrow \beta_1 m + (1-\beta_1) g$"
            "\n"
            r"2. $v \leftarrow \beta_2 v + (1-\beta_2) g \odot g$"
            "\n"
            r"3. $\hat m \leftarrow m/(1-\beta_1^t)$, $\hat v \leftarrow v/(1-\beta_2^t)$"
            "\n"
            "4. $@$"
        ),
        "notes.md",
    ),
    "the gradient once more, 2": (
        (r"x_t = x_{t-1} - \alpha \frac{\hat m_t g_t}{\sqrt{\hat v_t} + \epsilon}"),
        (r"x_t = x_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}"),
        (
            r"Adam: $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_2) "
            r"g_t^2$, $\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$, $@$."
        ),
        "notes.md",
    ),
    "another letter, 1": (
        (r"\eta_k = (1 - c) \eta_0 + c n_\tau"),
        (r"\eta_k = (1 - c) \eta_0 + c \eta_\tau"),
        (r"The rate falls in a line: $@$ with $c = k / \tau$, and $\eta_\tau$ is the last one."),
        "notes.md",
    ),
    "another letter, 2": (
        (r"\alpha_t = \frac{a_0}{1 + k t}"),
        (r"\alpha_t = \frac{\alpha_0}{1 + k t}"),
        (r"The schedule $@$ starts from $\alpha_0$."),
        "notes.md",
    ),
    "a step of a variance, 1": (
        (r"V = \frac{2 n^2}{(n-2)^2 (n-4)} = \frac{2 n}{(n-2)^2 (n-2)}"),
        (r"V = \frac{2 n^2}{(n-2)^2 (n-4)} = \frac{2 n}{(n-2)^2} \frac{n}{n-4}"),
        ("The variance is $@$."),
        "notes.md",
    ),
    "a step of a variance, 2": (
        (r"V &= \frac{2 \nu^2}{(\nu - 2)^2 (\nu - 4)} \\ &= \frac{2 \nu}{(\nu - 2)^3}"),
        (r"V &= \frac{2 \nu^2}{(\nu - 2)^2 (\nu - 4)} \\ &= \frac{2 \nu^2}{(\nu - 4) (\nu - 2)^2}"),
        (
            "The variance of this law is"
            "\n"
            r"\begin{align} @ \end{align}"
        ),
        "notes.tex",
    ),
    "no power of the step, 1": (
        (r"\alpha_t = \alpha \frac{\sqrt{1 - \beta_2}}{1 - \beta_1}"),
        (r"\alpha_t = \alpha \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}"),
        (
            r"Adam: $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_2) "
            r"g_t^2$, with the corrected rate $@$ we step by $\theta_t = \theta_{t-1} - \alpha_t "
            r"\frac{m_t}{\sqrt{v_t} + \epsilon}$."
        ),
        "notes.md",
    ),
    "no power of the step, 2": (
        (r"\hat m_t = \frac{m_t}{1 - \beta_1}"),
        (r"\hat m_t = \frac{m_t}{1 - \beta_1^t}"),
        (
            r"Adam: $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_2) "
            r"g_t^2$, $@$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$, $\theta_t = \theta_{t-1} - \eta "
            r"\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$."
        ),
        "notes.md",
    ),
    "epsilon added to the parameter, 1": (
        (r"w_{t+1} = w_t - \alpha \frac{m_t}{\sqrt{v_t}} + \epsilon"),
        (r"w_{t+1} = w_t - \alpha \frac{m_t}{\sqrt{v_t} + \epsilon}"),
        (
            "### Yogi"
            "\n"
            r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = v_{t-1} - (1-\beta_2) "
            r"\operatorname{sign}(v_{t-1} - g_t^2) g_t^2$, $@$."
        ),
        "notes.md",
    ),
    "epsilon added to the parameter, 2": (
        (r"x \leftarrow x - \eta g / \sqrt{G} + \delta"),
        (r"x \leftarrow x - \eta g / (\sqrt{G} + \delta)"),
        (
            "AdaGrad"
            "\n"
            "======="
            "\n"
            "\n"
            r":math:`G \leftarrow G + g^2` and then :math:`@`."
        ),
        "notes.rst",
    ),
    "a number for the rate": (
        r"\theta \leftarrow \theta - \frac{e}{\sqrt{\delta + r}} \circ g",
        r"\theta \leftarrow \theta - \frac{\epsilon}{\sqrt{\delta + r}} \circ g",
        "### RMSProp\n" r"$r \leftarrow \rho r + (1-\rho) g \circ g$, $@$.",
        "notes.md",
    ),
    "no rate": (
        r"x_t = x_{t-1} - \nabla f(x_{t-1})",
        r"x_t = x_{t-1} - \eta \nabla f(x_{t-1})",
        "Gradient descent: $@$.",
        "notes.md",
    ),
    "epsilon added to the parameter, in macros": (
        r"\Vx \leftarrow \Vx - \frac{\epsilon}{\sqrt{\Vr}} \odot \Vg + \delta",
        r"\Vx \leftarrow \Vx - \frac{\epsilon}{\sqrt{\Vr} + \delta} \odot \Vg",
        r"\newcommand{\Vr}{\mathbf{r}} \newcommand{\Vg}{\mathbf{g}} \newcommand{\Vx}{\mathbf{x}}"
        "\n\\section{AdaGrad}\n"
        r"$\Vr \leftarrow \Vr + \Vg \odot \Vg$ and $@$.",
        "notes.tex",
    ),
    "a factor too many, in macros": (
        r"\frac{dL}{dz} = 2 (z - y)",
        r"\frac{dL}{dz} = z - y",
        r"\newcommand{\half}{\frac{1}{2}} Let $L = \half (y - z)^2$. Then $@$.",
        "notes.tex",
    ),
}


def against(report: Report) -> list[Finding]:
    """What is said against formulas, but that one was not understood."""
    return [f for f in report.findings if f.severity != "info" and f.code != "READ001"]


@pytest.mark.parametrize(("wrong", "right", "text", "name"), DRESSES.values(), ids=DRESSES)
def test_an_error_is_found_in_another_dress_with_its_repair(wrong: str, right: str, text: str, name: str) -> None:
    document = text.replace("@", wrong)
    report = check_text(document, name)
    found = [(s, f.fix) for s in report.files[0].statements for f in s.findings if f in against(report) and f.fix]
    assert found
    statement, fix = found[0]
    assert fix is not None
    mended = document.replace(statement.tex, fix.text)
    assert mended != document
    assert not against(check_text(mended, name))
    if mended != text.replace("@", right):
        assert not against(check_text(text.replace("@", right), name))
