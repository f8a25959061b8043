"""Sums, products and limits in the number of steps: weights of averages, corrections, decaying rates.

Main results: the weights of a moving average sum to 1 - d^t, their squares to (1 - d)(1 - d^(2t))/(1 + d); the
corrections of Adam tend to 1; AdaGrad's rate tends to 0 under a constant gradient, RMSProp's does not.

References: Graham, Knuth and Patashnik, Concrete Mathematics, Addison-Wesley 1994; Kingma and Ba, Adam, ICLR
2015; Duchi, Hazan and Singer, JMLR 12, 2011; Hinton, Neural networks for machine learning, lecture 6, 2012.
"""

import sympy as sp

from symdl.core import Belongs, Claim, Compare, Limit, Recurrence, Source, function, symbol

_BOOK = Source("Graham, Knuth and Patashnik, Concrete Mathematics, 2nd edition, Addison-Wesley 1994", "Section 2.3")
_ADAM = Source("Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015", "Sections 2, 3")
_ADAGRAD = Source("Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011", "Figure 1")
_RMSPROP = Source("Hinton, Neural networks for machine learning, lecture 6, 2012", "rmsprop")

d, b, g, s, t = map(symbol, ("d", "b", "g", "s", "t"))
G, V = function("G"), function("V")
zero, one = sp.Integer(0), sp.Integer(1)
counts = Belongs(t, "positive integer")
pushing = Compare(g, ">", zero)
squares = Recurrence("G", t, zero, G(t - 1) + g**2)
averaged = Recurrence("V", t, zero, d * V(t - 1) + (1 - d) * g**2)


def _unit(decay):
    return Compare(decay, ">", zero), Compare(decay, "<", one)


def _total(term, start=1, end=t):
    return sp.Sum(term, (s, start, end))


def _claim(name, left, right, *given, source=_BOOK, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), "=", sp.sympify(right)), given, name, source, expected)


def _limit(name, expr, value, *given, source=_ADAM, expected="PROVED"):
    return Claim(Limit(sp.sympify(expr), t, sp.oo, sp.sympify(value)), given, name, source, expected)


distinct = Compare(d, "!=", one)
CLAIMS: tuple[Claim, ...] = (
    _claim("geometric_sum", _total(d**s, 0, t - 1), (1 - d**t) / (1 - d), counts, distinct),
    _claim("arithmetic_geometric_sum", _total(s * d**s), d * (1 - (t + 1) * d**t + t * d ** (t + 1)) / (1 - d) ** 2,
           counts, distinct),
    _claim("cubes_add_up_to_the_square_of_a_sum", _total(s**3), _total(s) ** 2, counts),
    _claim("squared_weights_of_an_average", (1 - d) ** 2 * _total(d ** (2 * t - 2 * s)),
           (1 - d) * (1 - d ** (2 * t)) / (1 + d), counts, *_unit(d), source=_RMSPROP),
    _claim("mean_age_of_an_average", (1 - d) * _total((t - s) * d ** (t - s)),
           d * (1 - t * d ** (t - 1) + (t - 1) * d**t) / (1 - d), counts, *_unit(d), source=_RMSPROP),
    _claim("constant_decay_multiplies_to_a_power", sp.Product(d, (s, 1, t)), d**t, counts, *_unit(d)),
    _claim("telescoping_product", sp.Product((s + 1) / s, (s, 1, t)), t + 1, counts),
    _claim("geometric_sum_to_t_has_one_term_more", _total(d**s, 0, t), (1 - d**t) / (1 - d), counts, distinct,
           expected="REFUTED"),
    _claim("telescoping_product_is_not_t", sp.Product((s + 1) / s, (s, 1, t)), t, counts, expected="REFUTED"),
    _limit("geometric_series", _total(d**s, 0), 1 / (1 - d), *_unit(d), source=_BOOK),
    _limit("weights_of_an_average_tend_to_1", (1 - d) * _total(d ** (t - s)), 1, *_unit(d)),
    _limit("bias_vanishes_for_every_decay_from_0_on", 1 - d**t, 1, Compare(d, ">=", zero), Compare(d, "<", one)),
    _limit("corrections_of_adam_tend_to_1", sp.sqrt(1 - b**t) / (1 - d**t), 1, *_unit(d), *_unit(b)),
    _limit("corrections_of_adam_do_not_vanish", sp.sqrt(1 - b**t) / (1 - d**t), 0, *_unit(d), *_unit(b),
           expected="REFUTED"),
    _limit("rate_of_adagrad_tends_to_0", g / sp.sqrt(G(t)), 0, squares, pushing, source=_ADAGRAD),
    _limit("rate_of_rmsprop_does_not_tend_to_0", g / sp.sqrt(V(t)), 1, averaged, *_unit(d), pushing, source=_RMSPROP),
    _limit("geometric_series_has_its_first_term", _total(d**s), 1 / (1 - d), *_unit(d), source=_BOOK,
           expected="REFUTED"),
)  # fmt: skip
