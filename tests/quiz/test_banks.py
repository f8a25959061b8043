"""Banks: what is read, and that every fault is told at its line and column with a remedy."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import InputError
from symdl.quiz.banks import BankError, check_bank, parse_bank, read_bank, shipped_banks

GOOD = """
title = "Slopes"

[defaults]
source = { cite = "a book", where = "page 1" }

[[question]]
id = "sigmoid"
prompt = 'What is the slope of $\\sigma(x)$?'
answer = '\\sigma(x)(1-\\sigma(x))'
accepted = ['\\sigma(x)-\\sigma(x)^2']
rejected = ['\\sigma(x)']
settled_by = ["sigmoid_slope_is_sigmoid_times_1_minus_sigmoid"]
aliases = { s = '\\sigma' }
points = 2

[[question]]
id = "choice"
prompt = 'Which?'
answer = ["a", "b"]
[question.choices]
a = 'this'
b = 'that'
c = 'nothing'
[question.feedback]
c = 'Look again.'
"""


def test_a_bank_has_its_questions_in_order_with_defaults() -> None:
    bank = parse_bank(GOOD)
    assert (bank.title, bank.ids) == ("Slopes", ("sigmoid", "choice"))
    first, second = bank.questions().values()
    assert (first.points, str(first.source), first.aliases) == (2.0, "a book, page 1", (("s", r"\sigma"),))
    assert (second.kind, second.answer) == ("choice", "a,b")
    assert [choice.feedback for choice in second.choices] == ["", "", "Look again."]


HEAD = "[[question]]\nid = 'q'\nprompt = 'p'\n"
FAULTS = [
    ("", 1, 1, "a bank without questions"),
    ("title = 'x'\nnonsense = 1\n" + HEAD + "answer = '1'", 2, 1, "a bank has no key nonsense"),
    ("[[question]]\nprompt = 'p'\nanswer = '1'", 1, 3, "without an id"),
    ("[[question]]\nid = 'a b'\nprompt = 'p'\nanswer = '1'", 2, 1, "is no id"),
    ("[[question]]\nid = 'Student'\nprompt = 'p'\nanswer = '1'", 2, 1, "answer files have a column"),
    ("[[question]]\nid = 'q'\nanswer = '1'", 1, 3, "without a prompt"),
    (HEAD, 1, 3, "without an answer"),
    (HEAD + "answer = '  '", 4, 1, "without an answer"),
    (HEAD + "answr = '1'", 4, 1, "no key answr"),
    (HEAD + "answer = '1'\nkind = 'expresion'", 5, 1, "kind is 'expresion'"),
    (HEAD + "answer = '1'\nform = 'facored'", 5, 1, "form is 'facored'"),
    (HEAD + "answer = '1'\nprofile = 'physics'", 5, 1, "profile is 'physics'"),
    (HEAD + "answer = '1'\naccepted = [['1']]", 5, 13, "accepted holds a list"),
    (HEAD + "answer = '1'\npoints = -1", 5, 1, "points is '-1'"),
    (HEAD + "answer = '1'\npoints = nan", 5, 1, "points is 'nan'"),
    (HEAD + "answer = '1'\npoints = true", 5, 1, "points is 'true'"),
    (HEAD + "answer = '1'\nrejected = ['2', '1']", 5, 18, "accepted and rejected"),
    (HEAD + "answer = '1'\nsettled_by = ['sigmoid_increase']", 5, 15, "no claim sigmoid_increase"),
    (HEAD + "answer = '1'\ntolerance = { relative = 'ten' }", 5, 15, "is no number"),
    (HEAD + "answer = '1'\ntolerance = { absolute = -1 }", 5, 15, "a tolerance of -1"),
    (HEAD + "answer = '1'\ntolerance = { figures = 0 }", 5, 15, "figures is '0'"),
    (HEAD + "answer = '1'\npolicy = { feedback = 'all' }", 5, 12, "feedback is 'all'"),
    (HEAD + "answer = '1'\npolicy = 3", 5, 1, "policy is '3', not a table"),
    (HEAD + "answer = '\\frac{1}{'", 4, 1, "the right answer cannot be read"),
    (HEAD + "answer = '1'\nalso = ['2 +']", 5, 1, "the right answer cannot be read"),
    (HEAD + "answer = '1'\ngiven = ['x >']", 5, 1, "what is given cannot be read"),
    (HEAD + "answer = 'np.max('\nkind = 'code'", 4, 1, "the right answer cannot be read"),
    (HEAD + "answer = 'x^2'\nkind = 'antiderivative'", 5, 1, "without wrt"),
    (HEAD + "answer = 'a'\nkind = 'choice'", 5, 1, "without choices"),
    (HEAD + "answer = 'd'\n[question.choices]\na = 'x'\nb = 'y'", 4, 1, "none of the choices"),
    (HEAD + "[question.choices]\na = 'x'\nb = 'y'", 1, 3, "without an answer"),
    (HEAD + "answer = 'a'\n[question.choices]\na = 'x'", 5, 2, "fewer than two choices"),
    (HEAD + "answer = 'a'\nchoices = { a = '1', b = '2' }\nfeedback = { c = '3' }", 6, 14, "feedback to c"),
    (HEAD + "answer = '1'\n[[question.blanks]]\nid = 'b'\nanswer = '1'", 4, 1, "an answer beside blanks"),
    (HEAD + "[[question.blanks]]\nid = 'b'", 4, 3, "without an answer"),
    (HEAD + "answer = 'a'\nparameters = { a = { from = 3, to = 2 } }", 5, 16, "from 3 to 2"),
    (HEAD + "answer = 'a'\nparameters = { a = { from = 0, to = 2, step = 0 } }", 5, 16, "the step of a is 0"),
    (HEAD + "answer = 'a'\nparameters = { a = { from = 0, to = 1e9 } }", 5, 16, "takes 1000000001 values"),
    (HEAD + "answer = 'a'\nparameters = { a = { from = 0 } }", 5, 16, "has no range"),
    (HEAD + "answer = 'a'\nparameters = { a = [] }", 5, 16, "has no values"),
    (HEAD + "answer = 'a'\nparameters = { a = 'x' }", 5, 16, "has no range"),
    (HEAD + "answer = '1'\nparameters = { a = [1] }", 5, 16, "the parameter a stands neither"),
    (HEAD + "answer = '1'\ntolerance = { relative = 1e999999999 }", 5, 15, "is no number"),
    (HEAD + "answer = '1'\ntolerance = { relative = '1/0' }", 5, 15, "is no number"),
    (HEAD + "answer = " + "9" * 5000, 1, 1, "nothing reads"),
    (HEAD + "answer = '1'\nblanks = 3", 5, 1, "blanks is no array of tables"),
    (HEAD + 'answer = "\\sigma"', 4, None, "escape"),
    (HEAD + "answer = '1'\nanswer = '2'", 5, None, "overwrite"),
    (HEAD + "answer = '1", 4, None, ""),
    ("question = 3", 1, 1, "question is no array of tables"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"), FAULTS, ids=[fault[3] or "open quote" for fault in FAULTS]
)
def test_a_fault_is_told_at_its_place_with_a_remedy(text: str, line: int, column: int | None, message: str) -> None:
    with pytest.raises(BankError) as caught:
        parse_bank(text, "bank.toml")
    problem = next(p for p in caught.value.problems if message.lower() in p.message.lower())
    assert problem.line == line
    assert column is None or problem.column == column
    assert problem.remedy
    assert f"bank.toml:{problem.line}:{problem.column}: " in str(caught.value)


def test_two_equal_ids_are_told_with_both_lines() -> None:
    text = HEAD + "answer = '1'\n" + HEAD.replace("'q'", "'Q'") + "answer = '2'\n"
    with pytest.raises(BankError, match="the id Q is that of the question in line 1") as caught:
        parse_bank(text)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (6, 1)


def test_all_faults_of_a_bank_are_told_in_order_of_lines() -> None:
    text = HEAD + "answer = '1'\nwieght = 1\n\n[[question]]\nid = 'r'\nkind = 'nothing'\n"
    with pytest.raises(BankError) as caught:
        parse_bank(text)
    assert [p.line for p in caught.value.problems] == [5, 7, 7, 9]


def test_a_fault_of_the_defaults_is_told_once_and_there() -> None:
    text = (
        "[defaults]\npolicy = { feedback = 'all' }\n"
        + HEAD
        + "answer = '1'\n"
        + HEAD.replace("'q'", "'r'")
        + "answer='2'"
    )
    with pytest.raises(BankError) as caught:
        parse_bank(text)
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, 12)]


def test_a_key_of_a_question_takes_the_place_of_the_default() -> None:
    bank = parse_bank("[defaults]\npoints = 2\n" + HEAD + "answer = '1'\npoints = 5\n")
    assert bank.questions()["q"].points == 5


def test_a_near_key_and_a_near_claim_are_proposed() -> None:
    text = HEAD + "answer = '1'\nacceptd = ['1']\nsettled_by = ['tanh_is_od']\n"
    with pytest.raises(BankError) as caught:
        parse_bank(text)
    assert [p.remedy for p in caught.value.problems] == ["did you mean accepted?", "did you mean tanh_is_odd?"]


@given(st.text(max_size=60) | st.text(alphabet="[]{}='\"#\n .aid1", max_size=40))
def test_any_text_is_a_bank_or_a_bank_error(text: str) -> None:
    with pytest.raises(BankError):
        parse_bank(text)


@pytest.mark.parametrize("depth", [50, 150, 400, 3000])
def test_deep_nesting_is_a_bank_error(depth: int) -> None:
    with pytest.raises(BankError):
        parse_bank(HEAD + "answer = '1'\nalso = " + "[" * depth + "]" * depth)


def test_files_with_a_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_bank(file).ids == ("sigmoid", "choice")


def test_bytes_that_are_no_utf8_are_told_by_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_bytes(b"title = 'x'\n# caf\xe9\n")
    with pytest.raises(BankError, match=r"2:6: byte 0xe9 is not UTF-8"):
        read_bank(file)


@pytest.mark.parametrize(
    ("name", "remedy"), [("deep-lerning", "did you mean deep-learning"), ("none.toml", "lists those")]
)
def test_a_missing_bank_is_told_with_what_there_is(name: str, remedy: str) -> None:
    with pytest.raises(InputError, match=remedy):
        read_bank(name)


def test_a_folder_is_one_bank_and_ids_are_its_own(tmp_path: Path) -> None:
    for name, key in (("one", "q1"), ("two", "q2")):
        (tmp_path / f"{name}.toml").write_text(HEAD.replace("'q'", f"'{key}'") + "answer = '1'\n")
    assert read_bank(tmp_path).ids == ("q1", "q2")
    (tmp_path / "three.toml").write_text(HEAD.replace("'q'", "'q1'") + "answer = '1'\n")
    with pytest.raises(BankError, match="is in the bank"):
        read_bank(tmp_path)


def test_an_empty_folder_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.toml file"):
        read_bank(tmp_path)


def test_shipped_banks_have_names() -> None:
    assert {"deep-learning", "deep-learning/optimizers"} <= shipped_banks().keys()


def test_examples_that_are_marked_otherwise_are_found() -> None:
    planted = HEAD + "answer = '2x'\naccepted = ['x + x', '3x']\nrejected = ['x', '4x/2', '2x +']\n"
    ((_, slips),) = check_bank(parse_bank(planted))
    assert [(slip.example, slip.expected) for slip in slips] == [("3x", "accepted"), ("4x/2", "rejected")]


def test_missing_examples_are_found() -> None:
    ((_, slips),) = check_bank(parse_bank(HEAD + "answer = '2x'\n"))
    assert [slip.expected for slip in slips] == ["accepted", "rejected"]
