"""Exponential moving averages: closed forms, weights, and the correction of their bias.

Main results: started at 0 under a constant input g, the average with decay d is g (1 - d^t), so that
dividing by 1 - d^t, and by nothing with another rate, removes the bias. The exchange of the two rates
of Adam is a published slip: it is refuted, and right only where the rates are equal.

References: Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, Section 3.
"""

import sympy as sp

from symdl.calculus.recurrences import bias_correction_claim
from symdl.core import Belongs, Claim, Compare, Limit, Recurrence, Source, function, symbol

_ADAM = Source("Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015", "Section 3")
_ADAGRAD = Source("Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011", "Figure 1")
_POLYAK = Source("Polyak, Some methods of speeding up the convergence of iteration methods, 1964", "two-step method")

d, r, beta, g, t, index = (symbol(name) for name in ("d", "r", "beta", "g", "t", "s"))
M, V, G, velocity, gradient = (function(name) for name in ("M", "V", "G", "velocity", "g"))
zero, one = sp.Integer(0), sp.Integer(1)


def _unit(decay):
    return Compare(decay, ">", zero), Compare(decay, "<", one)


def _average(name, decay, value):
    average = function(name)
    return Recurrence(name, t, zero, decay * average(t - 1) + (1 - decay) * value)


def _claim(name, left, relation, right, *given, source=_ADAM, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


first, second = _average("M", d, g), _average("V", r, g**2)
varying = _average("M", d, gradient(t))
summed = Recurrence("G", t, zero, function("G")(t - 1) + gradient(t) ** 2)
pushed = Recurrence("velocity", t, zero, beta * velocity(t - 1) + g)
counts = Belongs(t, "positive integer")
weights = (1 - d) * sp.Sum(d ** (t - index), (index, 1, t))


def _swapped(name, recurrence, corrected):
    claim = bias_correction_claim(recurrence, corrected, name, _ADAM)
    return Claim(claim.statement, claim.given, name, _ADAM, "REFUTED")


CLAIMS: tuple[Claim, ...] = (
    _claim("average_of_a_constant_is_g_times_1_minus_d_to_the_t", M(t), "=", g * (1 - d**t), first, *_unit(d)),
    _claim("average_is_a_weighted_sum", M(t), "=", (1 - d) * sp.Sum(d ** (t - index) * gradient(index), (index, 1, t)),
           varying, *_unit(d)),
    _claim("weights_sum_to_1_minus_d_to_the_t", weights, "=", 1 - d**t, counts, *_unit(d)),
    _claim("weights_sum_to_less_than_1", 1 - d**t, "<", 1, counts, *_unit(d)),
    _claim("average_stays_below_a_positive_constant", M(t), "<", g, first, *_unit(d), Compare(g, ">", zero)),
    Claim(Limit(g * (1 - d**t), t, sp.oo, g), _unit(d), "average_of_a_constant_tends_to_it", _ADAM),
    bias_correction_claim(first, M(t) / (1 - d**t), "first_moment_is_unbiased_when_divided_by_its_own_rate", _ADAM),
    bias_correction_claim(second, V(t) / (1 - r**t), "second_moment_is_unbiased_when_divided_by_its_own_rate", _ADAM),
    _swapped("first_moment_is_biased_when_divided_by_the_other_rate", first, M(t) / (1 - r**t)),
    _swapped("second_moment_is_biased_when_divided_by_the_other_rate", second, V(t) / (1 - d**t)),
    _claim("exchanged_rates_leave_a_quotient", V(t) / (1 - d**t), "=", g**2 * (1 - r**t) / (1 - d**t), second,
           *_unit(r), *_unit(d)),
    _claim("exchanged_rates_are_right_where_they_are_equal", M(t) / (1 - r**t), "=", g, first, *_unit(d), *_unit(r),
           Compare(r, "=", d)),
    _claim("corrected_average_of_one_step_is_the_gradient", M(1) / (1 - d), "=", gradient(1), varying, *_unit(d)),
    _claim("uncorrected_average_is_biased", M(t), "=", g, first, *_unit(d), expected="REFUTED"),
    _claim("correction_does_not_count_from_0", M(t) / (1 - d ** (t - 1)), "=", g, first, *_unit(d), expected="REFUTED"),
    _claim("correction_is_not_off_by_a_twentieth_of_a_percent", M(t) / (1 - d**t), "=",
           g * sp.Rational(10005, 10000), first, *_unit(d), expected="REFUTED"),
    _claim("weights_do_not_sum_to_1", weights, "=", 1, counts, *_unit(d), expected="REFUTED"),
    _claim("adagrad_adds_up_squares", G(t), "=", sp.Sum(gradient(index) ** 2, (index, 1, t)), summed,
           source=_ADAGRAD),
    _claim("velocity_of_a_constant_gradient", velocity(t), "=", g * (1 - beta**t) / (1 - beta), pushed, *_unit(beta),
           source=_POLYAK),
    Claim(Limit(g * (1 - beta**t) / (1 - beta), t, sp.oo, g / (1 - beta)), _unit(beta),
          "velocity_of_a_constant_gradient_tends_to_g_over_1_minus_beta", _POLYAK),
    _claim("velocity_is_no_average", velocity(t), "=", g * (1 - beta**t), pushed, *_unit(beta), source=_POLYAK,
           expected="REFUTED"),
)  # fmt: skip
