"""Names and functions as Python answers spell them, derivatives before brackets, and sets said by an equation."""

import pytest

from symdl import mark

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
