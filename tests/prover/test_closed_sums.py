"""Sums and products with symbolic ends: closed forms proved by induction, limits of what they leave."""

import json
import time

import pytest
import sympy as sp

from symdl.calculus.summation import multiplied, summed
from symdl.core import Belongs, Claim, Compare, Limit, Recurrence, function, symbol
from symdl.prover import decide
from symdl.prover.closed_sums import by_closed_sums
from symdl.prover.serial import claim_from_json, claim_to_json
from symdl.prover.verdicts import evidence_of

d, b, g, s, t = map(symbol, ("d", "b", "g", "s", "t"))
ZERO, ONE, OO = sp.Integer(0), sp.Integer(1), sp.oo
COUNT = Belongs(t, "positive integer")
NOT_ONE = Compare(d, "!=", ONE)
M = function("M")
AVERAGE = Recurrence("M", t, ZERO, d * M(t - 1) + (1 - d) * g)
G, V = function("G"), function("V")
SQUARES = Recurrence("G", t, ZERO, G(t - 1) + g**2)
AVERAGE_OF_SQUARES = Recurrence("V", t, ZERO, d * V(t - 1) + (1 - d) * g**2)


def unit(decay, below=">"):
    return Compare(decay, below, ZERO), Compare(decay, "<", ONE)


def total(term, start=1, end=t):
    return sp.Sum(term, (s, start, end))


def times(term, start=1, end=t):
    return sp.Product(term, (s, start, end))


TRUE = {
    "geometric from 0": (total(d**s, 0, t - 1), (1 - d**t) / (1 - d), COUNT, NOT_ONE),
    "geometric from 1": (total(d**s), d * (1 - d**t) / (1 - d), COUNT, NOT_ONE),
    "arithmetic-geometric": (
        total(s * d**s), d * (1 - (t + 1) * d**t + t * d ** (t + 1)) / (1 - d) ** 2, COUNT, NOT_ONE,
    ),
    "weights of an average": ((1 - d) * total(d ** (t - s)), 1 - d**t, COUNT, *unit(d)),
    "weights after the first": ((1 - d) * total(d ** (t - s), 2), 1 - d ** (t - 1), COUNT, *unit(d)),
    "mean age of an average": (
        (1 - d) * total((t - s) * d ** (t - s)), d * (1 - t * d ** (t - 1) + (t - 1) * d**t) / (1 - d), COUNT, *unit(d),
    ),
    "squared weights": ((1 - d) ** 2 * total(d ** (2 * t - 2 * s)), (1 - d) * (1 - d ** (2 * t)) / (1 + d), COUNT,
                        *unit(d)),
    "cubes": (total(s**3), total(s) ** 2, COUNT),
    "weights beside other rates": (total(d**s * b ** (t - s)), d * (d**t - b**t) / (d - b), COUNT, *unit(d), *unit(b),
                                   Compare(d, "!=", b)),
    "constant product": (times(d), d**t, COUNT, *unit(d)),
    "product of powers": (times(d**s), d ** (t * (t + 1) / 2), COUNT, *unit(d)),
    "telescoping product": (times((s + 1) / s), t + 1, COUNT),
    "product of differences": (times(1 - 1 / s**2, 2), (t + 1) / (2 * t), COUNT),
    "a product is positive": (times((s + 2) / s), (t + 1) * (t + 2) / 2, COUNT),
}  # fmt: skip
FALSE = {
    "geometric, one term more": (total(d**s, 0, t), (1 - d**t) / (1 - d), COUNT, NOT_ONE),
    "arithmetic-geometric without the square": (
        total(s * d**s), d * (1 - (t + 1) * d**t + t * d ** (t + 1)) / (1 - d), COUNT, NOT_ONE,
    ),
    "weights sum to 1": ((1 - d) * total(d ** (t - s)), ONE, COUNT, *unit(d)),
    "squares for cubes": (total(s**2), total(s) ** 2, COUNT),
    "telescoping, one off": (times((s + 1) / s), t, COUNT),
    "product of powers, halved": (times(d**s), d ** (t * (t - 1) / 2), COUNT, *unit(d)),
}  # fmt: skip
LIMITS = {
    "bias vanishes": (1 - d**t, ONE, *unit(d)),
    "bias vanishes from 0 on": (1 - d**t, ONE, *unit(d, ">=")),
    "bias vanishes from 0 on, step by step": (1 - d**t, ONE, *unit(d, ">="), COUNT),
    "both corrections": ((1 - d**t) / (1 - b**t), ONE, *unit(d), *unit(b)),
    "difference of decays": (d**t - b**t, ZERO, *unit(d), *unit(b)),
    "t times a decay": (t * d**t, ZERO, *unit(d)),
    "an average of a constant": (M(t), g, AVERAGE, *unit(d)),
    "a corrected average": (M(t) / (1 - d**t), g, AVERAGE, *unit(d)),
    "weights": ((1 - d) * total(d ** (t - s)), ONE, *unit(d)),
    "geometric series": (total(d**s, 0), 1 / (1 - d), *unit(d)),
    "arithmetic-geometric series": (total(s * d**s), d / (1 - d) ** 2, *unit(d)),
    "product of differences": (times(1 - 1 / s**2, 2), sp.Rational(1, 2)),
    "step of Adam": (sp.sqrt(1 - b**t) / (1 - d**t), ONE, *unit(d), *unit(b)),
    "rate of AdaGrad": (g / sp.sqrt(G(t)), ZERO, SQUARES, Compare(g, ">", ZERO)),
    "rate of RMSProp": (g / sp.sqrt(V(t)), ONE, AVERAGE_OF_SQUARES, *unit(d), Compare(g, ">", ZERO)),
    "square root of a decay": (sp.sqrt(1 + t) ** -1, ZERO),
    "exponential of a rate": (sp.exp(-sp.sqrt(t)), ZERO),
}
WRONG_LIMITS = {
    "bias stays": (1 - d**t, ZERO, *unit(d)),
    "twice an average": (M(t), 2 * g, AVERAGE, *unit(d)),
    "weights": ((1 - d) * total(d ** (t - s)), sp.Integer(2), *unit(d)),
    "geometric series without its first term": (total(d**s, 1), 1 / (1 - d), *unit(d)),
    "product of differences": (times(1 - 1 / s**2, 2), ONE),
    "step of Adam": (sp.sqrt(1 - b**t) / (1 - d**t), sp.Integer(2), *unit(d), *unit(b)),
    "rate of AdaGrad": (1 / sp.sqrt(t), ONE),
}


