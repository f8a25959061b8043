"""Names and functions as Python answers spell them, derivatives before brackets, and sets said by an equation."""

import pytest

from symdl import mark
from symdl.core import Question
from symdl.quiz.marking import mark_answer

SAME = [
    ("2", "log2(4)", ()),
    (r"\log_2(x)", "log2(x)", ("x > 0",)),
    (r"\log_2(x)", "np.log2(x)", ("x > 0",)),
    (r"\log_2(x)", "math.log(x, 2)", ("x > 0",)),
    (r"\log_2(x)^2", "log2(x)**2", ("x > 0",)),
    (r"\log_{10}(x)", "log10(x)", ("x > 0",)),
    (r"\log_a(x)", "log_a(x)", ("x > 0", "a > 1")),
    (r"3\operatorname{sech}^2(3x)", "(d/dx) tanh(3x) = 3*sech(3x)**2", ()),
    (r"\frac{d}{dx}f(x^2)", "2xf'(x^2)", ()),
    (r"\frac{d}{dx}f(x^2)", "2xf'(x^2)", ("f function",)),
    (r"\lambda x", "lam*x", ("lam > 0",)),
    (r"\lambda x", "np.sqrt(lam**2)*x", ("lam > 0",)),
    (r"\lambda x", "np.sqrt(lmbda**2)*x", ("lmbda > 0",)),
    (r"\sqrt{\epsilon^2}", "eps", ("eps > 0",)),
    (r"v+\mathrm{eps}", "v + eps", ()),
    ("120", "math.comb(10, 3)", ()),
    (r"\binom{n}{k}", "binom(n, k)", ("n, k positive integer",)),
    (r"\binom{n}{k}+\binom{n}{k-1}", r"\binom{n+1}{k}", ("n, k positive integer",)),
    ("2^x", "np.exp2(x)", ()),
    (r"e^x f'(e^x)", r"\frac{d}{dx} f(e^x)", ("f function",)),
    ("2x", "(d/dx) x^2 = 2x", ()),
    (r"\{-2, 2\}", "{x : x^2 = 4}", ()),
    (r"\{x: x^2=4\}", r"\{2,-2\}", ()),
    (r"\{x \mid x^2=x\}", r"\{0,1\}", ()),
    (r"\{x\in\mathbb{R}: x^3=2x\}", r"\{0,\sqrt2,-\sqrt2\}", ()),
    (r"\{2\}", r"\{y: y=2\}", ()),
]


@pytest.mark.parametrize(("answer", "other", "given"), SAME)
def test_one_formula_in_two_spellings_is_right_in_either_order(answer: str, other: str, given: tuple[str, ...]) -> None:
    assert mark(answer, other, given=given).grade == "RIGHT"
    assert mark(other, answer, given=given).grade == "RIGHT"


PLANTED = [
    (r"\log_{10}(x)", "log2(x)", ("x > 0",)),
    (r"\log_2(x^2)", "log2(x)**2", ("x > 0",)),
    (r"3\operatorname{sech}^2(3x)", "(d/dx) tanh(3x) = 3*sech(x)**2", ()),
    (r"\frac{d}{dx}f(x^2)", "f'(x^2)", ("f function",)),
    (r"\lambda x", "lam**2*x", ("lam > 0",)),
    (r"\binom{n}{k}+\binom{n}{k+1}", r"\binom{n+1}{k}", ("n, k positive integer",)),
    (r"e^x f'(e^x)", r"\frac{d}{dx} f(e^{x})=f'(e^x)", ("f function",)),
    (r"\{x: x^2=4\}", r"\{2,-2\}", ("x > 0",)),
    (r"\{x: x^2=4\}", r"\{2\}", ()),
    (r"\{x: x^2=4\}", r"\{2,-2,3\}", ()),
    (r"\{x: x^2=4\}", r"\{2,2\}", ()),
    (r"\{2,-2\}", r"\{x: x^3=4x\}", ()),
    (r"\{1\}", r"\{x: x^2=-1\}", ()),
]


@pytest.mark.parametrize(("answer", "other", "given"), PLANTED)
def test_another_function_or_set_is_not_right(answer: str, other: str, given: tuple[str, ...]) -> None:
    assert mark(answer, other, given=given).grade != "RIGHT"
    assert mark(other, answer, given=given).grade != "RIGHT"


@pytest.mark.parametrize(("answer", "grade"), [(r"\int x\,dx", "RIGHT"), (r"\int 2x\,dx", "WRONG")])
def test_an_integral_without_bounds_answers_an_antiderivative_by_its_integrand(answer: str, grade: str) -> None:
    assert mark_answer(Question("x^2/2", kind="antiderivative"), answer).grade == grade


def test_a_derivative_that_is_another_function_is_no_label() -> None:
    assert mark("2x", "(d/dx)(x^2) = 2x").grade == "RIGHT"
    assert mark("2x", "(d/dx)(x^3) = 2x").grade == "WRONG"
    assert mark("p - y", r"\frac{\partial L}{\partial z} = p - y").grade == "RIGHT"
