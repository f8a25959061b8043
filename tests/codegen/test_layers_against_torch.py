"""Layers of the library against torch in float64: values and vector-Jacobian products to 1e-12 relative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl import generated
from symdl.testing import check_gradient

torch = pytest.importorskip("torch")
functional = torch.nn.functional


def module(name):
    return __import__(f"{generated.__name__}.{name}", fromlist=[name])


def sparsemax(z):
    """By sorting, with the support held fixed."""
    ordered = torch.sort(z, dim=-1, descending=True).values
    counts = torch.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    sums = torch.cumsum(ordered, -1)
    size = (1 + counts * ordered > sums).sum(-1, keepdim=True)
    return torch.clamp(z - (torch.gather(sums, -1, size - 1) - 1) / size, min=0)


def gated(gate):
    def layer(x):
        first, second = torch.chunk(x, 2, -1)
        return first * gate(second)

    return layer


def attention(q, k, v, mask=None):
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


B, F, G = 3, 4, 6
COUNTERPARTS = {
    "linear": (functional.linear, [(B, F), (G, F), (G,)]),
    "softmax": (lambda z: functional.softmax(z, -1), [(B, F)]),
    "log_softmax": (lambda z: functional.log_softmax(z, -1), [(B, F)]),
    "layer_norm": (lambda x, w, b: functional.layer_norm(x, (F,), w, b), [(B, F), (F,), (F,)]),
    "rms_norm": (lambda x, w: functional.rms_norm(x, (F,), w, eps=1e-5), [(B, F), (F,)]),
    "batch_norm": (lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True), [(B, F), (F,), (F,)]),
    "softmax_with_temperature": (lambda z: functional.softmax(z, -1), [(B, F)]),
    "dropout": (lambda x, mask: x * mask * 2, [(B, F), (B, F)]),
    "glu": (functional.glu, [(B, G)]),
    "reglu": (gated(torch.relu), [(B, G)]),
    "geglu": (gated(functional.gelu), [(B, G)]),
    "swiglu": (gated(functional.silu), [(B, G)]),
    "bilinear": (gated(lambda x: x), [(B, G)]),
    "maxout": (lambda x: x.max(-1).values, [(B, F, G)]),
    "sparsemax": (sparsemax, [(B, F)]),
    "logsumexp": (lambda x: torch.logsumexp(x, -1), [(B, F)]),
    "conv1d": (functional.conv1d, [(B, 2, G), (F, 2, 3), (F,)]),
    "scaled_dot_product_attention": (attention, [(B, F, 5), (B, G, 5), (B, G, 2)]),
    "masked_attention": (attention, [(B, F, 5), (B, G, 5), (B, G, 2), (F, G)]),
}


def assert_equal(computed, expected, scale):
    """To 1e-12 of the larger of the largest entry and of what cancels in it."""
    assert computed.shape == expected.shape
    assert np.abs(computed - expected).max() <= 1e-12 * max(np.abs(expected).max(), scale), (computed, expected)


def both(name, arrays, upstream):
    """Value and gradients by torch, then by the generated code."""
    reference, _ = COUNTERPARTS[name]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    result = reference(*tensors)
    upstream = np.broadcast_to(upstream, tuple(result.shape)).copy()
    result.backward(torch.tensor(upstream))
    space = vars(module(name))
    single = f"{name}_gradient" in space
    found = space[f"{name}_gradient" if single else f"{name}_gradients"](*arrays, upstream)
    slopes = [found] if single else list(found)
    return (result.detach().numpy(), [t.grad.numpy() for t in tensors]), (space[name](*arrays), slopes)


@pytest.mark.parametrize("name", COUNTERPARTS)
@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-3, 1.0, 5.0, 30.0]))
def test_values_and_gradients_are_those_of_torch(name, seed, size):
    generator = np.random.default_rng(seed)
    arrays = [size * generator.standard_normal(shape) for shape in COUNTERPARTS[name][1]]
    upstream = float(generator.standard_normal()) + np.cos(seed)
    (value, slopes), (computed, found) = both(name, arrays, upstream)
    assert_equal(np.asarray(computed), value, 0)
    assert len(found) == len(slopes)
    largest = max(np.abs(slope).max() for slope in slopes)
    for one, other in zip(found, slopes, strict=True):
        assert_equal(one, other, max(largest, abs(upstream)))


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-3, 1.0, 30.0]))
def test_batch_norm_in_inference_is_that_of_torch(seed, size):
    generator = np.random.default_rng(seed)
    x, mean, variance, weight, bias = (size * generator.standard_normal(s) for s in ((B, F), F, F, F, F))
    arrays = x, mean, np.abs(variance), weight, bias
    upstream = generator.standard_normal((B, F))
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    inputs, mean, variance, weight, bias = tensors
    (weight * (inputs - mean) / torch.sqrt(variance + 1e-5) + bias).backward(torch.tensor(upstream))
    layer = module("batch_norm_inference")
    value = functional.batch_norm(*(torch.tensor(a) for a in arrays)).numpy()
    assert_equal(layer.batch_norm_inference(*arrays), value, np.abs(arrays[-1]).max())
    found = layer.batch_norm_inference_gradients(*arrays, upstream)
    for one, tensor in zip(found, tensors, strict=True):
        assert_equal(one, tensor.grad.numpy(), max(np.abs(t.grad.numpy()).max() for t in tensors))


@given(seed=st.integers(0, 2**32 - 1))
def test_rows_of_an_embedding_gather_gradients_as_in_torch(seed):
    generator = np.random.default_rng(seed)
    table, places = generator.standard_normal((5, 3)), generator.integers(0, 5, 8)
    upstream = generator.standard_normal((8, 3))
    weight = torch.tensor(table, requires_grad=True)
    result = functional.embedding(torch.tensor(places), weight)
    result.backward(torch.tensor(upstream))
    layer = module("embedding")
    assert np.array_equal(layer.embedding(places, table), result.detach().numpy())
    (found,) = layer.embedding_gradients(places, table, upstream)
    assert_equal(found, weight.grad.numpy(), 0)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "sparsemax", "scaled_dot_product_attention"])
@pytest.mark.parametrize("size", [1e3, 1e6])
def test_large_logits_neither_overflow_nor_warn(name, size):
    generator = np.random.default_rng(1)
    arrays = [size * generator.standard_normal(shape) for shape in COUNTERPARTS[name][1]]
    with np.errstate(all="raise", under="ignore"):
        (value, _), (computed, found) = both(name, arrays, 1.0)
    assert_equal(np.asarray(computed), value, 1)
    assert all(np.isfinite(slope).all() for slope in found)


@pytest.mark.parametrize("name", [name for name in COUNTERPARTS if name not in ("maxout", "reglu", "sparsemax")])
def test_a_sign_or_factor_planted_in_a_gradient_is_caught(name):
    generator = np.random.default_rng(2)
    arrays = [generator.standard_normal(shape) for shape in COUNTERPARTS[name][1]]
    space = vars(module(name))
    result = np.asarray(space[name](*arrays))
    upstream = generator.standard_normal(result.shape)
    called = space.get(f"{name}_gradients") or (lambda *a: (space[f"{name}_gradient"](*a),))
    for position, start in enumerate(arrays):

        def value(x, position=position):
            return np.sum(upstream * space[name](*arrays[:position], x, *arrays[position + 1 :]))

        def slope(x, position=position):
            return called(*arrays[:position], x, *arrays[position + 1 :], upstream)[position]

        assert check_gradient(value, slope, start).outcome != "failed"
        assert not check_gradient(value, lambda x: 1.002 * slope(x), start)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm", "batch_norm"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [-0.9, -0.5, 0.5, 0.9])
def test_norms_without_epsilon_do_not_change_when_inputs_are_scaled_by_powers_of_two(name, dtype, share):
    generator = np.random.default_rng(3)
    x, *learned = (generator.standard_normal(shape).astype(dtype) for shape in COUNTERPARTS[name][1])
    upstream = generator.standard_normal(x.shape).astype(dtype)
    factor = dtype(2.0 ** int(share * np.finfo(dtype).maxexp))
    layer = vars(module(name))
    value, slopes = layer[name], layer[f"{name}_gradients"]
    with np.errstate(all="raise", under="ignore"):
        assert np.array_equal(value(factor * x, *learned, epsilon=0), value(x, *learned, epsilon=0))
        by_inputs, *others = slopes(factor * x, *learned, upstream, epsilon=0)
        expected, *others_expected = slopes(x, *learned, upstream, epsilon=0)
    assert np.array_equal(by_inputs, expected / factor)
    assert all(map(np.array_equal, others, others_expected))
