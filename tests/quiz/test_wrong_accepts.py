"""Unequal answers that reason by form alone could take for equal."""

import pytest

from symdl import mark

UNEQUAL = [
    (r"D_{KL}(q(z|x) \| p(z))", r"D_{KL}(q(z) \| p(z))"),
    (r"\log p(x) - D_{KL}(q(z|x)\|p(z|x))", r"\log p(x) - D_{KL}(q(z|x)\|p(z))"),
    (r"D_{KL}(p(x) \| p(y))", r"D_{KL}(p(y) \| p(x))"),
    (r"D_{KL}(p(1)\|q(1))", r"D_{KL}(p(2)\|q(2))"),
    (r"V = IR", r"V = R"),
    (r"IR", r"R"),
    (r"\|x\|^2 I - x x^\top", r"\|x\|^2 - x x^\top"),
    (r"X^\top X + n I", r"X^\top X + n"),
    (r"P = I V", r"P = V"),
    (r"\mathbb{E}_{x\sim p}[A x]", r"x\mathbb{E}_{x\sim p}[A]"),
    (r"\mathbb{E}_{x\sim p}[f(x)+Z]", r"f(x)+\mathbb{E}_{x\sim p}[Z]"),
    (r"\mathbb{E}_\epsilon[\epsilon X]", r"\epsilon\mathbb{E}_\epsilon[X]"),
    (r"\mathbb{E}_{a\sim\pi}[Q(s,a) r(a)]", r"r(a)\mathbb{E}_{a\sim\pi}[Q(s,a)]"),
    (r"\mathbb{E}_{x\sim p}[x]\mathbb{E}_{x\sim p}[A]", r"\mathbb{E}_{x\sim p}[A x]"),
    (r"w_{t+1} = w_t - \eta g(w_t)", r"w_t = w_{t-1} - \eta g(w_{t-2})"),
    (r"y_{n+1} = y_n + h f(y_n)", r"y_n = y_{n-1} + h f(y_{n-2})"),
    (r"h_t = \tanh(h_{t-1})+f(h_{t-1})", r"h_{t+1} = \tanh(h_t)+f(h_{t-1})"),
    (r"h_t = \sigma(x_t + f(h_{t-1}))", r"h_{t+1} = \sigma(x_t + f(h_{t-1}))"),
    (r"\ln x_i + \ln(x_j^2)", r"\ln x_i + 2\ln x_j"),
    (r"x_j\sqrt{x_i}", r"\sqrt{x_i}\sqrt{x_j}^2"),
    (r"\ln(v_f^2/v_i)", r"2\ln v_f - \ln v_i"),
    (r"\ln x_i + x_j", r"\ln x_i + e^{\ln x_j}"),
    (r"n!!", r"(n!)!"),
    (r"3!!", r"720"),
    (r"A^{-1}BA", r"B"),
    (r"A^{-1}B", r"B"),
    (r"\operatorname{Var}(\beta X+\epsilon)", r"\beta^2\operatorname{Var}(X)"),
]


@pytest.mark.parametrize(("gold", "answer"), UNEQUAL)
def test_what_only_looks_equal_is_not_accepted(gold, answer):
    assert mark(gold, answer).grade != "RIGHT"
    assert mark(answer, gold).grade != "RIGHT"


@pytest.mark.parametrize(
    "answer",
    [
        "The answer is $2x$? No, wait, it is $3x$.",
        "The answer is definitely not $2x$.",
        "The answer isn't $2x$",
        "The derivative is $2x$ only if x=0",
    ],
)
def test_what_a_text_denies_is_not_its_answer(answer):
    assert mark("2x", answer).grade != "RIGHT"
