"""Conditions of several comparisons, in cases and in indicators."""

from __future__ import annotations

import pytest
import sympy as sp

from symdl.core import ReadError, to_text
from symdl.notation.elaborate import elaborate
from symdl.notation.latex import read
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.text import read_text


def expression(text: str) -> sp.Expr:
    return elaborate(read_text(text).statements[0], DEEP_LEARNING, text=text).expr


TAILS = "{x if x < -1 or x > 1; 0 otherwise}"
BETWEEN = "{x if x > -1 and x < 1; 0 otherwise}"


@pytest.mark.parametrize(
    ("condition", "plain"),
    [
        (r"x < -1 \text{ or } x > 1", TAILS),
        (r"\text{if } x < -1 \lor x > 1", TAILS),
        (r"(x < -1) \vee (x > 1)", TAILS),
        ("x < -1 ∨ x > 1", TAILS),
        (r"\text{if } x > -1 \text{ and } x < 1", BETWEEN),
        (r"x > -1 \land x < 1", BETWEEN),
        (r"x > -1,\ x < 1,", BETWEEN),
        (r"-1 < x < 1", BETWEEN),
    ],
)
def test_several_conditions_of_a_case_are_read_in_every_dress(condition: str, plain: str) -> None:
    text = rf"\begin{{cases}} x & {condition} \\ 0 & \text{{otherwise}} \end{{cases}}"
    assert expression(text) == expression(plain)


def test_and_binds_closer_than_or_and_is_printed_so() -> None:
    read_as = to_text(expression("{1 if x > 0 and y > 0 or x < -1; 0 otherwise}"))
    assert expression(read_as) == expression("{1 if (x > 0 and y > 0) or x < -1; 0 otherwise}")
    assert expression(read_as) != expression("{1 if x > 0 and (y > 0 or x < -1); 0 otherwise}")


def test_indicators_take_several_conditions() -> None:
    assert expression(r"\mathbb{1}[x > 0 \land x < 1]") == expression("{1 if x > 0 and x < 1; 0 otherwise}")


def test_either_of_two_statements_is_refused_where_it_stands() -> None:
    with pytest.raises(ReadError) as refused:
        read(r"x > 0 \lor x < -1")
    assert refused.value.position == 6


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        (r"\text{if $x > 1$ or $x < -1$,}", r"\text{otherwise.}"),
        (r"\mbox{when $x < -1$} \text{ or } x > 1", r"\mbox{in all other cases}"),
    ],
)
def test_formulas_inside_the_words_of_a_case_are_read(condition: str, other: str) -> None:
    assert expression(rf"\begin{{cases}} x & {condition} \\ 0 & {other} \end{{cases}}") == expression(TAILS)


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{cases} 1 & \text{if x is positive} \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} 1 & x > 0 \text{ and training} \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} 1 & \text{if } \\ 0 & \text{otherwise} \end{cases}",
        "3e{-4}",
        "x{-1}",
        "{x y}^2",
    ],
)
def test_words_and_signs_that_would_be_lost_are_refused(text: str) -> None:
    with pytest.raises(ReadError):
        expression(text)
