r"""Each construct in its several dresses: all of them are read as one expression, written here in plain text."""

import pytest

import symdl
from symdl.core import ReadError, to_text
from symdl.notation import latex
from symdl.notation.elaborate import compare, elaborate
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import Scope

STEP = "{1 if x > 0; 0 otherwise}"
EXPRESSIONS = {
    STEP: [
        r"\mathbb{1}(x > 0)",
        r"\mathbb{1}_{x>0}",
        r"\mathbb 1\{x > 0\}",
        r"\mathbf{1}_{\{x>0\}}",
        r"\mathbf 1[x>0]",
        r"{\bf 1}_{x>0}",
        r"1_{x>0}",
        r"1\{x > 0\}",
        r"[x > 0]",
        r"\llbracket x > 0 \rrbracket",
        r"\mathbb{I}[x>0]",
        r"\mathbb I_{\{x > 0\}}",
        r"I(x>0)",
        r"\chi_{\{x>0\}}",
        r"\mathrm{1}_{x>0}",
        r"\mathbf{1}_{(0,\infty)}(x)",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} 1, & \text{if } x > 0, \\ 0, & \text{else}. \end{cases}",
        r"\left\{ \begin{array}{ll} 1 & \mbox{if } x>0 \\ 0 & \mbox{otherwise} \end{array} \right.",
        r"\left\{ \begin{matrix} 1 & x>0 \\ 0 & \text{otherwise} \end{matrix} \right.",
        r"\begin{Bmatrix} 1 & \text{if } x>0 \\ 0 & \text{otherwise} \end{Bmatrix}",
        r"\begin{dcases} 1 & \textrm{for } x>0 \\ 0 & \textrm{otherwise} \end{dcases}",
    ],
    "abs(x)": [
        r"|x|",
        r"\lvert x \rvert",
        r"\vert x \vert",
        r"\left| x \right|",
        r"\left\vert x \right\vert",
        r"\big| x \big|",
        r"\mid x \mid",
        r"\operatorname{abs}(x)",
    ],
    "a/b": [
        r"\frac ab",
        r"\frac{a}{b}",
        r"\dfrac{a}{b}",
        r"\tfrac a b",
        r"\cfrac{a}{b}",
        r"{a \over b}",
        r"a/b",
        r"\nicefrac{a}{b}",
        r"a \div b",
        r"\left. a \middle/ b \right.",
    ],
    "sqrt(x)": [r"\sqrt x", r"\sqrt{x}", r"√x", r"\sqrt{{x}}"],
    "diff(x^2, x)": [
        r"\frac{d}{dx} x^2",
        r"\frac{\mathrm d}{\mathrm d x} x^2",
        r"\frac{\text{d}}{\text{d}x} x^2",
        r"\frac{\partial}{\partial x} x^2",
        r"\frac{d x^2}{dx}",
        r"d/dx x^2",
        r"\partial_x x^2",
        r"\dfrac{\partial}{\partial x}\left(x^2\right)",
    ],
    "diff(L(w), w)": [r"\frac{\partial L}{\partial w}", r"\partial L / \partial w", r"dL/dw", r"\partial_w L"],
    "max(0, x)": [
        r"\max(0, x)",
        r"\max\{0, x\}",
        r"\max\left\{0, x\right\}",
        r"\mathrm{max}(0, x)",
        r"\operatorname{max}(0,x)",
        r"\max {0, x}",
        r"(x)^+",
        r"[x]_+",
        r"\max\bigl(0,\,x\bigr)",
    ],
    "exp(-x)": [
        r"e^{-x}",
        r"\exp(-x)",
        r"\exp\left(-x\right)",
        r"\exp\{-x\}",
        r"\mathrm{exp}(-x)",
        r"\exp{(-x)}",
        r"e^{−x}",
    ],
    "sign(x)": [
        r"\operatorname{sgn}(x)",
        r"\operatorname{sign}(x)",
        r"\mathrm{sgn}(x)",
        r"\mathop{\rm sgn}(x)",
        r"{\rm sign}(x)",
        r"\text{sign}(x)",
    ],
    "x_hat": [r"\hat x", r"\hat{x}", r"\widehat{x}", r"x̂", r"\mathop{\hat{x}}"],
    "x_bar": [r"\bar x", r"\overline{x}", r"x̄"],
    "theta_bold": [r"\boldsymbol{\theta}", r"\bm\theta", r"\pmb{\theta}", r"\mathbf{\theta}", r"{\bf \theta}"],
    "L_cal": [r"\mathcal{L}", r"\mathcal L", r"{\cal L}", "ℒ"],
    "x_1^2": [r"x_1^2", r"x^2_1", r"{x_1}^2", r"x₁²", r"x_{1}^{2}", r"\left(x_1\right)^2"],
    "1/100000000": [r"10^{-8}", r"1e-8", r"1\mathrm{e}{-8}", r"1\text{e}{-8}", r"10⁻⁸", r"0.00000001"],
    "x - 1": [
        r"x – 1",
        r"x − 1",
        r"x - 1",
        r"x\;-\;1",
        r"{\color{red} x} - 1",
        r"\textcolor{blue}{x - 1}",
        r"\large x - 1",
    ],
    "alpha*x + beta": [r"α x + β", r"\alpha x + \beta", r"\alpha\cdot x+\beta", r"\alpha \times x + \beta"],
    "sum(x(i)^2, i, 1, n)": [
        r"\sum_{i=1}^n x_i^2",
        r"\sum\limits_{i=1}^{n} x_i^2",
        r"\displaystyle\sum_{i = 1}^{n} (x_i)^2",
        r"\sum_{1 \le i \le n} x_i^2",
        r"\sum_{i \le n} x_i^2",
        r"\sum_{i=1}^n \left(x^{(i)}\right)^2",
        r"∑_{i=1}^n x_i²",
    ],
    "exp(z(j))/sum(exp(z(k)), k, 1, K)": [
        r"\frac{e^{z_j}}{\sum_{k=1}^K e^{z_k}}",
        r"\frac{\exp(z_j)}{\sum_{k=1}^{K} \exp(z_k)}",
        r"{e^{z_j} \over \sum_{k=1}^K e^{z_k}}",
    ],
    "sum(sum(x(i, j), j, 1, m), i, 1, n)": [
        r"\sum_{i=1}^{n} \sum_{j=1}^{m} x_{ij}",
        r"\sum_{i=1}^{n} \sum_{j=1}^{m} x_{i,j}",
    ],
    "integral(x^2, x, 0, 1)": [
        r"\int_0^1 x^2 dx",
        r"\int_0^1 x^2 \, \mathrm{d}x",
        r"\int\limits_{0}^{1} x^2\,{\rm d}x",
        r"\int_0^1 dx\, x^2",
    ],
    "x_star": [r"x^*", r"x^\star", r"x^{*}"],
    "a + b": [r"\underbrace{a}_{\text{first}} + b", r"a + \overbrace{b}^{n}", r"\phantom{x} a + b", r"\boxed{a + b}"],
}
CASES = [(plain, tex) for plain, dresses in EXPRESSIONS.items() for tex in dresses]


