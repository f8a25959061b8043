"""Correct update rules that are none of the well-known ones, or are written as few write them: none is refuted."""

from __future__ import annotations

import pytest

from symdl import check_text

RULES = {
    "heavy ball by places": r"$x_{k+1} = x_k - \alpha g_k + \beta (x_k - x_{k-1})$",
    "dampened momentum": r"$b_t = \mu b_{t-1} + (1-\tau) g_t$, $\theta_t = \theta_{t-1} - \gamma b_t$",
    "sign of the momentum": r"$u_t = \mu u_{t-1} + g_t$, $w_{t+1} = w_t - \eta \operatorname{sign}(u_t)$",
    "normalised by one moment": (
        r"$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$, "
        r"$m_t = \beta_1 m_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon} + \lambda w_t$, "
        r"$w_{t+1} = w_t - \alpha m_t$"
    ),
    "quasi-hyperbolic momentum": (
        r"$q_t = \beta q_{t-1} + (1-\beta) g_t$, $\theta_{t+1} = \theta_t - \alpha ((1-\nu) g_t + \nu q_t)$"
    ),
    "two velocities": (
        r"$a_t = \beta_1 a_{t-1} - g_t$, $c_t = \beta_2 c_{t-1} - g_t$, $x_t = x_{t-1} + \frac{\gamma}{2}(a_t + c_t)$"
    ),
    "belief": (
        r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $s_t = \beta_2 s_{t-1} + (1-\beta_2)(g_t - m_t)^2$, "
        r"$\theta_t = \theta_{t-1} - \alpha \frac{m_t}{\sqrt{s_t} + \epsilon}$"
    ),
    "yogi": (
        r"$s \leftarrow s + (1-\beta) \operatorname{sign}(g^2 - s) g^2$, "
        r"$x \leftarrow x - \eta \frac{g}{\sqrt{s} + \epsilon}$"
    ),
    "lion": (
        r"$c_t = a m_{t-1} + (1-a) g_t$, $x_t = x_{t-1} - \eta (\operatorname{sign}(c_t) + \lambda x_{t-1})$, "
        r"$m_t = b m_{t-1} + (1-b) g_t$"
    ),
    "differences of gradients": (
        r"$d_t = \beta d_{t-1} + (1-\beta)(g_t - g_{t-1})$, $m_t = \gamma m_{t-1} + (1-\gamma) g_t$, "
        r"$\theta_{t+1} = \theta_t - \eta (m_t + \beta d_t)$"
    ),
    "largest second moment": (
        r"$v_t = \beta v_{t-1} + (1-\beta) g_t^2$, $w_t = \max(w_{t-1}, v_t)$, "
        r"$x_{t+1} = x_t - \frac{\alpha}{\sqrt{w_t}} g_t$"
    ),
    "absolute values": r"$r_t = \rho r_{t-1} + (1-\rho) |g_t|$, $x_t = x_{t-1} - \eta \frac{g_t}{r_t + \delta}$",
    "fourth powers": (
        r"$q_t = \rho q_{t-1} + (1-\rho) g_t^4$, "
        r"$p_t = p_{t-1} - \epsilon \frac{g_t}{\sqrt[4]{q_t} + \delta}$"
    ),
    "rate as a schedule": r"$\theta_{t+1} = \theta_t - \frac{\eta}{1 + \gamma t} g_t$",
    "decay apart": r"$m_t = \beta m_{t-1} + g_t$, $w_t = (1 - \lambda) w_{t-1} - \eta m_t$",
    "bold letters, v before s": (
        r"$\mathbf{v}_t = \rho \mathbf{v}_{t-1} + (1-\rho) \mathbf{g}_t$, "
        r"$\mathbf{x}_t = \mathbf{x}_{t-1} - \epsilon \tanh(\mathbf{v}_t)$"
    ),
    "average of places": r"$z_{t+1} = z_t - \gamma g_t$, $y_{t+1} = \beta y_t + (1-\beta) z_{t+1}$",
    "clipped gradient": r"$x_{t+1} = x_t - \eta \min(1, \frac{c}{|g_t|}) g_t$",
    "cubic root": r"$G_t = G_{t-1} + g_t^2$, $\theta_{t+1} = \theta_t - \frac{\alpha}{\sqrt[3]{G_t + \epsilon}} g_t$",
    "old second moment": (
        r"$x_t = x_{t-1} - \eta \frac{g_t}{\sqrt{v_{t-1}} + \epsilon}$, $v_t = \beta v_{t-1} + (1-\beta) g_t^2$"
    ),
}


@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_an_unfamiliar_rule_is_not_refuted(text: str) -> None:
    report = check_text(f"We propose the following step: {text}.")
    assert report.summary["refuted"] == report.summary["unread"] == 0
    assert {f.severity for f in report.findings} <= {"info"}


def test_a_stray_update_is_refuted_and_another_quantity_is_not() -> None:
    slip = "## Momentum\n" r"$m_t = \beta_1 m_{t-1} + g_t$, $\theta_t = \beta_1 - \alpha m_t$."
    beside = "## Momentum\n" r"$v_t = \beta v_{t-1} + g_t$. We look at $y_t = x_t - \alpha v_t$."
    (finding,) = [f for f in check_text(slip).findings if f.severity == "error"]
    assert finding.fix is not None
    assert finding.fix.text == r"\theta_t = \theta_{t-1} - \alpha m_t"
    assert check_text(beside).summary["refuted"] == 0
