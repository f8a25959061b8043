"""Update rules in documents: known ones in any letters, new ones, and slips."""

import pytest

from symdl.core import CheckedStatement, Report
from symdl.documents import check_document, check_text

MOMENTS = r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$"
HATS = r"$\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$"
STEP = r"$\theta_t = \theta_{t-1} - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$"


def refuted(report: Report) -> list[CheckedStatement]:
    return [s for s in report.files[0].statements if s.outcome == "refuted"]


def messages(report: Report, code: str) -> list[str]:
    return [f.message for f in report.findings if f.code == code]


KNOWN = {
    "adam": f"## Adam\n\n{MOMENTS}. Correct: {HATS}. Then {STEP}.",
    "adam in bold letters that are named the other way round": r"""
# Adam

$$\begin{aligned}
\mathbf{v}_t &\leftarrow \beta_1 \mathbf{v}_{t-1} + (1 - \beta_1) \mathbf{g}_t, \\
\mathbf{s}_t &\leftarrow \beta_2 \mathbf{s}_{t-1} + (1 - \beta_2) \mathbf{g}_t^2.
\end{aligned}$$

$$\hat{\mathbf{v}}_t = \frac{\mathbf{v}_t}{1 - \beta_1^t} \textrm{ and }
\hat{\mathbf{s}}_t = \frac{\mathbf{s}_t}{1 - \beta_2^t}.$$

$$\mathbf{g}_t' = \frac{\eta \hat{\mathbf{v}}_t}{\sqrt{\hat{\mathbf{s}}_t} + \epsilon}.$$

$$\mathbf{x}_t \leftarrow \mathbf{x}_{t-1} - \mathbf{g}_t'.$$
""",
    "adam without a step index, with epsilon for the rate": r"""
**Adam.** $s \leftarrow \rho_1 s + (1-\rho_1) g$ and $r \leftarrow \rho_2 r + (1-\rho_2) g \odot g$.
Correct bias: $\hat s \leftarrow \frac{s}{1-\rho_1^t}$ and $\hat r \leftarrow \frac{r}{1-\rho_2^t}$.
Update: $\Delta\theta = -\epsilon \frac{\hat s}{\sqrt{\hat r} + \delta}$,
apply $\theta \leftarrow \theta + \Delta\theta$.
""",
    "adam counted by k, with the update first": r"""
- Adam: $x_{k+1} = x_k - \alpha \frac{\hat p_k}{\sqrt{\hat q_k} + \varepsilon}$ with $\hat q_k = \frac{q_k}{1 - b^k}$,
  $\hat p_k = \frac{p_k}{1 - a^k}$, $q_k = b q_{k-1} + (1-b) g_k^2$ and $p_k = a p_{k-1} + (1-a) g_k$.
""",
    "adam with weights in one line": r"""
### Adam
$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$ and $v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$ give
$\theta_t = \theta_{t-1} - \alpha \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m_t}{\sqrt{v_t} + \hat\epsilon}$
""",
    "rmsprop": (
        r"RMSProp: $s_t = \gamma s_{t-1} + (1-\gamma) g_t^2$, "
        r"$x_t = x_{t-1} - \frac{\eta}{\sqrt{s_t + \epsilon}} \odot g_t$"
    ),
    "rmsprop with numbers": (
        r"RMSProp: $E_t = 0.9 E_{t-1} + 0.1 g_t^2$, $w_{t+1} = w_t - \frac{0.001}{\sqrt{E_t + 10^{-8}}} g_t$"
    ),
    "adagrad with the sum in the step": (
        r"AdaGrad: $w_{t+1} = w_t - \frac{\eta}{\sqrt{\sum_{\tau=1}^{t} g_\tau^2} + \epsilon} g_t$"
    ),
    "adagrad as a recurrence": (
        r"Adagrad: $G_t = G_{t-1} + g_t^2$, "
        r"$\theta_{t+1,i} = \theta_{t,i} - \frac{\eta}{\sqrt{G_{t,ii}+\epsilon}} g_{t,i}$"
    ),
    "momentum as a velocity": r"Momentum: $v_t = \beta v_{t-1} + g_t$, $w_{t+1} = w_t - \alpha v_t$",
    "momentum as an average": r"Momentum: $v_t = \beta v_{t-1} + (1-\beta) g_t$, $w_{t+1} = w_t - \alpha v_t$",
    "momentum by displacements": r"Heavy ball: $x_{k+1} = x_k - \alpha \nabla f(x_k) + \beta (x_k - x_{k-1})$",
    "momentum by a partial derivative": (
        r"Momentum: $V = \beta V + (1-\beta) \frac{\partial J}{\partial W}$, $W = W - \alpha V$"
    ),
    "nesterov": (
        r"Nesterov: $v_t = \mu v_{t-1} - \eta \nabla f(\theta_{t-1} + \mu v_{t-1})$, $\theta_t = \theta_{t-1} + v_t$"
    ),
    "nesterov seen from the look-ahead point": (
        r"Nesterov momentum: $b_t = \mu b_{t-1} + g_t$, $\theta_t = \theta_{t-1} - \gamma (g_t + \mu b_t)$"
    ),
    "nesterov as two sequences": (
        r"NAG: $y_{t+1} = \theta_t - \eta \nabla f(\theta_t)$, $\theta_{t+1} = y_{t+1} + \mu (y_{t+1} - y_t)$"
    ),
    "momentum with a bare parameter": (
        r"Momentum: $v_t = \gamma v_{t-1} + \eta \nabla_\theta J(\theta)$, $\theta = \theta - v_t$"
    ),
    "nesterov with a bare parameter": (
        r"Nesterov: $v_t = \gamma v_{t-1} + \eta \nabla_\theta J(\theta - \gamma v_{t-1})$, $\theta = \theta - v_t$"
    ),
    "momentum by the last displacement": r"Momentum: $w := w - \eta \nabla Q_i(w) + \alpha \Delta w$",
    "adagrad by components": (
        r"AdaGrad: $G_{j,j} = \sum_{\tau=1}^{t} g_{\tau,j}^2$ and $w_j := w_j - \frac{\eta}{\sqrt{G_{j,j}}} g_j$"
    ),
    "adam with steps above and averages of the next step": (
        r"Adam: $m^{(t+1)} := \beta_1 m^{(t)} + (1-\beta_1) \nabla_w L^{(t)}$, "
        r"$v^{(t+1)} := \beta_2 v^{(t)} + (1-\beta_2) (\nabla_w L^{(t)})^2$, "
        r"$\hat m = \frac{m^{(t+1)}}{1-\beta_1^{t}}$, $\hat v = \frac{v^{(t+1)}}{1-\beta_2^{t}}$, "
        r"$w^{(t+1)} := w^{(t)} - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}$"
    ),
    "a mean over a mini-batch": (
        r"Mini-batch SGD: $\theta \leftarrow \theta - \frac{\eta}{m} \sum_{i=1}^{m} \nabla_\theta \ell(x_i; \theta)$"
    ),
    "a mean over a set": (r"SGD: $w_{t+1} = w_t - \eta \frac{1}{|B|} \sum_{i \in B} \nabla_w \ell_i(w_t)$"),
    "gradient descent": r"Gradient descent: $w \leftarrow w - \epsilon \nabla J(w)$",
    "sgd with momentum": r"SGD: $v_t = \mu v_{t-1} + g_t$, $p_t = p_{t-1} - \alpha v_t$",
}


