"""The README shows what the main job prints."""

import re
from pathlib import Path

import pytest

from symdl.cli import main

ROOT = Path(__file__).parent.parent


def without_errors(line: str) -> str:
    """A row of the table without its last column: measured errors may differ with NumPy's build."""
    return re.sub(r"\s+(\d[\d.e-]*) (ULP|of the exact run).*", "", line.rstrip())


def test_the_readme_shows_the_output_of_the_main_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["build", "docs/notes/deep-learning-review.md", "--repair", "-o", str(tmp_path / "out")]) == 0
    printed = {without_errors(line) for line in capsys.readouterr().out.splitlines()}
    block = (ROOT / "README.md").read_text().split("```\n")[3]
    shown = [without_errors(line) for line in block.splitlines() if line.strip(" .")]
    assert len(shown) > 10
    assert [line for line in shown if line not in printed] == []


def test_the_readme_shows_a_card_as_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "leaky_relu"]) == 0
    printed = set(capsys.readouterr().out.splitlines())
    (block,) = (b for b in (ROOT / "README.md").read_text().split("```\n") if b.startswith("$ symdl show leaky_relu\n"))
    shown = [line for line in block.splitlines()[1:] if line.strip(" .")]
    assert len(shown) > 10
    assert [line for line in shown if line not in printed] == []