@pytest.mark.parametrize(("plain", "tex"), CASES, ids=[tex for _, tex in CASES])
def test_every_dress_of_an_expression_is_read_alike(plain, tex):
    scope = Scope(variables=frozenset({"a", "b"}))
    (node,) = latex.read(tex).statements
    assert to_text(elaborate(node, DEEP_LEARNING, scope, text=tex).expr) == plain


RULES = {
    "w = -eta*g + w": [
        r"w \leftarrow w - \eta g",
        r"w \gets w - \eta g",
        r"w = w - \eta g",
        r"w \longleftarrow w - \eta\,g",
        r"w ← w − η g",
        r"w \stackrel{(1)}{=} w - \eta g",
    ],
    "x(k + 1) = -eta*g(k) + x(k)": [
        r"x_{k+1} = x_k - \eta g_k",
        r"x^{k+1} = x^k - \eta g^k",
        r"x^{(k+1)} = x^{(k)} - \eta g^{(k)}",
        r"x_{k+1} \leftarrow x_{k} - \eta \, g_{k}",
        r"xₖ₊₁ = xₖ − η gₖ",
    ],
    "v(t) = beta*v(t - 1) + (1 - beta)*g(t)^2": [
        r"v_t = \beta v_{t-1} + (1-\beta) g_t^2",
        r"v_t = \beta v_{t-1} + (1-\beta) g_t \odot g_t",
        r"v_t = \beta v_{t-1} + (1-\beta) g_t \circ g_t",
        r"v_t = \beta v_{t-1} + (1-\beta) g_t^{\odot 2}",
        r"v_t = \beta\cdot v_{t-1} + \left(1-\beta\right)\cdot {g_t}^2",
        r"\begin{align} v_t &= \beta v_{t-1} \\ &+ (1-\beta) g_t^2 \end{align}",
        r"\begin{eqnarray*} v_t & = & \beta v_{t-1} + (1-\beta) g_t^2 \end{eqnarray*}",
        r"\begin{equation} v_t = \beta v_{t-1} + (1-\beta) g_t^2 \label{eq:v} \end{equation}",
    ],
    "E[g^2](t) = rho*E[g^2](t - 1) + (1 - rho)*g(t)^2": [
        r"E[g^2]_t = \rho E[g^2]_{t-1} + (1-\rho) g_t^2",
        r"E\left[g^2\right]_t = \rho E\left[g^2\right]_{t-1} + (1-\rho) g_t^2",
        r"\mathrm{E}[g^2]_t = \rho \, \mathrm{E}[g^2]_{t-1} + (1-\rho) g_t^2",
    ],
}
RULE_CASES = [(plain, tex) for plain, dresses in RULES.items() for tex in dresses]


