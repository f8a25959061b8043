"""Layers of gates and of competing entries, as data: gated linear units, maxout, sparsemax, log-sum-exp.

Main results: :data:`GATES`. A gate is the second half of the last axis, as in ``a * sigmoid(b)``.
"""

import sympy as sp

from symdl.core.activations import Activation, Parameter
from symdl.core.array_places import Steps, window
from symdl.core.array_simplex import project
from symdl.core.arrays import ArrayExpr, apply, array, select
from symdl.core.claims import Compare
from symdl.core.dimensions import Dimension
from symdl.core.items import Layer
from symdl.core.symbols import Source, symbol

from .dense import softmax_of
from .rectifiers import relu
from .smooth_units import gelu, sigmoid, silu

inputs = array("inputs", "batch", "features")
_half = Dimension("half", formula=inputs.dimensions[1].size / 2)
_two = Dimension("two", formula=sp.Integer(2))
_SHAZEER = "Shazeer, GLU variants improve Transformer, arXiv:2002.05202, 2020"


def gated(expr: ArrayExpr, gate: Activation | None) -> ArrayExpr:
    """``a * gate(b)`` for the halves a and b of the last axis; without a gate ``a * b``."""
    halves = window(expr, -1, _half, _two, Steps(dilation=_half.size))
    first, second = select(halves, 0, -1), select(halves, 1, -1)
    return first * (apply(gate, second) if gate else second)


glu = Layer(
    "glu",
    (inputs,),
    gated(inputs, sigmoid),
    source=Source(
        "Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional networks, ICML 2017",
        "Equation 1, of the two halves of one array",
    ),
    also_called=("gated linear unit",),
)

reglu = Layer(
    "reglu",
    (inputs,),
    gated(inputs, relu),
    source=Source(_SHAZEER, "Equation 5, of the two halves of one array"),
    also_called=("ReGLU", "gated ReLU"),
)

geglu = Layer(
    "geglu",
    (inputs,),
    gated(inputs, gelu),
    source=Source(_SHAZEER, "Equation 5, of the two halves of one array"),
    also_called=("GEGLU", "gated GELU"),
)

swiglu = Layer(
    "swiglu",
    (inputs,),
    gated(inputs, silu),
    source=Source(_SHAZEER, "Equation 5, of the two halves of one array, with beta = 1"),
    also_called=("SwiGLU", "gated SiLU"),
)

bilinear = Layer(
    "bilinear",
    (inputs,),
    gated(inputs, None),
    source=Source(_SHAZEER, "Equation 5, of the two halves of one array"),
    also_called=("bilinear gate",),
)

pieces = array("inputs", "batch", "units", "pieces")

maxout = Layer(
    "maxout",
    (pieces,),
    pieces.max("pieces", ties="first"),
    source=Source(
        "Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, ICML 2013",
        "Section 3; where pieces tie, the derivative goes to the first",
    ),
)

logits = array("logits", "classes")
rows = array("logits", "batch", "classes")

sparsemax = Layer(
    "sparsemax",
    (logits,),
    project(logits, 0),
    source=Source(
        "Martins and Astudillo, From softmax to sparsemax, ICML 2016",
        "Equations 2 and 3, with the derivative of Equation 9",
    ),
    also_called=("projection onto the simplex",),
)

logsumexp = Layer(
    "logsumexp",
    (rows,),
    apply(sp.log, apply(sp.exp, rows).sum("classes")),
    source=Source("Boyd and Vandenberghe, Convex Optimization, Cambridge 2004", "Section 3.1.5"),
    also_called=("log-sum-exp", "softmax function of convex analysis"),
)

temperature = symbol("T")

softmax_with_temperature = Layer(
    "softmax_with_temperature",
    (logits,),
    softmax_of(logits / temperature),
    parameters=(Parameter(temperature, "temperature", sp.Integer(1), (Compare(temperature, ">", sp.Integer(0)),)),),
    source=Source(
        "Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, arXiv:1503.02531, 2015", "Equation 1"
    ),
    also_called=("tempered softmax", "Boltzmann distribution", "Gibbs distribution"),
)

GATES: tuple[Layer, ...] = (
    glu,
    reglu,
    geglu,
    swiglu,
    bilinear,
    maxout,
    sparsemax,
    logsumexp,
    softmax_with_temperature,
)
