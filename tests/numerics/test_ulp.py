from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import BudgetExceeded, InputError
from symdl.numerics.ball import precision
from symdl.numerics.ulp import correctly_rounded, distance, hexadecimal, nearest

DTYPES = (np.float32, np.float64)


def exact(mantissa, exponent):
    return arb(mantissa) * arb(2) ** exponent


@given(st.integers(-(2**180), 2**180), st.integers(-1300, 900))
def test_rounding_to_float64_agrees_with_exact_division(mantissa, exponent):
    try:
        expected = float(Fraction(mantissa) * Fraction(2) ** exponent)
    except OverflowError:
        expected = np.inf if mantissa > 0 else -np.inf
    with precision(250):
        assert nearest(exact(mantissa, exponent), np.float64) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_to_float32_agrees_with_the_cast(value):
    with np.errstate(all="ignore"):
        expected = np.float64(value).astype(np.float32)
    rounded = nearest(arb(value), np.float32)
    assert rounded == expected
    assert np.signbit(rounded) == np.signbit(expected) or value == 0


def test_mantissas_of_thousands_of_digits_are_rounded():
    with precision(3000):
        assert nearest(1 - exact(1, -2000), np.float64) == 1.0
        assert nearest(exact(1, -2000) - 1, np.float32) == -1.0


def test_ties_go_to_even_without_double_rounding():
    with precision(200):
        above = exact(2**24 + 1, -24) + exact(1, -90)
        assert nearest(exact(2**24 + 1, -24), np.float32) == 1.0
        assert nearest(above, np.float32) == 1.0 + 2**-23


@given(st.floats(-(2.0**99), 2.0**99, width=32), st.sampled_from(DTYPES))
def test_a_float_is_at_distance_zero_from_itself(value, dtype):
    assert distance(np.array([value], dtype), [arb(value)])[0] == 0


@given(st.floats(allow_nan=False, allow_infinity=False, max_value=1e300))
def test_the_next_float_up_is_one_unit_away(value):
    above = np.nextafter(np.array([value]), np.inf)
    error = distance(above, [arb(value)])[0]
    assert error == 1 or (value < 0 and error == 0.5), "below a negative power of two the spacing halves"


def test_subnormals_are_measured_by_their_own_spacing():
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    assert distance(np.array([0.0], np.float32), [arb(smallest)])[0] == 1
    assert distance(np.array([0.0], np.float32), [arb(smallest) / 4])[0] == 0.25


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinity_against_a_finite_truth_are_infinitely_far(dtype):
    errors = distance(np.array([np.nan, np.inf, -np.inf], dtype), [arb(1)] * 3)
    assert np.isinf(errors).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_truth_beyond_the_largest_float_rounds_to_infinity(dtype):
    largest = float(np.finfo(dtype).max)
    with precision(100):
        beyond = arb(10) ** 400
        just_below = arb(largest) * (1 + arb(2) ** -60)
    errors = distance(np.array([np.inf, -np.inf, np.inf, largest], dtype), [beyond, beyond, just_below, just_below])
    assert errors[0] == 0
    assert np.isinf(errors[1])
    assert np.isinf(errors[2])
    assert errors[3] < 0.5


def test_correct_rounding_refuses_a_ball_across_a_boundary():
    with precision(200):
        tie = exact(2**53 + 1, -53)
        assert correctly_rounded(tie) == 1.0
        with pytest.raises(BudgetExceeded):
            correctly_rounded(tie + arb(0, 1e-40))
    with pytest.raises(InputError):
        correctly_rounded(arb.nan())


def test_hexadecimal_text_reads_back():
    with precision(120):
        third = arb(fmpq(1, 3))
        assert float.fromhex(hexadecimal(third)) == 1 / 3
        assert np.float32(float.fromhex(hexadecimal(third, np.float32))) == np.float32(1 / 3)


def test_wrong_dtypes_sizes_and_truths_are_refused():
    with pytest.raises(InputError, match="int"):
        distance(np.array([1]), [arb(1)])
    with pytest.raises(InputError, match="2 computed"):
        distance(np.array([1.0, 2.0]), [arb(1)])
    with pytest.raises(InputError, match="truth"):
        distance(np.array([1.0]), [arb.nan()])