UNNAMED = {
    "AdaBelief": (
        r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $s_t = \beta_2 s_{t-1} + (1-\beta_2)(g_t - m_t)^2 + \epsilon$, "
        r"$\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat s_t = \frac{s_t}{1-\beta_2^t}$, "
        r"$\theta_t = \theta_{t-1} - \frac{\alpha \hat m_t}{\sqrt{\hat s_t} + \epsilon}$"
    ),
    "Yogi": (
        r"$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, "
        r"$v_t = v_{t-1} - (1-\beta_2) \operatorname{sign}(v_{t-1} - g_t^2) g_t^2$, "
        r"$\theta_{t+1} = \theta_t - \eta \frac{m_t}{\sqrt{v_t} + \epsilon}$"
    ),
    "Lion": (
        r"$c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, "
        r"$\theta_t = \theta_{t-1} - \eta (\operatorname{sign}(c_t) + \lambda \theta_{t-1})$, "
        r"$m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t$"
    ),
}


@pytest.mark.parametrize(("family", "text"), UNNAMED.items(), ids=UNNAMED)
def test_a_rule_is_recognised_without_its_name(family: str, text: str) -> None:
    report = check_text(f"A rule that has no name here: {text}.")
    assert {s.outcome for s in report.files[0].statements} == {"defined"}
    assert {f.severity for f in report.findings} <= {"info"}
    assert f"this is {family.lower()} " in messages(report, "DEF003")[0]


