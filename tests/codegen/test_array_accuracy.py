"""Softmax, its logarithm and the losses over the whole range of floats, against ball arithmetic.

The truths are written here for themselves, with their own care for cancellation: nothing of the
array expressions or of reverse mode is used.
"""

import numpy as np
import pytest
from flint import arb, fmpq

from symdl.codegen.arrays import bounds
from symdl.generated.batch_norm_inference import batch_norm_inference_gradients
from symdl.generated.cross_entropy import cross_entropy, cross_entropy_gradient
from symdl.generated.log_softmax import log_softmax
from symdl.generated.logsumexp import logsumexp_gradients
from symdl.generated.softmax import softmax
from symdl.generated.squared_error import squared_error, squared_error_gradient
from symdl.numerics.precision import precision
from symdl.numerics.ranges import float_range
from symdl.numerics.ulp import distance

DTYPES = (np.float32, np.float64)
BITS = 2400
"""Enough for the exact difference of any two floats of the whole range."""


def limit(name, dtype):
    (found,) = (ulp for key, ulp in bounds().items() if key.startswith(f"{name}:"))
    return found[np.dtype(dtype).name]


def exact(value):
    return arb(fmpq(*map(int, float(value).as_integer_ratio())))


def rows(dtype, classes):
    """Rows over all exponents, of several spreads, far from zero, with ties."""
    generator = np.random.default_rng(classes)
    points = float_range(dtype, 2000)
    normal = generator.standard_normal
    parts = [generator.choice(points, (12, classes))]
    parts += [normal((4, classes)) * scale for scale in (1e-3, 1, 10, 60, 100, 300, 700)]
    parts += [normal((4, 1)) * 1000 + normal((4, classes)), normal((4, 1)) * 1e4 + normal((4, classes)) * 50]
    tied = normal((2, classes))
    tied[:, -1] = tied[:, 0]
    largest = np.finfo(dtype).max
    ends = np.resize([largest, -largest], (2, classes)) * [[1], [0.25]]
    return np.concatenate([*parts, tied, np.zeros((1, classes)), ends]).astype(dtype)


def powers(row):
    """exp(z - m), their sum, that sum without the largest, and z - m."""
    entries = [exact(value) for value in row]
    top = int(np.argmax(row))
    shifted = [entry - entries[top] for entry in entries]
    values = [s.exp() for s in shifted]
    rest = sum((v for i, v in enumerate(values) if i != top), arb(0))
    return values, rest + 1, rest, shifted


def residual(row, label):
    values, total, _, _ = powers(row)
    slopes = [value / total for value in values]
    slopes[label] = -sum((v for i, v in enumerate(values) if i != label), arb(0)) / total
    return slopes


def log_probabilities(row):
    _, _, rest, shifted = powers(row)
    return [s - rest.log1p() for s in shifted]


def assert_accurate(name, computed, truth):
    computed = np.asarray(computed)
    errors = distance(computed.ravel(), truth)
    worst = int(np.argmax(errors))
    assert errors[worst] <= limit(name, computed.dtype), (name, errors[worst], computed.ravel()[worst], truth[worst])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [1, 2, 3, 17])
def test_softmax_and_cross_entropy_are_accurate_over_the_whole_range(dtype, classes):
    logits = rows(dtype, classes)
    labels = np.arange(len(logits)) % classes
    probabilities, logarithms = softmax(logits), log_softmax(logits)
    with precision(BITS):
        for index, (row, label) in enumerate(zip(logits, labels, strict=True)):
            values, total, _, _ = powers(row)
            truth = log_probabilities(row)
            assert_accurate("softmax", probabilities[index], [value / total for value in values])
            assert_accurate("log_softmax", logarithms[index], truth)
            one = logits[index : index + 1], labels[index : index + 1]
            assert_accurate("cross_entropy", cross_entropy(*one), [-truth[label]])
            assert_accurate("cross_entropy_gradient", cross_entropy_gradient(*one), residual(row, label))


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_of_many_powers_stay_accurate(dtype):
    generator = np.random.default_rng(1)
    logits = (generator.standard_normal((3, 1000)) * np.array([[0.01], [3], [20]])).astype(dtype)
    labels = np.array([5, 0, 999])
    gradient = cross_entropy_gradient(logits, labels)
    with precision(200):
        for index, row in enumerate(logits):
            values, total, _, _ = powers(row)
            assert_accurate("softmax", softmax(logits)[index], [value / total for value in values])
            truth = [slope / 3 for slope in residual(row, labels[index])]
            assert_accurate("cross_entropy_gradient", gradient[index], truth)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", [1, 2, 3, 7, 64])
def test_batch_means_are_accurate_over_the_whole_range(dtype, batch):
    generator = np.random.default_rng(batch)
    for _ in range(8):
        logits = generator.permutation(rows(dtype, 4))[np.arange(batch) % 40]
        labels = generator.integers(0, 4, batch)
        targets = generator.permutation(rows(dtype, 4))[np.arange(batch) % 40]
        with precision(BITS):
            surprise = sum((-log_probabilities(row)[y] for row, y in zip(logits, labels, strict=True)), arb(0))
            assert_accurate("cross_entropy", cross_entropy(logits, labels), [surprise / batch])
            differences = [exact(p) - exact(t) for p, t in zip(logits.ravel(), targets.ravel(), strict=True)]
            squares = sum((d * d for d in differences), arb(0))
            assert_accurate("squared_error", squared_error(logits, targets), [squares / (2 * batch)])
            slopes = [d / batch for d in differences]
            assert_accurate("squared_error_gradient", squared_error_gradient(logits, targets), slopes)


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_and_nan_give_what_they_mean_without_a_warning(dtype):
    inf, nan = np.inf, np.nan
    masked = np.array([[-inf, 0.0, 1.0]], dtype)
    assert softmax(masked)[0, 0] == 0
    assert np.array_equal(softmax(masked)[0, 1:], softmax(masked[0, 1:]))
    assert log_softmax(masked)[0, 0] == -inf
    assert cross_entropy(masked, [0]) == inf
    assert cross_entropy(masked, [1]) == cross_entropy(masked[:, 1:], [0])
    for row in ([inf, 0, 0], [nan, 0, 0], [-inf, -inf, -inf]):
        assert np.isnan(softmax(np.array(row, dtype))).all()
        assert np.isnan(log_softmax(np.array(row, dtype))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_subnormal_chance_times_a_large_upstream_keeps_its_digits(dtype):
    lowest = np.log(float(np.finfo(dtype).tiny))
    row = np.array([0.0, lowest - 3, lowest - 7, lowest + 1, -64.0, -65.0], dtype)
    upstream = np.array([2.0**12], dtype)
    with precision(BITS):
        values, total, _, _ = powers(row)
        truths = [exact(upstream[0]) * value / total for value in values]
        (slope,) = logsumexp_gradients(row[None], upstream)
        assert distance(slope[0], truths).max() <= 8


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_factor_of_one_half_keeps_a_quotient_finite(dtype):
    weight = dtype(np.finfo(dtype).max / 2)
    one, none = np.ones(1, dtype), np.zeros(1, dtype)
    variance = dtype(0.5625) * one
    given = one[None], none, variance, weight * one, none, one[None]
    slope = batch_norm_inference_gradients(*given, epsilon=0.0)[2]
    assert distance(slope, [-exact(weight) / exact(2 * 0.421875)]).max() <= 1