def claim(left, right, *given):
    return Claim(Compare(left, "=", right), given)


def limit(expr, value, *given):
    return Claim(Limit(expr, t, OO, value), given)


@pytest.mark.parametrize("name", TRUE)
def test_a_true_closed_form_is_proved(name):
    verdict = decide(claim(*TRUE[name]))
    assert verdict.proved, verdict


@pytest.mark.parametrize("name", FALSE)
def test_a_wrong_closed_form_is_refuted_at_a_small_number_of_terms(name):
    verdict = decide(claim(*FALSE[name]))
    assert verdict.refuted, verdict
    assert verdict.witness.as_dict()["t"] in ("1", "2", "3")
    assert evidence_of(by_closed_sums, claim(*FALSE[name])) is None


@pytest.mark.parametrize("name", LIMITS)
def test_a_true_limit_is_proved(name):
    verdict = decide(limit(*LIMITS[name]))
    assert verdict.proved, verdict


@pytest.mark.parametrize("name", WRONG_LIMITS)
def test_a_wrong_limit_is_refuted_with_both_values(name):
    verdict = decide(limit(*WRONG_LIMITS[name]))
    assert verdict.refuted, verdict
    assert verdict.witness.lhs != verdict.witness.rhs


@pytest.mark.parametrize(
    "row",
    [
        (d**t, ZERO, Compare(d**2, "<", ONE), COUNT),
        (d**t - b**t, ZERO, *unit(d)),
        (d**t / b**t, ZERO, *unit(d), *unit(b)),
        (total(d**s, 0), 1 / (1 - d), COUNT, NOT_ONE),
        (sp.sqrt(t + 1) - sp.sqrt(t), ZERO),
        (t * sp.sqrt(1 + 1 / t) - t, ZERO),
    ],
    ids=["sign of d unknown", "b unknown", "rates against each other", "no decay", "oo - oo", "hidden oo - oo"],
)
def test_a_limit_that_needs_more_is_not_proved(row):
    assert not decide(limit(*row)).proved


def test_a_closed_form_is_put_in_only_where_it_has_values():
    """At d = 1 the geometric sum is t, and the form has no value there."""
    verdict = decide(claim(total(d**s, 0, t - 1) * (1 - d), 1 - d**t, COUNT, *unit(d)))
    assert verdict.proved
    assert evidence_of(by_closed_sums, claim(total(d**s, 0, t - 1), total(d**s, 1, t - 1) + 1, COUNT)) is None


@pytest.mark.parametrize("term", [s, s**2 * d**s, d ** (t - s), 3 * s - d**s * b**s])
def test_a_candidate_agrees_with_the_sum_written_out(term):
    form = summed(sp.Sum(term, (s, 2, t)))
    for end in range(2, 6):
        written = sum(term.subs({s: k}) for k in range(2, end + 1))
        assert sp.simplify((form - written).subs({t: end})) == 0


def test_what_is_outside_of_the_class_has_no_candidate():
    assert summed(sp.Sum(sp.sin(s), (s, 1, t))) is None
    assert summed(sp.Sum(1 / s, (s, 1, t))) is None
    assert multiplied(sp.Product(1 + d**s, (s, 1, t))) is None
    assert multiplied(sp.Product(s, (s, 1, t))) is None


def test_claims_on_products_come_back_from_json():
    one = claim(*TRUE["telescoping product"])
    assert claim_from_json(json.loads(json.dumps(claim_to_json(one)))) == one


def test_the_decisions_take_milliseconds():
    times_taken = []
    for row in (*TRUE.values(), *FALSE.values()):
        start = time.process_time()
        decide(claim(*row))
        times_taken.append(time.process_time() - start)
    assert sorted(times_taken)[len(times_taken) // 2] < 0.2
