"""Elementwise functions, as data.

Main results: :data:`ACTIVATIONS`. The slope at each kink is the one that deep-learning libraries
return: 0 for ReLU, ``negative_slope`` for leaky ReLU.
"""

import sympy as sp

from symdl.core import Activation, Compare, Parameter, Source, symbol

_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"

x = symbol("x")
k = symbol("k")

relu = Activation(
    "relu",
    x,
    sp.Max(x, 0),
    slope_at={0: 0},
    source=Source("Glorot, Bordes and Bengio, Deep sparse rectifier neural networks, AISTATS 2011", "Section 3.1"),
    also_called=("ReLU", "rectifier", "ramp"),
)

leaky_relu = Activation(
    "leaky_relu",
    x,
    sp.Piecewise((x, x > 0), (k * x, True)),
    parameters=(
        Parameter(
            k,
            "negative_slope",
            sp.Rational(1, 100),
            (Compare(k, ">", sp.Integer(0)), Compare(k, "<", sp.Integer(1))),
        ),
    ),
    slope_at={0: k},
    source=Source(
        "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013", "Section 2"
    ),
    also_called=("LeakyReLU", "leaky rectifier"),
)

sigmoid = Activation(
    "sigmoid",
    x,
    1 / (1 + sp.exp(-x)),
    source=Source(_BOOK, "Equation 3.30"),
    also_called=("logistic", "expit", "logistic sigmoid"),
)

tanh = Activation(
    "tanh",
    x,
    sp.tanh(x),
    source=Source(_BOOK, "Equation 6.39"),
    also_called=("Tanh", "hyperbolic tangent"),
)

softplus = Activation(
    "softplus",
    x,
    sp.log(1 + sp.exp(x)),
    source=Source(_BOOK, "Equation 3.31"),
    also_called=("Softplus", "smooth rectifier"),
)

ACTIVATIONS: tuple[Activation, ...] = (relu, leaky_relu, sigmoid, tanh, softplus)
