from __future__ import annotations

from math import exp, inf, isclose, log1p

import pytest
import sympy as sp

from symdl.core import symbol
from symdl.numerics.conditioning import condition_sum

X = symbol("x")


@pytest.mark.parametrize("point", [-20.0, -0.5, 1.0, 30.0])
def test_the_sum_of_a_logarithm_is_as_by_hand(point: float) -> None:
    """f = log(w), w = 1 + v, v = exp(x): the quotients are 1/f for w and v/(w f) for v."""
    value = log1p(exp(point))
    by_hand = 1 / value + exp(point) / (1 + exp(point)) / value
    assert isclose(condition_sum(sp.log(1 + sp.exp(X)), X, point), by_hand, rel_tol=1e-5)


def test_only_branches_that_apply_count() -> None:
    expr = sp.Piecewise((X, X > 0), (sp.exp(X) - 1, True))
    assert condition_sum(expr, X, 2.0) == 0
    assert condition_sum(expr, X, -1.0) > 1
    assert isclose(condition_sum(sp.Max(sp.tanh(X), X / 9), X, 1.0), 1.0, rel_tol=1e-5)


def test_cancellation_shows() -> None:
    difference = sp.exp(X) - sp.exp(X * sp.Rational(999, 1000))
    assert condition_sum(difference, X, 1.0) > 1000
    assert condition_sum(X - 1 + sp.sin(X) ** 2 + sp.cos(X) ** 2 - X, X, 1.0) == inf
