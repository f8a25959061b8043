"""Activations: derivatives in terms of their values, symmetries, bounds and Lipschitz constants.

Main results: sigmoid' = sigmoid (1 - sigmoid), tanh' = 1 - tanh^2, softplus' = sigmoid; sigmoid lies in
(0, 1) with slope at most 1/4; ReLU and leaky ReLU are 1-Lipschitz; softmax sums to 1 and is invariant
under shifts. Claims that are expected to be refuted are slips of a sign, a factor or an argument.

References: Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016, Sections 3.10 and 6.3;
Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013.
"""

from dataclasses import replace

import sympy as sp

from symdl.core import Claim, Compare, Source, symbol
from symdl.core.claims import Outcome, Relation
from symdl.library import leaky_relu, relu, sigmoid, tanh
from symdl.library import softplus as softplus_of_beta

_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"
_SIGMOID = Source(_BOOK, "Section 3.10")
_RECTIFIER = Source(_BOOK, "Section 6.3.1")
_SOFTMAX = Source(_BOOK, "Section 6.2.2.3")
_LEAKY = leaky_relu.source

x, y, z, a, c, k = map(symbol, ("x", "y", "z", "a", "c", "k"))


softplus = replace(
    softplus_of_beta,
    expr=softplus_of_beta.expr.xreplace({p.symbol: p.default for p in softplus_of_beta.parameters}),
    parameters=(),
)


def _at(activation, value):
    """The value of an activation at an expression."""
    return activation.expr.xreplace({activation.argument: value})


def _slope(activation, order=1):
    return sp.Derivative(activation.expr, (activation.argument, order))


def _claim(
    name: str,
    left: sp.Expr,
    relation: Relation,
    right: sp.Expr | int,
    *given: Compare,
    source: Source | None = _SIGMOID,
    expected: Outcome = "PROVED",
) -> Claim:
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


def _false(name, left, relation, right, *given, source=_SIGMOID):
    return _claim(name, left, relation, right, *given, source=source, expected="REFUTED")


def _rectified(name, left, relation, right, *given, expected="PROVED"):
    return _claim(name, left, relation, right, *given, source=_RECTIFIER, expected=expected)


s, th, plus = sigmoid.expr, tanh.expr, softplus.expr
scores = (x, y, z)
total = sum(sp.exp(score) for score in scores)
p = tuple(sp.exp(score) / total for score in scores)
small_slope = (Compare(k, ">", sp.Integer(0)), Compare(k, "<", sp.Integer(1)))
step = sp.Piecewise((1, x > 0), (0, True))

RELU = (
    _rectified("relu_is_half_of_x_plus_abs_x", relu.expr, "=", (x + sp.Abs(x)) / 2),
    _rectified("relu_of_x_minus_relu_of_minus_x_is_x", relu.expr - _at(relu, -x), "=", x),
    _rectified("relu_is_at_least_0", relu.expr, ">=", 0),
    _rectified("relu_is_positively_homogeneous", _at(relu, a * x), "=", a * relu.expr, Compare(a, ">=", sp.Integer(0))),
    _rectified("relu_is_subadditive", _at(relu, x + y), "<=", relu.expr + _at(relu, y)),
    _rectified("relu_is_1_lipschitz", sp.Abs(relu.expr - _at(relu, y)), "<=", sp.Abs(x - y)),
    _rectified("relu_slope_is_a_step_off_0", _slope(relu), "=", step),
    _rectified("relu_is_not_multiplicative", _at(relu, x * y), "=", relu.expr * _at(relu, y), expected="REFUTED"),
    _rectified("relu_slope_is_not_the_sign", _slope(relu), "=", sp.sign(x), expected="REFUTED"),
)