@pytest.mark.parametrize("text", KNOWN.values(), ids=KNOWN)
def test_a_known_rule_is_recognised_in_any_letters(text: str) -> None:
    report = check_text(text)
    assert not report.failed
    assert report.summary["unread"] == report.summary["undecided"] == 0
    assert len(messages(report, "DEF003")) == 1


NEW = {
    "squashed momentum": r"$u_t = \mu u_{t-1} + \tanh(g_t)$, $x_{t+1} = x_t - \alpha u_t$",
    "absolute total": r"$q_t = q_{t-1} + |g_t|$, $\theta_{t+1} = \theta_t - \frac{\eta g_t}{q_t + \epsilon}$",
    "largest gradient": (r"$u_t = \max(\rho u_{t-1}, |g_t|)$, $w_{t+1} = w_t - \eta \frac{g_t}{u_t + \epsilon}$"),
    "averaged parameters": (
        r"$z_{t+1} = z_t - \gamma \nabla L(\rho z_t + (1-\rho) a_t)$, $a_{t+1} = \beta a_t + (1-\beta) z_{t+1}$"
    ),
    "slowing rate": r"$p_{k+1} = p_k - \frac{\eta}{\sqrt{k}} \operatorname{sign}(\nabla J(p_k))$",
    "difference of gradients": r"$w_{t+1} = w_t - \eta (g_t + \kappa (g_t - g_{t-1}))$",
}


@pytest.mark.parametrize("text", NEW.values(), ids=NEW)
def test_a_new_rule_is_defined_and_never_refuted(text: str) -> None:
    report = check_text(f"A rule that has no name here: {text}.")
    assert {s.outcome for s in report.files[0].statements} == {"defined"}
    assert {f.severity for f in report.findings} <= {"info"}
    assert len(messages(report, "DEF004")) == 1


def test_all_new_rules_of_one_document_stay_apart() -> None:
    items = "\n".join(f"- Rule {number}: {text}" for number, text in enumerate(NEW.values()))
    report = check_text(items)
    assert {s.outcome for s in report.files[0].statements} == {"defined"}
    assert len(messages(report, "DEF004")) == len(NEW)
    assert not messages(report, "DEF005")


