"""Linear layers, softmax and networks of any depth, as data.

Main results: :data:`DENSE`. Weights have the sizes (outputs, inputs), as in ``W x + b``.
"""

import sympy as sp

from symdl.core.arrays import ArrayExpr, FunctionParameter, apply, array, repeat
from symdl.core.chains import chain, family
from symdl.core.items import Layer
from symdl.core.symbols import Source

_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"


def affine(inputs: ArrayExpr, weight: ArrayExpr, bias: ArrayExpr) -> ArrayExpr:
    """``W x + b`` for each row x of ``inputs``."""
    return inputs @ weight.T + bias


def softmax_of(logits: ArrayExpr) -> ArrayExpr:
    """``exp(z_i) / sum_j exp(z_j)`` along the last axis."""
    powers = apply(sp.exp, logits)
    return powers / repeat(powers.sum(-1), logits.rank - 1, logits.dimensions[-1])


def log_softmax_of(logits: ArrayExpr) -> ArrayExpr:
    """``z_i - log sum_j exp(z_j)`` along the last axis."""
    total = apply(sp.log, apply(sp.exp, logits).sum(-1))
    return logits - repeat(total, logits.rank - 1, logits.dimensions[-1])


inputs = array("inputs", "batch", "features")
weight = array("weight", "outputs", "features")
bias = array("bias", "outputs")

linear = Layer(
    "linear",
    (inputs,),
    affine(inputs, weight, bias),
    learned=(weight, bias),
    source=Source(_BOOK, "Section 6.1, Equation 6.3"),
    also_called=("affine", "dense", "fully connected"),
)

logits = array("logits", "classes")

softmax = Layer(
    "softmax",
    (logits,),
    softmax_of(logits),
    source=Source(_BOOK, "Equation 6.29"),
    also_called=("normalized exponential",),
)

log_softmax = Layer(
    "log_softmax",
    (logits,),
    log_softmax_of(logits),
    source=Source(_BOOK, "Equation 6.30"),
)

activation = FunctionParameter("activation", "activation_derivative")
first = array("inputs", "batch", "width[0]")
hidden_weights = family("hidden_weights", "width[l + 1]", "width[l]")
hidden_biases = family("hidden_biases", "width[l + 1]")
output_weight = array("output_weight", "outputs", "width[depth]")
output_bias = array("output_bias", "outputs")


def _level(state: ArrayExpr, weight: ArrayExpr, bias: ArrayExpr) -> ArrayExpr:
    return apply(activation, affine(state, weight, bias).named("preactivation"))


mlp = Layer(
    "mlp",
    (first,),
    affine(chain(_level, first, hidden_weights, hidden_biases, carry="state"), output_weight, output_bias),
    learned=(hidden_weights, hidden_biases, output_weight, output_bias),
    source=Source(_BOOK, "Section 6.4, Equations 6.40 and 6.41"),
    also_called=("multi-layer perceptron", "feedforward network"),
)

DENSE: tuple[Layer, ...] = (linear, softmax, log_softmax, mlp)
