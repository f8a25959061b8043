"""What answers of one meaning look like: cases in a line, series, products, indices, moments, divergences, code."""

import pytest

import symdl

EQUAL = (
    (r"x\Phi(x)", r"\frac{x}{2}(1+\operatorname{erf}(x/\sqrt 2))", ()),
    (r"\Phi(x)+x\phi(x)", r"\Phi(x)+x\Phi'(x)", ()),
    (r"\max(0,x)", "x if x > 0, else 0", ()),
    (r"\max(0,x)", r"x \text{ for } x > 0 \text{ and } 0 \text{ otherwise}", ()),
    (r"\max(0,x)", "np.where(x > 0, x, 0)", ()),
    (r"\max(0,x)", "lambda z: torch.clamp(z, min=0)", ()),
    (r"\frac{1}{2}mv^2", "1/2 m v^2", ()),
    (r"p_i(\delta_{ij}-p_j)", r"\begin{cases}p_i(1-p_i)&i=j\\-p_ip_j&i\neq j\end{cases}", ()),
    (r"\sum_j\delta_{ij}x_j", "x_i", ()),
    (r"\frac{e^{z_i}}{\sum_j e^{z_j}}", r"\frac{1}{1+\sum_{j\ne i} e^{z_j-z_i}}", ()),
    (r"\frac{e^{z_i}}{\sum_j e^{z_j}}", r"\frac{e^{z_i}}{\sum_{k=1}^{K} e^{z_k}}", ()),
    (r"\frac{1}{1-\beta}", r"\sum_{k=0}^{\infty}\beta^k", ("0 < \\beta < 1",)),
    (r"\frac{\gamma}{(1-\gamma)^2}", r"\sum_{k=1}^{\infty}k\gamma^k", ("0 < \\gamma < 1",)),
    (r"\frac{1}{1-\beta}", r"\lim_{t\to\infty}\frac{1-\beta^t}{1-\beta}", ("0 < \\beta < 1",)),
    (r"\prod_{t=1}^T \alpha_t", r"\exp\left(\sum_{t=1}^T\log\alpha_t\right)", ("\\alpha_t > 0",)),
    (r"\prod_{i=1}^n a_i b_i", r"\prod_{i=1}^n a_i\prod_{i=1}^n b_i", ()),
    (r"\binom{n}{k}", r"\frac{n}{k}\binom{n-1}{k-1}", ()),
    (r"KL(p||q)", r"\sum_i p_i\log(p_i/q_i)", ()),
    (r"D_{KL}(p\|q)", r"\sum_x p(x)\log\frac{p(x)}{q(x)}", ()),
    (r"H(p,q)-H(p)", r"D_{\mathrm{KL}}(p\|q)", ()),
    (r"\operatorname{Var}(X)", r"\mathbb{E}[(X-\mathbb{E}[X])^2]", ()),
    (r"\operatorname{Var}(aX+b)", r"a^2\operatorname{Var}(X)", ()),
    (r"(AB)^{-1}", r"B^{-1}A^{-1}", ()),
)
UNEQUAL = (
    (r"\Phi(x)", r"\phi(x)", ()),
    (r"\max(0,x)", "x if x < 0, else 0", ()),
    (r"\max(0,x)", "np.clip(x, None, 0)", ()),
    (r"p_i(\delta_{ij}-p_j)", r"\begin{cases}p_i(1-p_i)&i=j\\p_ip_j&i\neq j\end{cases}", ()),
    (r"\sum_j x_j", r"\sum_{j\neq i}x_j", ()),
    (r"\frac{1}{1-\beta}", r"\sum_{k=1}^{\infty}\beta^k", ("0 < \\beta < 1",)),
    (r"KL(p||q)", r"\sum_i q_i\log(q_i/p_i)", ()),
    (r"E[XY]", "E[X]E[Y]", ()),
    (r"\operatorname{Var}(aX+b)", r"a\operatorname{Var}(X)+b", ()),
    (r"(X^TX)^{-1}X^Ty", "X^{-1}y", ()),
)


@pytest.mark.parametrize(("gold", "answer", "given"), EQUAL)
def test_one_meaning_in_two_notations_is_right(gold, answer, given):
    assert symdl.mark(gold, answer, given=given).grade == "RIGHT"
    assert symdl.mark(answer, gold, given=given).grade == "RIGHT"


@pytest.mark.parametrize(("gold", "answer", "given"), UNEQUAL)
def test_another_meaning_is_wrong(gold, answer, given):
    assert symdl.mark(gold, answer, given=given).grade == "WRONG"
    assert symdl.mark(answer, gold, given=given).grade == "WRONG"