SLIPS = {
    "adagrad without the square": (
        r"AdaGrad: $G_t = G_{t-1} + g_t$, $w_{t+1} = w_t - \frac{\eta}{\sqrt{G_t} + \epsilon} g_t$",
        "G_t = G_{t-1}",
        "OPT004",
        "square g",
    ),
    "rmsprop without the root": (
        r"RMSProp: $v_t = \rho v_{t-1} + (1-\rho) g_t^2$, $w_{t+1} = w_t - \frac{\eta}{v_t + \epsilon} g_t$",
        "w_{t+1}",
        "OPT004",
        "take the root of v",
    ),
    "rmsprop that never forgets": (
        r"RMSProp: $v_t = \rho v_{t-1} + g_t^2$, $w_{t+1} = w_t - \frac{\eta}{\sqrt{v_t} + \epsilon} g_t$",
        "v_t =",
        "OPT004",
        "weigh the new term by 1 - rho",
    ),
    "momentum uphill": (
        r"Momentum: $v_t = \beta v_{t-1} + g_t$, $w_{t+1} = w_t + \alpha v_t$",
        "w_{t+1}",
        "OPT004",
        "change the sign",
    ),
    "descent uphill": (r"Gradient descent: $w \leftarrow w + \eta \nabla L(w)$", "leftarrow", "OPT004", "sign"),
    "nesterov without looking ahead": (
        r"Nesterov: $w_{t+1} = w_t - \eta \nabla L(w_t) + \mu (w_t - w_{t-1})$",
        "w_{t+1}",
        "OPT004",
        "take the gradient at",
    ),
    "adam with one decay for both weights": (
        r"Adam: $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $v_t = \beta_2 v_{t-1} + (1-\beta_1) g_t^2$, "
        + HATS
        + ", "
        + STEP,
        "v_t = ",
        "OPT004",
        "put beta_2 in the place of beta_1",
    ),
    "adam without the power of the step": (
        f"Adam: {MOMENTS}, "
        + r"$\hat m_t = \frac{m_t}{1-\beta_1}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$"
        + f", {STEP}",
        r"\hat m_t = ",
        "OPT002",
        "divide by 1 - beta_1^t",
    ),
    "adam with the first decay twice": (
        f"Adam: {MOMENTS}, "
        + r"$\hat m_t = \frac{m_t}{1-\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_1^t}$"
        + f", {STEP}",
        r"\hat v_t = ",
        "OPT001",
        "divide by 1 - beta_2^t",
    ),
    "adam with a plus in the correction": (
        f"Adam: {MOMENTS}, "
        + r"$\hat m_t = \frac{m_t}{1+\beta_1^t}$, $\hat v_t = \frac{v_t}{1-\beta_2^t}$"
        + f", {STEP}",
        r"\hat m_t = ",
        "OPT003",
        "divide by 1 - beta_1^t",
    ),
    "adam without the root": (
        f"Adam: {MOMENTS}, {HATS}, " + r"$\theta_t = \theta_{t-1} - \eta \frac{\hat m_t}{\hat v_t + \epsilon}$",
        r"\theta_t = ",
        "OPT004",
        "take the root of v_hat",
    ),
    "adam that steps by the uncorrected average": (
        f"Adam: {MOMENTS}, {HATS}, " + r"$\theta_t = \theta_{t-1} - \eta \frac{m_t}{\sqrt{\hat v_t} + \epsilon}$",
        r"\theta_t = ",
        "OPT004",
        "correct the bias of m",
    ),
}


