"""Derivatives by the value of a sequence, which is a variable of its own there."""

import pytest
import sympy as sp

from symdl.core import Claim, Compare, function, symbol
from symdl.prover import decide

VALUE = function("w")(symbol("t") - 1)
LOSS = function("L")
ONE, OTHER, COUNT = map(symbol, "ijn")
SQUARES = sp.Sum(function("z")(OTHER) ** 2, (OTHER, 1, COUNT))
SLOPE = sp.Derivative(LOSS(VALUE), VALUE)


@pytest.mark.parametrize(
    ("left", "right"),
    [(SLOPE, -SLOPE), (sp.Derivative(LOSS(2 * VALUE), VALUE), 0 * VALUE), (sp.Derivative(VALUE**2, VALUE), VALUE)],
)
def test_a_slope_by_a_sequence_does_not_vanish(left, right):
    assert not decide(Claim(Compare(left, "=", right))).proved


@pytest.mark.parametrize(
    ("left", "right"),
    [(2 * SLOPE, SLOPE + SLOPE), (sp.Derivative(VALUE**2, VALUE), 2 * VALUE)],
)
def test_a_slope_by_a_sequence_is_that_by_a_variable(left, right):
    assert decide(Claim(Compare(left, "=", right))).proved


def test_a_slope_by_one_value_of_a_sum_is_that_of_its_term():
    value = function("z")(ONE)
    slope = sp.Derivative(SQUARES, value)
    assert decide(Claim(Compare(slope, "=", 2 * value))).proved
    assert not decide(Claim(Compare(slope, "=", 0 * value))).proved
