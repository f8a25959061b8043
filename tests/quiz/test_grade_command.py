"""``symdl grade`` on rows: what it prints, what it refuses, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from symdl.cli import main

BANK = '[[question]]\nid = "slope"\nprompt = "Differentiate $x^2$."\nanswer = "2x"\n'


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"gold": "2x", "answer": "x + x"}\n{"gold": "2x", "answer": "x"}\n', encoding="utf-8")
    return path


def test_rows_are_marked_and_counted(answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-o", str(tmp_path / "marks.csv"), "--processes", "1", "--format", "json"]
    assert main(["grade", str(answers), *options]) == 0
    assert json.loads(capsys.readouterr().out)["grades"] == {"RIGHT": 1, "WRONG": 1, "UNDECIDED": 0, "UNREADABLE": 0}
    assert main(["grade", str(answers), *options]) == 0
    assert json.loads(capsys.readouterr().out)["continued"] == 2


def test_a_bank_names_the_questions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bank.toml").write_text(BANK, encoding="utf-8")
    (tmp_path / "answers.csv").write_text("question,answer,id\nslope,x+x,r1\nnone,x,r2\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("bank.toml", "answers.csv")]
    assert main(["grade", *files, "-o", str(tmp_path / "marks.jsonl"), "--processes", "1"]) == 0
    assert "1 RIGHT, 0 WRONG, 0 UNDECIDED, 1 UNREADABLE" in capsys.readouterr().out
    first, second = map(json.loads, (tmp_path / "marks.jsonl").read_text(encoding="utf-8").splitlines())
    assert (first["id"], first["question"], first["grade"]) == ("r1", "slope", "RIGHT")
    assert second["id"] == "r2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--html", "page.html"], "is for a class"),
        (["--processes", "0"], "too few"),
    ],
)
def test_what_does_not_fit_is_refused(
    answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["grade", str(answers), "-o", str(tmp_path / "marks.csv"), *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.jsonl", "answers.txt"])
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / "answers.txt").write_text("x")
    assert main(["grade", str(tmp_path / name), "-o", str(tmp_path / "marks.csv")]) == 2
    assert name in capsys.readouterr().err


def test_the_answers_of_a_class_need_a_bank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answers.csv").write_text("student,slope\nAnn,2x\n", encoding="utf-8")
    assert main(["grade", str(tmp_path / "answers.csv"), "-o", str(tmp_path / "marks.csv")]) == 2
    assert "need a bank" in capsys.readouterr().err


def test_a_class_has_no_workers_and_counts_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bank.toml").write_text(BANK, encoding="utf-8")
    (tmp_path / "answers.csv").write_text("student,slope\nAnn,2x\nBen,x\n", encoding="utf-8")
    command = ["grade", str(tmp_path / "bank.toml"), str(tmp_path / "answers.csv"), "-o", str(tmp_path / "marks.csv")]
    assert main([*command, "--processes", "2"]) == 2
    assert "is for rows" in capsys.readouterr().err
    assert main([*command, "--format", "json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert counted["grades"] == {"RIGHT": 1, "WRONG": 1, "UNDECIDED": 0, "UNREADABLE": 0}
    assert (counted["answers"], counted["students"]) == (2, 2)


def test_no_module_of_the_folder_is_run_by_a_worker(tmp_path: Path) -> None:
    (tmp_path / "struct.py").write_text("open('canary', 'w').close()\n", encoding="utf-8")
    (tmp_path / "answers.jsonl").write_text('{"gold": "2x", "answer": "x + x"}\n' * 3, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "symdl", "grade", "answers.jsonl", "-o", "marks.jsonl"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "canary").exists()
