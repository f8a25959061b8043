"""Sheets as other people write them: each way of writing is read, and its slips are found."""

from __future__ import annotations

import pytest

from symdl.core import CheckedStatement, Report
from symdl.documents import check_text


def statements(text: str) -> tuple[CheckedStatement, ...]:
    return check_text(text).files[0].statements


def outcomes(text: str) -> list[str]:
    return [statement.outcome for statement in statements(text)]


def messages(report: Report) -> str:
    found = (finding for statement in report.files[0].statements for finding in statement.findings)
    return "\n".join(f"{finding.code} {finding.message}" for finding in found)


def test_a_step_count_in_brackets_above_is_an_index() -> None:
    text = r"Heavy ball: $w^{(k+1)} = w^{(k)} - a \nabla f(w^{(k)}) + b (w^{(k)} - w^{(k-1)})$."
    assert "this is momentum" in messages(check_text(text))


DEEP_LEARNING_BOOK = r"""
**Nesterov momentum.** Interim update: $\tilde\theta \leftarrow \theta + \alpha v$. Gradient:
$g \leftarrow \nabla_{\tilde\theta} L(\tilde\theta)$. Velocity: $v \leftarrow \alpha v - \epsilon g$. Update:
$\theta \leftarrow \theta + v$.

**AdaGrad.** Initialize $r = 0$. Accumulate $r \leftarrow r + g \odot g$. Compute
$\Delta\theta \leftarrow -\frac{\epsilon}{\delta + \sqrt{r}} \odot g$. Apply $\theta \leftarrow \theta + \Delta\theta$.
"""


def test_a_look_ahead_gradient_stays_in_its_own_rule() -> None:
    report = check_text(DEEP_LEARNING_BOOK)
    assert report.summary["refuted"] == 0
    assert "this is nesterov" in messages(report)
    assert "this is adagrad" in messages(report)


def test_momentum_before_nesterov_is_a_rule_of_its_own() -> None:
    momentum = r"**Momentum.** $v \leftarrow \alpha v - \epsilon g$, then $\theta \leftarrow \theta + v$."
    report = check_text(momentum + "\n\n" + DEEP_LEARNING_BOOK)
    assert report.summary["refuted"] == 0
    assert "this is momentum" in messages(report)


def test_a_value_before_its_recurrence_is_its_start() -> None:
    report = check_text(DEEP_LEARNING_BOOK)
    assert "the start of r is not stated" not in messages(report)
    assert [s.role for s in report.files[0].statements if s.tex == "r = 0"] == ["initial"]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (r"Momentum: $v = \mu v - \alpha\, dx$, $x = x + v$.", "momentum"),
        (r"AdaGrad: $c = c + dx^2$, $x = x - \alpha\, dx / (\sqrt{c} + \epsilon)$.", "adagrad"),
        (r"RMSProp: $S_{dW} = b S_{dW} + (1-b) dW^2$, $W := W - a \frac{dW}{\sqrt{S_{dW}}+\epsilon}$.", "rmsprop"),
    ],
)
def test_differentials_of_what_is_updated_are_its_gradient(text: str, family: str) -> None:
    assert f"this is {family}" in messages(check_text(text))


def test_cells_name_the_function_of_their_row() -> None:
    head = "| name | $f(x)$ | $f'(x)$ |\n|---|---|---|\n"
    right = r"| Sigmoid | $\frac{1}{1+e^{-x}}$ | $f(x)(1-f(x))$ |"
    wrong = r"| Tanh | $\tanh x$ | $1-f(x)$ |"
    assert outcomes(f"{head}{right}\n{wrong}")[2:] == ["noted", "proved", "noted", "refuted"]


def test_cells_in_the_output_of_their_row() -> None:
    head = "| name | function | derivative |\n|---|---|---|\n"
    named = r"| Tanh | $y = \tanh x$ | $1-y^2$ |" + "\n" + r"| Tanh | $y = \tanh x$ | $1-y$ |"
    unnamed = r"| Tanh | $\tanh x$ | $1-a^2$ |" + "\n" + r"| Tanh | $\tanh x$ | $1-a$ |"
    assert outcomes(head + named)[1::2] == ["proved", "refuted"]
    assert outcomes(head + unnamed)[1::2] == ["proved", "noted"]


