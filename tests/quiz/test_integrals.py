import pytest
import sympy as sp

from symdl import mark
from symdl.core import symbol
from symdl.quiz.integrals import antiderivative

x, a, b = map(symbol, "xab")
TERMS = [
    *(a * x**n for n in range(4)),
    *(b * x ** sp.Rational(n, 2) for n in (-5, -3, -1, 1, 3)),
    x**-1,
    x**-3,
    *(x**n * sp.exp(a * x + b) for n in range(7)),
    *(x**n * sp.log(x) for n in range(3)),
    sp.sin(a * x + b),
    b * sp.cos(2 * x),
]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_the_derivative_of_an_antiderivative_is_the_term(term):
    found, _ = antiderivative(term, x)
    difference = sp.diff(found, x) - term
    points = [
        {x: sp.Rational(3, 7), a: sp.Rational(-5, 3), b: sp.Rational(2, 9)},
        {x: sp.Integer(2), a: sp.Integer(1), b: sp.Integer(4)},
    ]
    assert all(abs(difference.subs(point).evalf(40)) < sp.Float("1e-30") for point in points)


@pytest.mark.parametrize(
    ("gold", "answer", "given", "grade"),
    [
        (r"\frac{1-e^{-a}}{a}", r"\int_0^1 e^{-ax}\,dx", ["a > 0"], "RIGHT"),
        (r"\frac{1-e^{-a}}{a}", r"\int_0^1 e^{ax}\,dx", ["a > 0"], "WRONG"),
        (r"\frac13", r"\int_0^1 x^2 dx", [], "RIGHT"),
        (r"\frac{1}{\lambda}", r"\int_0^\infty x \lambda e^{-\lambda x} dx", [r"\lambda > 0"], "RIGHT"),
        (r"\lambda", r"\int_0^\infty x \lambda e^{-\lambda x} dx", [r"\lambda > 0"], "WRONG"),
        (r"\ln 2", r"\int_1^2 \frac{1}{x} dx", [], "RIGHT"),
    ],
)
def test_integrals_with_ends_are_worked_out(gold, answer, given, grade):
    assert mark(gold, answer, given=given).grade == grade


@pytest.mark.parametrize(
    ("gold", "answer"), [("-2", r"\int_{-1}^{1} \frac{1}{x^2} dx"), ("0", r"\int_{-1}^1 \frac1x dx")]
)
def test_no_value_is_taken_across_a_pole(gold, answer):
    assert mark(gold, answer).grade != "RIGHT"


def test_no_value_is_taken_far_out_of_what_may_grow():
    assert mark("-1/k", r"\int_0^\infty e^{k x} dx").grade != "RIGHT"
