import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from symdl.core import InputError
from symdl.testing import check_gradient


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


SMOOTH = {
    "sin": (np.sin, np.cos),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "exp": (np.exp, np.exp),
    "softplus": (lambda x: np.log1p(np.exp(x)), sigmoid),
    "linear": (lambda x: 3 * x + 1, lambda x: 3 + 0 * x),
    "quadratic": (lambda x: x * x - x, lambda x: 2 * x - 1),
    "quartic": (lambda x: x**4, lambda x: 4 * x**3),
}
RNG = np.random.default_rng(3)
WEIGHTS = RNG.standard_normal((6, 6))


def network(x):
    return np.sum(np.tanh(WEIGHTS @ x) ** 2)


def network_gradient(x):
    y = np.tanh(WEIGHTS @ x)
    return WEIGHTS.T @ (2 * y * (1 - y**2))


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_right_gradients_pass_at_any_magnitude(name, dtype, size):
    f, g = SMOOTH[name]
    for point in (-2.1, -0.3, 0.7, 3.2):
        x = np.array([point], dtype)
        check = check_gradient(lambda x: f(x) * dtype(size), lambda x: g(x) * dtype(size), x)
        assert check.outcome == "passed" or (check.outcome == "undecided" and dtype is np.float32), str(check)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("factor", [1.0005, 0.9995, 1.5, -1.0])
def test_gradients_off_by_a_factor_never_pass(name, dtype, size, factor):
    f, g = SMOOTH[name]
    for point in (-2.1, -0.3, 0.7, 3.2):
        x = np.array([point], dtype)
        check = check_gradient(lambda x: f(x) * dtype(size), lambda x: g(x) * dtype(size * factor), x)
        assert check.outcome == "failed" or (check.outcome == "undecided" and dtype is np.float32), str(check)


@given(st.floats(-30, 30), st.floats(-3, 3), st.floats(1e-8, 1e8))
def test_smooth_functions_are_never_called_wrong(point, frequency, size):
    def f(x):
        return size * np.sin(frequency * x) * np.exp(-x / 10)

    def g(x):
        return size * (frequency * np.cos(frequency * x) - np.sin(frequency * x) / 10) * np.exp(-x / 10)

    assert check_gradient(f, g, point).outcome in ("passed", "undecided")


@given(st.floats(-30, 30), st.floats(0.1, 3), st.floats(1e-8, 1e8), st.sampled_from([5e-4, -5e-4, 0.5]))
def test_an_error_of_a_twentieth_of_a_percent_never_passes(point, frequency, size, error):
    assume(abs(np.cos(frequency * point)) > 0.05)
    check = check_gradient(
        lambda x: size * np.sin(frequency * x), lambda x: size * (1 + error) * frequency * np.cos(frequency * x), point
    )
    assert check.outcome == "failed"
    assert check.order is not None
    assert check.order < 1.25


def test_a_wrong_entry_of_many_is_found():
    point = RNG.standard_normal(6)
    assert check_gradient(network, network_gradient, point)
    for index in range(6):

        def wrong(x, index=index):
            gradient = network_gradient(x)
            gradient[index] *= 1.0005
            return gradient

        check = check_gradient(network, wrong, point)
        assert check.outcome == "failed"
        assert np.argmax(np.abs(check.direction)) == index


def test_a_wrong_gradient_of_tiny_magnitude_is_found():
    point = RNG.standard_normal(6)
    check = check_gradient(lambda x: 1e-6 * network(x), lambda x: 1.5e-6 * network_gradient(x), point)
    assert check.outcome == "failed"
    assert "50%" in check.reason


def test_matrices_and_given_directions_are_taken():
    point = RNG.standard_normal((3, 4))
    direction = np.ones((3, 4))
    assert check_gradient(lambda w: np.sum(w**3), lambda w: 3 * w**2, point, directions=[direction])
    wrong = check_gradient(lambda w: np.sum(w**3), lambda w: 3.1 * w**2, point, directions=[direction])
    assert not wrong


def test_constants_pass_with_gradient_zero_only():
    assert check_gradient(lambda x: 5.0 + 0 * x, lambda x: 0 * x, 0.3)
    assert check_gradient(lambda x: 5.0 + 0 * x, lambda x: 0 * x + 1e-9, 0.3).outcome == "failed"


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_kink_is_named_with_both_slopes(slope):
    check = check_gradient(lambda x: np.maximum(x, 0), lambda x: slope + 0 * x, 0.0)
    assert check.outcome == "kink"
    assert "0 on the left and 1 on the right" in check.reason
    assert not check


