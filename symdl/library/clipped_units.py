"""Piecewise elementwise functions with flat parts, as data: clipped and thresholded units.

Main results: :data:`CLIPPED_UNITS`. The slope at each kink is the one that deep-learning libraries return.
"""

import sympy as sp

from symdl.core import Activation, Compare, Parameter, Properties, Source, symbol

_SHRINKING = "Donoho, De-noising by soft-thresholding, IEEE Transactions on Information Theory 41, 1995"
_MOBILE = "Howard et al., Searching for MobileNetV3, ICCV 2019"
_FENCHEL_YOUNG = "Blondel, Martins and Niculae, Learning with Fenchel-Young losses, JMLR 21, 2020"

x = symbol("x")
low = symbol("l")
high = symbol("u")
lambd = symbol("lambda")
threshold_value = symbol("v")
threshold_point = symbol("t")

_THRESHOLD = Parameter(lambd, "lambd", sp.Rational(1, 2), (Compare(lambd, ">", sp.Integer(0)),))

hardtanh = Activation(
    "hardtanh",
    x,
    sp.Piecewise((low, x <= low), (high, x >= high), (x, True)),
    parameters=(
        Parameter(low, "min_val", sp.Integer(-1)),
        Parameter(high, "max_val", sp.Integer(1), (Compare(high, ">", low),)),
    ),
    slope_at={low: 0, high: 0},
    source=Source("Collobert, Large scale machine learning, PhD thesis, Université Paris VI 2004", "hard tanh"),
    also_called=("Hardtanh", "hard_tanh", "clip"),
    properties=Properties(low, high, 1, "increasing", "neither"),
)

hardsigmoid = Activation(
    "hardsigmoid",
    x,
    sp.Min(sp.Max(x + 3, 0), 6) / 6,
    slope_at={-3: 0, 3: 0},
    source=Source(_MOBILE, "Section 5.2"),
    also_called=("Hardsigmoid", "hard_sigmoid"),
    properties=Properties(0, 1, sp.Rational(1, 6), "increasing", "neither"),
)

hardswish = Activation(
    "hardswish",
    x,
    x * sp.Min(sp.Max(x + 3, 0), 6) / 6,
    slope_at={-3: 0, 3: 1},
    source=Source(_MOBILE, "Section 5.2"),
    also_called=("Hardswish", "hard_swish", "hard_silu"),
    properties=Properties(sp.Rational(-3, 8), sp.oo, sp.Rational(3, 2), "neither", "neither"),
)

softshrink = Activation(
    "softshrink",
    x,
    sp.Piecewise((x - lambd, x > lambd), (x + lambd, x < -lambd), (0, True)),
    parameters=(_THRESHOLD,),
    slope_at={-lambd: 0, lambd: 0},
    source=Source(_SHRINKING, "the soft threshold"),
    also_called=("Softshrink", "soft_shrink", "soft threshold"),
    properties=Properties(-sp.oo, sp.oo, 1, "increasing", "neither"),
)

hardshrink = Activation(
    "hardshrink",
    x,
    sp.Piecewise((x, x > lambd), (x, x < -lambd), (0, True)),
    parameters=(_THRESHOLD,),
    slope_at={-lambd: 0, lambd: 0},
    source=Source(
        "Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81, 1994", "the hard threshold"
    ),
    also_called=("Hardshrink", "hard_shrink", "hard threshold"),
    properties=Properties(-sp.oo, sp.oo, sp.oo, "increasing", "neither"),
)

threshold = Activation(
    "threshold",
    x,
    sp.Piecewise((x, x > threshold_point), (threshold_value, True)),
    parameters=(Parameter(threshold_point, "threshold"), Parameter(threshold_value, "value")),
    slope_at={threshold_point: 0},
    source=Source("PyTorch documentation, torch.nn.Threshold", "definition"),
    also_called=("Threshold",),
    properties=Properties(
        threshold_value, sp.oo, sp.oo, "increasing", "neither", (Compare(threshold_value, "<", threshold_point),)
    ),
)

sparse_plus = Activation(
    "sparse_plus",
    x,
    sp.Piecewise((x, x >= 1), (0, x <= -1), ((x + 1) ** 2 / 4, True)),
    source=Source("JAX documentation, jax.nn.sparse_plus", "definition"),
    properties=Properties(0, sp.oo, 1, "increasing", "convex"),
)

sparse_sigmoid = Activation(
    "sparse_sigmoid",
    x,
    sp.Min(sp.Max(x + 1, 0), 2) / 2,
    slope_at={-1: 0, 1: 0},
    source=Source(_FENCHEL_YOUNG, "Section 6.2"),
    properties=Properties(0, 1, sp.Rational(1, 2), "increasing", "neither"),
)

CLIPPED_UNITS: tuple[Activation, ...] = (
    hardtanh,
    hardsigmoid,
    hardswish,
    softshrink,
    hardshrink,
    threshold,
    sparse_plus,
    sparse_sigmoid,
)
