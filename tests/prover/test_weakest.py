"""A claim that fails only for want of an assumption says which."""

import pytest

import symdl
from symdl.prover.weakest import METHOD

LACKING = [
    ("max(x, k*x) = x*(1+k)/2 + abs(x)*(1-k)/2", (), "k <= 1"),
    ("sqrt(x^2) = x", (), "x >= 0"),
    ("min(0, a*(exp(x)-1)) > -a", (), "a > 0"),
    ("x^2 > 0", (), "x != 0"),
    ("a*max(x, 0) = max(a*x, 0)", (), "a >= 0"),
    ("abs(x-y) = x-y", (), "x >= y"),
    ("1/(1-b) >= 1", ("b < 1",), "b >= 0"),
    ("tanh(x) < x", (), "x > 0"),
    ("x*(1-x) >= 0", (), "x >= 0 and x <= 1"),
]
BEYOND_REPAIR = [
    "sqrt(x^2) = x + 1",
    "x*y >= 0",
    "x = x + 1",
    "x*sigmoid(x) >= 1",
    "tanh(x) = x",
    "x*sigmoid(x) >= -0.2784",
]


def lacking(verdict):
    return [e.detail.removeprefix("true for ") for e in verdict.evidence if e.method == METHOD]


@pytest.mark.parametrize(("claim", "given", "assumption"), LACKING, ids=[row[0] for row in LACKING])
def test_the_weakest_usual_assumption_is_named_and_suffices(claim, given, assumption):
    verdict = symdl.verify(claim, given)
    assert verdict.refuted
    assert lacking(verdict) == [assumption]
    assert symdl.verify(claim, [*given, *assumption.split(" and ")]).proved


@pytest.mark.parametrize("claim", BEYOND_REPAIR)
def test_whatever_is_named_makes_the_claim_true(claim):
    verdict = symdl.verify(claim)
    assert verdict.refuted
    for assumption in lacking(verdict):
        assert symdl.verify(claim, assumption.split(" and ")).proved


@pytest.mark.parametrize("claim", BEYOND_REPAIR[:3])
def test_nothing_is_named_where_no_usual_assumption_helps(claim):
    assert not lacking(symdl.verify(claim))


def test_a_proved_claim_lacks_nothing():
    assert not lacking(symdl.verify("max(x, k*x) = x*(1+k)/2 + abs(x)*(1-k)/2", ["k <= 1"]))