def test_a_slope_outside_the_interval_fails_at_a_kink():
    assert check_gradient(np.abs, lambda x: 0 * x + 1.01, 0.0).outcome == "failed"


@pytest.mark.parametrize("distance", [1e-9, 1e-6, 1e-3])
def test_a_kink_nearby_does_not_disturb(distance):
    def right(x):
        return np.where(x > 0, 1.0, 0.01)

    assert check_gradient(lambda x: np.where(x > 0, x, 0.01 * x), right, -distance)
    assert not check_gradient(lambda x: np.where(x > 0, x, 0.01 * x), lambda x: 1.0005 * right(x), -distance)


def test_a_function_with_one_derivative_only_passes():
    assert check_gradient(lambda x: np.abs(x) ** 1.5, lambda x: 1.5 * np.sign(x) * np.sqrt(np.abs(x)), 0.0)


def test_tiny_and_huge_points_are_taken_at_their_own_scale():
    assert check_gradient(np.log, lambda x: 1 / x, 1e-20)
    assert not check_gradient(np.log, lambda x: 1.0005 / x, 1e-20)
    assert check_gradient(np.sin, np.cos, 1e8)
    assert not check_gradient(np.sin, lambda x: 1.0005 * np.cos(x), 1e8)


def test_rounding_that_hides_the_derivative_is_said_and_not_passed():
    check = check_gradient(np.tanh, lambda x: 4 * np.exp(-2 * x), np.array([8.0], np.float32))
    assert check.outcome == "undecided"
    assert "float64" in check.reason


def test_gradients_and_values_that_are_not_finite_fail():
    assert "gradient is not finite" in check_gradient(np.sin, lambda x: x * np.nan, 1.0).reason
    assert "function is not finite" in check_gradient(lambda x: x * np.inf, np.cos, 1.0).reason


def test_elementwise_functions_are_checked_element_by_element():
    x = np.array([-1.0, 0.2, 3.0])
    assert check_gradient(np.tanh, lambda x: 1 - np.tanh(x) ** 2, x)
    assert check_gradient(np.tanh, lambda x: np.where(x > 2, 0, 1 - np.tanh(x) ** 2), x).outcome == "failed"


def test_functions_to_arrays_that_mix_elements_are_refused():
    def softmax(x):
        return np.exp(x) / np.exp(x).sum()

    with pytest.raises(InputError, match="mixes"):
        check_gradient(softmax, lambda x: softmax(x) * (1 - softmax(x)), np.array([0.1, 0.5]))
    with pytest.raises(InputError, match="shape"):
        check_gradient(np.sum, lambda x: x[:1], np.array([0.1, 0.5]))
    with pytest.raises(InputError, match="finite"):
        check_gradient(np.sum, np.ones_like, np.array([np.nan]))


def test_torch_functions_are_taken():
    torch = pytest.importorskip("torch")
    at = torch.tensor([0.3, -1.2], dtype=torch.float64)

    def right(x):
        return 1 - torch.tanh(x) ** 2

    assert check_gradient(lambda x: torch.tanh(x).sum(), right, at)
    assert not check_gradient(lambda x: torch.tanh(x).sum(), lambda x: 1.0005 * right(x), at)


def test_the_result_prints_where_and_by_how_much():
    text = str(check_gradient(np.sin, lambda x: -np.cos(x), 0.7))
    assert "off by 200%" in text
    assert "order 1.00" in text


@pytest.mark.parametrize(
    ("at", "directions"),
    [
        (np.ones(0), None),
        (np.ones(2), []),
        (np.ones(2), [np.zeros(2)]),
        (np.ones(2), [np.ones(3)]),
        (np.ones(2), [[np.inf, 0]]),
        (np.ones(2, np.float16), None),
        (np.ones(2, np.longdouble), None),
    ],
    ids=["empty", "no directions", "zero direction", "other shape", "infinite direction", "float16", "longdouble"],
)
def test_what_cannot_be_checked_is_refused(at, directions):
    with pytest.raises(InputError):
        check_gradient(lambda x: (x**2).sum(), lambda x: 2 * x, at, directions)


def test_tensors_of_integers_are_checked_in_float64_and_those_of_few_bits_refused():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    assert check_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2, torch.arange(1, 4))
    for dtype in (torch.bfloat16, torch.float16):
        with pytest.raises(InputError, match="float64"):
            check_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2, torch.ones(2, dtype=dtype))
