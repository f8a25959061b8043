"""What is printed reads back as the same expression."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import function, symbol, to_text
from symdl.library import ACTIVATIONS
from symdl.notation.claims import read_expression

x, y = symbol("x"), symbol("y")
f = function("f")
NAMES = ["x", "y", "theta_t", "M_hat_t", "G_t[i]", "theta_{t+1}", "x_output", "Delta_w_t", "beta_1", "lambda", "L_cal"]

leaves = st.one_of(
    st.sampled_from([symbol(name) for name in NAMES]),
    st.fractions(-5, 5, max_denominator=9).map(lambda q: sp.Rational(q.numerator, q.denominator)),
    st.sampled_from([sp.E, sp.pi, sp.Derivative(f(x), x)]),
)


def grown(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] - 2 * p[1]),
        pairs.map(lambda p: p[0] / (2 + sp.cos(p[1]))),
        pairs.map(lambda p: sp.Max(*p)),
        pairs.map(lambda p: sp.Min(*p)),
        pairs.map(lambda p: sp.Piecewise((p[0], x > y), (p[1], True))),
        inner.map(lambda e: (1 + e**2) ** sp.Rational(-3, 2)),
        inner.map(lambda e: sp.sqrt(1 + e**2)),
        *(inner.map(head) for head in (sp.exp, sp.tanh, sp.sinh, sp.atan, sp.asinh, sp.erf, sp.sign, f)),
    )


@given(st.recursive(leaves, grown, max_leaves=8))
def test_printing_and_reading_give_the_same_expression(expr):
    assert read_expression(to_text(expr), ["f function"], syntax="plain").expr == expr


@pytest.mark.parametrize("item", ACTIVATIONS, ids=lambda item: item.name)
def test_activations_read_back_from_their_text(item):
    assert read_expression(to_text(item.expr)).expr == item.expr


@pytest.mark.parametrize("item", ACTIVATIONS, ids=lambda item: item.name)
def test_activations_are_known_by_name(item):
    arguments = ", ".join(["x", *(str(parameter.symbol) for parameter in item.parameters)])
    assert read_expression(f"{item.name}({arguments})").unfolded == item.expr
