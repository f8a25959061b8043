"""A slice of the mutation score (tests/benchmarks/mutation_score.py), with truths from mpmath."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
pytest.importorskip("mpmath")

import mutation_score

CASES = tuple(mutation_score.cases(1))
SLICE = random.Random(5).sample(CASES, 25)


@pytest.mark.parametrize("case", SLICE, ids=[f"{n}-{case.about}" for n, case in enumerate(SLICE)])
def test_what_is_true_is_never_refuted_and_what_is_false_never_proved(case: mutation_score.Case) -> None:
    with mutation_score.without_repairs():
        found = mutation_score.verdict(case.text)
    assert found != ("refuted" if case.true else "proved or recognised"), case.text
    if case.original:
        assert found == "proved or recognised"
