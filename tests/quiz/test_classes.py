"""Classes: answers wide and long, marks, reviews, overrides, pages and gradebooks."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import InputError, Mark
from symdl.quiz.banks import parse_bank
from symdl.quiz.class_files import Answer, is_class_file, read_answers
from symdl.quiz.class_page import class_html
from symdl.quiz.classes import MARK_COLUMNS, Graded, grade_class, grade_files, marks_csv, review_csv, summary
from symdl.quiz.exports import canvas_gradebook, moodle_gradebook, points, possible
from symdl.quiz.reviews import COLUMNS, Marked, read_overrides
from symdl.report.web import is_well_formed

BANK = """
title = "Slopes & more"
[[question]]
id = "square"
prompt = 'Differentiate $x^2$.'
answer = '2x'
points = 3
accepted = ['x+x']
rejected = ['x']
[[question]]
id = "pick"
prompt = 'Which?'
answer = "b"
accepted = ["b"]
rejected = ["a"]
[question.choices]
a = 'this'
b = 'that'
[[question]]
id = "power"
prompt = 'Differentiate $x^n$.'
answer = 'diff(x^n, x)'
accepted = ['n*x^(n-1)']
rejected = ['x^n']
[question.parameters]
n = { from = 2, to = 9 }
"""
IDS = ("square", "pick", "power")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    file = tmp_path / "bank.toml"
    file.write_text(BANK)
    return file


def answers(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "answers.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


WIDE = "student,square,pick\nAnn,x + x,b\nBen,x^2,a\nCid,2x +,\n"
LONG = "student,question,answer\nAnn,square,x + x\nAnn,pick,b\nBen,square,x^2\nBen,pick,a\nCid,square,2x +\nCid,pick,\n"
GRADES = ["RIGHT", "RIGHT", "WRONG", "WRONG", "UNREADABLE", "UNREADABLE"]


@pytest.mark.parametrize("text", [WIDE, LONG], ids=["wide", "long"])
@pytest.mark.parametrize("change", [lambda t: t, lambda t: t.replace(",", ";"), lambda t: t.replace(",", "\t")])
@pytest.mark.parametrize("lines", ["\n", "\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_wide_and_long_files_in_every_dialect_are_marked_alike(
    bank: Path, tmp_path: Path, text: str, change: object, lines: str, start: bytes
) -> None:
    written = start + change(text).replace("\n", lines).encode()  # type: ignore[operator]
    graded = grade_files(bank, answers(tmp_path, written))
    assert [entry.mark.grade for entry in graded.marked] == GRADES


def test_the_marks_file_has_its_stated_columns(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, WIDE))
    rows = list(csv.DictReader(io.StringIO(marks_csv(graded))))
    assert tuple(rows[0]) == MARK_COLUMNS
    assert [(row["student"], row["question"], row["grade"], row["score"]) for row in rows][:3] == [
        ("Ann", "square", "RIGHT", "1"),
        ("Ann", "pick", "RIGHT", "1"),
        ("Ben", "square", "WRONG", "0"),
    ]
    assert summary(graded) == "6 answers of 3 students: 2 RIGHT, 2 WRONG, 0 UNDECIDED, 2 UNREADABLE"


FAULTS = [
    ("", "is empty"),
    ("\n \n", "is empty"),
    ("student,square\n", "a header and no rows"),
    ("name,square\nAnn,2x\n", "no column student"),
    ("student,colour\nAnn,red\n", "no column is a question"),
    ("student,sqare\nAnn,2x\n", "did you mean square"),
    ("student,square,square\nAnn,2x,2x\n", "two columns are called square"),
    ("student,square\nAnn,2x,3\n", ":2: 3 cells under a header of 2"),
    ("student,square,pick\nAnn,2x\n", ":2: 2 cells under a header of 3"),
    ('student,square\nAnn,"2x\n', ":2: "),
    ('student,square\nAnn,"2"x\n', ":2: "),
    ("student,square\n,2x\n", ":2: a row without a student"),
    ("student,square\nAnn,2x\nBen,1\nAnn,2x\n", ":4: Ann answered square in line 2 already"),
    ("student,question,answer\nAnn,sqare,2x\n", ":2: the bank has no question 'sqare'"),
    ("student,question,answer\nAnn,square,2x\nAnn,square,x\n", ":3: Ann answered square in line 2 already"),
    ("student,square\nJosé,2x\n".encode("latin-1"), ":2:4: byte 0xe9 is not UTF-8"),
    ("student,square\nAnn,2x\n".encode("utf-16"), "is text in UTF-16"),
    (b"PK\x03\x04rest", "is a spreadsheet"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_file_that_cannot_be_used_is_refused_with_the_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_answers(answers(tmp_path, text), IDS)
    assert message in str(caught.value)
    assert "answers.csv" in str(caught.value)
    assert caught.value.remedy


def test_line_numbers_count_lines_within_quotes(tmp_path: Path) -> None:
    text = 'student,square\nAnn,"2x\n\n\n"\n\nBen,1,1\n'
    with pytest.raises(InputError, match=r":7: 3 cells"):
        read_answers(answers(tmp_path, text), IDS)


def test_columns_that_are_no_questions_are_named(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, "student,Email,square\nAnn,a@b.c,2x\n"))
    assert graded.notes == ("columns left aside: Email",)


@given(st.binary(max_size=80) | st.text(alphabet='student,;quare"\n\r \t2x', max_size=60).map(str.encode))
def test_any_bytes_are_answers_or_an_input_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    is_class_file(file)
    try:
        found = read_answers(file, IDS)
    except InputError:
        return
    assert found.answers


@given(st.lists(st.tuples(st.text(min_size=1).filter(str.strip), st.text()), unique_by=lambda row: row[0].strip()))
def test_no_answer_is_lost_or_changed(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    rows = [(name, text) for name, text in rows if name.strip() and "\udfff" not in text]
    file = tmp_path_factory.getbasetemp() / "whole.csv"
    with file.open("w", newline="", encoding="utf-8", errors="surrogatepass") as out:
        csv.writer(out).writerows([("student", "square"), *rows])
    try:
        found = read_answers(file, IDS)
    except InputError:
        assert not rows or any("\ud800" <= letter <= "\udfff" for row in rows for cell in row for letter in cell)
        return
    assert [(answer.student, answer.text) for answer in found.answers] == [(name.strip(), text) for name, text in rows]


HOSTILE = [
    "",
    " ",
    "\0",
    "x" * 100_000,
    "(" * 5000,
    "9^9^9^9^9",
    "__import__('os')",
    "\\" * 99,
    "ignore all rules",
    "\ud83d",
]


def test_no_answer_stops_the_others() -> None:
    bank = parse_bank(BANK)
    asked = [Answer(f"s{n}", "square", text, n, "0") for n, text in enumerate([*HOSTILE, "2x"])]
    grades = [entry.mark.grade for entry in grade_class(bank, asked)]
    assert grades[-1] == "RIGHT"
    assert "RIGHT" not in grades[:-1]


def test_a_very_long_answer_does_not_stop_the_file(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, f"student,square\nAnn,{'x' * 500_000}\nBen,2x\n"))
    assert [entry.mark.grade for entry in graded.marked] == ["UNREADABLE", "RIGHT"]


def test_each_student_may_have_a_variant(bank: Path, tmp_path: Path) -> None:
    exponents = {seed: re.findall(r"\d", parse_bank(BANK).questions(seed)["power"].prompt)[0] for seed in "123"}
    rows = "".join(f"s{seed},{seed},{n}x^{int(n) - 1}\n" for seed, n in exponents.items())
    graded = grade_files(bank, answers(tmp_path, "student,seed,power\n" + rows))
    assert [entry.mark.grade for entry in graded.marked] == ["RIGHT"] * 3
    assert len(set(exponents.values())) > 1


def undecided(students: dict[str, str]) -> Graded:
    bank = parse_bank(BANK)
    marked = tuple(
        Marked(Answer(student, "square", text, 2, "0"), Mark("UNDECIDED", 0.0, "too long"))
        for student, text in students.items()
    )
    return Graded(bank, marked)


def test_the_review_groups_equal_answers_the_most_frequent_first() -> None:
    rows = list(csv.DictReader(io.StringIO(review_csv(undecided({"Ann": "u", "Ben": "v", "Cid": "v"})))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["answer"], row["count"], row["students"], row["reason"]) for row in rows] == [
        ("v", "2", "Ben; Cid", "too long"),
        ("u", "1", "Ann", "too long"),
    ]


def test_a_review_that_was_decided_is_read_back(bank: Path, tmp_path: Path) -> None:
    source = answers(tmp_path, "student,square\nAnn,2x +\nBen,2x +\nCid,oops(\nDan,2x\n")
    review = tmp_path / "review.csv"
    text = review_csv(grade_files(bank, source))
    rows = list(csv.reader(io.StringIO(text)))
    rows[1][COLUMNS.index("decision")] = "right"
    rows[1][COLUMNS.index("score")] = "0,5"
    with review.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    graded = grade_files(bank, source, overrides=str(review))
    assert [(entry.mark.grade, entry.mark.score) for entry in graded.marked] == [
        ("RIGHT", 0.5),
        ("RIGHT", 0.5),
        ("UNREADABLE", 0.0),
        ("RIGHT", 1.0),
    ]
    assert graded.marked[0].mark.feedback == "decided by the teacher"


def test_no_cell_is_a_formula_that_a_spreadsheet_runs(bank: Path, tmp_path: Path) -> None:
    attacks = ["=cmd|' /C calc'!A0", "@SUM(1)", "-2+3+cmd|' /C calc'!A0", "=2x"]
    rows = [["student", "square"], *([f"={attack}", attack] for attack in attacks)]
    source = tmp_path / "attacks.csv"
    with source.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    graded = grade_files(bank, source)
    written = [
        marks_csv(graded),
        review_csv(graded),
        *(e(graded.bank, graded.marked) for e in (canvas_gradebook, moodle_gradebook)),
    ]
    cells = [text for table in written for row in csv.reader(io.StringIO(table)) for text in row]
    assert not [text for text in cells if text.startswith(("=", "@")) or (text.startswith(("+", "-")) and "|" in text)]
    review = tmp_path / "open.csv"
    with review.open("w", newline="") as out:
        read = list(csv.reader(io.StringIO(review_csv(graded))))
        csv.writer(out).writerows([read[0], *([*row[:7], "WRONG", "", ""] for row in read[1:])])
    assert grade_files(bank, source, overrides=str(review)).notes == ()


OVERRIDE = "question,answer,decision,score\n"
OVERRIDE_FAULTS = [
    ("question,answer\nsquare,2x\n", "no column decision"),
    (OVERRIDE + "square,2x,MAYBE,\n", ":2: the decision is 'MAYBE'"),
    (OVERRIDE + "square,2x,RIGHT,2\n", ":2: the score is '2'"),
    (OVERRIDE + "square,2x,RIGHT,much\n", ":2: the score is 'much'"),
    (OVERRIDE + "sqare,2x,RIGHT,\n", ":2: the bank has no question 'sqare'"),
    (OVERRIDE + "square,2x,RIGHT,\nsquare,2x,WRONG,\n", ":3: another decision"),
]


@pytest.mark.parametrize(("text", "message"), OVERRIDE_FAULTS, ids=[message for _, message in OVERRIDE_FAULTS])
def test_overrides_that_mean_nothing_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_overrides(str(answers(tmp_path, text)), IDS)
    assert message in str(caught.value)


def test_an_override_without_its_answer_is_told(bank: Path, tmp_path: Path) -> None:
    decided = tmp_path / "decided.csv"
    decided.write_text(OVERRIDE + "square,3x,RIGHT,\n")
    graded = grade_files(bank, answers(tmp_path, WIDE), overrides=str(decided))
    assert graded.notes == ("no answer to square is '3x': its override is not used",)


def test_points_weigh_scores_and_open_answers_have_none(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, WIDE))
    assert points(graded.bank, graded.marked) == {"Ann": 4.0, "Ben": 0.0, "Cid": None}
    assert possible(graded.bank, graded.marked) == 4.0


def test_an_empty_answer_is_not_open(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, "student,square\nAnn, \n"))
    assert points(graded.bank, graded.marked) == {"Ann": 0.0}


def test_the_canvas_gradebook_has_the_columns_of_canvas(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, WIDE))
    head, most, *rows = csv.reader(io.StringIO(canvas_gradebook(graded.bank, graded.marked)))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Slopes & more"]
    assert (most[0].strip(), most[-1]) == ("Points Possible", "4")
    assert [(row[0], row[-1]) for row in rows] == [("Ann", "4"), ("Ben", "0"), ("Cid", "")]


def test_the_moodle_gradebook_has_points_and_feedback(bank: Path, tmp_path: Path) -> None:
    graded = grade_files(bank, answers(tmp_path, WIDE))
    head, *rows = csv.reader(io.StringIO(moodle_gradebook(graded.bank, graded.marked)))
    assert head == ["student", "Slopes & more (points)", "Slopes & more (feedback)"]
    assert [row[1] for row in rows] == ["4", "0", ""]
    assert rows[0][2] == "square RIGHT\npick RIGHT"


@given(st.text(max_size=30), st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_the_class_page_is_well_formed_whatever_was_answered(text: str, student: str, slip: str) -> None:
    mark = Mark("WRONG", 0.0, text, slip, text)
    page = class_html(parse_bank(BANK), [Marked(Answer(student, "square", text, 2, "0"), mark)])
    assert is_well_formed(page)


def test_the_class_page_counts_misconceptions_and_answers() -> None:
    slip = Mark("WRONG", 0.0, "", "integrated instead", "x^3/3")
    marked = [Marked(Answer(f"s{n}", "square", "x^3/3", 2, "0"), slip) for n in range(3)]
    page = class_html(parse_bank(BANK), marked)
    assert '<td class="count">3</td><td>integrated instead</td>' in page
    assert "<code>x^3/3</code>" in page
    assert "<math>" in page
    assert "Slopes &amp; more" in page
    assert "<p>Right: <math><mrow><mn>2</mn><mi>x</mi></mrow></math></p>" in page
