"""The page of the accuracy table is what its committed figures say."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def accuracy_page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accuracy_page", ROOT / "tests" / "benchmarks" / "accuracy_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy_page"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_written_from_the_figures(accuracy_page: ModuleType) -> None:
    kept = json.loads((ROOT / "tests" / "data" / "accuracy.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert page == accuracy_page.page(kept["items"], kept["measured_with"])


def test_failures_are_counted_apart_from_the_worst_error(accuracy_page: ModuleType) -> None:
    truth = np.array([1.0, 2.0, 1e-310, 1.0, np.inf])
    computed = np.array([0.0, 2.5, 0.0, np.nan, np.inf])
    errors = np.array([1e15, 7.0, 1e9, np.inf, 0.0])
    found = accuracy_page.Figure.of(computed, errors, truth, np.arange(5.0), np.ones(5, bool))
    assert (found.worst, found.at, found.zeros, found.nans, found.infinities, found.flushed) == (7.0, 1.0, 1, 1, 0, 1)
    assert str(found) == "7 Z1 N1 S1"


def test_an_infinity_in_place_of_a_number_is_a_failure(accuracy_page: ModuleType) -> None:
    one = np.ones(1)
    found = accuracy_page.Figure.of(np.array([np.inf]), np.array([np.inf]), one, one, np.ones(1, bool))
    assert (found.worst, found.infinities, found.failures) == (0.0, 1, 1)
