"""Rectifiers, as data: ReLU, its leaky, shifted, smooth-tailed and squared kin.

Main results: :data:`RECTIFIERS`. The slope at each kink is the one that deep-learning libraries return: that of
the branch that takes in the point itself.
"""

import sympy as sp

from symdl.core import Activation, Compare, Parameter, Properties, Source, symbol

x = symbol("x")
k = symbol("k")
alpha = symbol("alpha")

_ZERO, _ONE = sp.Integer(0), sp.Integer(1)
_SELU = Source(
    "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, NeurIPS 2017",
    "Equation 2, with alpha and lambda to 31 places as in PyTorch",
)
_SCALE = sp.Rational("1.0507009873554804934193349852946")
_SCALED_ALPHA = _SCALE * sp.Rational("1.6732632423543772848170429916717")

relu = Activation(
    "relu",
    x,
    sp.Max(x, 0),
    slope_at={0: 0},
    source=Source("Glorot, Bordes and Bengio, Deep sparse rectifier neural networks, AISTATS 2011", "Section 3.1"),
    also_called=("ReLU", "rectifier", "ramp"),
    properties=Properties(0, sp.oo, 1, "increasing", "convex"),
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
            (Compare(k, ">", _ZERO), Compare(k, "<", _ONE)),
        ),
    ),
    slope_at={0: k},
    source=Source(
        "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013", "Section 2"
    ),
    also_called=("LeakyReLU", "leaky rectifier"),
    properties=Properties(-sp.oo, sp.oo, 1, "increasing", "convex"),
)

prelu = Activation(
    "prelu",
    x,
    sp.Piecewise((x, x > 0), (k * x, True)),
    parameters=(Parameter(k, "weight", sp.Rational(1, 4), learned=True),),
    slope_at={0: k},
    source=Source("He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015", "Equation 1"),
    also_called=("PReLU", "parametric ReLU"),
    properties=Properties(-sp.oo, sp.oo, 1, "increasing", "convex", (Compare(k, ">", _ZERO), Compare(k, "<=", _ONE))),
)

relu6 = Activation(
    "relu6",
    x,
    sp.Min(sp.Max(x, 0), 6),
    slope_at={0: 0, 6: 0},
    source=Source("Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010", "ReLU-n units with n = 6"),
    also_called=("ReLU6",),
    properties=Properties(0, 6, 1, "increasing", "neither"),
)

elu = Activation(
    "elu",
    x,
    sp.Piecewise((x, x > 0), (alpha * (sp.exp(x) - 1), True)),
    parameters=(Parameter(alpha, "alpha", sp.Integer(1), (Compare(alpha, ">", _ZERO),)),),
    slope_at={0: alpha},
    source=Source(
        "Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, "
        "ICLR 2016",
        "Section 3",
    ),
    also_called=("ELU", "exponential linear unit"),
    properties=Properties(-alpha, sp.oo, 1, "increasing", "convex", (Compare(alpha, "<=", _ONE),)),
)

selu = Activation(
    "selu",
    x,
    sp.Piecewise((_SCALE * x, x > 0), (_SCALED_ALPHA * (sp.exp(x) - 1), True)),
    slope_at={0: _SCALED_ALPHA},
    source=_SELU,
    also_called=("SELU", "scaled exponential linear unit"),
    properties=Properties(-_SCALED_ALPHA, sp.oo, _SCALED_ALPHA, "increasing", "neither"),
)

celu = Activation(
    "celu",
    x,
    sp.Piecewise((x, x > 0), (alpha * (sp.exp(x / alpha) - 1), True)),
    parameters=(Parameter(alpha, "alpha", sp.Integer(1), (Compare(alpha, ">", _ZERO),)),),
    source=Source(
        "Barron, Continuously differentiable exponential linear units, arXiv:1704.07483, 2017", "definition of CELU"
    ),
    also_called=("CELU", "continuously differentiable exponential linear unit"),
    properties=Properties(-alpha, sp.oo, 1, "increasing", "convex"),
)

relu_squared = Activation(
    "relu_squared",
    x,
    sp.Max(x, 0) ** 2,
    source=Source("So et al., Primer: searching for efficient transformers, NeurIPS 2021", "squared ReLU"),
    also_called=("squared ReLU", "quadratic ReLU"),
    properties=Properties(0, sp.oo, sp.oo, "increasing", "convex"),
)

RECTIFIERS: tuple[Activation, ...] = (relu, leaky_relu, prelu, relu6, elu, selu, celu, relu_squared)