LEAKY_RELU = (
    _claim("leaky_relu_is_max_of_x_and_kx", leaky_relu.expr, "=", sp.Max(x, k * x), *small_slope, source=_LEAKY),
    _claim(
        "leaky_relu_is_max_for_every_k_at_most_1",
        leaky_relu.expr,
        "=",
        sp.Max(x, k * x),
        Compare(k, "<=", sp.Integer(1)),
        source=_LEAKY,
    ),
    _false("leaky_relu_is_not_max_for_every_k", leaky_relu.expr, "=", sp.Max(x, k * x), source=_LEAKY),
    _claim("leaky_relu_is_kx_plus_relu", leaky_relu.expr, "=", k * x + (1 - k) * relu.expr, source=_LEAKY),
    _claim(
        "leaky_relu_is_1_lipschitz",
        sp.Abs(leaky_relu.expr - _at(leaky_relu, y)),
        "<=",
        sp.Abs(x - y),
        *small_slope,
        source=_LEAKY,
    ),
    _claim(
        "leaky_relu_increases",
        leaky_relu.expr,
        "<",
        _at(leaky_relu, y),
        *small_slope,
        Compare(x, "<", y),
        source=_LEAKY,
    ),
    _claim("leaky_relu_with_k_0_is_relu", leaky_relu.expr.xreplace({k: sp.Integer(0)}), "=", relu.expr, source=_LEAKY),
    _false(
        "leaky_relu_is_not_1_lipschitz_for_every_k",
        sp.Abs(leaky_relu.expr - _at(leaky_relu, y)),
        "<=",
        sp.Abs(x - y),
        Compare(k, ">", sp.Integer(0)),
        source=_LEAKY,
    ),
)

SIGMOID = (
    _claim("sigmoid_slope_is_sigmoid_times_1_minus_sigmoid", _slope(sigmoid), "=", s * (1 - s)),
    _claim("sigmoid_second_derivative_by_its_value", _slope(sigmoid, 2), "=", s * (1 - s) * (1 - 2 * s)),
    _claim("sigmoid_of_minus_x_is_1_minus_sigmoid", _at(sigmoid, -x), "=", 1 - s),
    _claim("sigmoid_is_positive", s, ">", 0),
    _claim("sigmoid_is_below_1", s, "<", 1),
    _claim("sigmoid_slope_is_at_most_a_quarter", _slope(sigmoid), "<=", sp.Rational(1, 4)),
    _claim("sigmoid_slope_is_positive", _slope(sigmoid), ">", 0),
    _claim("sigmoid_increases", s, "<", _at(sigmoid, y), Compare(x, "<", y)),
    _claim("sigmoid_is_a_quarter_lipschitz", sp.Abs(s - _at(sigmoid, y)), "<=", sp.Abs(x - y) / 4),
    _claim("log_odds_undo_the_sigmoid", sp.log(s / (1 - s)), "=", x),
    _claim("sigmoid_is_half_of_1_plus_tanh_of_half_x", s, "=", (1 + sp.tanh(x / 2)) / 2),
    _claim(
        "sigmoid_has_a_form_without_overflow",
        s,
        "=",
        sp.Piecewise((1 / (1 + sp.exp(-x)), x >= 0), (sp.exp(x) / (1 + sp.exp(x)), True)),
    ),
    _false("sigmoid_slope_is_not_sigmoid_times_1_plus_sigmoid", _slope(sigmoid), "=", s * (1 + s)),
    _false("sigmoid_slope_is_not_negative", _slope(sigmoid), "=", s * (s - 1)),
    _false(
        "sigmoid_slope_is_not_a_twentieth_of_a_percent_more",
        _slope(sigmoid),
        "=",
        sp.Rational(10005, 10000) * s * (1 - s),
    ),
    _false("sigmoid_slope_exceeds_24_percent", _slope(sigmoid), "<=", sp.Rational(24, 100)),
    _false("sigmoid_is_not_a_fifth_lipschitz", sp.Abs(s - _at(sigmoid, y)), "<=", sp.Abs(x - y) / 5),
    _false("sigmoid_is_not_odd", _at(sigmoid, -x), "=", -s),
)

