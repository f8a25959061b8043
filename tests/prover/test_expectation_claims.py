"""Claims on expectations: decided from the laws, refuted only where the laws make sense."""

import time
from pathlib import Path

import pytest
import sympy as sp

from symdl.core import Claim, Compare, symbol
from symdl.core.expectations import bernoulli, expectation, gaussian, moments, variance
from symdl.prover import decide
from symdl.prover.ledger import claims_of

CLAIMS = claims_of(Path(__file__).parent.parent.parent / "proofs" / "expectations.py")
TRUE = [claim for claim in CLAIMS if claim.expected == "PROVED"]
x, m, v, p = map(symbol, "xmvp")
ZERO = sp.Integer(0)


def test_the_claims_on_expectations_are_many_and_a_third_of_them_is_false():
    assert len(TRUE) >= 34
    assert len(CLAIMS) - len(TRUE) >= 14


WITH_A_FACTOR = [claim for claim in TRUE[::3] if claim.statement.relation == "=" and claim.statement.rhs != 0]


@pytest.mark.parametrize("claim", WITH_A_FACTOR, ids=lambda claim: claim.name)
def test_a_factor_that_is_off_is_refuted(claim):
    wrong = Compare(claim.statement.lhs, "=", claim.statement.rhs * sp.Rational(1001, 1000))
    assert decide(Claim(wrong, claim.given)).refuted


def test_the_decisions_take_milliseconds():
    times = []
    for claim in CLAIMS:
        start = time.process_time()
        assert decide(claim).as_expected
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.1


def test_no_witness_lies_outside_of_what_a_law_presupposes():
    """A variance is not negative, and a probability lies between 0 and 1."""
    assert decide(Claim(Compare(variance(x, gaussian(x, m, v)), ">", ZERO))).proved
    assert decide(Claim(Compare(variance(x, moments(x, m, v)), ">=", ZERO))).proved
    assert decide(Claim(Compare(variance(x, bernoulli(x, p)), ">=", ZERO))).proved
    assert decide(Claim(Compare(variance(x, bernoulli(x, p)), ">", ZERO))).refuted


def test_a_moment_that_is_not_given_leaves_the_claim_undecided():
    verdict = decide(Claim(Compare(expectation(x**3, moments(x, m, v)), "=", m**3)))
    assert verdict.outcome == "UNDECIDED"
    assert "gives no moment of order 3" in verdict.idea