@pytest.mark.parametrize(("text", "place", "code", "repair"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_refuted_at_its_formula_with_the_repair(text: str, place: str, code: str, repair: str) -> None:
    (statement,) = refuted(check_text(text))
    assert place in statement.tex
    assert statement.witness is not None
    (finding,) = [f for f in statement.findings if f.severity == "error"]
    assert finding.code == code
    assert repair in finding.message


@pytest.mark.parametrize(("text", "place", "code", "repair"), SLIPS.values(), ids=SLIPS)
def test_the_same_formulas_without_the_name_are_a_definition(text: str, place: str, code: str, repair: str) -> None:
    unnamed = "Some rule: " + text.partition(": ")[2]
    assert not refuted(check_text(unnamed))


def test_a_repaired_rule_runs_as_the_known_one() -> None:
    for text, *_ in SLIPS.values():
        (judged,) = check_document(text).rules
        assert not judged.sound
        assert judged.repaired is not None
        assert judged.remedy


def test_words_make_a_correction_a_claim_where_no_name_does() -> None:
    wrong = HATS.replace(r"\beta_1^t", r"\gamma^t")
    assert not refuted(check_text(f"A rule: {MOMENTS}, {wrong}, {STEP}"))
    (statement,) = refuted(check_text(f"A rule: {MOMENTS}, with bias-corrected {wrong}, {STEP}"))
    assert statement.tex.startswith(r"\hat m_t")


def test_a_rule_that_is_another_known_one_says_so() -> None:
    report = check_text(r"RMSProp: $G_t = G_{t-1} + g_t^2$, $w_{t+1} = w_t - \frac{\eta}{\sqrt{G_t} + \epsilon} g_t$")
    assert any("it is adagrad" in message for message in messages(report, "OPT004"))


def test_weight_decay_makes_no_other_rule() -> None:
    text = f"Adam: $g_t \\leftarrow g_t + \\lambda \\theta_{{t-1}}$, {MOMENTS}, {HATS}, {STEP}"
    report = check_text(text)
    assert not report.failed
    assert any("adam when lambda = 0" in message for message in messages(report, "DEF003"))


@pytest.mark.parametrize(
    ("rate", "outcome"),
    [
        (r"\frac{\eta}{\sqrt{s_t} + \epsilon}", "proved"),
        (r"\frac{\eta}{s_t + \epsilon}", "refuted"),
        (r"\frac{\eta}{\sqrt{s_{t-1}} + \epsilon}", "noted"),
    ],
)
def test_words_attach_the_rate_to_the_rule_that_they_name(rate: str, outcome: str) -> None:
    rule = r"AdaGrad: $s_t = s_{t-1} + g_t^2$, $w_{t+1} = w_t - \frac{\eta}{\sqrt{s_t} + \epsilon} g_t$"
    other = r"SGD: $w \leftarrow w - \eta \nabla L(w)$"
    text = f"- {rule}\n- {other}\n\nIn AdaGrad the learning rate of weight $i$ is ${rate}$."
    statement = check_text(text).files[0].statements[-1]
    assert statement.outcome == outcome


def test_a_rule_under_its_own_heading_is_changed_as_a_list_item_is() -> None:
    text = r"""
# Rules
## AdaGrad
$G_t = G_{t-1} + g_t^2$ and $\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{G_t} + \epsilon} g_t$
## RMSProp
Change it to $G_t = \gamma G_{t-1} + (1-\gamma) g_t^2$.
"""
    report = check_text(text)
    assert [m.partition(" (")[0] for m in messages(report, "DEF003")] == ["this is adagrad", "this is rmsprop"]


def test_a_known_rule_that_is_only_recalled_under_a_heading_is_no_slip() -> None:
    text = r"""
## AdaGrad
Plain descent is $\theta_{t+1} = \theta_t - \eta g_t$. AdaGrad keeps $G_t = G_{t-1} + g_t^2$ and steps by
$\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{G_t + \epsilon}} g_t$.
"""
    report = check_text(text)
    assert not report.failed
    assert len(messages(report, "DEF003")) == 2


def test_a_mean_over_examples_is_said_to_be_read_as_the_gradient() -> None:
    report = check_text(KNOWN["a mean over a set"])
    assert any("mean of the examples' gradients" in message for message in messages(report, "CONV003"))


def test_values_in_the_text_are_defaults() -> None:
    text = (
        r"Momentum: $v_t = \beta v_{t-1} + g_t$, $w_{t+1} = w_t - \alpha v_t$, where $\beta = 0.9$ and $\alpha = 0.01$."
    )
    (judged,) = check_document(text).rules
    assert judged.rule.read is not None
    defaults = {p.name: str(p.default) for p in judged.rule.read.optimizer.hyper}
    assert defaults == {"learning_rate": "1/100", "momentum": "9/10"}


def test_the_gradient_may_have_any_name_that_the_text_gives_it() -> None:
    text = r"Let $d_t$ denote the gradient. Momentum: $v_t = \beta v_{t-1} + d_t$, $w_{t+1} = w_t - \alpha v_t$."
    assert messages(check_text(text), "DEF003")


def test_an_undefined_quantity_is_missing_and_not_guessed() -> None:
    report = check_text(r"$w_{t+1} = w_t - \eta u_t + q_t$")
    (message,) = messages(report, "DEF002")
    assert "q, u" in message
    assert not report.failed
