"""An accent over a product is on the product; a font is on each letter of it."""

from __future__ import annotations

import pytest

from symdl.core import ReadError
from symdl.notation.elaborate import elaborate
from symdl.notation.latex import parse
from symdl.notation.profile import DEEP_LEARNING


def read_as(text: str) -> str:
    return elaborate(parse(text), DEEP_LEARNING, text=text).read_as


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"\overline{xy}", "xy_bar"),
        (r"\widehat{M S E}", "MSE_hat"),
        (r"\mathbf{xy}", "x_bold*y_bold"),
        (r"\widehat{m_t}", "m_hat_t"),
        (r"\overline{x^{(i)}}", "x_bar[i]"),
        (r"\bar{x}^2", "x_bar^2"),
        (r"\left. x^2 \right|_{x=3}", "9"),
    ],
)
def test_an_accent_is_on_what_it_stands_over(text: str, meaning: str) -> None:
    assert read_as(text) == meaning


@pytest.mark.parametrize("text", [r"\overline{x^2}", r"\overline{x_i y_i}", r"\bar{x + y}", r"\left. f \right|_{x=3}"])
def test_means_of_powers_and_products_and_lost_places_are_refused(text: str) -> None:
    with pytest.raises(ReadError):
        read_as(text)


def test_a_covariance_is_not_nothing() -> None:
    assert read_as(r"\overline{xy} - \bar{x}\bar{y}") != "0"
