"""Functions with kinks: forms by max, min and abs, clipping, and the Huber loss.

Main results: max and min by abs, hard tanh and hard sigmoid by ReLU, the Huber loss between its
tangents. Each is decided cell by cell between the kinks, and at them.

References: Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35, 1964.
"""

import sympy as sp

from symdl.core import Claim, Compare, Source, symbol
from symdl.library import relu

_HUBER = Source("Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35, 1964", "Section 4")

a, b, c, d, q, x, y = map(symbol, ("a", "b", "c", "d", "q", "x", "y"))
zero, one = sp.Integer(0), sp.Integer(1)


def _relu(value):
    return relu.expr.xreplace({relu.argument: value})


def _claim(name, left, relation, right, *given, expected="PROVED", source=None):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


hard_tanh = sp.Max(-1, sp.Min(1, x))
hard_sigmoid = sp.Max(0, sp.Min(1, x / 6 + sp.Rational(1, 2)))
huber = sp.Piecewise((x**2 / 2, sp.Abs(x) <= d), (d * (sp.Abs(x) - d / 2), True))

CLAIMS: tuple[Claim, ...] = (
    _claim("max_is_half_of_sum_plus_distance", sp.Max(a, b), "=", (a + b + sp.Abs(a - b)) / 2),
    _claim("min_is_half_of_sum_minus_distance", sp.Min(a, b), "=", (a + b - sp.Abs(a - b)) / 2),
    _claim("max_plus_min_is_the_sum", sp.Max(a, b) + sp.Min(a, b), "=", a + b),
    _claim("max_times_min_is_the_product", sp.Max(a, b) * sp.Min(a, b), "=", a * b),
    _claim("max_of_three_is_at_least_the_mean", sp.Max(a, b, c), ">=", (a + b + c) / 3),
    _claim("abs_is_relu_of_both_signs", sp.Abs(x), "=", _relu(x) + _relu(-x)),
    _claim("abs_is_x_times_its_sign", sp.Abs(x), "=", x * sp.sign(x)),
    _claim("abs_slope_is_the_sign_off_0", sp.Derivative(sp.Abs(x), x), "=", sp.sign(x)),
    _claim("triangle_inequality", sp.Abs(x + y), "<=", sp.Abs(x) + sp.Abs(y)),
    _claim("root_of_a_square_is_abs", sp.sqrt(x**2 * y**2 + x**2), "=", sp.Abs(x) * sp.sqrt(y**2 + 1)),
    _claim("hard_tanh_by_relu", hard_tanh, "=", _relu(x + 1) - _relu(x - 1) - 1),
    _claim("hard_tanh_is_1_lipschitz", sp.Abs(hard_tanh - hard_tanh.xreplace({x: y})), "<=", sp.Abs(x - y)),
    _claim("hard_sigmoid_by_relu", hard_sigmoid, "=", (_relu(x + 3) - _relu(x - 3)) / 6),
    _claim("hard_swish_is_at_least_minus_3_eighths", x * hard_sigmoid, ">=", -sp.Rational(3, 8)),
    _claim("hinge_is_convex", _relu(1 - q * x - (1 - q) * y), "<=", q * _relu(1 - x) + (1 - q) * _relu(1 - y),
           Compare(q, ">=", zero), Compare(q, "<=", one)),
    _claim("pinball_is_at_least_0", sp.Max(q * x, (q - 1) * x), ">=", 0, Compare(q, ">", zero), Compare(q, "<", one)),
    _claim("huber_is_at_most_the_parabola", huber, "<=", x**2 / 2, Compare(d, ">", zero), source=_HUBER),
    _claim("huber_is_at_least_its_lines", huber, ">=", d * sp.Abs(x) - d**2 / 2, Compare(d, ">", zero), source=_HUBER),
    _claim("huber_slope_is_a_clipped_residual", sp.Derivative(huber.xreplace({d: one}), x), "=", hard_tanh,
           source=_HUBER),
    _claim("max_is_not_half_of_sum_minus_distance", sp.Max(a, b), "=", (a + b - sp.Abs(a - b)) / 2, expected="REFUTED"),
    _claim("root_of_a_square_is_not_x", sp.Pow(x**2, sp.Rational(1, 2), evaluate=False), "=", x, expected="REFUTED"),
    _claim("hard_swish_goes_below_37_percent", x * hard_sigmoid, ">=", -sp.Rational(37, 100), expected="REFUTED"),
    _claim("huber_is_not_half_of_its_line", huber, "<=", d * sp.Abs(x) / 2, Compare(d, ">", zero), expected="REFUTED",
           source=_HUBER),
)  # fmt: skip
