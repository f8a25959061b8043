"""The adapter with Math-Verify's signatures: what agrees, what differs, and what a text leaves behind."""

import threading
from fractions import Fraction
from random import Random

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.quiz.math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify

AGREE = [
    ("$\\frac{1}{2}$", "0.5"),
    ("7", "$x = 7$"),
    ("$x = 7$", "7"),
    ("1234", "1,234"),
    ("$1{,}234$", "The total is $1234$."),
    ("2,5", "2.5"),
    ("$35\\%$", "35 percent"),
    ("$35\\%$", "$0.35$"),
    ("$12\\text{ km}$", "12 km"),
    ("$45^\\circ$", "$45$"),
    ("$\\$3.50$", "3.50"),
    ("$[0, 1) \\cup (2, \\infty)$", "$x \\in [0,1)\\cup(2,\\infty)$"),
    ("$0 < x \\le 2$", "$(0, 2]$"),
    ("$\\{1, 2, 3\\}$", "$3, 1$ and $2$"),
    ("$x = 2 \\pm \\sqrt{3}$", "\\boxed{2+\\sqrt{3}} and \\boxed{2-\\sqrt{3}}"),
    ("$(a, b) = (1, 2)$", "$(1, 2)$"),
    ("$a = 1, b = 2$", "$b = 2, a = 1$"),
    ("$\\begin{pmatrix}2 & 1\\\\ 0 & 3\\end{pmatrix}$", "$\\begin{bmatrix}2&1\\\\0&3\\end{bmatrix}$"),
    (
        "$\\begin{pmatrix}1 & 2\\end{pmatrix}\\begin{pmatrix}3\\\\ 4\\end{pmatrix}$",
        "$\\begin{pmatrix}11\\end{pmatrix}$",
    ),
    ("$2x + 4y = 6$", "$x + 2y = 3$"),
    ("$x < 2$", "$2 > x$"),
    ("$\\text{even}$", "$even$"),
    ("$\\sqrt{2}$", "1.41421356"),
    ("$\\operatorname{sech}^2 x$", "$1 - \\tanh^2 x$"),
]
DIFFER = [
    ("$\\frac{1}{2}$", "0.51"),
    ("$x = 7$", "$y = 7$"),
    ("$0.35$", "35"),
    ("$[0, 1)$", "$[0, 1]$"),
    ("$(1, 2)$", "$(2, 1)$"),
    ("$\\{1, 2\\}$", "$1, 2, 3$"),
    ("$\\{1, 2\\}$", "$1$"),
    ("$a = 1, b = 2$", "$a = 2, b = 1$"),
    ("$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$", "$\\begin{pmatrix}1&2\\\\ 3&5\\end{pmatrix}$"),
    ("$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$", "$\\begin{pmatrix}1&3\\\\ 2&4\\end{pmatrix}$"),
    ("$x < 2$", "$x > 2$"),
    ("$2x + y = 1$", "$1$"),
    ("$1 - \\frac{1}{e}$", "$1 + \\frac{1}{e}$"),
    ("$10^{-8}$", "0.00000005"),
    ("$6 \\times 10^{-7}$", "0.000001"),
    ("$\\text{x}$", "$x^2$"),
    ("$2x(wx+b-y)$", "$2(wx+b-y)$"),
    ("$x$", "$\\operatorname{sech}(x)$"),
    ("$\\sigma'(x)$", "$\\sigma(x)$"),
    ("5", ""),
]


@pytest.mark.parametrize(("gold", "answer"), AGREE)
def test_what_means_the_same_is_accepted(gold: str, answer: str) -> None:
    assert verify(parse(gold), parse(answer))


@pytest.mark.parametrize(("gold", "answer"), DIFFER)
def test_what_means_something_else_is_not(gold: str, answer: str) -> None:
    assert not verify(parse(gold), parse(answer))


def test_texts_and_sympy_expressions_are_taken_too() -> None:
    x = sp.Symbol("x")
    assert verify(sp.Rational(1, 2), "0.5")
    assert verify(x**2 + 2 * x + 1, "$(x+1)^2$")
    assert verify([sp.Matrix([[1, 2]])], parse("$\\begin{pmatrix}1 & 2\\end{pmatrix}$"))
    assert not verify(x**2, "$x^3$")


