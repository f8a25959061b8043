# ruff: noqa: E501
r"""Formulas as eleven public sources print them, with the meaning that each has where it stands.

The meanings are written in SymPy by hand, from the text around each formula. Sources: lecture notes on
optimizers; d2l.ai (chapters on optimization, perceptrons); CS231n notes; docstrings of PyTorch and optax; the
ML glossary; two sets of notes on the Deep Learning book (Goodfellow, Bengio, Courville); labml.ai; a
collection of interview questions; a student's notes.
"""

import pytest
import sympy as sp

from symdl.core import ReadError, function, symbol
from symdl.notation import latex
from symdl.notation.elaborate import compare, define
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import Scope


class Sequences:
    """``seq.theta(t)``: a quantity with one value a step or an index; ``sym.eta``: a number."""

    def __init__(self, maker):
        self.maker = maker

    def __getattr__(self, name):
        return self.maker(name)


seq, sym = Sequences(function), Sequences(symbol)
t, i, j, k, x, z, h, n = (symbol(name) for name in "tijkxzhn")
s, exp, log, sqrt, tanh, sigma = sym, sp.exp, sp.log, sp.sqrt, sp.tanh, function("sigmoid")
f, S, C, L = (function(name) for name in "fSCL")
grad = function("gradient")
y, a, p = function("y"), function("a"), function("p")
Eg, EDw = function("E[g^2]"), function("E[Delta_w^2]")
K = symbol("K")
BOOK = {"Vtheta": r"\bm{\theta}", "Vr": r"\bm{r}", "Vg": r"\bm{g}"}


def cases(*rows):
    return sp.Piecewise(*rows)


