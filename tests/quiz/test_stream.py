"""Files of answers to files of marks: order, duplicates, kills, workers that die."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from symdl.core import InputError, Question
from symdl.quiz.grading import grade_file
from symdl.quiz.many import question_of
from symdl.quiz.rows import Row
from symdl.quiz.stream import Summary, grade_stream
from symdl.quiz.workers import LocalPool, Outcome, Task, mark_task


class Counting:
    """A pool in this process that counts what it is asked."""

    width = 1

    def __init__(self, most: int | None = None) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.most = most

    def submit(self, task: Task) -> Future[list[Outcome]]:
        self.asked.update((question.answer, text) for question, text in task)
        if self.most is not None and self.asked.total() > self.most:
            raise KeyboardInterrupt
        future: Future[list[Outcome]] = Future()
        future.set_result([Outcome({"grade": "RIGHT", "score": 1.0, "feedback": text}) for _, text in task])
        return future

    def close(self) -> None: ...


def ask(row: Row) -> Question | None:
    return question_of(row.gold, row.given)


def run(source: Path, marks: Path, pool: Counting) -> Summary:
    return grade_stream(source, marks, pool, ask, settings={})


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write(tmp_path / "answers.jsonl", [{"gold": "x", "answer": str(i * i % 997), "id": i} for i in range(6000)])


def test_marks_stand_in_the_order_of_the_rows(many: Path, tmp_path: Path) -> None:
    run(many, tmp_path / "marks.jsonl", Counting())
    marks = read(tmp_path / "marks.jsonl")
    assert [mark["row"] for mark in marks] == list(range(1, 6001))
    assert [mark["feedback"] for mark in marks] == [str(i * i % 997) for i in range(6000)]
    assert {(mark["symdl"], mark["profile"]) for mark in marks} == {("0.1.0", "deep_learning")}


def test_each_pair_is_decided_once(many: Path, tmp_path: Path) -> None:
    pool = Counting()
    summary = run(many, tmp_path / "marks.jsonl", pool)
    assert set(pool.asked.values()) == {1}
    assert summary.decided == len(pool.asked) == len({i * i % 997 for i in range(6000)})


def test_other_assumptions_make_another_pair(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"gold": "x", "answer": "|x|"}, {"gold": "x", "answer": "|x|", "given": "x > 0"}]
    assert run(write(tmp_path / "a.jsonl", rows), tmp_path / "marks.jsonl", Counting()).decided == 2


@pytest.mark.parametrize("most", [1, 300, 450])
def test_a_run_that_was_stopped_is_continued(many: Path, tmp_path: Path, most: int) -> None:
    marks = tmp_path / "marks.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(many, marks, Counting(most))
    summary = run(many, marks, Counting())
    assert [mark["row"] for mark in read(marks)] == list(range(1, 6001))
    assert summary.rows == summary.grades.total() == 6000
    again = Counting()
    assert run(many, marks, again).rows == 6000
    assert not again.asked


def test_other_answers_are_refused(many: Path, tmp_path: Path) -> None:
    run(many, tmp_path / "marks.jsonl", Counting())
    write(many, [{"gold": "x", "answer": "y"}])
    with pytest.raises(InputError, match="begun with another input"):
        run(many, tmp_path / "marks.jsonl", Counting())


def test_bad_rows_are_marked_unreadable_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"gold": "x", "answer": "x"}\n{bad\n{"gold": "x", "answer": "y"}\n', encoding="utf-8")
    run(path, tmp_path / "marks.csv", Counting())
    with (tmp_path / "marks.csv").open(encoding="utf-8", newline="") as file:
        marks = list(csv.DictReader(file))
    assert [mark["grade"] for mark in marks] == ["RIGHT", "UNREADABLE", "RIGHT"]
    assert "line 2 is no JSON" in marks[1]["feedback"]


def test_marks_are_written_as_parquet(many: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    run(many, tmp_path / "marks.parquet", Counting())
    table = parquet.read_table(tmp_path / "marks.parquet")
    assert table.column("row").to_pylist() == list(range(1, 6001))
    (tmp_path / "other.parquet").write_bytes(b"mine")
    with pytest.raises(InputError, match="exists"):
        run(many, tmp_path / "other.parquet", Counting())


def test_a_file_of_unknown_format_is_refused_before_any_work(many: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="marks are written to"):
        run(many, tmp_path / "marks.xlsx", Counting())


ROWS: list[dict[str, object]] = [
    {"gold": r"\sigma(x)(1-\sigma(x))", "answer": r"\sigma(x) - \sigma(x)^2"},
    {"gold": "2x", "answer": r"Therefore it is \boxed{x + x}."},
    {"gold": "2x", "answer": "3x"},
    {"gold": "2x", "answer": "I do not know it, sorry about that."},
]


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    with_workers = LocalPool(1)
    yield with_workers
    with_workers.close()


def test_workers_mark_as_this_process_does(pool: LocalPool, tmp_path: Path) -> None:
    grade_stream(write(tmp_path / "a.jsonl", ROWS), tmp_path / "marks.jsonl", pool, ask, settings={})
    marks = read(tmp_path / "marks.jsonl")
    assert [mark["grade"] for mark in marks] == ["RIGHT", "RIGHT", "WRONG", "UNREADABLE"]
    here = mark_task([(question_of(str(row["gold"])), str(row["answer"])) for row in ROWS])
    names = ("grade", "score", "feedback", "misconception", "read_as", "witness")
    assert [[mark[name] for name in names] for mark in marks] == [[mark[name] for name in names] for mark in here]


DEADLY = """
import os
from symdl.quiz import many, workers
honest = many.mark_text
def deadly(question, text):
    if text == "deadly":
        os._exit(7)
    return honest(question, text)
