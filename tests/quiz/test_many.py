"""Marks for programs: in order, for any text, the same in every thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import InputError
from symdl.quiz import mark_many, reward

PAIRS = [
    (r"\sigma(x)(1-\sigma(x))", r"\sigma(x) - \sigma(x)^2"),
    (r"\sigma(x)(1-\sigma(x))", r"\sigma(x)(1+\sigma(x))"),
    ("2x", "Hence $x + x$."),
    ("2x", "I do not know it, sorry."),
    ("(((", "x"),
    ("", "x"),
]
GRADES = ["RIGHT", "WRONG", "RIGHT", "UNREADABLE", "UNREADABLE", "UNREADABLE"]


def test_marks_come_in_order() -> None:
    assert [mark.grade for mark in mark_many(PAIRS)] == GRADES


def test_threads_agree_with_one_another() -> None:
    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda _: mark_many(PAIRS), range(8)))
    assert all(run == runs[0] for run in runs)


def test_a_right_answer_that_cannot_be_read_is_told_as_such() -> None:
    (mark,) = mark_many([("(((", "x")])
    assert mark.feedback.startswith("the right answer cannot be read")
    (mark,) = mark_many([("x", "(((")])
    assert not mark.feedback.startswith("the right answer")


def test_assumptions_are_taken() -> None:
    assert reward(r"\sqrt{x^2}", "x") == 0.0
    assert reward(r"\sqrt{x^2}", "x", given=["x > 0"]) == reward(r"\sqrt{x^2}", "x", given="x > 0") == 1.0


def test_what_is_not_decided_has_the_reward_that_is_asked_for() -> None:
    hard = r"\sum_{i=1}^{10^4}\sum_{j=1}^{10^4}\sin(ij)"
    assert mark_many([("1", hard)])[0].grade == "UNDECIDED"
    assert reward("1", hard, undecided=0.25) == 0.25
    assert reward("1", hard) == 0.0


def test_a_reward_without_a_right_answer_is_an_error() -> None:
    with pytest.raises(InputError, match="empty"):
        reward(" ", "x")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_have_a_mark(gold: str, text: str) -> None:
    (mark,) = mark_many([(gold, text)])
    assert mark.grade in ("RIGHT", "WRONG", "UNDECIDED", "UNREADABLE")
    assert mark.feedback or mark.grade == "RIGHT"


FORMULA = st.lists(
    st.sampled_from(
        [*"xyk012+-*/^(){}[]|=<,;", r"\frac", r"\sqrt", r"\sum_{i=1}^{n}", r"\max", r"\sigma", r"\pm", "e^"]
    ),
    max_size=14,
).map("".join)


@given(FORMULA, FORMULA)
def test_any_two_formulas_have_a_mark_and_the_same_text_is_not_wrong(gold: str, text: str) -> None:
    assert mark_many([(gold, text)])[0].grade in ("RIGHT", "WRONG", "UNDECIDED", "UNREADABLE")
    if "=" not in gold:
        assert mark_many([(gold, gold)])[0].grade != "WRONG"


@pytest.mark.parametrize("equation", [r"\ln(1+e^{z})-y=z", "e^x + y = z", r"\sqrt{2} x + y = z^2"])
def test_an_equation_is_no_other_than_itself(equation: str) -> None:
    assert mark_many([(equation, equation)])[0].grade != "WRONG"
    assert mark_many([(equation, f"{equation} + 1")])[0].grade == "WRONG"
