"""Losses and layers: right code passes, planted errors are caught, each for what it is."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import settings

from symdl import library
from symdl.codegen import generate
from symdl.testing import examine
from symdl.testing.array_measure import is_mixing, samples, sizes_of

LONG = settings.default.max_examples > 100
POINTS = 2800 if LONG else 350
"""One round of samples by default, eight in the profile for longer runs."""
GENERATED = [*library.LOSSES, *library.LAYERS][:: 1 if LONG else 2]
"""Every second item by default: the generated tests of each compare its code with exact values anyway."""


def as_float(value):
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise TypeError("expected float32 or float64")
    return array


def along_axis(formula):
    def function(logits, axis=-1, out=None):
        rows = np.moveaxis(as_float(logits), axis, -1)
        with np.errstate(all="ignore"):
            result = np.moveaxis(formula(rows.astype(np.longdouble)).astype(rows.dtype), -1, axis)
        if out is None:
            return result
        np.copyto(out, result)
        return out

    return function


def softmax(z):
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(-1, keepdims=True), dtype=np.longdouble)
    return e / e.sum(-1, keepdims=True)


def log_softmax(z):
    z = z.astype(np.longdouble)
    top = z.argmax(-1)[..., None]
    e = np.exp(z - z.max(-1, keepdims=True))
    np.put_along_axis(e, top, 0, -1)
    return z - z.max(-1, keepdims=True) - np.log1p(e.sum(-1, keepdims=True))


def log_softmax_64(z):
    return (z - z.max(-1, keepdims=True)) - np.log(np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True))


def picked(prediction, target):
    return np.take_along_axis(as_float(prediction).astype(np.longdouble), np.asarray(target)[:, None], -1)


def cross_entropy(prediction, target):
    with np.errstate(all="ignore"):
        return prediction.dtype.type(-picked_log(prediction, target).mean())


def picked_log(prediction, target):
    return np.take_along_axis(log_softmax(as_float(prediction)), np.asarray(target)[:, None], -1)


def one_hot(prediction, target):
    return np.eye(prediction.shape[1])[target]


def cross_entropy_gradient(prediction, target, out=None):
    z = as_float(prediction)
    others = softmax(z.astype(np.longdouble)) * (1 - one_hot(z, target))
    return ((others - one_hot(z, target) * others.sum(-1, keepdims=True)) / len(z)).astype(z.dtype)


def squared_error(prediction, target):
    with np.errstate(all="ignore"):
        difference = as_float(prediction).astype(np.longdouble) - target
        return prediction.dtype.type((difference**2).sum(-1).mean() / 2)


def squared_error_gradient(prediction, target, out=None):
    return ((as_float(prediction).astype(np.longdouble) - target) / len(prediction)).astype(prediction.dtype)


def linear(inputs, weight, bias):
    return as_float(inputs) @ weight.T + bias


def linear_slopes(inputs, target, weight, bias, loss, loss_gradient):
    prediction = linear(inputs, weight, bias)
    slope = loss_gradient(prediction, target)
    return loss(prediction, target), (slope.T @ inputs, slope.sum(0))


RIGHT = {
    "softmax": {"softmax": along_axis(softmax)},
    "log_softmax": {"log_softmax": along_axis(log_softmax)},
    "cross_entropy": {"cross_entropy": cross_entropy, "cross_entropy_gradient": cross_entropy_gradient},
    "squared_error": {"squared_error": squared_error, "squared_error_gradient": squared_error_gradient},
    "linear": {"linear": linear, "linear_loss_and_gradients": linear_slopes},
}

WRONG = {
    "softmax: not shifted": (
        "softmax",
        {"softmax": along_axis(lambda z: np.exp(z) / np.exp(z).sum(-1, keepdims=True))},
        "nan",
    ),
    "softmax: small ones cut": (
        "softmax",
        {"softmax": along_axis(lambda z: np.where(softmax(z) < 1e-20, 0, softmax(z)))},
        "is 0",
    ),
    "softmax: off by .05%": ("softmax", {"softmax": along_axis(lambda z: 1.0005 * softmax(z))}, "ULP"),
    "softmax: over all axes": (
        "softmax",
        {"softmax": along_axis(lambda z: softmax(z.ravel()).reshape(z.shape))},
        "axis",
    ),
    "softmax: temperature 1/2": ("softmax", {"softmax": along_axis(lambda z: softmax(2 * z))}, "ULP"),
    "log_softmax: log of softmax": (
        "log_softmax",
        {"log_softmax": along_axis(lambda z: np.log(softmax(z)))},
        "infinity",
    ),
    "log_softmax: sum near 1": (
        "log_softmax",
        {"log_softmax": along_axis(lambda z: log_softmax_64(z.astype(np.float64)))},
        "is 0",
    ),
    "cross_entropy: not averaged": (
        "cross_entropy",
        {"cross_entropy": lambda prediction, target: cross_entropy(prediction, target) * 2},
        "ULP",
    ),
    "cross_entropy: the next class": (
        "cross_entropy",
        {"cross_entropy": lambda prediction, target: cross_entropy(prediction, (np.asarray(target) + 1) % 2)},
        "ULP",
    ),
    "cross_entropy gradient: target missing": (
        "cross_entropy",
        {"cross_entropy_gradient": lambda prediction, target: (softmax(prediction) / 2).astype(prediction.dtype)},
        "Taylor order",
    ),
    "cross_entropy gradient: 1 - p cancels": (
        "cross_entropy",
        {
            "cross_entropy_gradient": lambda prediction, target: (
                (softmax(prediction.astype(np.float64)).astype(prediction.dtype) - one_hot(prediction, target)) / 2
            ).astype(prediction.dtype)
        },
        "is 0",
    ),
    "squared_error: without one half": (
        "squared_error",
        {"squared_error": lambda prediction, target: 2 * squared_error(prediction, target)},
        "ULP",
    ),
    "squared_error gradient: sign": (
        "squared_error",
        {"squared_error_gradient": lambda prediction, target: -squared_error_gradient(prediction, target)},
        "Taylor order",
    ),
    "squared_error gradient: of the sum": (
        "squared_error",
        {"squared_error_gradient": lambda prediction, target: 2 * squared_error_gradient(prediction, target)},
        "Taylor order",
    ),
    "squared_error: changes its input": (
        "squared_error",
        {
            "squared_error": lambda prediction, target: (
                squared_error(np.subtract(prediction, 0, out=prediction) * 1, target)
                if not prediction.__setitem__((0, 0), prediction[0, 0] + 1)
                else None
            )
        },
        "prediction changed",
    ),
    "linear: bias missing": (
        "linear",
        {"linear": lambda inputs, weight, bias: as_float(inputs) @ weight.T},
        "eps of the largest",
    ),
    "linear: bias twice": (
        "linear",
        {"linear": lambda inputs, weight, bias: linear(inputs, weight, 2 * bias)},
        "eps of the largest",
    ),
    "linear: widened": (
        "linear",
        {"linear": lambda inputs, weight, bias: linear(as_float(inputs).astype(np.float64), weight, bias)},
        "float64; expected",
    ),
    "linear gradients: inputs not weighed": (
        "linear",
        {
            "linear_loss_and_gradients": lambda inputs, target, weight, bias, loss, loss_gradient: (
                loss(linear(inputs, weight, bias), target),
                (loss_gradient(linear(inputs, weight, bias), target).T @ np.ones_like(inputs), 0 * bias),
            )
        },
        "Taylor order",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_losses_and_layers_pass(name):
    for row in examine(getattr(library, name), SimpleNamespace(**RIGHT[name]), count=2800):
        assert row.passed, row.failures
        assert row.properties_run >= 4


@pytest.mark.parametrize("name", WRONG)
def test_wrong_losses_and_layers_fail(name):
    item, wrong, word = WRONG[name]
    rows = examine(getattr(library, item), SimpleNamespace(**{**RIGHT[item], **wrong}), count=1400)
    failures = [line for row in rows for line in row.failures]
    assert any(word in line for line in failures), failures


def test_gradients_of_a_layer_are_measured_where_there_are_any():
    alone = examine(library.softmax, SimpleNamespace(**RIGHT["softmax"]), count=1)
    with_gradient = examine(library.softmax, generate(library.softmax), count=1)
    for row, further in zip(alone, with_gradient, strict=True):
        assert row.passed
        assert (row.properties_run, row.worst_derivative_ulp) == (further.properties_run - 1, None)


def test_samples_have_the_sizes_and_dtypes_of_the_item():
    sizes = sizes_of(library.mlp)
    arguments = next(samples(library.mlp, np.dtype(np.float32)))
    assert len(arguments["hidden_weights"]) == sizes["depth"] == 2
    assert arguments["hidden_weights"][1].shape == sizes["width"][:0:-1]
    assert arguments["inputs"].dtype == np.float32
    labels = next(samples(library.cross_entropy, np.dtype(np.float64)))["target"]
    assert labels.dtype.kind == "i"


def test_layers_that_sum_products_are_told_from_others():
    assert [is_mixing(item) for item in (library.linear, library.mlp, library.softmax, library.cross_entropy)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("item", GENERATED, ids=lambda item: item.name)
def test_generated_losses_and_layers_pass(item):
    for row in examine(item, generate(item), POINTS):
        assert row.passed, row.failures
        assert (row.zeros, row.nans, row.infinities) == (0, 0, 0)


def changed(name, **functions):
    module = generate(library.find(name)).load()
    return SimpleNamespace(**{**vars(module), **functions})


def test_planted_errors_in_the_gradients_of_layers_are_caught():
    right = generate(library.layer_norm).load()

    def off(*arguments, **keywords):
        by_inputs, by_weight, by_bias = right.layer_norm_gradients(*arguments, **keywords)
        return by_inputs, by_weight * by_weight.dtype.type(1.0001), by_bias

    def lost_when_huge(inputs, weight, bias, upstream, **keywords):
        by_inputs, *others = right.layer_norm_gradients(inputs, weight, bias, upstream, **keywords)
        return (by_inputs if np.abs(inputs).max() < 1e18 else 0 * by_inputs, *others)

    for planted, said in ((off, "is off by"), (lost_when_huge, "is 0 in")):
        found = examine(library.layer_norm, changed("layer_norm", layer_norm_gradients=planted), 100)
        assert all(any(said in failure for failure in row.failures) for row in found)


def test_a_norm_that_overflows_where_its_truth_does_not_is_caught():
    def plain(inputs, weight, *, epsilon=1e-5):
        inputs = as_float(inputs)
        with np.errstate(all="ignore"):
            scale = np.sqrt(np.mean(inputs**2, -1, keepdims=True) + inputs.dtype.type(epsilon))
            return inputs / scale * weight

    found = examine(library.rms_norm, changed("rms_norm", rms_norm=plain), 100)
    assert all(row.zeros for row in found)
