import numpy as np
import pytest

from symdl.core import InputError
from symdl.numerics.ranges import float_range

DTYPES = (np.float32, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_binade_of_both_signs_is_visited(dtype):
    points = float_range(dtype)
    lowest, highest = (-149, 128) if dtype is np.float32 else (-1074, 1024)
    for side in (points[points > 0], -points[points < 0]):
        exponents = np.frexp(side)[1] - 1
        assert set(range(lowest, highest)) <= set(exponents.tolist())


@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_subnormals_and_both_zeros_are_there(dtype):
    points = float_range(dtype, 100)
    info = np.finfo(dtype)
    assert {info.max, info.min, info.tiny, info.smallest_subnormal} <= set(points.tolist())
    assert np.signbit(points[points == 0]).tolist() == [True, False]


@pytest.mark.parametrize("dtype", DTYPES)
def test_points_are_finite_sorted_distinct_and_the_same_each_time(dtype):
    points = float_range(dtype)
    assert points.dtype == dtype
    assert np.isfinite(points).all()
    assert (np.diff(points) > 0).sum() == points.size - 2, "all but -0 and 0 differ"
    assert np.array_equal(points, float_range(dtype))


@pytest.mark.parametrize(("dtype", "reach"), [(np.float32, 120), (np.float64, 800)])
def test_the_working_region_is_dense(dtype, reach):
    points = float_range(dtype)
    assert np.diff(points[np.abs(points) < 20]).max() < 0.1
    assert np.diff(points[np.abs(points) < reach]).max() < reach / 20


@pytest.mark.parametrize("dtype", DTYPES)
def test_neighbours_of_the_points_asked_for_are_there(dtype):
    kink = dtype(1.25)
    points = float_range(dtype, 50, around=[1.25])
    assert {kink, np.nextafter(kink, dtype(9)), np.nextafter(kink, dtype(-9))} <= set(points.tolist())


def test_other_dtypes_and_counts_are_refused():
    with pytest.raises(InputError, match="float16"):
        float_range(np.float16)
    with pytest.raises(InputError, match="0 points"):
        float_range(np.float32, 0)
