"""Modules for torch and jax: their own tests pass, planted slips in them are caught, bad targets are refused."""

import os
import subprocess
import sys

import pytest

from symdl import generate, library
from symdl.codegen.frameworks import FRAMEWORKS, JAX, TORCH
from symdl.core import DefinitionError, MissingPackage, UnsupportedOperation
from symdl.core.couplings import is_coupled

STRIDE = 2 if os.environ.get("SYMDL_PROFILE") == "ci" else 8
PACKAGES = {"torch": ("torch",), "jax": ("jax", "optax")}


def items(framework):
    """Everything that has code for the framework, or a sample of it."""
    rules = [rule for rule in library.OPTIMIZERS if not is_coupled(rule) and len(rule.evaluations) == 1]
    rules = [rule for rule in rules if framework is TORCH or rule.evaluations[0].point.is_Symbol]
    return [*library.ACTIVATIONS[::STRIDE], *rules[::STRIDE]]


def needed(framework):
    for package in PACKAGES[framework.name]:
        pytest.importorskip(package)


def passes(directory):
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-W", "error", "-p", "no:cacheprovider", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, cwd=directory)


def written(item, target, directory, change=lambda source: source):
    made = generate(item, target)
    (directory / f"{item.name}.py").write_text(change(made.source), encoding="utf-8")
    (directory / f"test_{item.name}.py").write_text(made.tests, encoding="utf-8")
    return made


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_generated_modules_pass_their_own_tests_without_symdl(framework, tmp_path):
    needed(framework)
    for item in items(framework):
        made = written(item, framework.name, tmp_path)
        assert "symdl" not in {line.split()[1].split(".")[0] for line in made.source.splitlines() if "import " in line}
    result = passes(tmp_path)
    assert result.returncode == 0, result.stdout[-2000:]


SLIPS = [
    ("torch", library.tanh, "slope * _tanh_derivative(x)", "slope * _tanh(x)"),
    ("torch", library.adam, "torch.sqrt(", "torch.abs("),
    ("torch", library.momentum, 'state["v"].copy_(v)', "pass"),
    (
        "torch",
        library.prelu,
        "(slope * _prelu_derivative_weight(",
        "(slope + _prelu_derivative_weight(",
    ),
    ("jax", library.tanh, "_tanh_derivative(x) * tangents[0]", "tangents[0]"),
    ("jax", library.adam, "t = state.step + 1", "t = state.step + 2"),
    ("jax", library.momentum, "return moved, v", "return -moved, v"),
]


@pytest.mark.parametrize(("target", "item", "right", "wrong"), SLIPS)
def test_the_generated_tests_catch_slips(target, item, right, wrong, tmp_path):
    needed({"torch": TORCH, "jax": JAX}[target])

    def slipped(source):
        assert right in source, source
        return source.replace(right, wrong)

    written(item, target, tmp_path, slipped)
    assert passes(tmp_path).returncode == 1


def test_what_a_target_has_no_code_for_is_refused():
    with pytest.raises(DefinitionError, match="target"):
        generate("relu", "fortran")
    with pytest.raises(UnsupportedOperation, match="depend on each other"):
        generate("lamb", "torch")
    with pytest.raises(UnsupportedOperation, match="ahead"):
        generate("nesterov", "jax")
    with pytest.raises(UnsupportedOperation, match="torch"):
        generate("cross_entropy", "torch")


def test_rules_that_look_ahead_ask_for_a_closure():
    torch = pytest.importorskip("torch")
    nesterov = generate("nesterov", "torch").load().Nesterov
    theta = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="closure"):
        nesterov([theta], lr=0.1, momentum=0.9).step()


def test_schedules_of_torch_change_the_rate():
    torch = pytest.importorskip("torch")
    theta = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = generate("gradient_descent", "torch").load().GradientDescent([theta], lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    for _ in range(2):
        theta.grad = torch.ones(1, dtype=torch.float64)
        optimizer.step()
        schedule.step()
    assert theta.item() == 1 - 0.5 - 0.25


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_a_framework_that_is_not_installed_is_asked_for_by_name(framework, monkeypatch):
    for name in (framework.name, f"{framework.name}.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=f"the {framework.name} target needs {framework.name}"):
        generate(library.silu, framework.name)
