"""What is written in LaTeX reads back as the same expression, in the notation of its document."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import function, symbol
from symdl.library import ACTIVATIONS
from symdl.notation import latex
from symdl.notation.elaborate import compare, elaborate
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import Scope
from symdl.notation.written import spellings, write

x, y, t = symbol("x"), symbol("y"), symbol("t")
f = function("f")
NAMES = ["x", "y", "theta_t", "M_hat_t", "theta_{t+1}", "x_output", "Delta_w_t", "beta_1", "lambda", "L_cal", "sigma"]
leaves = st.one_of(
    st.sampled_from([symbol(name) for name in NAMES]),
    st.fractions(-5, 5, max_denominator=9).map(lambda q: sp.Rational(q.numerator, q.denominator)),
    st.sampled_from([sp.E, sp.pi]),
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


def read(tex):
    return elaborate(latex.parse(tex), DEEP_LEARNING, Scope(opaque=frozenset({"f"})), text=tex).expr


@given(st.recursive(leaves, grown, max_leaves=8))
def test_what_is_written_in_latex_reads_back(expr):
    tex = write(expr, functions=["f"])
    assert read(tex) == expr, tex


@pytest.mark.parametrize("item", ACTIVATIONS, ids=lambda item: item.name)
def test_activations_read_back_from_their_latex(item):
    assert read(write(item.expr)) == item.expr


DOCUMENTS = [
    r"\hat{\mathbf m}_t = \frac{\mathbf m_t}{1 - \beta_1^t}",
    r"\boldsymbol\theta_{t+1} = \boldsymbol\theta_t - \eta \frac{\widehat{m}_t}{\sqrt{\widehat v_t} + \varepsilon}",
    r"{v_t} = \rho v_{t-1} + (1 - \rho) g_t^2",
    r"\Delta w_t = \mu \Delta w_{t-1} - \alpha g_t",
    r"\bar x = \frac{1}{n} \sum_{i=1}^n x_i",
]


@pytest.mark.parametrize("tex", DOCUMENTS)
def test_a_rule_is_written_with_the_letters_of_its_author(tex):
    parsed = latex.read(tex)
    names = spellings([parsed])
    (link,), _ = compare(parsed.statements[0], DEEP_LEARNING, sequences=True, text=tex)
    again = f"{write(link.lhs, names)} = {write(link.rhs, names)}"
    (back,), _ = compare(latex.parse(again), DEEP_LEARNING, sequences=True, text=again)
    assert (back.lhs, back.rhs) == (link.lhs, link.rhs)


def test_the_spelling_of_the_author_is_kept():
    names = spellings([latex.read(DOCUMENTS[0]), latex.read(DOCUMENTS[1])])
    assert write(function("m_bold_hat")(t), names) == r"\hat{\mathbf m}_{t}"
    assert write(function("v_hat")(t - 1), names) == r"\widehat v_{t - 1}"
    assert write(function("theta_bold")(t) * symbol("varepsilon"), names) == r"\varepsilon \boldsymbol\theta_{t}"
