import numpy as np
import pytest
import sympy as sp

from symdl.core import InputError
from symdl.testing import check_kink


def relu(x):
    return np.maximum(x, 0)


def slope(at_zero):
    return lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_zero)).astype(x.dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("declared", [0, 0.5, 1, sp.Rational(1, 3)])
def test_exactly_the_declared_member_is_accepted(dtype, declared):
    assert check_kink(relu, slope(float(declared)), 0, 0, 1, declared, dtype)
    for other in (0, 0.25, 0.5, 1, float(declared) + 1e-3):
        if other != declared:
            assert not check_kink(relu, slope(other), 0, 0, 1, declared, dtype)


@pytest.mark.parametrize(("member", "right"), [(0, True), (0.3, True), (1, True), (1.001, False), (-0.001, False)])
def test_without_a_declaration_any_member_of_the_interval_is_accepted(member, right):
    assert bool(check_kink(relu, slope(member), 0, 0, 1)) is right


def test_a_kink_elsewhere_with_curved_sides():
    def f(x):
        return np.where(x > 2, x**2, 5 * x - 6)

    def derivative(x):
        return np.where(x > 2, 2 * x, 5.0)

    assert check_kink(f, derivative, 2, 5, 4, declared=5)
    assert not check_kink(f, derivative, 2, 5, 4, declared=4)
    assert not check_kink(f, derivative, 2, 5, 4.01, declared=5), "the slope on the right is 4"
    assert not check_kink(f, derivative, 1.9, 5, 4, declared=5), "the kink is elsewhere"


def test_wrong_branches_beside_the_kink_are_seen():
    assert "just before" in check_kink(relu, lambda x: np.where(x > -1e-6, 1.0 * (x != 0), 0.0), 0, 0, 1, 0).reason
    assert "just after" in check_kink(relu, lambda x: np.where(x > 1e-6, 1.0, 0.0), 0, 0, 1, 0).reason


def test_minus_zero_counts():
    def by_sign_bit(x):
        return np.where(np.signbit(x), 0.0, 1.0)

    assert check_kink(relu, by_sign_bit, 0, 0, 1)
    assert "returns 1" in check_kink(relu, by_sign_bit, 0, 0, 1, declared=0).reason


def test_a_jump_and_other_slopes_of_the_function_are_seen():
    assert "on the right" in check_kink(lambda x: relu(x) + (x > 0), slope(0), 0, 0, 1, 0).reason
    assert "on the left" in check_kink(lambda x: np.where(x > 0, x, 0.01 * x), slope(0), 0, 0, 1, 0).reason


def test_nan_at_the_kink_fails():
    assert "nan" in check_kink(relu, slope(np.nan), 0, 0, 1, 0).reason
    assert not check_kink(relu, slope(np.nan), 0, 0, 1)


def test_infinite_slopes_are_refused():
    with pytest.raises(InputError):
        check_kink(np.sqrt, np.sqrt, 0, 0, sp.oo)


@pytest.mark.parametrize(
    "options", [{"dtype": np.float16}, {"dtype": int}, {"declared": np.nan}, {"declared": np.inf}], ids=str
)
def test_kinks_of_other_formats_and_slopes_are_refused(options):
    with pytest.raises(InputError):
        check_kink(lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, 0, 0, 1, **options)


def test_a_slope_that_depends_on_the_sign_of_zero_fails():
    check = check_kink(lambda x: np.maximum(x, 0), lambda x: np.where(np.signbit(x), 0.0, 1.0), 0, 0, 1, declared=1)
    assert not check
    assert "returns 0" in check.reason
