"""Every rule by which codegen rewrites a formula, as a claim that the prover decides.

Main result: :data:`REWRITES`. Where a rule stands in the code: ``halves`` (exponentials, logarithms,
roots), ``joins`` (the merge of two half-lines), ``structural`` (operations without cancellation),
``error_functions`` (tails), ``gathered`` (products of large with small numbers), ``kernels`` (clips)
and ``text`` (powers close to 1).
"""

from __future__ import annotations

import sympy as sp

from symdl.core import Claim, Compare, symbol
from symdl.core.operations import OPERATIONS

_x, _w, _a, _p, _q, _m, _c, _b, _t, _u = map(symbol, ("x", "w", "a", "p", "q", "m", "c", "b", "t", "u"))
_ZERO = sp.Integer(0)


def _on_sides(right: sp.Expr, left: sp.Expr) -> sp.Expr:
    """``right`` where x >= 0, ``left`` where x < 0."""
    return sp.Piecewise((right, sp.Ge(_x, 0)), (left, True))


def _rule(name: str, before: sp.Expr, after: sp.Expr, *given: Compare) -> Claim:
    return Claim(Compare(before, "=", after), given, name)


def _meaning(operation: str, *operands: sp.Expr) -> sp.Expr:
    return OPERATIONS[operation].meaning(*operands)


def _positive(*symbols: sp.Symbol) -> tuple[Compare, ...]:
    return tuple(Compare(s, ">", _ZERO) for s in symbols)


_RIGHT, _LEFT = Compare(_w, ">=", _ZERO), Compare(_w, "<", _ZERO)
_SIZE = sp.Abs(_x)
_Z = sp.exp(-_SIZE)

