"""Claims beyond the ledger, as data: bounds a hair's breadth true and false, erf, parameters, sums, existence."""

import json
from functools import cache
from pathlib import Path

import pytest

import symdl

DATA = json.loads((Path(__file__).parent.parent / "data" / "hard_claims.json").read_text(encoding="utf-8"))
ROWS = [row for group in DATA.values() for row in group]


@cache
def verdict_on(name):
    row = next(row for row in ROWS if row["name"] == name)
    return symdl.verify(row["claim"], row["given"])


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_hard_claim_is_decided_and_right(row):
    verdict = verdict_on(row["name"])
    assert verdict.outcome == ("PROVED" if row["truth"] else "REFUTED"), verdict


@pytest.mark.parametrize("row", [row for row in ROWS if not row["truth"]], ids=lambda row: row["name"])
def test_a_refutation_shows_a_point_with_both_sides(row):
    witness = verdict_on(row["name"]).witness
    assert witness is not None
    assert witness.lhs
    assert witness.rhs
    assert all(abs(value.q) <= 10**6 for _, value in witness.values)


@pytest.mark.parametrize("row", [row for row in ROWS if row["truth"]], ids=lambda row: row["name"])
def test_a_proof_says_its_idea_in_a_line_or_two(row):
    idea = verdict_on(row["name"]).idea
    assert 0 < len(idea) <= 400, idea


def test_names_and_claims_occur_once():
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 85
    assert len({(row["claim"], *row["given"]) for row in ROWS}) == len(ROWS)
