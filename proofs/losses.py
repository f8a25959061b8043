"""Losses: gradients of squared error and of cross-entropy on logits.

Main results: the gradient of cross-entropy in a logit is the probability minus the target, for two
classes and for three; binary cross-entropy has a form without overflow; what every loss of the library declares
(nonnegative, zero at the target, convex in the prediction or not); divergences are nonnegative between distributions;
a norm is that of the scaled row times the scale, by which generated code takes norms without overflow.

References: Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016, Section 6.2.2.
"""

import sympy as sp

from symdl.core import Claim, Compare, Source, symbol
from symdl.library import LOSSES, sigmoid, softplus
from symdl.prover.loss_properties import loss_claims

_BOOK = Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Section 6.2.2")

x, y, z, u, v, w = map(symbol, ("x", "y", "z", "u", "v", "w"))
s = sigmoid.expr
plus = softplus.expr.xreplace({p.symbol: p.default for p in softplus.parameters})
binary = -(y * sp.log(s) + (1 - y) * sp.log(1 - s))
total = sp.exp(x) + sp.exp(y) + sp.exp(z)
cross_entropy = sum(target * (sp.log(total) - score) for target, score in zip((u, v, w), (x, y, z), strict=True))
distribution = Compare(u + v + w, "=", sp.Integer(1))
_zero, _one = sp.Integer(0), sp.Integer(1)
_inside = tuple(Compare(c, relation, end) for c in (u, v) for relation, end in ((">", _zero), ("<", _one)))
divergence = u * sp.log(u / v) + (1 - u) * sp.log((1 - u) / (1 - v))
_scaled = sp.sqrt((w * x) ** 2 + (w * y) ** 2)


def _claim(name, left, relation, right, *given, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, _BOOK, expected)


CLAIMS: tuple[Claim, ...] = (
    _claim("squared_error_slope_is_the_residual", sp.Derivative((x - y) ** 2 / 2, x), "=", x - y),
    _claim("binary_cross_entropy_slope_is_probability_minus_target", sp.Derivative(binary, x), "=", s - y),
    _claim("binary_cross_entropy_by_softplus", binary, "=", plus - x * y),
    _claim(
        "binary_cross_entropy_has_a_form_without_overflow",
        binary,
        "=",
        sp.Max(x, 0) - x * y + sp.log(1 + sp.exp(-sp.Abs(x))),
    ),
    _claim(
        "cross_entropy_slope_is_probability_minus_target",
        sp.Derivative(cross_entropy, x),
        "=",
        sp.exp(x) / total - u,
        distribution,
    ),
    _claim("cross_entropy_of_one_class_is_positive", sp.log(total) - x, ">", 0),
    _claim(
        "squared_error_slope_is_not_doubled", sp.Derivative((x - y) ** 2 / 2, x), "=", 2 * (x - y), expected="REFUTED"
    ),
    _claim("binary_cross_entropy_slope_has_no_other_sign", sp.Derivative(binary, x), "=", y - s, expected="REFUTED"),
    _claim(
        "cross_entropy_slope_needs_targets_that_sum_to_1",
        sp.Derivative(cross_entropy, x),
        "=",
        sp.exp(x) / total - u,
        expected="REFUTED",
    ),
    _claim("divergence_of_two_classes_is_nonnegative", divergence, ">=", 0, *_inside),
    _claim(
        "divergence_of_two_classes_is_not_symmetric",
        divergence,
        "=",
        divergence.subs({u: v, v: u}, simultaneous=True),
        *_inside,
        expected="REFUTED",
    ),
    _claim("norm_of_a_scaled_row", _scaled, "=", w * sp.sqrt(x**2 + y**2), Compare(w, ">", _zero)),
    _claim("norm_of_a_row_scaled_by_any_number", _scaled, "=", w * sp.sqrt(x**2 + y**2), expected="REFUTED"),
    *(claim for loss in LOSSES for claim in loss_claims(loss)),
)