MEANINGS = [
    (
        r"\theta_{t+1}\leftarrow \theta_t-\eta\cdot \nabla_{\theta_t} \mathcal L(\theta_t)+\beta\cdot (\theta_t-\theta_{t-1})",
        [
            (
                seq.theta(t + 1),
                seq.theta(t) - s.eta * grad(seq.theta(t)) + s.beta * (seq.theta(t) - seq.theta(t - 1)),
            )
        ],
    ),
    (
        r"\theta_{t+1}[i]=\theta_t[i]-\dfrac{\eta}{\sqrt{G_t[i]+\epsilon}}(\nabla_{\theta_t}\mathcal L)[i]",
        [(seq.theta(t + 1), seq.theta(t) - s.eta / sqrt(seq.G(t) + s.epsilon) * grad(seq.theta(t)))],
    ),
    (
        r"\hat{G}_t = \frac{G_t}{1-\delta^t},\quad \hat{M}_t = \frac{M_t}{1-\gamma^t};",
        [(seq.G_hat(t), seq.G(t) / (1 - s.delta**t)), (seq.M_hat(t), seq.M(t) / (1 - s.gamma**t))],
    ),
    (r"f(x)=\max{x,kx}", [("f", (x,), sp.Max(x, k * x))]),
    (r"f’(x)=f(x)(1-f(x))", [(sp.Derivative(f(x), x), f(x) * (1 - f(x)))]),
    (
        r"\begin{aligned}\mathbf{v}_t & \leftarrow \beta_1 \mathbf{v}_{t-1} + (1 - \beta_1) \mathbf{g}_t, \\ \mathbf{s}_t & \leftarrow \beta_2 \mathbf{s}_{t-1} + (1 - \beta_2) \mathbf{g}_t^2.\end{aligned}",
        [
            (seq.v_bold(t), s.beta_1 * seq.v_bold(t - 1) + (1 - s.beta_1) * seq.g_bold(t)),
            (seq.s_bold(t), s.beta_2 * seq.s_bold(t - 1) + (1 - s.beta_2) * seq.g_bold(t) ** 2),
        ],
    ),
    (
        r"\hat{\mathbf{v}}_t = \frac{\mathbf{v}_t}{1 - \beta_1^t} \textrm{ and } \hat{\mathbf{s}}_t = \frac{\mathbf{s}_t}{1 - \beta_2^t}.",
        [
            (seq.v_bold_hat(t), seq.v_bold(t) / (1 - s.beta_1**t)),
            (seq.s_bold_hat(t), seq.s_bold(t) / (1 - s.beta_2**t)),
        ],
    ),
    (
        r"\mathbf{g}_t' = \frac{\sqrt{\Delta\mathbf{x}_{t-1} + \epsilon}}{\sqrt{{\mathbf{s}_t + \epsilon}}} \odot \mathbf{g}_t",
        [
            (
                seq.g_bold_prime(t),
                sqrt(seq.Delta_x_bold(t - 1) + s.epsilon) / sqrt(seq.s_bold(t) + s.epsilon) * seq.g_bold(t),
            )
        ],
    ),
    (
        r"\frac{d}{dx} \operatorname{tanh}(x) = 1 - \operatorname{tanh}^2(x)",
        [(sp.Derivative(tanh(x), x), 1 - tanh(x) ** 2)],
    ),
    (
        r"L_i = -\log\left(\frac{e^{f_{y_i}}}{ \sum_j e^{f_j} }\right)",
        [(s.L_i, -log(exp(f(s.y_i)) / sp.Sum(exp(f(j)), (j, 1, n))))],
    ),
    (
        r"\sigma(x) = \frac{1}{1+e^{-x}} \\\\ \rightarrow \hspace{0.3in} \frac{d\sigma(x)}{dx} = \left( 1 - \sigma(x) \right) \sigma(x)",
        [("sigma", (x,), 1 / (1 + exp(-x))), (sp.Derivative(sigma(x), x), (1 - sigma(x)) * sigma(x))],
    ),
    (
        r"L_i = -\sum_j y_{ij} \log(\sigma(f_j)) + (1 - y_{ij}) \log(1 - \sigma(f_j))",
        [
            (
                s.L_i,
                -sp.Sum(y(i, j) * log(sigma(f(j))), (j, 1, n)) + (1 - y(i, j)) * log(1 - sigma(f(j))),
            )
        ],
    ),
    (
        r"\frac{df(x)}{dx} = \frac{f(x + h) - f(x - h)}{2h} \hspace{0.1in} \text{(use instead)}",
        [(sp.Derivative(f(x), x), (f(x + h) - f(x - h)) / (2 * h))],
    ),
    (
        r"f(x) = \mathbb{1}(x < 0) (\alpha x) + \mathbb{1}(x>=0) (x)",
        [("f", (x,), cases((1, x < 0), (0, True)) * s.alpha * x + cases((1, x >= 0), (0, True)) * x)],
    ),
    (
        r"\text{CELU}(x) = \max(0,x) + \min(0, \alpha * (\exp(x/\alpha) - 1))",
        [("CELU", (x,), sp.Max(0, x) + sp.Min(0, s.alpha * (exp(x / s.alpha) - 1)))],
    ),
    (
        r"\text{Hardswish}(x) = \begin{cases} 0 & \text{if~} x \le -3, \\ x & \text{if~} x \ge +3, \\ x \cdot (x + 3) /6 & \text{otherwise} \end{cases}",
        [("Hardswish", (x,), cases((0, x <= -3), (x, x >= 3), (x * (x + 3) / 6, True)))],
    ),
    (
        r"u_t \leftarrow \mathrm{max}(\beta_2 u_{t-1}, |g_{t}|+\epsilon)",
        [(seq.u(t), sp.Max(s.beta_2 * seq.u(t - 1), sp.Abs(seq.g(t)) + s.epsilon))],
    ),
    (
        r"\widehat{m_t} \leftarrow \mu_{t+1} m_t/(1-\prod_{i=1}^{t+1}\mu_i)+ (1-\mu_t) g_t /(1-\prod_{i=1}^{t} \mu_{i})",
        [
            (
                seq.m_hat(t),
                seq.mu(t + 1) * seq.m(t) / (1 - sp.Product(seq.mu(i), (i, 1, t + 1)))
                + (1 - seq.mu(t)) * seq.g(t) / (1 - sp.Product(seq.mu(i), (i, 1, t))),
            )
        ],
    ),
    (
        r"\theta_t \leftarrow \theta_{t-1} - \gamma \widehat{m_t}/ \big(\sqrt{\widehat{v_t}} + \epsilon \big)",
        [(seq.theta(t), seq.theta(t - 1) - s.gamma * seq.m_hat(t) / (sqrt(seq.v_hat(t)) + s.epsilon))],
    ),
    (
        r"u_t &\leftarrow -\alpha_t \cdot \hat{m}_t / \left({\sqrt{\hat{v}_t + \bar{\varepsilon}} + \varepsilon} \right)",
        [(seq.u(t), -seq.alpha(t) * seq.m_hat(t) / (sqrt(seq.v_hat(t) + s.varepsilon_bar) + s.varepsilon))],
    ),
    (
        r"w_{t+1}^{(i)} = w_{t}^{(i)} - \eta \frac{g_{t}^{(i)}}{\sqrt{\sum_{\tau=1}^{t} (g_{\tau}^{(i)})^2 + \epsilon}}",
        [
            (
                seq.w(t + 1),
                seq.w(t) - s.eta * seq.g(t) / sqrt(sp.Sum(seq.g(s.tau) ** 2, (s.tau, 1, t)) + s.epsilon),
            )
        ],
    ),
    (
        r"\Delta w_t = -\frac{\sqrt{E[\Delta w^2]_{t-1} + \epsilon}}{\sqrt{E[g^2]_t + \epsilon}} \cdot g_t",
        [(seq.Delta_w(t), -sqrt(EDw(t - 1) + s.epsilon) / sqrt(Eg(t) + s.epsilon) * seq.g(t))],
    ),
    (
        r"\hat{m}_t \leftarrow \beta_1 m_t / {(1-\beta_1^{t+1})} + (1 - \beta_1) g_t / {(1-\beta_1^t)}.",
        [
            (
                seq.m_hat(t),
                s.beta_1 * seq.m(t) / (1 - s.beta_1 ** (t + 1)) + (1 - s.beta_1) * seq.g(t) / (1 - s.beta_1**t),
            )
        ],
    ),
    (
        r"v_t &\leftarrow \max(\left| g_t \right| + \varepsilon, \beta_2 \cdot v_{t-1})",
        [(seq.v(t), sp.Max(sp.Abs(seq.g(t)) + s.varepsilon, s.beta_2 * seq.v(t - 1)))],
    ),
    (r"s^{corrected}_{dW} = \frac{s_{dW}}{1 - (\beta_1)^t}", [(s.s_corrected_dW, s.s_dW / (1 - s.beta_1**t))]),
    (
        r"R(z) = \begin{Bmatrix} z & z > 0 \\ α.( e^z – 1) & z <= 0 \end{Bmatrix}",
        [("R", (z,), cases((z, z > 0), (s.alpha * (exp(z) - 1), z <= 0)))],
    ),
    (
        r"v_t = \rho v_{t-1} + (1-\rho) \nabla_\theta^2 J( \theta)",
        [(seq.v(t), s.rho * seq.v(t - 1) + (1 - s.rho) * grad(s.theta) ** 2)],
    ),
    (
        r"L_{\delta}=\left\{\begin{matrix}\frac{1}{2}(y - \hat{y})^{2} & if \left | (y - \hat{y})  \right | < \delta\\ \delta ((y - \hat{y}) - \frac1 2 \delta) & otherwise\end{matrix}\right.",
        [
            (
                s.L_delta,
                cases(
                    ((s.y - s.y_hat) ** 2 / 2, sp.Abs(s.y - s.y_hat) < s.delta),
                    (s.delta * (s.y - s.y_hat - s.delta / 2), True),
                ),
            )
        ],
    ),
    (r"S'(z) = S(z) \cdot (1 - S(z))", [(sp.Derivative(S(z), z), S(z) * (1 - S(z)))]),
    (r"f(x) = \max(\alpha(\exp(x) - 1), x)", [("f", (x,), sp.Max(s.alpha * (exp(x) - 1), x))]),
    (r"\frac{d}{dx}tanh(x) = 1 - tanh^2(x)", [(sp.Derivative(tanh(x), x), 1 - tanh(x) ** 2)]),
    (r"\hat{s} = \frac{s}{1 - \rho_1^t}", [(s.s_hat, s.s / (1 - s.rho_1**t))]),
    (
        r"\theta = \theta - \frac{\epsilon}{\sqrt{\delta + r}}\circ{} g",
        [(s.theta, s.theta - s.epsilon / sqrt(s.delta + s.r) * s.g)],
    ),
    (
        r"l = -\sum_i y_i \log \sigma(z^i) + (1 - y_i)\log(1 - \sigma(z^i))",
        [
            (
                s.l,
                -sp.Sum(y(i) * log(sigma(seq.z(i))), (i, 1, n)) + (1 - y(i)) * log(1 - sigma(seq.z(i))),
            )
        ],
    ),
    (
        r"\Delta \Vtheta \leftarrow - \frac{\epsilon}{\delta+ \sqrt{\Vr}} \odot\Vg",
        [(s.Delta_theta_bold, -s.epsilon / (s.delta + sqrt(s.r_bold)) * s.g_bold)],
    ),
    (r"\hat{\Vr} \leftarrow \frac{\Vr}{1-\rho_2^t}", [(s.r_bold_hat, s.r_bold / (1 - s.rho_2**t))]),
    (
        r"\Vr \leftarrow \rho \Vr + (1-\rho) \Vg \odot \Vg",
        [(s.r_bold, s.rho * s.r_bold + (1 - s.rho) * s.g_bold**2)],
    ),
    (r"g(z)=\max\{0, z\}", [("g", (z,), sp.Max(0, z))]),
    (r"\text{tanh}(z)=2\sigma(2z)-1", [(tanh(z), 2 * sigma(2 * z) - 1)]),
    (r"\Delta t = \alpha \cdot \frac{\hat{m}_t}{\hat{v}_t}", [(s.Delta_t, s.alpha * seq.m_hat(t) / seq.v_hat(t))]),
    (
        r"Var\big[\psi^2(.)\big] &= \frac{2 \rho / \sigma^4}{(\rho-2)^2 (\rho - 2)}",
        [(symbol("Var[psi^2(.)]"), 2 * s.rho / s.sigma**4 / ((s.rho - 2) ** 2 * (s.rho - 2)))],
    ),
    (
        r"r_t &= \sqrt{\frac{(\rho_t-2)(\rho_t-4)\rho_\infty}{(\rho_\infty-2)(\rho_\infty-4)\rho_t}}",
        [
            (
                seq.r(t),
                sqrt((seq.rho(t) - 2) * (seq.rho(t) - 4) * s.rho_oo / ((s.rho_oo - 2) * (s.rho_oo - 4) * seq.rho(t))),
            )
        ],
    ),
    (
        r"\textcolor{cyan}{s_t} \textcolor{cyan}{\leftarrow} \textcolor{cyan}{\beta_2 s_{t-1} + (1 - \beta_2) \cdot (g_t - m_t)^2}",
        [(seq.s(t), s.beta_2 * seq.s(t - 1) + (1 - s.beta_2) * (seq.g(t) - seq.m(t)) ** 2)],
    ),
    (
        r"\theta_{t + 1} \leftarrow \theta_t - \eta \cdot \operatorname{clip} \bigg(\frac{m_t}{ \max \{h_t, \epsilon \} }, \rho \bigg)",
        [
            (
                seq.theta(t + 1),
                seq.theta(t) - s.eta * sp.Min(sp.Max(seq.m(t) / sp.Max(seq.h(t), s.epsilon), -s.rho), s.rho),
            )
        ],
    ),
    (
        r"f(x) = \left\{ \begin{aligned} Ax, \quad x<0 \\ x, \quad x>0 \end{aligned} \right.",
        [("f", (x,), cases((s.A * x, x < 0), (x, x > 0)))],
    ),
    (
        r"C=-\frac{1}{n}\sum[ylna+(1-y)ln(1-a)]",
        [(s.C, -sp.Sum(y(i) * log(a(i)) + (1 - y(i)) * log(1 - a(i)), (i, 1, n)) / n)],
    ),
    (
        r"tanh^{,}(x)=1-tanh(x)^{2}\in (0,1)",
        [(sp.Derivative(tanh(x), x), 1 - tanh(x) ** 2), (1 - tanh(x) ** 2, 0), (1 - tanh(x) ** 2, 1)],
    ),
    (
        r"\sigma(z)_j = \frac{e^{z_j}}{\sum_{k=1}^K e^{z_k}}",
        [("sigma_vector", (z, j), exp(seq.z(j)) / sp.Sum(exp(seq.z(k)), (k, 1, K)))],
    ),
    (
        r"\frac{\partial C}{\partial w_{j}}=\frac{1}{n}\sum x_{j}({\varsigma}(z)-y)",
        [
            (
                sp.Derivative(C(s.w_j), s.w_j),
                sp.Sum(seq.x_j(i) * (sigma(seq.z(i)) - y(i)), (i, 1, n)) / n,
            )
        ],
    ),
    (
        r"m(t) = beta1 * m(t-1) + (1 – beta1) * dW",
        [(seq.m(t), s.beta1 * seq.m(t - 1) + (1 - s.beta1) * s.dW)],
    ),
    (
        r"adjusted = alpha * sqrt(1 – beta2) / (1 – beta1)",
        [(s.adjusted, s.alpha * sqrt(1 - s.beta2) / (1 - s.beta1))],
    ),
]


