"""Inequalities: signs of normal forms in cells, Z3, and descent to a witness."""

import pytest
import sympy as sp

from symdl.core import Belongs, Claim, Compare, symbol
from symdl.prover import decide
from symdl.prover.refutation import by_descent, by_model

x, y, z, a, c, d, k, q, t = map(symbol, ("x", "y", "z", "a", "c", "d", "k", "q", "t"))
ZERO, ONE = sp.Integer(0), sp.Integer(1)
sigmoid = 1 / (1 + sp.exp(-x))
softplus = sp.log(1 + sp.exp(x))
silu = x * sigmoid
gelu = x * (1 + sp.erf(x / sp.sqrt(2))) / 2
hard_swish = x * sp.Max(0, sp.Min(1, x / 6 + sp.Rational(1, 2)))
leaky = sp.Piecewise((x, x > 0), (k * x, True))


def positive(*symbols):
    return tuple(Compare(symbol, ">", ZERO) for symbol in symbols)


def unit(symbol):
    return Compare(symbol, ">", ZERO), Compare(symbol, "<", ONE)


TRUE = [
    (x**2, ">=", ZERO, ()),
    (x**2 + x + 1, ">", ZERO, ()),
    (sp.Max(x, 0), ">=", ZERO, ()),
    (sigmoid, "<", ONE, ()),
    (sigmoid * (1 - sigmoid), "<=", sp.Rational(1, 4), ()),
    (sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid), "<=", sp.Rational(963, 10000), ()),
    (sp.tanh(x), ">", -ONE, ()),
    (softplus, ">", sp.Max(x, 0), ()),
    (softplus - sp.Max(x, 0), "<=", sp.log(2), ()),
    (sp.exp(x), ">=", 1 + x, ()),
    (sp.log(x), "<=", x - 1, ()),
    (sp.Abs(leaky - leaky.xreplace({x: y})), "<=", sp.Abs(x - y), unit(k)),
    (leaky, "<", leaky.xreplace({x: y}), (*unit(k), Compare(x, "<", y))),
    ((x * a + y * c) ** 2, "<=", (x**2 + y**2) * (a**2 + c**2), ()),
    (hard_swish, ">=", -sp.Rational(3, 8), ()),
    (1 - q**t, ">", ZERO, (Belongs(t, "positive integer"), *unit(q))),
    (1 / sp.sqrt(x + 1), "<", 1 / sp.sqrt(x), positive(x)),
    (x / sp.sqrt(x**2 + a), "<", ONE, positive(a)),
    (sp.erf(x), "<", ONE, ()),
    (sp.Abs(sp.sin(x)), "<=", ONE, ()),
    (x, "!=", x + 1, ()),
    (sp.exp(x), "!=", ZERO, ()),
    (sp.exp(x), "<", sp.exp(y), (Compare(x, "<", y),)),
    (sp.Abs(sigmoid - sigmoid.xreplace({x: y})), "<=", sp.Abs(x - y) / 4, ()),
    (sp.Abs(sp.erf(x) - sp.erf(y)), "<=", 2 * sp.Abs(x - y) / sp.sqrt(sp.pi), ()),
    (sp.exp(x), ">", 1 + x + x**2 / 2, positive(x)),
    (sp.tanh(x), "<", x, positive(x)),
    (sp.log(sp.cosh(x)), "<=", x**2 / 2, ()),
    (silu, ">=", -sp.Rational(2785, 10000), ()),
    (gelu, ">=", -sp.Rational(17, 100), ()),
    (sp.cos(x) + sp.exp(x), ">", ONE / 2, (Compare(x, ">=", ZERO), Compare(x, "<=", sp.Integer(3)))),
]
FALSE = [
    (x**2, ">", ZERO, ()),
    (sigmoid, "<", sp.Rational(99, 100), ()),
    (sigmoid * (1 - sigmoid), "<", sp.Rational(1, 4), ()),
    (sigmoid * (1 - sigmoid), "<=", sp.Rational(24, 100), ()),
    (sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid), "<=", sp.Rational(962, 10000), ()),
    (silu, ">=", -sp.Rational(2784, 10000), ()),
    (hard_swish, ">=", -sp.Rational(37, 100), ()),
    (gelu, ">=", -sp.Rational(169, 1000), ()),
    (sp.Abs(sigmoid - sigmoid.xreplace({x: y})), "<=", sp.Abs(x - y) * sp.Rational(2499, 10000), ()),
    (sp.exp(x), ">", 1 + x + sp.Rational(51, 100) * x**2, positive(x)),
    (sp.tanh(x), "<", x * sp.Rational(999, 1000), positive(x)),
    (sp.cos(x) + sp.exp(x), ">", sp.Rational(201, 100), (Compare(x, ">=", ZERO), Compare(x, "<=", sp.Integer(3)))),
    (softplus - sp.Max(x, 0), "<", sp.log(2), ()),
    (sp.exp(x), ">", 1 + x, ()),
    (sp.Abs(leaky - leaky.xreplace({x: y})), "<=", sp.Abs(x - y), positive(k)),
    (x**2 - 2 * x * y + y**2, ">", ZERO, ()),
    (x * y, ">=", ZERO, ()),
    (1 - q**t, ">", sp.Rational(1, 2), (Belongs(t, "positive integer"), *unit(q))),
    (x, "!=", 2 * x, ()),
    (sp.tanh(x), "<=", sp.Rational(999, 1000), ()),
    (x**2 + y**2 + z**2, ">=", x * y + y * z + z * x + sp.Rational(1, 1000), ()),
]


@pytest.mark.parametrize(("left", "relation", "right", "given"), TRUE, ids=[f"{row[0]} {row[1]}" for row in TRUE])
def test_a_true_bound_is_proved(left, relation, right, given):
    verdict = decide(Claim(Compare(left, relation, right), given))
    assert verdict.proved, verdict


@pytest.mark.parametrize(("left", "relation", "right", "given"), FALSE, ids=[f"{row[0]} {row[1]}" for row in FALSE])
def test_a_false_bound_is_refuted(left, relation, right, given):
    verdict = decide(Claim(Compare(left, relation, right), given))
    assert verdict.refuted, verdict
    assert verdict.witness is not None


def test_descent_finds_a_violation_between_the_samples_and_names_a_simple_point():
    found = by_descent(Claim(Compare(silu, ">=", -sp.Rational(2784, 10000))))
    (_, value), *_ = found.witness.values
    assert -sp.Rational(14, 10) < value < -sp.Rational(11, 10)
    assert value.q <= 100


def test_a_model_is_a_witness_only_when_it_is_confirmed():
    narrow = sp.Max(0, sp.Rational(1, 1000) - sp.Abs(x - sp.Rational(355, 113)))
    assert by_model(Claim(Compare(narrow, "<=", ZERO))).witness is not None
    assert by_model(Claim(Compare(sp.exp(x), ">=", 1 + x + x**2 / 2, positive(x)))) is None


def test_what_is_left_open_is_named():
    verdict = decide(Claim(Compare(sp.sin(sp.exp(x)) + sp.exp(x), ">", ZERO)))
    assert verdict.outcome == "UNDECIDED"
    assert "sign of" in verdict.idea
