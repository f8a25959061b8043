"""Variants: numbers take the place of parameters in what formulas say."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdl import equivalent
from symdl.core import Question
from symdl.quiz.banks import parse_bank
from symdl.quiz.banks.variants import at_values
from symdl.quiz.marking import mark_answer

RATIONALS = st.fractions(min_value=-9, max_value=9, max_denominator=9)
FORMULAS = [r"a x^2 + b", r"\sigma(a x)", r"e^{-a x} + \frac{b}{2}", r"x^a", r"\tanh(x - a) \cdot b", "a*sqrt(x^2 + 1)"]


@pytest.mark.parametrize("formula", FORMULAS)
@settings(max_examples=12)
@given(RATIONALS, RATIONALS)
def test_a_filled_formula_is_the_formula_at_these_values(formula: str, a: Fraction, b: Fraction) -> None:
    filled = at_values(Question(formula), {"a": a, "b": b}).answer
    assert equivalent(filled, formula, given=["x > 0", f"a = {a}", f"b = {b}"]).outcome == "PROVED"


def test_the_right_answer_is_derived_not_copied() -> None:
    question = Question("diff(x^a*exp(x), x)", prompt="Differentiate $x^a e^x$.")
    shown = at_values(question, {"a": Fraction(3)})
    assert shown.prompt == "Differentiate $x^{3} e^{x}$."
    assert mark_answer(shown, r"x^2(3+x)e^x").grade == "RIGHT"
    assert mark_answer(shown, r"3x^2e^x").grade == "WRONG"


@pytest.mark.parametrize(
    ("formula", "filled"),
    [
        ("(a, 2a)", "(3, 6)"),
        (r"\{a, -a\}", r"\{3, -3\}"),
        ("a < x", "3 < x"),
        (r"\alpha + \tanh(t)", r"\alpha + \tanh(t)"),
        ("max(x, 0)", "max(x, 0)"),
    ],
)
def test_what_stands_around_expressions_is_kept(formula: str, filled: str) -> None:
    assert at_values(Question(formula), {"a": Fraction(3)}).answer == filled


def test_a_name_in_prose_is_no_parameter() -> None:
    question = Question("a", prompt="Take a number, $a$, and double it: a times two.")
    assert at_values(question, {"a": Fraction(5)}).prompt == "Take a number, $5$, and double it: a times two."


def test_examples_that_cannot_be_read_stay_as_they_are() -> None:
    assert at_values(Question("a", rejected=("a +", r"\frac{a}")), {"a": Fraction(5)}).rejected == ("a +", r"\frac{a}")


TEXT = """
[[question]]
id = "q"
prompt = 'What is $a + b$?'
answer = 'a + b'
parameters = { a = { from = 1, to = 1000 }, b = ['1/3', 0.25] }
"""


def test_a_seed_gives_the_same_variant_always_and_others_differ() -> None:
    bank = parse_bank(TEXT)
    assert bank.questions(7) == bank.questions("7")
    assert len({bank.questions(seed)["q"].prompt for seed in range(30)}) > 20


def test_variants_are_the_same_on_every_machine() -> None:
    assert parse_bank(TEXT).questions(0)["q"].prompt == PINNED


PINNED = r"What is $\frac{3509}{4}$?"