def meanings(tex):
    """The meaning of each statement: a definition as (name, arguments, body), a chain as its links."""
    for node in latex.read(tex, BOOK).statements:
        found = define(node, DEEP_LEARNING, Scope(), text=tex)
        if found is not None and found[0].arguments:
            yield found[0].function, found[0].arguments, found[0].body
            continue
        links, _ = compare(node, DEEP_LEARNING, Scope(), sequences=True, text=tex)
        yield from ((link.lhs, link.rhs) for link in links)


def plain(value):
    return sp.expand(value) if isinstance(value, sp.Expr) and not value.has(sp.Piecewise) else value


@pytest.mark.parametrize(("tex", "expected"), MEANINGS, ids=[tex[:40] for tex, _ in MEANINGS])
def test_a_formula_has_the_meaning_of_its_source(tex, expected):
    found = list(meanings(tex))
    assert len(found) == len(expected)
    for read, meant in zip(found, expected, strict=True):
        assert [plain(part) for part in read] == [plain(part) for part in meant]


def test_the_inverse_of_a_matrix_is_refused_with_the_reason():
    tex = r"h(\mathbf{x}) = \frac{1}{2} (\mathbf{x} - \mathbf{Q}^{-1} \mathbf{c})^\top \mathbf{Q} (\mathbf{x} - \mathbf{Q}^{-1} \mathbf{c}) + b - \frac{1}{2} \mathbf{c}^\top \mathbf{Q}^{-1} \mathbf{c}."
    with pytest.raises(ReadError, match="transpose belongs to a matrix"):
        list(meanings(tex))
