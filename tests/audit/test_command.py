"""The command: formats, exit codes, baselines, and objects of one's own."""

import json

import pytest

from symdl.cli import main

pytest.importorskip("torch", reason="torch is not installed")


def test_errors_of_the_documentation_exit_with_one_and_a_baseline_silences_them(capsys, tmp_path):
    assert main(["audit", "torch:Rprop", "--docs", "--format", "json"]) == 1
    text = capsys.readouterr().out
    row = json.loads(text)["findings"][0]
    assert {"library", "version", "item", "code", "severity", "first_step", "size", "message"} <= set(row)
    assert (row["item"], row["code"]) == ("Rprop", "DOC001")
    baseline = tmp_path / "known.json"
    baseline.write_text(text)
    assert main(["audit", "torch:Rprop", "--docs", "--baseline", str(baseline)]) == 0


@pytest.mark.parametrize("arguments", [["nolibrary"], ["torch:Nothing"], ["nowhere:Adam", "--spec", "adam"]])
def test_what_cannot_be_audited_exits_with_two(arguments, capsys):
    assert main(["audit", *arguments]) == 2
    assert "remedy" in capsys.readouterr().err


def test_a_baseline_that_is_no_audit_exits_with_two(tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]")
    assert main(["audit", "torch:SGD", "--baseline", str(wrong)]) == 2


STEP = """
import numpy as np

def step(parameters, gradients, state, learning_rate, beta1, beta2, epsilon):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradients
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * gradients**2
    parameters -= learning_rate * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + epsilon)
"""


@pytest.mark.parametrize(("spec", "code"), [("adam", 0), ("rmsprop", 1)])
def test_a_step_function_of_ones_own_is_held_against_its_rule(spec, code, tmp_path, monkeypatch, capsys):
    (tmp_path / f"own_{spec}.py").write_text(STEP)
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["audit", f"own_{spec}:step", "--spec", spec]) == code
    assert "epsilon: inside the root" in capsys.readouterr().out
