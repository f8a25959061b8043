r"""A ``\partial J(w)`` by nothing where the gradient is meant, in several hands; sets of subgradients are none."""

from __future__ import annotations

import pytest

from symdl import check_text

SLIPS = {
    "the glossary's AdaGrad": (
        r"$$g_{t}^{i} = \frac{\partial \mathcal{J}(w_{t}^{i})}{\partial W}$$ $$W = W - \alpha "
        r"\frac{\partial \mathcal{J}(w_{t}^{i})}{\sqrt{\sum_{r=1}^{t} (g_{r}^{i})^{2} + \varepsilon}}$$",
        r"\frac{\frac{\partial \mathcal{J}(w_{t}^{i})}{\partial W}}",
    ),
    "a total beside": (
        r"$G \leftarrow G + g^2$, $w \leftarrow w - \frac{\alpha \, \partial J(w)}{\sqrt{G} + \epsilon}$",
        r"\frac{\partial J(w)}{\partial w}",
    ),
    "without an argument": (
        r"$G_t = \sum_{\tau=1}^t g_\tau^2$ and $x_{t+1} = x_t - \frac{\eta}{\sqrt{G_t + \delta}} \partial L$",
        r"\frac{\partial L}{\partial x}",
    ),
}


@pytest.mark.parametrize(("text", "right"), SLIPS.values(), ids=SLIPS)
def test_a_partial_by_nothing_is_found_and_mended(text: str, right: str) -> None:
    report = check_text(f"## AdaGrad\n{text}.")
    (fix,) = [f.fix for f in report.findings if f.code == "SYM001" and f.severity == "error"]
    assert fix is not None
    assert right in fix.text


def test_the_mended_rule_is_recognised() -> None:
    text = "## AdaGrad\n" + SLIPS["a total beside"][0].replace(r"\partial J(w)", r"\frac{\partial J(w)}{\partial w}")
    report = check_text(text)
    assert not report.failed
    assert any("this is adagrad" in f.message for f in report.findings)


@pytest.mark.parametrize(
    "text",
    [
        r"A vector $g \in \partial f(x)$ is a subgradient, and $0 \in \partial f(x^*)$ at a minimum.",
        r"$\partial f(0) = [-1, 1]$.",
        r"Subgradient method: $x_{t+1} = x_t - \eta \, \partial f(x_t)$.",
        r"## Gradient descent" "\n" r"$w \leftarrow w - \eta \frac{\partial J(w)}{\partial w}$.",
        r"## Gradient descent" "\n" r"$w \leftarrow w - \eta \, \partial_w J(w)$.",
    ],
)
def test_subgradients_and_derivatives_are_left_alone(text: str) -> None:
    assert "SYM001" not in {f.code for f in check_text(text).findings}


def test_a_letter_above_a_step_is_a_coordinate() -> None:
    text = r"AdaGrad: $x_{t+1}^i = x_t^i - \frac{\eta}{\sqrt{\sum_{s=1}^t (g_s^i)^2 + \epsilon}} g_t^i$."
    assert any("this is adagrad" in f.message for f in check_text(text).findings)
