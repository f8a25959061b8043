"""Normalizations of features and dropout, as data.

Main results: :data:`NORMALIZATIONS`. Variances are those of the entries themselves, divided by their
number; ``epsilon`` is added to them.
"""

import sympy as sp

from symdl.core.activations import Parameter
from symdl.core.arrays import ArrayExpr, apply, array, axis_position, repeat
from symdl.core.claims import Compare
from symdl.core.items import Layer
from symdl.core.symbols import Source, symbol

epsilon = symbol("epsilon")
probability = symbol("p")
_ZERO = sp.Integer(0)

inputs = array("inputs", "batch", "features")
weight = array("weight", "features")
bias = array("bias", "features")
running_mean = array("running_mean", "features")
running_variance = array("running_variance", "features")
mask = array("mask", "batch", "features")

_small = Parameter(epsilon, "epsilon", sp.Rational(1, 100_000), (Compare(epsilon, ">=", _ZERO),))


def _over(expr: ArrayExpr, axis: str) -> ArrayExpr:
    """The mean over an axis, repeated along it."""
    position = axis_position(expr, axis)
    return repeat(expr.mean(axis), position, expr.dimensions[position])


def scaled_to_unit(centred: ArrayExpr, axis: str, shift: sp.Expr = epsilon) -> ArrayExpr:
    """``c_i / sqrt(mean_j c_j^2 + shift)`` along an axis."""
    return centred / apply(lambda v: sp.sqrt(v + shift), _over(centred**2, axis))


def standardized(expr: ArrayExpr, axis: str, shift: sp.Expr = epsilon) -> ArrayExpr:
    """``(x_i - mean x) / sqrt(var x + shift)`` along an axis."""
    return scaled_to_unit(expr - _over(expr, axis), axis, shift)


layer_norm = Layer(
    "layer_norm",
    (inputs,),
    standardized(inputs, "features") * weight + bias,
    learned=(weight, bias),
    parameters=(_small,),
    source=Source("Ba, Kiros and Hinton, Layer normalization, arXiv:1607.06450, 2016", "Equations 3 and 4"),
    also_called=("layer normalization", "LayerNorm"),
)

rms_norm = Layer(
    "rms_norm",
    (inputs,),
    scaled_to_unit(inputs, "features") * weight,
    learned=(weight,),
    parameters=(_small,),
    source=Source(
        "Zhang and Sennrich, Root mean square layer normalization, NeurIPS 2019", "Equation 4, epsilon added"
    ),
    also_called=("root mean square layer normalization", "RMSNorm"),
)

_IOFFE = "Ioffe and Szegedy, Batch normalization, ICML 2015"

batch_norm = Layer(
    "batch_norm",
    (inputs,),
    standardized(inputs, "batch") * weight + bias,
    learned=(weight, bias),
    parameters=(_small,),
    source=Source(_IOFFE, "Algorithm 1"),
    also_called=("batch normalization", "batch normalization in training", "BatchNorm"),
)

batch_norm_inference = Layer(
    "batch_norm_inference",
    (inputs, running_mean, running_variance),
    (inputs - running_mean) / apply(lambda v: sp.sqrt(v + epsilon), repeat(running_variance, 0, "batch")) * weight
    + bias,
    learned=(weight, bias),
    parameters=(_small,),
    source=Source(_IOFFE, "Algorithm 2"),
    also_called=("batch normalization in inference",),
    given=(Compare(symbol("running_variance"), ">=", _ZERO),),
)

dropout = Layer(
    "dropout",
    (inputs, mask),
    inputs * mask / (1 - probability),
    parameters=(
        Parameter(
            probability,
            "probability",
            sp.Rational(1, 2),
            (Compare(probability, ">=", _ZERO), Compare(probability, "<", sp.Integer(1))),
        ),
    ),
    source=Source(
        "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, JMLR 15 (2014)",
        "Section 10, activations scaled up in training; mask entries are 1 with probability 1 - p, else 0",
    ),
    also_called=("inverted dropout",),
)

NORMALIZATIONS: tuple[Layer, ...] = (layer_norm, rms_norm, batch_norm, batch_norm_inference, dropout)
