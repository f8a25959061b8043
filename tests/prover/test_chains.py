"""Derivation chains: every step decided, the first wrong one named, a slip that is taken back seen as such."""

import json
from itertools import pairwise

import pytest
import sympy as sp

import symdl
from symdl.core import All, Claim, Compare, Not, symbol
from symdl.prover import decide
from symdl.prover.conjunction import MOST_STEPS
from symdl.prover.serial import claim_from_json, claim_to_json

x, y = map(symbol, "xy")
SQUARE = (x + 1) ** 2
EXPANDED = x**2 + 2 * x + 1
NESTED = x * (x + 2) + 1
SLIP = x**2 + 1


def chain(*sides, relation="="):
    return Claim(All(tuple(Compare(a, relation, b) for a, b in pairwise(sides))))


def test_a_chain_of_true_steps_is_proved_step_by_step():
    verdict = decide(chain(SQUARE, EXPANDED, NESTED, SQUARE))
    assert verdict.proved
    assert [e.detail.split(":")[0] for e in verdict.evidence] == ["step 1 of 3", "step 2 of 3", "step 3 of 3"]


@pytest.mark.parametrize("position", [1, 2, 3])
def test_the_first_wrong_step_is_named_by_its_number(position):
    sides = [SQUARE, EXPANDED, NESTED, EXPANDED]
    verdict = decide(chain(*sides[:position], SLIP, SLIP + x - x))
    assert verdict.refuted
    assert verdict.evidence[0].detail.startswith(f"step {position} of {position + 1}, ")
    assert verdict.witness.as_dict() == {"x": "1"}
    assert "right again" not in verdict.idea


def test_a_slip_that_is_taken_back_is_wrong_here_and_right_again_later():
    verdict = decide(chain(SQUARE, SLIP, x**2 + sp.Integer(1), NESTED, EXPANDED))
    assert verdict.refuted
    assert "wrong at step 1, right again at step 3: (x + 1)^2 = x*(x + 2) + 1 is proved" in verdict.idea


def test_steps_that_share_no_side_are_not_joined():
    statement = All((Compare(SQUARE, "=", SLIP), Compare(y, "=", y), Compare(SLIP, "=", SQUARE)))
    verdict = decide(Claim(statement))
    assert verdict.refuted
    assert "right again" not in verdict.idea


def test_a_refuted_step_outweighs_an_open_one_before_it():
    open_step = Compare(sp.sin(x) + sp.sin(sp.sqrt(2) * x), "<", sp.Integer(2))
    given = (Compare(x, ">", sp.Integer(0)),)
    verdict = decide(Claim(All((open_step, Compare(x, "=", x + 1))), given))
    assert verdict.refuted
    assert verdict.idea.startswith("step 2 of 2")
    alone = decide(Claim(All((open_step, Compare(x, "=", x))), given))
    assert alone.outcome == "UNDECIDED"
    assert alone.idea.startswith("step 1 of 2")


def test_a_chain_says_all_of_its_relations():
    assert symdl.verify("0 < exp(-x) <= 1", given=["x >= 0"]).proved
    verdict = symdl.verify("0 < exp(-x) <= 1")
    assert verdict.refuted
    assert verdict.idea.startswith("step 2 of 2, exp(-x) <= 1")


def test_the_negation_of_a_broken_chain_is_proved():
    assert decide(Claim(Not(chain(SQUARE, SLIP, NESTED).statement))).proved


def test_chains_without_steps_and_endless_ones_are_undecided():
    assert decide(Claim(All(()))).outcome == "UNDECIDED"
    assert decide(Claim(All((Compare(x, "=", x),) * (MOST_STEPS + 1)))).outcome == "UNDECIDED"


def test_a_chain_comes_back_from_json():
    claim = chain(SQUARE, EXPANDED, NESTED)
    assert claim_from_json(json.loads(json.dumps(claim_to_json(claim)))) == claim