def test_decimals_round_where_it_is_asked() -> None:
    assert verify("$\\frac{8}{3}$", "2.67", float_rounding=2)
    assert not verify("$\\frac{8}{3}$", "2.67")
    assert not verify("$\\frac{8}{3}$", "2.66", float_rounding=2)


def test_variables_are_renamed_where_names_do_not_count() -> None:
    assert verify("$f(x)$", "$f(y)$", strict=False)
    assert not verify("$f(x)$", "$f(y)$")


def test_formulas_words_and_choices_are_looked_for_where_they_are_asked_for() -> None:
    assert parse("it is 12", [LatexExtractionConfig()]) == []
    assert str(parse("it is 12", [ExprExtractionConfig()])[0]) == "12"
    assert parse("C. Because it grows.", [StringExtractionConfig()]) == ["c", "C"]
    assert parse("Nothing of that.", [StringExtractionConfig()]) == []
    assert parse("") == []


def test_it_runs_in_a_thread() -> None:
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(verify(parse("$2x$"), parse("$x+x$"))))
    thread.start()
    thread.join()
    assert seen == [True]


NUMBERS = st.fractions(min_value=-20, max_value=20, max_denominator=8)


def written(number: Fraction, style: int) -> str:
    """A number as somebody writes it."""
    if number.denominator == 1:
        return (str(number), f"{number}.0", f"{{{number}}}")[style % 3]
    sign, top = "-" * (number < 0), abs(number.numerator)
    if style % 3 == 0 and 1000 % number.denominator == 0:
        return str(float(number))
    return f"{number}" if style % 3 == 1 else rf"{sign}\dfrac{{{top}}}{{{number.denominator}}}"


def several(numbers: list[Fraction], style: int) -> str:
    parts = [written(number, style + place) for place, number in enumerate(numbers)]
    if style % 4 == 0:
        return "$" + ", ".join(parts) + "$"
    if style % 4 == 1:
        return r"$\{" + "; ".join(parts) + r"\}$"
    if style % 4 == 2:
        return " and ".join(rf"\boxed{{{part}}}" for part in parts)
    return "The answers are $" + "$, $".join(f"x = {part}" for part in parts) + "$."


@given(NUMBERS, NUMBERS, st.integers(0, 8), st.integers(0, 8), st.booleans())
def test_numbers_agree_where_their_values_do(one: Fraction, other: Fraction, a: int, b: int, same: bool) -> None:
    other = one if same else other
    gold, answer = f"${written(one, a)}$", f"Hence the final answer is ${written(other, b)}$."
    assert verify(parse(gold), parse(answer)) == (one == other)


LISTS = st.lists(NUMBERS, min_size=2, max_size=3, unique=True)


@given(LISTS, LISTS, st.randoms(), st.booleans())
def test_lists_agree_as_sets(one: list[Fraction], other: list[Fraction], chance: Random, same: bool) -> None:
    other = chance.sample(one, len(one)) if same else other
    gold, answer = (several(numbers, chance.randrange(4)) for numbers in (one, other))
    assert verify(parse(gold), parse(answer)) == (set(one) == set(other)), (gold, answer)


@given(NUMBERS, NUMBERS, st.tuples(*4 * [st.booleans()]), st.integers(0, 8), st.booleans())
def test_intervals_agree_with_their_inequalities(
    low: Fraction, length: Fraction, closed: tuple[bool, ...], style: int, moved: bool
) -> None:
    high = low + abs(length) + 1
    opening, closing = "[" if closed[0] else "(", "]" if closed[1] else ")"
    gold = f"${opening}{written(low, style)}, {written(high, style + 1)}{closing}$"
    first, second = (r"\le" if end else "<" for end in closed[2:])
    answer = rf"${written(low, style + 2)} {first} x {second} {written(high + moved, style)}$"
    assert verify(parse(gold), parse(answer)) == (closed[:2] == closed[2:] and not moved), (gold, answer)


@given(st.lists(NUMBERS, min_size=2, max_size=4), st.randoms(), st.integers(0, 8))
def test_the_order_of_a_tuple_counts(numbers: list[Fraction], chance: Random, style: int) -> None:
    other = chance.sample(numbers, len(numbers))
    gold, answer = (
        "$(" + ", ".join(written(number, style + shift) for number in entries) + ")$"
        for shift, entries in enumerate((numbers, other))
    )
    assert verify(parse(gold), parse(answer)) == (numbers == other), (gold, answer)
