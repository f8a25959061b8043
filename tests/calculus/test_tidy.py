"""Tidying keeps the value and never lengthens."""

import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.calculus.tidy import fraction, size, tidy
from symdl.core import symbol

x = symbol("x")
ATOMS = st.sampled_from([x, x + 1, sp.exp(x), sp.exp(-x) + 2, sp.tanh(x), sp.Integer(2), 1 / (x**2 + 1)])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a: a**-2, inner.filter(lambda a: a != 0)),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_tidying_keeps_the_value_and_never_lengthens(expr):
    shorter = tidy(expr)
    assert size(shorter) <= size(expr)
    assert sp.cancel(sp.together(sp.expand(shorter - expr))) == 0
    assert tidy(expr) == shorter


@given(EXPRESSIONS)
def test_numerator_over_denominator_is_the_expression(expr):
    above, below = fraction(expr)
    assert above / below == expr or sp.cancel(above / below - expr) == 0


def test_a_product_of_many_sums_is_left_alone():
    expr = sp.prod([(x + i) for i in range(1, 12)]) / (x + 20)
    assert tidy(expr) == expr
