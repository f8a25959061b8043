"""Bounds from the slope on both sides of a point where the sides agree."""

import pytest
import sympy as sp

import symdl
from symdl.core import Claim, Compare, symbol
from symdl.prover.cells import Setting
from symdl.prover.slopes import essential
from symdl.prover.verdicts import CHECKERS, evidence_of

UNIT = ("0 < p < 1", "0 < q < 1")


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        ("p*log(p/q) + (1-p)*log((1-p)/(1-q)) >= 0", "PROVED"),
        ("p*log(p) - p*log(q) + (1-p)*log(1-p) - (1-p)*log(1-q) >= 0", "PROVED"),
        ("p*log(p/q) + (1-p)*log((1-p)/(1-q)) >= 1/1000", "REFUTED"),
        ("p*log(p/q) + (1-p)*log((1-p)/(1-q)) > 0", "REFUTED"),
        ("p*log(p/q) + (1-p)*log((1+p)/(1-q)) <= 0", "REFUTED"),
    ],
)
def test_conditions_that_follow_from_others_do_not_stand_in_the_way(claim, outcome):
    assert symdl.verify(claim, given=UNIT).outcome == outcome


def test_only_conditions_that_follow_are_dropped():
    p, q, zero = symbol("p"), symbol("q"), sp.Integer(0)
    positive = (Compare(p, ">", zero), Compare(q, ">", zero))
    quotient, product, apart = Compare(p / q, ">", zero), Compare(p * q, "<", sp.Integer(1)), Compare(p, "!=", q)
    assert essential(Setting((*positive, quotient), {})).assumptions == positive
    for needed in (product, apart):
        assert essential(Setting((*positive, needed), {})).assumptions == (*positive, needed)
    assert (
        essential(Setting((Compare(p, "<=", sp.Integer(1)), Compare(p, "!=", zero)), {})).assumptions[1].relation
        == "!="
    )


@pytest.mark.parametrize(("relation", "difference"), [(">", 1), ("<", -1)])
@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("checker", [checker for outcome, checker in CHECKERS if outcome == "PROVED"])
def test_no_difference_is_above_0_on_an_edge_where_it_is_0(checker, relation, difference, turn):
    x, zero = symbol("x"), sp.Integer(0)
    inside = Compare(x, ">=" if turn == 1 else "<=", zero)
    for function in (sp.exp(turn * x) - 1, turn * x + x**2, sp.log(1 + turn * x), sp.sinh(turn * x)):
        false = Claim(Compare(difference * function, relation, zero), (inside,))
        assert evidence_of(checker, false) is None
