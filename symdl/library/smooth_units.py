"""Smooth elementwise functions, as data: sigmoids, smooth rectifiers and periodic units.

Main results: :data:`SMOOTH_UNITS`.
"""

import sympy as sp

from symdl.core import Activation, Compare, Parameter, Properties, Source, symbol

_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"
_GELU = "Hendrycks and Gimpel, Gaussian error linear units (GELUs), arXiv:1606.08415, 2016"
_SWISH = "Ramachandran, Zoph and Le, Searching for activation functions, arXiv:1710.05941, 2017"

x = symbol("x")
alpha = symbol("alpha")
beta = symbol("beta")
b = symbol("b")


def _positive(name: sp.Symbol, role: str, default: int, learned: bool = False) -> Parameter:
    return Parameter(name, role, sp.Integer(default), (Compare(name, ">", sp.Integer(0)),), learned)


sigmoid = Activation(
    "sigmoid",
    x,
    1 / (1 + sp.exp(-x)),
    source=Source(_BOOK, "Equation 3.30"),
    also_called=("logistic", "expit", "logistic sigmoid"),
    properties=Properties(0, 1, sp.Rational(1, 4), "increasing", "neither"),
)

tanh = Activation(
    "tanh",
    x,
    sp.tanh(x),
    source=Source(_BOOK, "Equation 6.39"),
    also_called=("Tanh", "hyperbolic tangent"),
    properties=Properties(-1, 1, 1, "increasing", "neither"),
)

softplus = Activation(
    "softplus",
    x,
    sp.log(1 + sp.exp(beta * x)) / beta,
    parameters=(_positive(beta, "beta", 1),),
    source=Source(_BOOK, "Equation 3.31, at beta x and divided by beta"),
    also_called=("Softplus", "smooth rectifier"),
    properties=Properties(0, sp.oo, 1, "increasing", "convex"),
)

logsigmoid = Activation(
    "logsigmoid",
    x,
    -sp.log(1 + sp.exp(-x)),
    source=Source(_BOOK, "Equation 3.36"),
    also_called=("LogSigmoid", "log_sigmoid", "log of the logistic"),
    properties=Properties(-sp.oo, 0, 1, "increasing", "concave"),
)

gelu = Activation(
    "gelu",
    x,
    x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
    source=Source(_GELU, "Section 2"),
    also_called=("GELU", "Gaussian error linear unit"),
    properties=Properties(
        sp.Rational(-17, 100), sp.oo, (1 + sp.erf(1)) / 2 + sp.exp(-1) / sp.sqrt(sp.pi), "neither", "neither"
    ),
)

gelu_tanh = Activation(
    "gelu_tanh",
    x,
    x * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (x + sp.Rational(44715, 10**6) * x**3))) / 2,
    source=Source(_GELU, "Section 2, the approximation by tanh"),
    also_called=("approximate GELU", "gelu_new"),
    properties=Properties(sp.Rational(-1701, 10**4), sp.oo, sp.Rational(1129, 1000), "neither", "neither"),
)

silu = Activation(
    "silu",
    x,
    x / (1 + sp.exp(-x)),
    source=Source(
        "Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function approximation "
        "in reinforcement learning, Neural Networks 107, 2018",
        "Section 2",
    ),
    also_called=("SiLU", "sigmoid linear unit", "sigmoid-weighted linear unit"),
    properties=Properties(sp.Rational(-2785, 10**4), sp.oo, sp.Rational(11, 10), "neither", "neither"),
)

swish = Activation(
    "swish",
    x,
    x / (1 + sp.exp(-beta * x)),
    parameters=(_positive(beta, "beta", 1, learned=True),),
    source=Source(_SWISH, "Abstract"),
    also_called=("Swish",),
    properties=Properties(sp.Rational(-2785, 10**4) / beta, sp.oo, sp.Rational(11, 10), "neither", "neither"),
)

mish = Activation(
    "mish",
    x,
    x * sp.tanh(sp.log(1 + sp.exp(x))),
    source=Source("Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020", "Abstract"),
    also_called=("Mish",),
    properties=Properties(sp.Rational(-309, 1000), sp.oo, sp.Rational(1089, 1000), "neither", "neither"),
)

tanhshrink = Activation(
    "tanhshrink",
    x,
    x - sp.tanh(x),
    source=Source("PyTorch documentation, torch.nn.Tanhshrink", "definition"),
    also_called=("Tanhshrink", "tanh_shrink"),
    properties=Properties(-sp.oo, sp.oo, 1, "increasing", "neither"),
)

softsign = Activation(
    "softsign",
    x,
    x / (1 + sp.Abs(x)),
    source=Source(
        "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010",
        "Section 3",
    ),
    also_called=("Softsign", "soft_sign"),
    properties=Properties(-1, 1, 1, "increasing", "neither"),
)

squareplus = Activation(
    "squareplus",
    x,
    (x + sp.sqrt(x**2 + b)) / 2,
    parameters=(_positive(b, "b", 4),),
    source=Source("Barron, Squareplus: a softplus-like algebraic rectifier, arXiv:2112.11687, 2021", "Equation 3"),
    also_called=("Squareplus",),
    properties=Properties(0, sp.oo, 1, "increasing", "convex"),
)

gaussian = Activation(
    "gaussian",
    x,
    sp.exp(-(x**2)),
    source=Source(
        "Broomhead and Lowe, Multivariable functional interpolation and adaptive networks, Complex Systems 2, 1988",
        "the Gaussian radial basis function",
    ),
    also_called=("Gaussian",),
    properties=Properties(0, 1, sp.sqrt(2) * sp.exp(-sp.Rational(1, 2)), "neither", "neither"),
)

sine = Activation(
    "sine",
    x,
    sp.sin(x),
    source=Source(
        "Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020", "Section 3"
    ),
    also_called=("sin", "Sine"),
    properties=Properties(-1, 1, 1, "neither", "neither"),
)

snake = Activation(
    "snake",
    x,
    x + sp.sin(alpha * x) ** 2 / alpha,
    parameters=(_positive(alpha, "alpha", 1, learned=True),),
    source=Source(
        "Ziyin, Hartwig and Ueda, Neural networks fail to learn periodic functions and how to fix it, NeurIPS 2020",
        "definition of Snake",
    ),
    also_called=("Snake",),
    properties=Properties(-sp.oo, sp.oo, 2, "increasing", "neither"),
)

exponential = Activation(
    "exponential",
    x,
    sp.exp(x),
    source=Source("Keras documentation, keras.activations.exponential", "definition"),
    properties=Properties(0, sp.oo, sp.oo, "increasing", "convex"),
)

SMOOTH_UNITS: tuple[Activation, ...] = (
    sigmoid,
    tanh,
    softplus,
    logsigmoid,
    gelu,
    gelu_tanh,
    silu,
    swish,
    mish,
    tanhshrink,
    softsign,
    squareplus,
    gaussian,
    sine,
    snake,
    exponential,
)
