"""What cannot be audited is told in words, at the command line too: no traceback, and never a nan that passes."""

import importlib.metadata
import sys

import pytest

from symdl import library
from symdl.audit import subjects
from symdl.audit.libraries import version_of
from symdl.cli import main
from symdl.core import MissingPackage
from symdl.testing import check_optimizer

STEPS = """
import numpy as np

def right(parameters, gradients, state, learning_rate):
    return parameters - learning_rate * gradients

def smaller(parameters, gradients, state, learning_rate):
    return np.zeros(2)

def undefined(parameters, gradients, state, learning_rate):
    return parameters * np.nan

def coupled(parameters, gradients, state, learning_rate):
    return parameters - learning_rate * gradients / np.linalg.norm(gradients)

def complex_numbers(parameters, gradients, state, learning_rate):
    return parameters * 1j

def failing(parameters, gradients, state, learning_rate):
    raise KeyError("no such state")

def nothing():
    return None

number = 3
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "steps_of_ones_own.py").write_text(STEPS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "steps_of_ones_own", raising=False)
    return lambda name, *more: main(["audit", f"steps_of_ones_own:{name}", *more])


def test_a_right_step_of_ones_own_passes(own, capsys):
    assert own("right", "--spec", "sgd") == 0
    assert "gradient_descent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("smaller", "turns shape"),
        ("undefined", "nan or infinite from the first step on"),
        ("coupled", "not gradient_descent under any"),
        ("complex_numbers", "not made of real numbers"),
        ("failing", "no such state"),
    ],
)
def test_a_step_that_gives_no_parameters_fails_its_rule(own, capsys, name, named):
    assert own(name, "--spec", "sgd") == 1
    assert named in capsys.readouterr().out


def test_a_factory_that_gives_nothing_fails_its_rule(own, capsys):
    pytest.importorskip("optax")
    assert own("nothing", "--spec", "sgd") == 1
    assert "no init and update" in capsys.readouterr().out


def test_a_factory_without_jax_names_what_is_missing(own, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert own("nothing", "--spec", "sgd") == 2
    assert "pip install optax" in capsys.readouterr().err


def test_what_is_no_optimizer_or_no_rule_exits_with_two(own, capsys):
    assert own("number") == 2
    assert own("right", "--spec", "sdg") == 2
    assert "did you mean" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["torch", "optax", "keras"])
def test_a_library_that_is_not_installed_is_named(name, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=f"{name} is not installed"):
        subjects(name)
    assert main(["audit", name]) == 2
    assert f"pip install {name}" in capsys.readouterr().err


def test_a_check_of_a_torch_optimizer_without_torch_names_it(monkeypatch):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackage, match="torch is not installed"):
        check_optimizer(torch.optim.Adam, library.adam)


def test_a_version_that_nobody_knows_is_called_unknown(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert version_of("torch") == "unknown"


def test_a_baseline_silences_what_it_holds_and_nothing_else(tmp_path, capsys):
    pytest.importorskip("torch", reason="torch is not installed")
    baseline = tmp_path / "known.json"
    main(["audit", "torch:SGD", "--docs", "--format", "json"])
    baseline.write_text(capsys.readouterr().out)
    assert main(["audit", "torch:Rprop", "--docs", "--baseline", str(baseline)]) == 1
    assert "DOC001" in capsys.readouterr().out
    assert main(["audit", "torch:Rprop", "--docs", "--baseline", str(tmp_path / "absent.json")]) == 2
    assert "absent.json" in capsys.readouterr().err
