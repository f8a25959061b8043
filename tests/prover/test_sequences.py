"""Moving averages and sums: closed forms that are checked, induction, runs as witnesses."""

import pytest
import sympy as sp

from symdl.core import Belongs, Claim, Compare, Recurrence, function, symbol
from symdl.prover import decide
from symdl.prover.induction import by_closed_form, by_induction
from symdl.prover.verdicts import evidence_of

d, r, g, t, s, n = map(symbol, ("d", "r", "g", "t", "s", "n"))
M, G, values = function("M"), function("G"), function("g")
ZERO, ONE = sp.Integer(0), sp.Integer(1)
COUNT = Belongs(t, "positive integer")


def unit(symbol):
    return Compare(symbol, ">", ZERO), Compare(symbol, "<", ONE)


average = Recurrence("M", t, ZERO, d * M(t - 1) + (1 - d) * g)
varying = Recurrence("M", t, ZERO, d * M(t - 1) + (1 - d) * values(t))
summed = Recurrence("G", t, ZERO, G(t - 1) + values(t) ** 2)
RATES = (average, *unit(d), *unit(r))

TRUE = [
    ("bias correction", M(t) / (1 - d**t), "=", g, (average, *unit(d))),
    ("bias correction where it is defined", M(t) / (1 - d**t), "=", g, (average,)),
    ("equal rates", M(t) / (1 - r**t), "=", g, (*RATES, Compare(r, "=", d))),
    ("what swapped rates give", M(t) / (1 - r**t), "=", g * (1 - d**t) / (1 - r**t), RATES),
    ("one step", M(1), "=", (1 - d) * g, (average,)),
    ("the recurrence itself", M(t + 1) - d * M(t), "=", (1 - d) * g, (average,)),
    ("average as a sum", M(t), "=", (1 - d) * sp.Sum(d ** (t - s) * values(s), (s, 1, t)), (varying, *unit(d))),
    ("sum of weights", (1 - d) * sp.Sum(d ** (t - s), (s, 1, t)), "=", 1 - d**t, (COUNT, *unit(d))),
    ("sum of squares", G(t), "=", sp.Sum(values(s) ** 2, (s, 1, t)), (summed,)),
    ("last term of a sum", sp.Sum(values(s), (s, 1, t)) - sp.Sum(values(s), (s, 1, t - 1)), "=", values(t), (COUNT,)),
    ("sum of numbers", sp.Sum(s, (s, 1, t)), "=", t * (t + 1) / 2, (COUNT,)),
    ("sum of squares of numbers", sp.Sum(s**2, (s, 1, t)), "=", t * (t + 1) * (2 * t + 1) / 6, (COUNT,)),
    ("a renamed index", sp.Sum(values(s), (s, 1, t)), "=", sp.Sum(values(n), (n, 1, t)), (COUNT,)),
    ("a sum written out", sp.Sum(s**2, (s, 1, 4)), "=", sp.Integer(30), ()),
    ("an average stays below", M(t), "<", g, (average, *unit(d), Compare(g, ">", ZERO))),
]
FALSE = [
    ("swapped rates", M(t) / (1 - r**t), "=", g, RATES),
    ("no correction", M(t), "=", g, (average, *unit(d))),
    ("an index one off", M(t) / (1 - d ** (t + 1)), "=", g, (average, *unit(d))),
    ("right at the first step only", M(t) / (1 - d), "=", g, (average, *unit(d))),
    ("a missing weight", M(t), "=", sp.Sum(d ** (t - s) * values(s), (s, 1, t)), (varying, *unit(d))),
    ("a wrong end", G(t), "=", sp.Sum(values(s) ** 2, (s, 1, t - 1)), (summed,)),
    ("off by a twentieth of a percent", M(t) / (1 - d**t), "=", sp.Rational(10005, 10000) * g, (average, *unit(d))),
    ("a wrong closed form", sp.Sum(s**2, (s, 1, t)), "=", t * (t + 1) * (2 * t + 2) / 6, (COUNT,)),
    ("a bound that is too small", M(t), "<", g / 2, (average, *unit(d), Compare(g, ">", ZERO))),
]


@pytest.mark.parametrize(
    ("left", "relation", "right", "given"), [row[1:] for row in TRUE], ids=[row[0] for row in TRUE]
)
def test_a_true_statement_on_sequences_is_proved(left, relation, right, given):
    verdict = decide(Claim(Compare(left, relation, right), given))
    assert verdict.proved, verdict


@pytest.mark.parametrize(
    ("left", "relation", "right", "given"), [row[1:] for row in FALSE], ids=[row[0] for row in FALSE]
)
def test_a_false_statement_on_sequences_is_refuted_by_a_run(left, relation, right, given):
    verdict = decide(Claim(Compare(left, relation, right), given))
    assert verdict.refuted, verdict
    assert verdict.witness.as_dict()["t"] in ("1", "2", "3")


def test_the_witness_against_swapped_rates_is_small():
    witness = decide(Claim(Compare(M(t) / (1 - r**t), "=", g), RATES)).witness
    assert witness.as_dict() == {"t": "2", "d": "1/2", "g": "1", "r": "1/3"}
    assert (witness.lhs, witness.rhs) == ("27/32", "1")


def test_a_closed_form_with_a_gap_is_not_put_in():
    """With d = 1 the sum is t g; the closed form g (1 - d^t)/(1 - d) has no value there."""
    velocity = Recurrence("M", t, ZERO, d * M(t - 1) + g)
    claimed = Claim(Compare(M(t) * (1 - d), "=", g * (1 - d**t)), (velocity,))
    assert decide(claimed).proved
    assert decide(claimed).evidence[0].method == "induction"
    wrong = Claim(Compare(M(t), "=", g * (1 - d**t) / (1 - d) + sp.Max(0, 1 - sp.Abs(d - 1) * 10**6)), (velocity,))
    assert not decide(wrong).proved


@pytest.mark.parametrize("checker", [by_closed_form, by_induction])
def test_no_method_proves_what_is_false(checker):
    for _, left, relation, right, given in FALSE:
        assert evidence_of(checker, Claim(Compare(left, relation, right), given)) is None


def test_an_index_that_may_be_negative_is_refused():
    verdict = decide(Claim(Compare(2 * M(t - 2), "=", M(t - 2) + M(t - 2) * d / d), (varying, *unit(d))))
    assert verdict.outcome == "UNDECIDED"
    assert "t - 2" in verdict.idea