_EXPONENTIALS = (
    _rule("exp_is_inverse_z_on_the_right", sp.exp(_w), 1 / sp.exp(-sp.Abs(_w)), _RIGHT),
    _rule("exp_is_z_on_the_left", sp.exp(_w), sp.exp(-sp.Abs(_w)), _LEFT),
    _rule("exp_of_a_sum_is_a_product", sp.exp(_w + _c), sp.exp(_c) * sp.exp(_w)),
    _rule("z_is_the_square_of_its_root", sp.exp(-_a), sp.exp(-_a / 2) ** 2),
    _rule("one_minus_z_is_minus_expm1", 1 - sp.exp(-_a), -_meaning("expm1", -_a)),
    _rule("tanh_in_exponentials", sp.tanh(_u), (1 - sp.exp(-2 * _u)) / (1 + sp.exp(-2 * _u))),
    _rule("sinh_in_exponentials", sp.sinh(_u), (sp.exp(_u) - sp.exp(-_u)) / 2),
    _rule("cosh_in_exponentials", sp.cosh(_u), (sp.exp(_u) + sp.exp(-_u)) / 2),
    _rule("fraction_in_z_is_tanh", (1 - sp.exp(-_a)) / (1 + sp.exp(-_a)), sp.tanh(_a / 2)),
    _rule("multiple_of_exp_minus_one_is_expm1", _c * sp.exp(_u) - _c, _c * _meaning("expm1", _u)),
    _rule("one_minus_power_is_minus_expm1", 1 - _b**_t, -_meaning("expm1", _t * sp.log(_b)), *_positive(_b)),
)
_LOGARITHMS = (
    _rule("log_of_z_is_minus_size", sp.log(sp.exp(-_a)), -_a),
    _rule("log_of_product_is_sum", sp.log(_p * _q), sp.log(_p) + sp.log(_q), *_positive(_p, _q)),
    _rule("log_of_quotient_is_difference", sp.log(_p / _q), sp.log(_p) - sp.log(_q), *_positive(_p, _q)),
    _rule("log_of_cosh_for_small_arguments", sp.log(sp.cosh(_u)), _meaning("log1p", 2 * sp.sinh(_u / 2) ** 2)),
    _rule("log_of_cosh_for_large_arguments", sp.log(sp.cosh(_a)), _a - sp.log(2) + _meaning("log1p", sp.exp(-2 * _a))),
    _rule(
        "log_of_one_plus_exp_is_maximum_and_rest",
        sp.log(1 + sp.exp(_u)),
        sp.Max(_u, 0) + _meaning("log1p", sp.exp(-sp.Abs(_u))),
    ),
    _rule("exp_over_one_plus_exp", sp.exp(_u) / (1 + sp.exp(_u)), 1 / (1 + sp.exp(-_u))),
    _rule("log_is_log1p_of_the_rest", sp.log(_p), _meaning("log1p", _p - 1), *_positive(_p)),
)
_ROOTS = (
    _rule("root_of_z_is_taken_out", sp.sqrt(sp.exp(-_a) * _p), sp.exp(-_a / 2) * sp.sqrt(_p), *_positive(_p)),
    _rule("root_of_squares_is_hypotenuse", sp.sqrt(_u**2 + _c**2), _meaning("hypot", _u, _c)),
    _rule(
        "sum_with_root_is_quotient",
        sp.sqrt(_p) + _u,
        (_p - _u**2) / (sp.sqrt(_p) - _u),
        *_positive(_p),
    ),
)
_SIDES = (
    _rule("size_with_sign_is_the_number", _on_sides(_SIZE, -_SIZE), _x),
    _rule("size_on_the_right_is_maximum", _on_sides(_SIZE, _ZERO), sp.Max(_x, 0)),
    _rule("size_on_the_left_is_minimum", _on_sides(_ZERO, _SIZE), -sp.Min(_x, 0)),
    _rule("choice_of_one_and_z_is_maximum_with_sign", _on_sides(sp.Integer(1), _Z), sp.Max(_Z, sp.sign(_x))),
    _rule("two_slopes_are_maximum_and_minimum", _on_sides(_p * _x, _q * _x), _p * sp.Max(_x, 0) + _q * sp.Min(_x, 0)),
    _rule(
        "two_constants_are_blended_by_a_step",
        sp.Piecewise((_p, sp.Gt(_x, 0)), (_q, True)),
        _p * sp.Max(sp.sign(_x), 0) + _q * (1 - sp.Max(sp.sign(_x), 0)),
    ),
    _rule(
        "two_constants_with_zero_on_the_right",
        _on_sides(_p, _q),
        _p * sp.Min(sp.sign(_x) + 1, 1) + _q * (1 - sp.Min(sp.sign(_x) + 1, 1)),
    ),
    _rule(
        "sign_of_a_magnitude_is_copied",
        _on_sides(_m, -_m),
        _meaning("copysign", _m, _x),
        Compare(_m, ">=", _ZERO),
    ),
    _rule("common_factor_leaves_the_choice", _on_sides(_p * _q, _u * _q), _on_sides(_p, _u) * _q),
    _rule("common_divisor_leaves_the_choice", _on_sides(_p / _q, _u / _q), _on_sides(_p, _u) / _q),
    _rule("common_term_leaves_the_choice", _on_sides(_p + _q, _u + _q), _on_sides(_p, _u) + _q),
    *(
        _rule(f"{head.__name__}_is_odd", _on_sides(head(_SIZE), -head(_SIZE)), head(_x))
        for head in (sp.tanh, sp.sinh, sp.atan, sp.asinh, sp.erf)
    ),
)
_ERROR_FUNCTION = (
    _rule("one_plus_erf_is_erfc", _c + _c * sp.erf(_u), _c * sp.erfc(-_u)),
    _rule("one_minus_erf_is_erfc", _c - _c * sp.erf(_u), _c * sp.erfc(_u)),
    _rule("two_minus_erfc_is_erfc", 2 * _c - _c * sp.erfc(_u), _c * (1 + sp.erf(_u))),
    _rule("erf_on_the_right_in_z", sp.erf(_u), 1 - sp.exp(-(_u**2)) * _meaning("erfcx", _u), Compare(_u, ">=", _ZERO)),
    _rule("erf_on_the_left_in_z", sp.erf(_u), sp.exp(-(_u**2)) * _meaning("erfcx", -_u) - 1, Compare(_u, "<=", _ZERO)),
)
_WAVES = (
    _rule("square_of_sum_of_waves", _c + 2 * _c * sp.sin(_u) * sp.cos(_u), _c * (sp.sin(_u) + sp.cos(_u)) ** 2),
    _rule("square_of_difference_of_waves", _c - 2 * _c * sp.sin(_u) * sp.cos(_u), _c * (sp.sin(_u) - sp.cos(_u)) ** 2),
    _rule("sin_of_sum", sp.sin(_u + _t), sp.sin(_u) * (1 - 2 * sp.sin(_t / 2) ** 2) + sp.cos(_u) * sp.sin(_t)),
    _rule("cos_of_sum", sp.cos(_u + _t), sp.cos(_u) * (1 - 2 * sp.sin(_t / 2) ** 2) - sp.sin(_u) * sp.sin(_t)),
)
_SPLIT = (
    _rule("z_is_product_of_head_and_tail", sp.exp(-_a), sp.exp(-sp.Min(_a, 64)) * sp.exp(sp.Min(_a, 64) - _a)),
    _rule(
        "constant_goes_into_the_root",
        sp.sqrt(_p) / 2,
        sp.sqrt(_p / 4),
        *_positive(_p),
    ),
)
_TAILS = (
    _rule("erfc_is_tail", sp.erfc(_u), sp.exp(-(_u**2)) * _meaning("erfcx", _u)),
    _rule("erfc_on_the_left_is_2_less_tail", sp.erfc(_u), 2 - sp.exp(-(_u**2)) * _meaning("erfcx", -_u)),
    _rule("log_of_power_of_e_is_taken_out", sp.log(sp.exp(_w) * _p), _w + sp.log(_p), *_positive(_p)),
    _rule(
        "log_of_erfc_is_one_operation", sp.log(_c * sp.erfc(_u)), _meaning("log_erfc", _u) + sp.log(_c), *_positive(_c)
    ),
)
_GATHERED = (
    _rule(
        "sinh_over_its_exponential",
        sp.sinh(_u),
        -sp.sign(_u) * _meaning("expm1", -2 * sp.Abs(_u)) / 2 * sp.exp(sp.Abs(_u)),
    ),
    _rule("cosh_over_its_exponential", sp.cosh(_u), (1 + sp.exp(-2 * sp.Abs(_u))) / 2 * sp.exp(sp.Abs(_u))),
    _rule(
        "expm1_over_its_exponential",
        _meaning("expm1", _u),
        -sp.sign(_u) * _meaning("expm1", -sp.Abs(_u)) * sp.exp(sp.Max(_u, 0)),
    ),
    _rule(
        "largest_exponential_is_taken_out",
        _p * sp.exp(_u) + _q * sp.exp(_t),
        (_p * sp.exp(_u - sp.Max(_u, _t)) + _q * sp.exp(_t - sp.Max(_u, _t))) * sp.exp(sp.Max(_u, _t)),
    ),
    _rule("exponential_is_applied_in_halves", _p * sp.exp(_u), sp.exp(_u / 2) * _p * sp.exp(_u / 2)),
)
_CLIPS = (
    _rule("clip_keeps_what_is_inside", sp.Max(_x, -_m), _x, Compare(_x, ">=", -_m)),
    _rule("ceiling_keeps_what_is_inside", sp.Min(_x, _m), _x, Compare(_x, "<=", _m)),
)

REWRITES: tuple[Claim, ...] = (
    *_EXPONENTIALS,
    *_LOGARITHMS,
    *_ROOTS,
    *_SIDES,
    *_ERROR_FUNCTION,
    *_WAVES,
    *_SPLIT,
    *_TAILS,
    *_GATHERED,
    *_CLIPS,
)
