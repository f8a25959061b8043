"""A slice of the random claims of known truth; ``tests/benchmarks/fuzz_prover.py`` runs all of them."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parent.parent / "benchmarks" / "fuzz_prover.py"
SLICE = range(50_000, 50_040)


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz_prover", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_prover"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz_prover"]


@pytest.fixture(scope="module")
def rows(fuzz):
    return fuzz.run(SLICE)


def test_no_random_claim_gets_a_wrong_verdict(rows):
    assert [row for row in rows if row.right is False] == []


def test_nearly_every_random_claim_is_decided(rows):
    assert sum(row.right is not None for row in rows) >= 0.95 * len(rows) > 0


def test_the_report_shows_a_planted_wrong_verdict(fuzz, rows):
    wrong = fuzz.Row(1, "equality true", "REFUTED", False, 0.1, "x = x")
    assert "1 wrong" in fuzz.report([*rows, wrong])
    assert "WRONG REFUTED seed 1: x = x" in fuzz.report([*rows, wrong])


def test_a_seed_always_gives_the_same_claim(fuzz):
    for seed in SLICE[:10]:
        assert fuzz.case(seed) == fuzz.case(seed)
