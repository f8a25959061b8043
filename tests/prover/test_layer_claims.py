"""Claims on layers of the library: invariances, sums of gradients, embedding and dropout; planted errors refuted."""

import pytest
import sympy as sp

from symdl import library
from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.core import Claim, Compare, array, symbol
from symdl.core.array_places import gather
from symdl.core.array_rewriting import substitute
from symdl.core.array_simplex import project
from symdl.core.arrays import constant, repeat, scatter
from symdl.core.expectations import bernoulli, expectation
from symdl.library.layers import softmax_of
from symdl.library.normalizations import standardized
from symdl.prover import decide

ZERO, ONE = sp.Integer(0), sp.Integer(1)
c, p, T = symbol("c"), symbol("p"), symbol("T")
X, z, u = array("X", "batch", "features"), array("z", "classes"), array("u", "classes")
table, words, U = array("w", "vocabulary", "width"), array("words", "batch", integer=True), array("U", "batch", "width")
B, shift = array("B", "batch", "features"), array("shift", "batch")
hot = scatter(constant(1, "batch"), words, 1, "vocabulary")
kept = Compare(p, "<", ONE)
query, key, value = (array(name, "n", size) for name, size in (("q", "d"), ("k", "d"), ("v", "o")))
TRUE = {
    "layer norm is shifted": (standardized(X + repeat(shift, 1, "features"), "features"), standardized(X, "features")),
    "batch norm is shifted": (standardized(X + 3, "batch"), standardized(X, "batch")),
    "gradient of centred features sums to 0": (
        gradient(X - repeat(X.mean("features"), 1, "features"), X, B).sum("features"),
        constant(0, "batch"),
    ),
    "gradient of softmax sums to 0": (gradient(softmax_of(z), z, u).sum(), ZERO),
    "softmax with temperature is shifted": (softmax_of(z / T + c), softmax_of(z / T)),
    "embedding is a product": (gather(table, words), hot @ table),
    "reverse of embedding is a product": (gradient(gather(table, words), table, U), hot.T @ U),
    "attention weighs ones to 1": (softmax_of(query @ key.T) @ constant(1, "n", "o"), constant(1, "n", "o")),
    "dropout is linear": (
        library.dropout.expr * 2,
        substitute(library.dropout.expr, {library.dropout.inputs[0]: 2 * library.dropout.inputs[0]}),
    ),
}
FALSE = {
    "rms norm is not shifted": (
        substitute(library.rms_norm.expr, {library.rms_norm.inputs[0]: library.rms_norm.inputs[0] + 1}),
        library.rms_norm.expr,
    ),
    "layer norm along the other axis": (standardized(X, "features"), standardized(X, "batch")),
    "embedding transposed": (gradient(gather(table, words), table, U), 2 * (hot.T @ U)),
    "temperature forgotten": (softmax_of(z / 2), softmax_of(z)),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_on_a_layer_is_proved(name):
    left, right = TRUE[name]
    verdict = decide(Claim(Compare(left, "=", right)))
    assert verdict.proved, verdict


@pytest.mark.parametrize("name", FALSE)
def test_a_planted_error_in_a_layer_is_refuted(name):
    left, right = FALSE[name]
    given = (Compare(symbol("epsilon"), ">", ZERO),)
    assert decide(Claim(Compare(left, "=", right), given)).refuted


def test_dropout_is_the_identity_in_expectation():
    sizes = {"batch": 1, "features": 1}
    entry = expand(library.dropout.expr, sizes).item()
    mask, x = symbol("mask_0_0"), symbol("inputs_0_0")
    mean = expectation(entry, bernoulli(mask, 1 - p))
    assert decide(Claim(Compare(mean, "=", x), (kept, Compare(p, ">=", ZERO)))).proved
    wrong = expectation(entry, bernoulli(mask, p))
    assert decide(Claim(Compare(wrong, "=", x), (kept, Compare(p, ">=", ZERO)))).refuted


def test_sparsemax_sums_to_1_at_a_small_size():
    total = sp.Add(*expand(project(z, 0), {"classes": 2}))
    assert decide(Claim(Compare(total, "=", ONE))).proved


def test_a_convolution_is_a_product_with_a_banded_matrix_at_small_sizes():
    sizes = {"batch": 1, "channels": 1, "length": 4, "filters": 1, "kernel": 2}
    found = expand(library.conv1d.expr, sizes)[0, 0]
    x = [symbol(f"inputs_0_0_{i}") for i in range(4)]
    w, b = [symbol(f"weight_0_0_{k}") for k in range(2)], symbol("bias_0")
    banded = sp.Matrix(3, 4, lambda o, i: w[i - o] if 0 <= i - o < 2 else 0)
    assert list(found) == list(banded @ sp.Matrix(x) + sp.Matrix([b] * 3))
