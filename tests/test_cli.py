"""The command line: exit codes, formats, and input that cannot be used."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symdl.cli import main

COMMANDS = ("check", "build", "verify", "derive", "generate", "show", "test", "prove", "rule")


def run(*argv: str) -> int:
    try:
        return main(list(argv))
    except SystemExit as error:
        return int(error.code or 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    assert f"example:\n  symdl {command}" in capsys.readouterr().out


def test_help_answers_within_three_tenths_of_a_second_of_a_bare_interpreter() -> None:
    def seconds(*arguments: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return time.perf_counter() - start

    bare = min(seconds("-c", "pass") for _ in range(3))
    assert min(seconds("-m", "symdl", "--help") for _ in range(3)) - bare < 0.3


def test_no_command_prints_help_and_could_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("1 - tanh(x)^2 = sech(x)^2", 0),
        ("1 - tanh(x)^2 = sech(x)", 1),
        ("-x^2 = -(x^2)", 0),
        (r"\frac{1}{1+e^{-x}} + \frac{1}{1+e^{x}} = 1", 0),
        ("1 + = 2", 2),
        ("frobnicate(x) = x", 2),
        ("", 2),
    ],
)
def test_verify_exits_by_outcome(claim: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", claim) == code
    captured = capsys.readouterr()
    assert captured.err if code == 2 else captured.out


def test_verify_json_has_the_documented_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "max(x, k*x) = x", "--given", "x > 0", "--given", "k > 1", "--format", "json") == 1
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["outcome"] == "REFUTED"
    assert set(verdict["witness"]) == {"x", "k"}
    assert verdict["values"]["lhs"] != verdict["values"]["rhs"]


def test_derive_accepts_a_leading_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("derive", "-x^2") == 0
    assert capsys.readouterr().out.strip() == "-2*x"


def test_derive_steps_names_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("derive", "x/(1+exp(-x))", "--steps", "--format", "json") == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert any("quotient" in step["rule"] or "product" in step["rule"] for step in steps)


def test_generate_check_notices_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sigmoid.py"
    assert run("generate", "sigmoid", "-o", str(path)) == 0
    assert run("generate", "sigmoid", "--check", "-o", str(path)) == 0
    path.write_text(path.read_text().replace("np.exp", "np.exp2"))
    assert run("generate", "sigmoid", "--check", "-o", str(path)) == 1
    assert "differs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("check", "no-such-file.md"), "no-such-file.md"),
        (("check", "symdl/../.ci"), "no documents"),
        (("check", "README.md", "--select", "OPT0O1"), "OPT001"),
        (("check", "README.md", "--timeout", "0"), "--timeout"),
        (("check", "-", "--fix"), "--diff"),
        (("build", "no-such-file.md"), "no-such-file.md"),
        (("generate", "sigmoit"), "sigmoid"),
        (("generate", "no.such.module:item"), "no.such.module"),
        (("test", "sigmoit"), "sigmoid"),
        (("prove", "no-such-file.py"), "no-such-file.py"),
        (("rule", "OPT999"), "OPT001"),
        (("show", "leaky_rellu"), "did you mean leaky_relu"),
        (("show", "adam", "--plot", "adam.svg"), "activations"),
        (("show", "relu", "--plot", "relu.gif"), ".svg or .png"),
        (("derive", "x +"), "^"),
        (("derive", "relux(x)"), "relu"),
    ],
)
def test_what_cannot_run_says_why_and_exits_with_2(
    argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_binary_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.md"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe$x$")
    assert run("check", str(path)) == 2
    assert "image.md" in capsys.readouterr().err


def test_check_prints_a_place_for_each_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.md"
    path.write_text("Sigmoid: $f(x)=\\frac{1}{1+e^{-x}}$ and\n$f'(x)=f(x)(1+f(x))$.\n")
    assert run("check", str(path)) == 1
    assert f"{path}:2:2: DER001 error" in capsys.readouterr().out


def test_check_json_counts_statements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.md"
    path.write_text("Costs \\$5. The identity $(x+1)^2 = x^2+2x+1$ holds.\n")
    assert run("check", str(path), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["summary"]["statements"] == 1


def test_rule_explains_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rule", "opt001") == 0
    assert capsys.readouterr().out.startswith("OPT001")


def test_show_prints_the_card_of_an_item_and_of_an_expression(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "leaky_relu") == 0
    assert "Clarke interval" in capsys.readouterr().out
    assert run("show", "-x^2") == 0
    assert "f(x) = -x^2" in capsys.readouterr().out


def test_show_gives_json_markdown_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "adam", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["conventions"][0]["choice"] == "outside the root"
    assert run("show", "relu", "--format", "markdown") == 0
    assert capsys.readouterr().out.startswith("# relu\n")
    assert run("show", "relu", "--code") == 0
    assert "def relu_derivative(" in capsys.readouterr().out


def test_show_takes_a_value_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own_items_to_show.py").write_text("import symdl\nramp = symdl.activation('ramp', 'max(x, 0)')\n")
    monkeypatch.chdir(tmp_path)
    assert run("show", "own_items_to_show:ramp") == 0
    assert "ramp(x) = max(0, x)" in capsys.readouterr().out


def test_show_asks_for_matplotlib_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("show", "relu", "--plot", str(tmp_path / "relu.svg")) == 2
    assert "symdl[plot]" in capsys.readouterr().err