@pytest.mark.parametrize(("plain", "tex"), RULE_CASES, ids=[tex for _, tex in RULE_CASES])
def test_every_dress_of_a_rule_is_read_alike(plain, tex):
    (node,) = latex.read(tex).statements
    links, _ = compare(node, DEEP_LEARNING, sequences=True, text=tex)
    assert [str(link) for link in links] == [plain]


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\lfloor x \rfloor", "rounding"),
        (r"\lg x", "base"),
        (r"\binom{n}{k}", "binomial"),
        (r"\arg\max_k x_k", "over an index"),
        (r"\mathbb E[x]", "without its distribution"),
        (r"\mathrm{KL}(p \| q)", "no definition"),
        (r"KL(p||q)", "no definition"),
        (r"\operatorname{softmax}(x)", "no function of numbers"),
        (r"\sum_{i \in S} x_i", "range of the sum"),
        (r"\int f(x) \, dx", "both of its bounds"),
        (r"x_1 + \cdots + x_n", "leave open"),
        (r"\nabla^2 f(x)", "several meanings"),
        (r"W^{-1} x^\top", "transpose"),
    ],
)
def test_what_has_no_meaning_for_numbers_is_refused_with_the_reason(tex, message):
    with pytest.raises(ReadError, match=message):
        elaborate(latex.parse(tex), DEEP_LEARNING, text=tex)


def test_a_letter_before_a_bracket_is_a_factor_unless_it_is_a_function():
    tex = r"k(1 - x)"
    assert to_text(elaborate(latex.parse(tex), DEEP_LEARNING).expr) == "k*(1 - x)"
    assert to_text(elaborate(latex.parse(tex), DEEP_LEARNING, Scope(opaque=frozenset({"k"}))).expr) == "k(1 - x)"


def test_a_power_above_a_letter_stays_a_power():
    tex = r"x^{n+1} = x^n x"
    links, _ = compare(latex.parse(tex), DEEP_LEARNING, text=tex)
    assert [str(link) for link in links] == ["x^(n + 1) = x*x^n"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (r"\sum_i x_i", r"\sum_j x_j"),
        (r"\sum_i \sum_j a_{ij}", r"\sum_j \sum_i a_{ij}"),
        (r"\frac{1}{m} \sum_i x_i", r"\frac{1}{m} \sum_k x_k"),
    ],
)
def test_the_letter_of_an_index_does_not_matter(left, right):
    assert symdl.equivalent(left, right).outcome != "REFUTED"
