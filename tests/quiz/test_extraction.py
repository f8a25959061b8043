"""The final answer in what a model wrote; none is made up."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.quiz.extraction import LONGEST, final_answer
from symdl.quiz.math_verify import parse


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"So it is \boxed{\frac{1}{1+e^{-x}}}.", r"\frac{1}{1+e^{-x}}"),
        (r"First \boxed{1}. But no: then \boxed{2}.", "2"),
        (r"\fbox{x^{2^{3}}}", "x^{2^{3}}"),
        (r"\boxed {\{1, 2\}}", r"\{1, 2\}"),
        (r"The roots are \boxed{1} and \boxed{-2}.", "1, -2"),
        (r"The roots are \\boxed{1} and \\boxed{-2}.", "1, -2"),
        (r"$\boxed{3}$ $\boxed{3}$", "3"),
        (r"<think>maybe \boxed{7}</think> The answer is $8$.", "8"),
        (r"<think>it is 7</think> So \boxed{8}", "8"),
        ("The final answer is $2x e^{-x}$. I hope it is correct.", "2x e^{-x}"),
        ("The answer is: 3x + 1", "3x + 1"),
        ("**Answer:** $x = 5$, since $y = 2$ was given.", "x = 5"),
        ("We add 3 and 4.\n#### 7", "7"),
        ("First the answer is $1$. Correction: the answer is $2$.", "2"),
        ("Final Answer: The largest $n$ is 34.", "34"),
        ("We have $a = 1$ and then, at last, we get that $b = 2$.", "b = 2"),
        (r"Hence \[ 2x + 1 \]", "2x + 1"),
        (r"As we see, \( x \) is either $1$ or $2$.", "1, 2"),
        ("2*x*exp(-x)", "2*x*exp(-x)"),
        ("$x^2$", "x^2"),
        (r"\operatorname{sech}^2(x)", r"\operatorname{sech}^2(x)"),
        ("The answer is therefore 42.", "42"),
        ("Hence, dL/dz = p - y.", "dL/dz = p - y"),
        ("The answer is 2x + 1 because the derivative of x^2 is 2x.", "2x + 1"),
        ("2x + C, where C is a constant", "2x + C"),
        (r"\boxed{\text{Answer: } 5}", "5"),
        (r"\boxed{\begin{aligned} f'(x) &= 2x \end{aligned}}", "f'(x) = 2x"),
        ("After the work of a while the slope is 12.", "12"),
    ],
)
def test_the_final_answer_is_found(text: str, answer: str) -> None:
    assert final_answer(text).text == answer


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("I could not solve this one at all.", "no final answer"),
        (r"So the answer is \boxed{12", "not closed"),
        (r"First \boxed{1}. Then I get \boxed{2 + ", "not closed"),
        (".", "no final answer"),
        (r"so it is \boxed{ }", "the last box is empty"),
        ("<think> so it may be $x = 2$, or the answer is $x = 3$, hm", "no end"),
        ("x" * (LONGEST + 1), "more than"),
    ],
)
def test_where_there_is_none_the_reason_is_told(text: str, reason: str) -> None:
    found = final_answer(text)
    assert not found.text
    assert reason in found.problem


PIECES = [*"\\{}$()[] abx12.,\n", "the answer is ", "\\boxed{", " and "]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_every_text_has_an_answer_out_of_it_or_a_reason(text: str) -> None:
    found = final_answer(text)
    assert bool(found.text) != bool(found.problem)
    assert all(piece.strip() in text for piece in found.text.split(", ") if found.found != "whole")


@pytest.mark.parametrize(
    "text",
    [
        "$" * 100_000,
        "\\boxed{" * 50_000,
        "the answer is " * 50_000,
        "{" * 100_000,
        "\\(" * 50_000,
        "a and " * 50_000,
        "x " + " " * 900_000 + "x",
        "\\" * 400_000,
        "answer" + " " * 19_000 + "is",
        "so, " * 5_000,
        ", because" * 2_000,
        "1 " * 10_000,
    ],
    ids=lambda text: text[:8],
)
def test_long_texts_take_no_long_time(text: str) -> None:
    began = time.process_time()
    final_answer(text)
    parse(text[-8_000:])
    assert time.process_time() - began < 2.0
