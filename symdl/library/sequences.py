"""Layers for sequences, as data: embedding, convolution along one axis, attention.

Main results: :data:`SEQUENCES`.
"""

import sympy as sp

from symdl.core.array_places import Steps, gather, slid, window
from symdl.core.arrays import ArrayExpr, array, contract, repeat
from symdl.core.items import Layer
from symdl.core.symbols import Source

from .dense import softmax_of

indices = array("indices", "batch", integer=True)
table = array("weight", "vocabulary", "features")

embedding = Layer(
    "embedding",
    (indices,),
    gather(table, indices),
    learned=(table,),
    source=Source(
        "Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, JMLR 3 (2003)", "Section 2"
    ),
    also_called=("lookup table",),
)

signal = array("inputs", "batch", "channels", "length")
kernel = array("weight", "filters", "channels", "kernel")
bias = array("bias", "filters")


def convolved(signal: ArrayExpr, kernel: ArrayExpr, bias: ArrayExpr, steps: Steps) -> ArrayExpr:
    """``b_f + sum_ck w_fck x_c(stride*o + dilation*k - padding)``: cross-correlation along the last axis."""
    width = kernel.dimensions[2]
    windows = window(signal, 2, slid(signal.dimensions[2], width, steps, "positions"), width, steps)
    shift = repeat(repeat(bias, 1, windows.dimensions[2]), 0, signal.dimensions[0])
    return contract("bcok,fck->bfo", windows, kernel) + shift


conv1d = Layer(
    "conv1d",
    (signal,),
    convolved(signal, kernel, bias, Steps()),
    learned=(kernel, bias),
    source=Source(
        "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Equation 9.6, along one axis, with channels"
    ),
    also_called=("convolution", "cross-correlation", "one-dimensional convolution"),
)

queries = array("queries", "batch", "targets", "features")
keys = array("keys", "batch", "sources", "features")
values = array("values", "batch", "sources", "outputs")
mask = array("mask", "targets", "sources")
_ATTENTION = Source("Vaswani et al., Attention is all you need, NeurIPS 2017", "Equation 1")


def scores(queries: ArrayExpr, keys: ArrayExpr) -> ArrayExpr:
    """``Q K^T / sqrt(features)``, for each member of the batch."""
    return contract("bqf,bkf->bqk", queries, keys) / sp.sqrt(queries.dimensions[2].size)


scaled_dot_product_attention = Layer(
    "scaled_dot_product_attention",
    (queries, keys, values),
    contract("bqk,bko->bqo", softmax_of(scores(queries, keys)), values),
    source=_ATTENTION,
    also_called=("attention",),
)

masked_attention = Layer(
    "masked_attention",
    (queries, keys, values, mask),
    contract("bqk,bko->bqo", softmax_of(scores(queries, keys) + mask), values),
    source=_ATTENTION,
    also_called=("scaled dot-product attention with a mask",),
)

SEQUENCES: tuple[Layer, ...] = (embedding, conv1d, scaled_dot_product_attention, masked_attention)
