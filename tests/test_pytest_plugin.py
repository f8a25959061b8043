"""``pytest --symdl``: the claims of documents as test items."""

import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    loaded = ("-p", "symdl.pytest_plugin") if not registered() else ()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *loaded, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def registered() -> bool:
    from importlib.metadata import entry_points

    return any(point.value == "symdl.pytest_plugin" for point in entry_points(group="pytest11"))


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.symdl]\nexclude = ["old"]\n')
    (tmp_path / "docs" / "old").mkdir(parents=True)
    (tmp_path / "docs" / "old" / "a.md").write_text("$f(x) = x$, $f'(x) = 2$")
    (tmp_path / "docs" / "a.md").write_text("Let $x$. Then $(x+1)^2 = x^2+2x+1$ and $f(x) = x$ and\n\n$f'(x) = 2$.")
    (tmp_path / "docs" / "b.rst").write_text("So :math:`x - x = 0` and :math:`\\nosuch`.\n")
    (tmp_path / "docs" / "c.ipynb").write_text("{")
    return tmp_path


def test_claims_are_items_and_failures_show_what_was_found(documents: Path) -> None:
    result = run(documents, "--symdl", "docs", "-v")
    assert result.returncode == 2
    assert "this is no notebook" in result.stdout
    result = run(documents, "--symdl", "docs", "-rs", "-v", "--ignore", "docs/c.ipynb")
    assert "1 failed, 2 passed, 1 skipped" in result.stdout, result.stdout
    assert "docs/a.md::3:2 f'(x) = 2 FAILED" in result.stdout
    assert "DER001 error: this is not the derivative" in result.stdout
    assert "repair (look at it first): f'(x) = 1" in result.stdout
    assert "unread; unknown command" in result.stdout


def test_without_the_option_no_document_is_collected(documents: Path) -> None:
    assert "no tests ran" in run(documents, "docs").stdout
