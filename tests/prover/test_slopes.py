"""Bounds from the slope on both sides of a point where the sides agree."""

import pytest
import sympy as sp

import symdl
from symdl.core import Compare, symbol
from symdl.prover.cells import Setting
from symdl.prover.slopes import essential

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
