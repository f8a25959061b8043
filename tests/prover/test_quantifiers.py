"""Negation, existence and limits."""

import pytest
import sympy as sp

from symdl.core import Claim, Compare, Exists, Limit, Not, symbol
from symdl.prover import decide

x, b, g, t = map(symbol, ("x", "b", "g", "t"))
ZERO, ONE = sp.Integer(0), sp.Integer(1)
UNIT = (Compare(b, ">", ZERO), Compare(b, "<", ONE))


def outcome(statement, *given):
    return decide(Claim(statement, given)).outcome


def test_a_witness_proves_a_negation():
    verdict = decide(Claim(Not(Compare(sp.Abs(x), "=", x))))
    assert verdict.proved
    assert verdict.witness.as_dict() == {"x": "-1"}


def test_a_proof_refutes_a_negation():
    verdict = decide(Claim(Not(Compare(x + x, "=", 2 * x))))
    assert verdict.refuted
    assert verdict.witness is not None


def test_a_double_negation_is_the_statement():
    assert outcome(Not(Not(Compare(x + x, "=", 2 * x)))) == "PROVED"


def test_existence_is_proved_by_a_point_and_refuted_by_a_proof():
    assert decide(Claim(Exists((x,), Compare(x**2, "=", sp.Integer(4))))).witness.as_dict() == {"x": "2"}
    assert outcome(Exists((x,), Compare(x**2, "<", ZERO))) == "REFUTED"
    meeting = decide(Claim(Exists((x,), Compare(x**2, "=", sp.Integer(2)))))
    assert meeting.proved
    assert "change places between x = 1.41421" in meeting.idea
    assert "every b" in decide(Claim(Exists((x,), Compare(x, "=", b)))).idea


@pytest.mark.parametrize(
    ("expr", "variable", "point", "value", "given"),
    [
        ((x**2 - 1) / (x - 1), x, ONE, sp.Integer(2), ()),
        (1 / (1 + sp.exp(-x)), x, sp.oo, ONE, ()),
        (1 / (1 + sp.exp(-x)), x, -sp.oo, ZERO, ()),
        (sp.tanh(x), x, -sp.oo, -ONE, ()),
        (g * (1 - b**t), t, sp.oo, g, UNIT),
        (x**3 * sp.exp(-x), x, sp.oo, ZERO, ()),
        ((3 * x**2 + 1) / (2 * x**2 - x), x, -sp.oo, sp.Rational(3, 2), ()),
        (x**3, x, -sp.oo, -sp.oo, ()),
    ],
)
def test_simple_limits_are_proved_and_other_values_are_not(expr, variable, point, value, given):
    assert outcome(Limit(expr, variable, point, value), *given) == "PROVED"
    wrong = value + 1 if value.is_finite else -value
    assert outcome(Limit(expr, variable, point, wrong), *given) != "PROVED"


def test_a_wrong_limit_is_refuted_by_the_right_one():
    verdict = decide(Claim(Limit(1 - b**t, t, sp.oo, ZERO), UNIT))
    assert verdict.refuted
    assert (verdict.witness.lhs, verdict.witness.rhs) == ("1", "0")


@pytest.mark.parametrize(
    "statement",
    [
        Limit(sp.sin(x) / x, x, ZERO, ONE),
        Limit(b**t, t, sp.oo, ZERO),
        Limit(1 / (b * x + 1), x, sp.oo, ZERO),
        Limit(sp.sin(x) * sp.exp(x), x, sp.oo, sp.oo),
    ],
)
def test_limits_beyond_simple_algebra_are_left_open(statement):
    assert outcome(statement) == "UNDECIDED"
