"""Runs of letters that are declared arrays each are their product."""

import pytest

from symdl.core import Question
from symdl.quiz.marking import mark_answer

OUTER = Question(r"g x^\top", given=("x vector(n)", "g vector(m)"))
INNER = Question(r"b^\top x", given=("x vector(n)", "b vector(n)"))
DECLARED = Question("2 ab", given=("a vector(n)", "b vector(n)", "ab vector(n)"), names=("ab",))


@pytest.mark.parametrize(
    ("question", "answer", "grade"),
    [
        (OUTER, "gx^T", "RIGHT"),
        (OUTER, "(xg^T)^T", "RIGHT"),
        (OUTER, "xg^T", "WRONG"),
        (OUTER, "-gx^T", "WRONG"),
        (OUTER, "2gx^T", "WRONG"),
        (INNER, "b^Tx", "RIGHT"),
        (INNER, "x^Tb", "RIGHT"),
        (INNER, "x^Tx", "WRONG"),
        (DECLARED, "ab + ab", "RIGHT"),
    ],
)
def test_letters_that_touch_are_a_product_of_declared_arrays(question: Question, answer: str, grade: str) -> None:
    assert mark_answer(question, answer).grade == grade


@pytest.mark.parametrize(
    ("gold", "answer", "grade"),
    [
        (r"\ln 2", "ln2", "RIGHT"),
        (r"\ln 2", "ln3", "WRONG"),
        (r"\max(x, 0)", "max{x,0}", "RIGHT"),
        (r"\max(x, 0)", "-min{0, -x}", "RIGHT"),
        (r"\max(x, 0)", "min{x,0}", "WRONG"),
        (r"\frac{\sqrt{2}}{2}", "sqrt2/2", "RIGHT"),
    ],
)
def test_functions_that_touch_what_they_are_applied_to(gold: str, answer: str, grade: str) -> None:
    assert mark_answer(Question(gold), answer).grade == grade
