"""Bounds from the slope on both sides of a point where the sides agree."""

import pytest

import symdl

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
