"""The step that a rule takes, stated in words beside the rule: right and wrong, in several hands."""

from __future__ import annotations

import pytest

from symdl import check_text
from symdl.core import CheckedStatement

ADAM = r"""## Adam
$m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2$,
$\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$ and
$\theta_t = \theta_{t-1} - \alpha \cdot \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$.

"""
LETTERS = r"""**Adam** keeps $p \leftarrow a p + (1-a) g$ and $q \leftarrow b q + (1-b) g^2$, corrects them to
$\hat p \leftarrow \frac{p}{1-a^t}$ and $\hat q \leftarrow \frac{q}{1-b^t}$, and moves by
$w \leftarrow w - \eta \frac{\hat p}{\sqrt{\hat q} + \delta}$. """
RMSPROP = (
    r"""RMSProp: $s_k = \rho s_{k-1} + (1-\rho) g_k^2$ and $x_{k+1} = x_k - \frac{\eta}{\sqrt{s_k + \delta}} g_k$. """
)
WRONG = {
    "in the parameters": (
        ADAM + r"With $\epsilon = 0$, the effective step taken in the space of parameters at time $t$ is "
        r"$\Delta t = \alpha \cdot \frac{\hat m_t}{\hat v_t}$. It is bounded by $|\Delta t| \le \alpha$.",
        r"\Delta t = \alpha \cdot \frac{\hat m_t}{\sqrt{\hat v_t}}",
    ),
    "under a heading": (
        ADAM + "### Effective step size\n" r"$$\Delta_t = \frac{\alpha \hat m_t}{\hat v_t}$$",
        r"\Delta_t = \frac{\alpha \hat m_t}{\sqrt{\hat v_t}}",
    ),
    "no name for it": (
        LETTERS + r"Where $\delta$ is small the effective step is $-\eta \frac{\hat p}{\hat q}$.",
        r"-\eta \frac{\hat p}{\sqrt{\hat q}}",
    ),
    "of another rule": (
        RMSPROP + r"So the step taken is $u_k = -\frac{\eta g_k}{s_k}$.",
        r"u_k = -\frac{\eta g_k}{\sqrt{s_k}}",
    ),
    "a square": (
        RMSPROP + r"$\eta^2 \frac{g_k}{\sqrt{s_k + \delta}}$ is the actual update.",
        r"\eta \frac{g_k}{\sqrt{s_k + \delta}}",
    ),
}
RIGHT = {
    "with epsilon": ADAM + r"The effective step is $\Delta_t = \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$.",
    "without": ADAM + r"For $\epsilon = 0$ the effective step is $\Delta_t = \alpha \frac{\hat m_t}{\sqrt{\hat v_t}}$.",
    "with its sign": LETTERS + r"The effective step is $-\eta \frac{\hat p}{\sqrt{\hat q} + \delta}$.",
    "as a rate": RMSPROP + r"The effective step size is $\frac{\eta}{\sqrt{s_k + \delta}}$.",
}
OTHER = {
    "a rate of the whole": ADAM
    + r"The effective step size is $\alpha_t = \alpha \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}$.",
    "a bound": ADAM + r"The effective step taken is at most $\alpha$.",
    "the sum of a series": (
        r"Momentum: $v_t = \beta v_{t-1} + g_t$, $x_t = x_{t-1} - \eta v_t$. "
        r"Under a constant gradient the effective step is $\frac{\eta}{1-\beta}$."
    ),
}


def last(text: str) -> CheckedStatement:
    """The last statement that is an equation, or the last of all."""
    found = check_text(text).files[0].statements
    return next((s for s in reversed(found) if s.role == "identity"), found[-1])


@pytest.mark.parametrize(("text", "right"), WRONG.values(), ids=WRONG)
def test_a_wrong_step_is_refuted_with_its_repair(text: str, right: str) -> None:
    report = check_text(text)
    (statement,) = [s for s in report.files[0].statements if s.outcome == "refuted"]
    (finding,) = [f for f in statement.findings if f.severity == "error"]
    assert finding.code == "OPT005"
    assert finding.fix is not None
    assert finding.fix.text == right
    assert not check_text(text.replace(statement.tex, right)).failed


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_a_right_step_is_proved(text: str) -> None:
    assert last(text).outcome == "proved"


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_is_no_step_is_not_refuted(text: str) -> None:
    assert not check_text(text).failed
