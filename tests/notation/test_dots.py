"""Sums with dots are read where the terms that are shown settle the others, and refused elsewhere."""

import pytest

from symdl.core import ReadError
from symdl.documents import check_text
from symdl.notation.claims import read_expression
from symdl.notation.profile import DEEP_LEARNING

READ = {
    r"1 + \beta + \dots + \beta^{t-1}": "sum(beta^k, k, 0, t - 1)",
    r"1 + 2 + \cdots + n": "sum(k, k, 1, n)",
    r"1 + \beta + \beta^2 + \ldots + \beta^t": "sum(beta^k, k, 0, t)",
    r"1 + 4 + 9 + \dots + n^2": "sum(k^2, k, 1, n)",
}


@pytest.mark.parametrize("text", READ)
def test_dots_that_the_shown_terms_settle_are_a_sum(text: str) -> None:
    assert read_expression(text, profile=DEEP_LEARNING).read_as == READ[text]


@pytest.mark.parametrize("text", [r"1 + \dots + n", r"a + b + \dots + c", r"1 + 2 + \dots", r"1 + 2 - \dots + n"])
def test_dots_that_leave_something_open_are_refused(text: str) -> None:
    with pytest.raises(ReadError, match="dots"):
        read_expression(text, profile=DEEP_LEARNING)


def test_a_closed_form_of_a_sum_with_dots_is_proved_and_a_slip_refuted() -> None:
    outcomes = [
        check_text(text).files[0].statements[0].outcome
        for text in (
            r"$1 + \beta + \dots + \beta^{t-1} = \frac{1-\beta^t}{1-\beta}$",
            r"$1 + \beta + \dots + \beta^{t} = \frac{1-\beta^t}{1-\beta}$",
            r"$1 + 2 + \dots + n = \frac{n(n+1)}{2}$",
        )
    ]
    assert outcomes == ["proved", "refuted", "proved"]
