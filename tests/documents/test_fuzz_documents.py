"""A short run of the fuzzer of containers, and the bounds that it holds."""

import importlib.util
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

_PATH = Path(__file__).parent.parent / "benchmarks" / "fuzz_documents.py"


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz_documents", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_errors_of_its_own_come_out_of_any_reader(fuzz) -> None:
    outcomes, wrong = fuzz.run(4.0, seed=3)
    assert wrong == []
    assert all(counts["read"] for counts in outcomes.values())


def test_the_fuzzer_notices_what_goes_wrong(fuzz, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, name: str) -> None:
        raise IndexError(name)

    monkeypatch.setattr(fuzz, "read_document", broken)
    wrong: list[str] = []
    fuzz.one(".md", b"$x$", False, defaultdict(Counter), wrong, defaultdict(float))
    assert "IndexError" in wrong[0]


@pytest.mark.parametrize("suffix", [".md", ".rst", ".tex", ".py", ".html", ""])
@pytest.mark.parametrize(
    "piece",
    [
        "$",
        "\\(",
        ":math:`",
        "\\section{",
        "class (:",
        "::\n",
        "<b>",
        "| ",
        "\\begin{align}",
        "<!--",
        "<math>",
        "{\\def",
    ],
)
def test_repetition_takes_time_in_proportion(fuzz, suffix: str, piece: str) -> None:
    start = time.process_time()
    assert fuzz.read(suffix, (piece * (60_000 // len(piece))).encode(), False) in ("read", "refused")
    assert time.process_time() - start < 4