TANH = (
    _claim("tanh_slope_is_1_minus_tanh_squared", _slope(tanh), "=", 1 - th**2),
    _claim("tanh_is_odd", _at(tanh, -x), "=", -th),
    _claim("tanh_is_a_quotient_of_exponentials", th, "=", (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x))),
    _claim("tanh_is_a_stretched_sigmoid", th, "=", 2 * _at(sigmoid, 2 * x) - 1),
    _claim("tanh_of_a_sum", _at(tanh, x + y), "=", (th + _at(tanh, y)) / (1 + th * _at(tanh, y))),
    _claim("tanh_is_above_minus_1", th, ">", -1),
    _claim("tanh_is_below_1", th, "<", 1),
    _claim("tanh_slope_is_at_most_1", _slope(tanh), "<=", 1),
    _claim("tanh_increases", th, "<", _at(tanh, y), Compare(x, "<", y)),
    _claim("tanh_is_1_lipschitz", sp.Abs(th - _at(tanh, y)), "<=", sp.Abs(x - y)),
    _claim("tanh_is_below_x_for_positive_x", th, "<", x, Compare(x, ">", sp.Integer(0))),
    _claim("one_minus_tanh_squared_is_sech_squared", 1 - th**2, "=", 1 / sp.cosh(x) ** 2),
    _false("tanh_is_not_an_unstretched_sigmoid", th, "=", 2 * s - 1),
    _false("tanh_slope_is_not_1_minus_tanh", _slope(tanh), "=", 1 - th),
    _false("tanh_slope_is_not_1_plus_tanh_squared", _slope(tanh), "=", 1 + th**2),
)

SOFTPLUS = (
    _claim("softplus_slope_is_sigmoid", _slope(softplus), "=", s),
    _claim("softplus_of_x_minus_softplus_of_minus_x_is_x", plus - _at(softplus, -x), "=", x),
    _claim("softplus_is_positive", plus, ">", 0),
    _claim("softplus_is_above_relu", plus, ">", relu.expr),
    _claim("softplus_exceeds_relu_by_log_2_at_most", plus - relu.expr, "<=", sp.log(2)),
    _claim("softplus_has_a_form_without_overflow", plus, "=", relu.expr + sp.log(1 + sp.exp(-sp.Abs(x)))),
    _claim("softplus_is_minus_log_of_sigmoid", plus, "=", -sp.log(_at(sigmoid, -x))),
    _claim("softplus_slope_is_below_1", _slope(softplus), "<", 1),
    _claim("softplus_is_1_lipschitz", sp.Abs(plus - _at(softplus, y)), "<=", sp.Abs(x - y)),
    _claim("softplus_increases", plus, "<", _at(softplus, y), Compare(x, "<", y)),
    _false("softplus_slope_is_not_tanh", _slope(softplus), "=", th),
    _false("softplus_does_not_touch_relu_within_log_2_and_a_half", plus - relu.expr, "<=", sp.log(2) / 2),
)

SOFTMAX = (
    _claim("softmax_sums_to_1", sum(p), "=", 1, source=_SOFTMAX),
    _claim("softmax_is_positive", p[0], ">", 0, source=_SOFTMAX),
    _claim("softmax_is_below_1", p[0], "<", 1, source=_SOFTMAX),
    _claim(
        "softmax_is_invariant_under_shifts",
        p[0].xreplace({score: score + c for score in scores}),
        "=",
        p[0],
        source=_SOFTMAX,
    ),
    _claim("softmax_slope_in_its_own_score", sp.Derivative(p[0], x), "=", p[0] * (1 - p[0]), source=_SOFTMAX),
    _claim("softmax_slope_in_another_score", sp.Derivative(p[0], y), "=", -p[0] * p[1], source=_SOFTMAX),
    _claim(
        "softmax_of_two_is_a_quarter_lipschitz_in_a_score",
        sp.Abs(_at(sigmoid, x - z) - _at(sigmoid, y - z)),
        "<=",
        sp.Abs(x - y) / 4,
        source=_SOFTMAX,
    ),
    _claim("log_sum_exp_slope_is_softmax", sp.Derivative(sp.log(total), x), "=", p[0], source=_SOFTMAX),
    _claim("log_sum_exp_is_above_the_maximum", sp.log(sp.exp(x) + sp.exp(y)), ">", sp.Max(x, y), source=_SOFTMAX),
    _claim(
        "softmax_of_two_is_a_sigmoid", sp.exp(x) / (sp.exp(x) + sp.exp(y)), "=", _at(sigmoid, x - y), source=_SOFTMAX
    ),
    _false("softmax_slope_has_a_minus_off_the_diagonal", sp.Derivative(p[0], y), "=", p[0] * p[1], source=_SOFTMAX),
    _false(
        "softmax_is_not_invariant_under_scaling",
        p[0].xreplace({score: 2 * score for score in scores}),
        "=",
        p[0],
        source=_SOFTMAX,
    ),
)

CLAIMS: tuple[Claim, ...] = (*RELU, *LEAKY_RELU, *SIGMOID, *TANH, *SOFTPLUS, *SOFTMAX)
