"""Losses: gradients of squared error and of cross-entropy on logits.

Main results: the gradient of cross-entropy in a logit is the probability minus the target, for two
classes and for three; binary cross-entropy has a form without overflow.

References: Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016, Section 6.2.2.
"""

import sympy as sp

from symdl.core import Claim, Compare, Source, symbol
from symdl.library import sigmoid, softplus

_BOOK = Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Section 6.2.2")

x, y, z, u, v, w = map(symbol, ("x", "y", "z", "u", "v", "w"))
s = sigmoid.expr
plus = softplus.expr.xreplace({p.symbol: p.default for p in softplus.parameters})
binary = -(y * sp.log(s) + (1 - y) * sp.log(1 - s))
total = sp.exp(x) + sp.exp(y) + sp.exp(z)
cross_entropy = sum(target * (sp.log(total) - score) for target, score in zip((u, v, w), (x, y, z), strict=True))
distribution = Compare(u + v + w, "=", sp.Integer(1))


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
)