CHAIN = r"Let $z = w x + b$, $a = \frac{1}{1+e^{-z}}$ and $L = \frac12 (a - y)^2$. Then "


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        (r"$\frac{\partial L}{\partial a} = a - y$", "proved"),
        (r"$\frac{\partial L}{\partial w} = (a-y)a(1-a)x$", "proved"),
        (r"$\frac{\partial L}{\partial z} = (a-y)a(1+a)$", "refuted"),
        (r"$\frac{\partial L}{\partial q} = a$", "noted"),
    ],
)
def test_partial_derivatives_follow_the_names_that_the_text_defines(claim: str, outcome: str) -> None:
    assert outcomes(CHAIN + claim + ".")[-1] == outcome


@pytest.mark.parametrize(("slope", "outcome"), [("0", "proved"), ("1", "refuted")])
@pytest.mark.parametrize(
    "sentence",
    ["$f'(x) = 1$ for $x>0$, $f'(x) = {}$ for $x<0$.", "For $x > 0$ $f'(x) = 1$, and for $x<0$, $f'(x) = {}$."],
)
def test_each_slope_has_its_own_condition(sentence: str, slope: str, outcome: str) -> None:
    found = statements(r"Let $f(x) = \max\{x, 0\}$. " + sentence.format(slope))
    assert [s.outcome for s in found if s.role == "derivative"] == ["proved", outcome]


def test_inequalities_behind_satisfies_are_proved() -> None:
    text = r"Softplus $s(x)=\log(1+e^x)$ satisfies $s(x) - s(-x) = x$ and $s(x) \geq \max(0,x)$."
    assert outcomes(text) == ["defined", "proved", "proved"]


def test_limits_are_claims() -> None:
    text = r"$\lim_{x\to\infty} \tanh(x) = 1$ and $\lim_{x\to-\infty} \tanh(x) = 1$."
    assert outcomes(text) == ["proved", "refuted"]


def test_words_between_formulas_are_no_factors() -> None:
    found = statements(r"$b(x) = e^{2x}, \quad \text{hence } b'(x) = e^{2x}$")
    assert [(s.role, s.outcome) for s in found] == [("definition", "defined"), ("derivative", "refuted")]


def test_names_with_underscores() -> None:
    text = r"AdaGrad: $\text{state\_sum}_t = \text{state\_sum}_{t-1} + g_t^2$, "
    text += r"$x_t = x_{t-1} - a g_t/(\sqrt{\text{state\_sum}_t}+\epsilon)$."
    assert "this is adagrad" in messages(check_text(text))


ROWS = r"""$$
\begin{aligned}
a &= \foo{x}, \\
q(x) &= x^2 \\
     &= x \cdot x \\
q'(x) &= 3x
\end{aligned}
$$"""


def test_one_row_that_is_not_understood_leaves_the_others() -> None:
    found = statements(ROWS)
    assert [(s.place.line, s.outcome) for s in found] == [(3, "unread"), (4, "defined"), (5, "proved"), (6, "refuted")]
    assert r"\foo" in found[0].findings[0].message


def test_coloured_parts_keep_their_braces() -> None:
    found = statements(r"So $h(x) = \textcolor{red}{3x}, h'(x) = \textcolor{blue}{\max{x,0}}$.")
    assert [s.tex for s in found] == [r"h(x) = \textcolor{red}{3x}", r"h'(x) = \textcolor{blue}{\max{x,0}}"]
    (fix,) = (finding.fix for finding in found[1].findings if finding.code == "TEX001")
    assert fix is not None
    assert fix.text == r"h'(x) = \textcolor{blue}{\max\{x,0\}}"


def test_repairs_of_rules_without_indices_use_their_letters() -> None:
    (found,) = statements(r"Gradient descent: $w = w + \eta \nabla L(w)$.")
    fix = found.findings[-1].fix
    assert fix is not None
    assert fix.text == r"w = - \eta \nabla L(w) + w"


MOMENTS = r"$m_t = b m_{t-1} + (1-b) g_t$, $v_t = c v_{t-1} + (1-c) g_t^2$, "