many.mark_text = deadly
workers.main()
"""


def test_a_row_that_ends_two_workers_is_undecided_and_the_others_are_marked(
    pool: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen

    def planted(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        return start([command[0], "-c", DEADLY], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr("symdl.quiz.workers.subprocess.Popen", planted)
    answers = ["x", "deadly", "y"]
    outcomes = pool.submit([(Question("x"), answer) for answer in answers]).result()
    grades = [outcome.mark["grade"] for outcome in outcomes]
    assert grades == ["RIGHT", "UNDECIDED", "WRONG"]
    assert [outcome.kept for outcome in outcomes] == [True, False, True]
    assert "died twice" in outcomes[1].mark["feedback"]
    assert "exit code 7" in outcomes[1].mark["feedback"]


def test_killed_workers_are_replaced(pool: LocalPool) -> None:
    task = [(Question("x + 1"), f"x + {number}") for number in range(400)]
    future = pool.submit(task)
    source = random.Random(1)
    (child,) = pool._children
    while not future.done():
        time.sleep(source.uniform(0.05, 0.3))
        if child.busy and source.random() < 0.2:
            child.kill()
    assert [outcome.mark["grade"] for outcome in future.result()] == ["WRONG", "RIGHT"] + ["WRONG"] * 398


def test_every_row_is_marked_once_across_kills_of_the_grader(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"gold": "x + 1", "answer": f"x + {number}"} for number in range(1500)]
    source, marks = write(tmp_path / "a.jsonl", rows), tmp_path / "marks.jsonl"
    code = "import sys; from symdl.quiz.grading import grade_file; grade_file(*sys.argv[1:], processes=1)"
    kills = 0
    while True:
        process = subprocess.Popen([sys.executable, "-c", code, str(source), str(marks)])
        before = marks.stat().st_size if marks.exists() else 0
        while kills < 2 and process.poll() is None and (marks.stat().st_size if marks.exists() else 0) == before:
            time.sleep(0.02)
        if kills < 2 and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        if process.wait() != -signal.SIGKILL:
            assert process.returncode == 0
            break
    assert kills == 2
    assert Counter(mark["row"] for mark in read(marks)) == Counter(range(1, 1501))
    assert [mark["row"] for mark in read(marks) if mark["grade"] == "RIGHT"] == [2]


def test_a_bank_gives_the_questions(tmp_path: Path) -> None:
    questions = {"slope": Question("2x", id="slope")}
    rows: list[dict[str, object]] = [{"question": "slope", "answer": "x+x"}, {"question": "none", "answer": "x"}]
    summary = grade_file(write(tmp_path / "a.jsonl", rows), tmp_path / "m.jsonl", questions=questions, processes=1)
    right, unknown = read(tmp_path / "m.jsonl")
    assert (right["grade"], right["question"], unknown["grade"]) == ("RIGHT", "slope", "UNREADABLE")
    assert "no question 'none'" in str(unknown["feedback"])
    assert summary.as_dict()["grades"] == {"RIGHT": 1, "WRONG": 0, "UNDECIDED": 0, "UNREADABLE": 1}
