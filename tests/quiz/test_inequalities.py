"""Intervals that are answered by inequalities."""

import pytest

from symdl.core import Question
from symdl.quiz.marking import mark_answer

RATES = Question("(0, 2/L)", kind="interval", given=("L > 0",))
RAY = Question("[3, oo)", kind="interval")


@pytest.mark.parametrize(
    ("question", "answer", "grade"),
    [
        (RATES, "0 < eta < 2/L", "RIGHT"),
        (RATES, "2/L > x_1 > 0", "RIGHT"),
        (RATES, r"0 < \eta < \frac{2}{L}", "RIGHT"),
        (RATES, "0 <= eta < 2/L", "WRONG"),
        (RATES, "0 < eta < 1/L", "WRONG"),
        (RATES, "0 < eta", "WRONG"),
        (RATES, "0 < L < 2/L", "WRONG"),
        (RATES, "0 < 1 < 2/L", "WRONG"),
        (RATES, "0 < eta > 2/L", "WRONG"),
        (RAY, "x >= 3", "RIGHT"),
        (RAY, "3 <= x", "RIGHT"),
        (RAY, "[3, inf)", "RIGHT"),
        (RAY, "x > 3", "WRONG"),
        (RAY, "x <= 3", "WRONG"),
        (RAY, "x = 3", "WRONG"),
    ],
)
def test_inequalities_say_the_interval_or_not(question: Question, answer: str, grade: str) -> None:
    assert mark_answer(question, answer).grade == grade