def test_a_greek_letter_without_its_index_is_a_constant() -> None:
    text = "## Adam\n" + MOMENTS
    text += r"$\alpha_t = \alpha \sqrt{1-c^t}/(1-b^t)$, $w_t = w_{t-1} - \alpha_t m_t/(\sqrt{v_t}+\epsilon)$"
    report = check_text(text)
    assert report.summary["refuted"] == 0
    assert "this is adam" in messages(report)
    assert "the start of alpha" not in messages(report)


SHIFTED = r"""## Adam
{starts}$m_{{t+1}} = b m_t + (1-b) g_t$, $v_{{t+1}} = c v_t + (1-c) g_t^2$,
$\hat m_{{t+1}} = \frac{{m_{{t+1}}}}{{{first}}}$,
$\hat v_{{t+1}} = \frac{{v_{{t+1}}}}{{{second}}}$,
$w_{{t+1}} = w_t - a \hat m_{{t+1}}/(\sqrt{{\hat v_{{t+1}}}}+\epsilon)$
"""


def test_values_numbered_from_one_may_count_steps_from_one() -> None:
    text = SHIFTED.format(starts="", first="1-b^t", second="1-c^t")
    assert check_text(text).summary["refuted"] == 0


def test_values_numbered_from_zero_may_not() -> None:
    text = SHIFTED.format(starts="$m_0 = 0$, $v_0 = 0$, ", first="1-b^t", second="1-c^{t+1}")
    (wrong,) = (s for s in statements(text) if s.outcome == "refuted")
    fix = wrong.findings[0].fix
    assert fix is not None
    assert fix.text == r"\hat m_{t+1} = \frac{m_{t+1}}{1 - b^{t+1}}"


def test_a_missing_power_comes_back_with_the_index_of_the_text() -> None:
    text = SHIFTED.format(starts="", first="1-b", second="1-c^{t+1}")
    (wrong,) = (s for s in statements(text) if s.outcome == "refuted")
    fix = wrong.findings[0].fix
    assert fix is not None
    assert fix.text == r"\hat m_{t+1} = \frac{m_{t+1}}{1-b^{t+1}}"


def test_a_rule_is_not_held_to_its_name_where_an_equation_of_it_was_not_read() -> None:
    text = "## AdaGrad\n$s = s + \\spadesuit g^2$, $w = w - \\eta g / \\sqrt{s + \\epsilon}$"
    report = check_text(text)
    assert [s.outcome for s in report.files[0].statements] == ["unread", "defined"]
    assert "the equation on line 2 was not read" in messages(report)


def test_a_rate_that_is_a_reciprocal() -> None:
    text = r"Nesterov: $y_{t+1} = x_t - \frac{1}{L}\nabla f(x_t)$, $x_{t+1} = y_{t+1} + \beta (y_{t+1} - y_t)$."
    report = check_text(text)
    assert report.summary["refuted"] == 0
    assert "this is nesterov" in messages(report)
    assert "1/L is learning_rate" in messages(report)


def test_a_buffer_that_only_words_describe_is_missing_and_no_constant() -> None:
    text = r"AdaGrad: $w = w - \frac{\eta}{\sqrt{s+\epsilon}} g$, where $s$ sums the squared gradients so far."
    report = check_text(text)
    assert report.summary["refuted"] == 0
    assert "s is used but defined nowhere" in messages(report)


@pytest.mark.parametrize(("right", "outcome"), [(r"\sigma(1-\sigma)", "proved"), (r"\sigma(1+\sigma)", "refuted")])
def test_functions_without_their_argument_behind_a_fraction_of_differentials(right: str, outcome: str) -> None:
    text = r"Let $\sigma(x) = \frac{1}{1+e^{-x}}$. Then $\frac{d\sigma}{dx} = " + right + "$."
    assert outcomes(text) == ["defined", outcome]


def test_each_branch_has_its_own_assumption() -> None:
    text = r"LeakyReLU: $f(x) = \max\{kx,x\}$ ($k<1$). For $k > 1$, $f(x) = \min\{kx, x\}$."
    found = statements(text)
    assert [s.outcome for s in found] == ["defined", "noted", "noted", "proved"]
    assert not any("k > 1" in given for given in found[0].given)


@pytest.mark.parametrize("part", ["(x)^+", "x^+", "[x]_+", "(x)_{+}"])
def test_positive_parts(part: str) -> None:
    (found,) = statements(f"ReLU: $f(x) = {part}$.")
    assert found.read_as == "f(x) = max(0, x)"
