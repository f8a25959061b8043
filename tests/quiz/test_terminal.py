"""The quiz in the terminal and on the command line: what is asked, read back, marked and shown."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdl.cli import main
from symdl.core import InputError
from symdl.quiz import terminal
from symdl.quiz.banks import parse_bank, read_bank
from symdl.quiz.exports import moodle_questions
from symdl.quiz.terminal import Options

TEXT = r"""
title = "Slopes"
[[question]]
id = "sigmoid"
prompt = 'What is the slope of $\sigma(x)$?'
answer = '\sigma(x)(1-\sigma(x))'
accepted = ['\sigma(x)-\sigma(x)^2']
rejected = ['\sigma(x)']
settled_by = ["sigmoid_slope_is_sigmoid_times_1_minus_sigmoid"]
source = { cite = "a book", where = "page 1" }
explanation = 'By the quotient rule.'
points = 2
[[question]]
id = "pick"
prompt = 'Which one <b>&</b> why?'
answer = "b"
accepted = ["b"]
rejected = ["a"]
choices = { a = 'this, $x<1$', b = 'that' }
feedback = { a = 'Look again.' }
[[question]]
id = "parts"
prompt = 'Two numbers.'
accepted = ["1; 2"]
rejected = ["2; 1"]
[[question.blanks]]
id = "one"
prompt = "first"
answer = "1"
[[question.blanks]]
id = "two"
prompt = "second"
answer = "2"
"""
BANK = parse_bank(TEXT)


def asked(lines: list[str], options: Options | None = None) -> list[str]:
    typed = iter(lines)
    shown: list[str] = []
    terminal.ask(BANK, options or Options(), lambda: next(typed, ""), shown.append)
    return "\n".join(shown).split("\n")


def test_the_formula_is_shown_as_it_was_read_before_the_mark() -> None:
    shown = asked(["sigma(x) - sigma(x)^2\n"])
    assert shown.index("  read as  -sigmoid(x)^2 + sigmoid(x)") < shown.index("  RIGHT")


def test_evidence_is_shown_after_a_right_answer() -> None:
    shown = "\n".join(asked([r"\sigma(x)\sigma(-x)" + "\n"]))
    _, _, after = shown.partition("RIGHT")
    assert "By the quotient rule." in after
    assert "settled by sigmoid_slope_is_sigmoid_times_1_minus_sigmoid: PROVED" in after
    assert "source: a book, page 1" in after


def test_a_wrong_answer_gets_feedback_and_no_answer_unless_asked() -> None:
    quiet, told = ("\n".join(asked(["sigma(x)\n"], Options(reveal=reveal))) for reveal in (False, True))
    assert "WRONG" in quiet
    assert r"\sigma(x)(1-\sigma(x))" not in quiet
    assert r"the right answer: \sigma(x)(1-\sigma(x))" in told


def test_a_question_mark_tells_the_right_answer_and_asks_on() -> None:
    shown = asked(["?\n", "sigma(x)(1-sigma(x))\n"], Options(only=("sigmoid",)))
    assert r"  the right answer: \sigma(x)(1-\sigma(x))" in shown
    assert shown[-1] == "1 RIGHT; 2 of 2 points"


def test_choices_and_blanks_are_listed_and_their_feedback_told() -> None:
    shown = asked(["\n", "a\n", "1; 3\n"])
    assert "   a) this, $x<1$" in shown
    assert "    Look again." in shown
    assert "   one: first" in shown
    assert shown[-1] == "1 skipped, 2 WRONG; 1 of 3 points"


@pytest.mark.parametrize("lines", [[], ["q\n"], ["\n", "\n", "\n"]], ids=["end of input", "q", "skipped"])
def test_the_end_is_polite(lines: list[str]) -> None:
    assert asked(lines)[-1].endswith("0 of 0 points")


def test_a_line_without_its_end_is_an_answer() -> None:
    assert asked(["sigma(x)(1-sigma(x))"])[-1].startswith("1 RIGHT; 2 of 2")


def test_an_answer_is_marked_once_its_reading_is_confirmed() -> None:
    shown = asked(["sigma(x\n", "sigma(x)\n", "sigma(x)(1-sigma(x))\n", "\n"], Options(confirm=True))
    assert [line for line in shown if line.strip() in ("RIGHT", "WRONG", "UNREADABLE")] == ["  RIGHT"]


def test_a_question_that_the_bank_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="no question sigmod"):
        asked([], Options(only=("sigmod",)))


@settings(max_examples=20)
@given(st.lists(st.text(max_size=40), max_size=4))
def test_no_input_stops_the_quiz(lines: list[str]) -> None:
    assert " point" in asked([line + "\n" for line in lines])[-1]


def test_a_very_long_answer_is_marked() -> None:
    assert "UNREADABLE" in "\n".join(asked(["x+" * 50_000 + "\n"])) or "UNDECIDED" in "\n".join(asked(["x" * 100_000]))


# Questions for Moodle


def questions(text: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(text).iter("question")


def test_moodle_questions_are_xml_with_a_question_each() -> None:
    found = list(questions(moodle_questions(BANK)))
    assert [q.get("type") for q in found] == ["essay", "multichoice", "essay"]
    assert found[0].findtext("questiontext/text") == r"What is the slope of \(\sigma(x)\)?"
    assert found[1].findtext("questiontext/text") == "Which one &lt;b&gt;&amp;&lt;/b&gt; why?"
    fractions = {a.findtext("text"): float(a.get("fraction", "nan")) for a in found[1].iter("answer")}
    assert fractions == {r"this, \(x&lt;1\)": 0.0, "that": 100.0}


def test_fractions_of_moodle_choices_add_up_over_the_whole_bank() -> None:
    for question in questions(moodle_questions(read_bank("deep-learning"))):
        fractions = [float(a.get("fraction", "nan")) for a in question.iter("answer")]
        assert not fractions or sum(f for f in fractions if f > 0) == pytest.approx(100)


# The command line


@pytest.fixture
def bank(tmp_path: Path) -> str:
    file = tmp_path / "slopes.toml"
    file.write_text(TEXT)
    return str(file)


def test_quiz_lists_the_shipped_banks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quiz"]) == 0
    assert "deep-learning/optimizers" in capsys.readouterr().out


def test_check_exits_1_when_an_example_is_marked_otherwise(bank: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quiz", bank, "--check"]) == 0
    Path(bank).write_text(TEXT.replace("accepted = ['\\sigma(x)-\\sigma(x)^2']", "accepted = ['\\sigma(x)^2']"))
    assert main(["quiz", bank, "--check"]) == 1
    assert r"sigmoid (line 3): \sigma(x)^2 is WRONG, to be accepted" in capsys.readouterr().out


def test_a_bank_with_two_equal_ids_exits_2_with_both_lines(bank: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(bank).write_text(TEXT.replace('id = "pick"', 'id = "sigmoid"'))
    assert main(["quiz", bank]) == 2
    error = capsys.readouterr().err
    assert "slopes.toml:14:1: the id sigmoid is that of the question in line 3" in error
    assert "Traceback" not in error


def test_grade_writes_all_files_of_a_class(bank: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "class.csv"
    source.write_text("student,sigmoid,pick\nAnn,sigma(x)*sigma(-x),b\nBen,sigma(x,a\n")
    files = {
        name: str(tmp_path / name) for name in ("marks.csv", "review.csv", "class.html", "moodle.csv", "canvas.csv")
    }
    options = ["-o", files["marks.csv"], "--review", files["review.csv"], "--html", files["class.html"]]
    options += ["--export", "moodle", files["moodle.csv"], "--export", "canvas", files["canvas.csv"]]
    assert main(["grade", bank, str(source), *options]) == 0
    assert capsys.readouterr().out == "4 answers of 2 students: 2 RIGHT, 1 WRONG, 0 UNDECIDED, 1 UNREADABLE\n"
    assert all(Path(file).stat().st_size for file in files.values())


@pytest.mark.parametrize(
    ("answers", "options", "message"),
    [
        ("student,sigmoid\nAnn,1\n", ["--export", "blackboard", "x.csv"], "no export to blackboard"),
        ("student,sigmod\nAnn,1\n", [], "did you mean sigmoid"),
        ("student,sigmoid\nAnn,1\nAnn,2\n", [], "Ann answered sigmoid in line 2 already"),
        ("student,sigmoid\nAnn,1\n", ["--overrides", "none.csv"], "none.csv"),
        ("name,sigmoid\nAnn,1\n", ["--html", "x.html"], "no column student"),
    ],
)
def test_grade_exits_2_with_a_clear_error(
    bank: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], answers: str, options: list[str], message: str
) -> None:
    source = tmp_path / "class.csv"
    source.write_text(answers)
    assert main(["grade", bank, str(source), "-o", str(tmp_path / "marks.csv"), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_questions_for_moodle_are_written(bank: str, tmp_path: Path) -> None:
    file = tmp_path / "questions.xml"
    assert main(["quiz", bank, "--moodle", str(file)]) == 0
    assert len(list(questions(file.read_text()))) == 3


def test_piped_answers_are_read(bank: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    run = subprocess.run(
        [sys.executable, "-m", "symdl", "quiz", bank],
        input="sigma(x)(1-sigma(x))\nb\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("2 RIGHT; 3 of 3 points\n")
