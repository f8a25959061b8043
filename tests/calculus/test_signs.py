"""Exact signs and roots: what is decided holds at every sample."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.calculus.roots import NotLocated, ordered, roots_of
from symdl.calculus.signs import is_zero, sign
from symdl.core import Compare, symbol

x, k, r = symbol("x"), symbol("k"), symbol("r")
ZERO, ONE = sp.Integer(0), sp.Integer(1)
UNIT = (Compare(k, ">", ZERO), Compare(ONE, ">", k), Compare(r, ">=", ZERO))
COEFFICIENTS = st.integers(-5, 5)
POLYNOMIALS = st.builds(
    lambda a, b, c, d, e: a + b * k + c * k**2 + d * k * r + e * r,
    COEFFICIENTS,
    COEFFICIENTS,
    COEFFICIENTS,
    COEFFICIENTS,
    COEFFICIENTS,
)
SAMPLES = [(sp.Rational(i, 64), sp.Rational(j, 4)) for i in (1, 13, 32, 50, 63) for j in (0, 1, 9, 400)]


@given(POLYNOMIALS, POLYNOMIALS)
def test_a_decided_sign_holds_at_every_sample_of_the_domain(above, below):
    for expr in (above, above * below, above / (1 + below**2)):
        order = sign(expr, UNIT)
        if order is not None:
            assert all(sp.sign(expr.subs({k: a, r: b})) == order for a, b in SAMPLES)


@pytest.mark.parametrize(
    ("expr", "order"),
    [
        (1 - k, 1),
        (k - 1, -1),
        (k - k**2, 1),
        (k + r, 1),
        (r, None),
        (k - sp.Rational(1, 2), None),
        (k / (1 - k) + sp.sqrt(2), 1),
        (sp.sqrt(2) - sp.Rational(3, 2), -1),
        (sp.pi - 3, 1),
        (sp.sqrt(8) - 2 * sp.sqrt(2), 0),
        (x, None),
        (x - x, 0),
        (sp.exp(-1000), 1),
        (sp.log(ZERO), None),
    ],
    ids=str,
)
def test_signs_of_known_expressions(expr, order):
    assert sign(expr, UNIT) == order


def test_a_closed_bound_is_part_of_the_domain():
    closed = (Compare(k, ">=", ZERO), Compare(k, "<=", ONE))
    assert sign(1 - k, closed) is None
    assert sign(2 - k, closed) == 1


def test_zero_is_shown_by_rational_normal_form():
    assert is_zero((k**2 - 1) / (k - 1) - k - 1)
    assert is_zero((sp.exp(x) + 1) ** 2 - sp.exp(2 * x) - 2 * sp.exp(x) - 1)
    assert not is_zero(k * x)


@pytest.mark.parametrize(
    ("guard", "roots"),
    [
        (2 * x - 3, {sp.Rational(3, 2)}),
        (x**2 + 1, set()),
        (x**2 - 2 * x + 1, {1}),
        (x**3 - 2 * x, {0, sp.sqrt(2), -sp.sqrt(2)}),
        ((x - k) * (1 - k), {k}),
        (1 / x - 2, {0, sp.Rational(1, 2)}),
        (sp.exp(x) + 1, set()),
        (sp.exp(2 * x - 1) - 3, {sp.log(3) / 2 + sp.Rational(1, 2)}),
        (sp.tanh(x) - 2, set()),
        (sp.tanh(x**2 - 1), {-1, 1}),
        (sp.erf(x - 1), {1}),
        (sp.sinh(x) ** 2 - 1, {sp.asinh(1), sp.asinh(-1)}),
        (sp.Integer(3), set()),
    ],
    ids=lambda value: str(value) if isinstance(value, sp.Expr) else "",
)
def test_roots_of_known_guards(guard, roots):
    assert set(roots_of(guard, x, UNIT)) == roots


@pytest.mark.parametrize("guard", [x + sp.exp(x), sp.cos(x), x**5 - x - 1, r * x - 1, sp.erf(x) - 1, 2**x - 1], ids=str)
def test_guards_outside_the_class_are_refused(guard):
    with pytest.raises(NotLocated):
        roots_of(guard, x, UNIT)


def test_an_order_that_is_not_decided_is_refused():
    assert ordered(k, ONE, UNIT) == -1
    with pytest.raises(NotLocated):
        ordered(k, r, UNIT)
