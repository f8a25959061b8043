"""Documents through to tested code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symdl.builder import build
from symdl.core import InputError
from symdl.core.builds import BuildResult

NOTES = r"""
# Notes
- Momentum: $v_t = \beta v_{t-1} + g_t$, $w_{t+1} = w_t - \alpha v_t$
- Softsign: $f(x) = \frac{x}{1+|x|}$
- RMSProp: $s_t = \rho s_{t-1} + (1-\rho) g_t^2$, $w_{t+1} = w_t - \frac{\alpha}{s_t + \epsilon} g_t$
- Sigmoid: $f(x) = \frac{1}{1+e^{x}}$
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    file = tmp_path / "notes.md"
    file.write_text(NOTES, encoding="utf-8")
    return file


def load(directory: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, directory / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcomes(result: BuildResult) -> dict[str, bool]:
    return {row.name: row.passed for row in result.rows}


def test_what_is_refuted_is_not_built(notes: Path, tmp_path: Path) -> None:
    result = build(notes, tmp_path / "out")
    assert outcomes(result) == {"momentum": True, "softsign": True, "rmsprop": False, "sigmoid": False}
    assert not result.succeeded
    written = sorted(file.name for file in (tmp_path / "out").glob("*.py"))
    assert written == ["momentum.py", "softsign.py", "test_momentum.py", "test_softsign.py"]
    assert all("refuted" in row.note for row in result.rows if not row.passed)


def test_with_repair_all_is_built_and_says_so(notes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = build(notes, out, repair=True)
    assert result.succeeded
    assert all(row.derived == row.generated == row.tested == "yes" and row.worst for row in result.rows)
    repaired = [row.name for row in result.rows if "built from its repair" in row.note]
    assert repaired == ["rmsprop", "sigmoid"]
    for name in repaired:
        assert "built from its repair" in " ".join((out / f"{name}.py").read_text(encoding="utf-8").split())
    assert load(out, "sigmoid").sigmoid(np.array([0.0, 1.0])).tolist() == pytest.approx([0.5, 0.7310585786300049])


def test_the_code_is_that_of_the_notes(notes: Path, tmp_path: Path) -> None:
    build(notes, tmp_path / "out")
    module = load(tmp_path / "out", "momentum")
    parameters = np.array([1.0, 2.0])
    state = module.momentum_init(parameters)
    module.momentum_step(parameters, np.array([1.0, -1.0]), state, learning_rate=0.5, momentum=0.5)
    module.momentum_step(parameters, np.array([1.0, -1.0]), state, learning_rate=0.5, momentum=0.5)
    assert parameters.tolist() == [-0.25, 3.25]


def test_code_from_an_earlier_build_does_not_stay_behind(notes: Path, tmp_path: Path) -> None:
    build(notes, tmp_path / "out", repair=True)
    build(notes, tmp_path / "out")
    assert not (tmp_path / "out" / "rmsprop.py").exists()


def test_a_sum_over_examples_is_built_as_a_loss(tmp_path: Path) -> None:
    file = tmp_path / "loss.md"
    file.write_text(r"- Mean squared error: $L = \frac{1}{n} \sum_{i=1}^{n} (y_i - \hat y_i)^2$", encoding="utf-8")
    result = build(file, tmp_path / "out")
    assert outcomes(result) == {"mean_squared_error": True}
    module = load(tmp_path / "out", "mean_squared_error")
    prediction, target = np.array([1.0, 3.0]), np.array([0.0, 1.0])
    assert module.mean_squared_error(prediction, target) == 2.5
    assert module.mean_squared_error_gradient(prediction, target).tolist() == [1.0, 2.0]


def test_files_of_others_are_not_written_over(notes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "momentum.py").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not written by symdl"):
        build(notes, out)
    assert (out / "momentum.py").read_text(encoding="utf-8") == "mine"
    assert list(out.iterdir()) == [out / "momentum.py"]


def test_a_directory_that_is_a_file_is_refused(notes: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a file"):
        build(notes, notes)
    with pytest.raises(InputError, match="no such file"):
        build(tmp_path / "none.md", tmp_path / "out")


def test_definitions_of_one_name_stay_apart(tmp_path: Path) -> None:
    file = tmp_path / "two.md"
    file.write_text("- Bent: $f(x) = x^2$\n- Bent: $f(x) = x^2 + x$\n- Bent: $f(x) = x^2$\n", encoding="utf-8")
    result = build(file, tmp_path / "out")
    assert outcomes(result) == {"bent": True, "bent_2": True}


def test_a_document_without_definitions_builds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "words.md"
    file.write_text("Only $x$.", encoding="utf-8")
    result = build(file, tmp_path / "out")
    assert result.rows == ()
    assert result.succeeded
