"""Update rules: which forms take the same steps, which do not, and how large a step is.

Main results: heavy ball and Nesterov take the same steps as displacement and as velocity, wherever the
rate stands; epsilon inside and outside the root are different rules, equal at epsilon = 0; Adam's
"efficient" form needs another epsilon; the first Adam step is eta sign(g) at epsilon = 0.

References: Polyak 1964; Sutskever, Martens, Dahl and Hinton, ICML 2013; Duchi, Hazan and Singer, JMLR 12,
2011; Tieleman and Hinton 2012; Kingma and Ba, ICLR 2015, Section 2.
"""

from itertools import combinations

import sympy as sp

from symdl.core import Claim, Compare, Family, Recurrence, SameRun, Source, function, symbol
from symdl.library.optimizers import (
    adagrad,
    adagrad_family,
    adam,
    adam_family,
    gradient_descent,
    momentum,
    momentum_family,
    nesterov,
    nesterov_family,
    rmsprop,
    rmsprop_family,
    sgd,
)

_ADAM = Source("Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015", "Section 2")
_ADAGRAD = adagrad.source
_RMSPROP = rmsprop.source

beta, beta_1, beta_2, rho, eta, epsilon, g, G, v, t = map(
    symbol, ("beta", "beta_1", "beta_2", "rho", "eta", "epsilon", "g", "G", "v", "t")
)
M, V = function("M"), function("V")
zero, one = sp.Integer(0), sp.Integer(1)
no_epsilon, no_momentum = Compare(epsilon, "=", zero), Compare(beta, "=", zero)


def _words(text: str) -> str:
    return text.replace(",", "").replace(" ", "_")


def _forms(family: Family, joint: str, *given: Compare, expected="PROVED") -> tuple[Claim, ...]:
    """A claim for each two members of a family that differ in a convention."""
    claims = []
    for left, right in combinations(family.points(), 2):
        pair = f"{_words(*left.conventions.values())}_and_{_words(*right.conventions.values())}"
        claims.append(Claim(SameRun(left, right), given, f"{family.name}_{pair}_{joint}", left.source, expected))
    return tuple(claims)


def _claim(name, left, relation, right, *given, source=_ADAM, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


def _unit(decay):
    return Compare(decay, ">", zero), Compare(decay, "<", one)


moments = (
    Recurrence("M", t, zero, beta_1 * M(t - 1) + (1 - beta_1) * g),
    Recurrence("V", t, zero, beta_2 * V(t - 1) + (1 - beta_2) * g**2),
)
first_step = eta * (M(1) / (1 - beta_1)) / (sp.sqrt(V(1) / (1 - beta_2)) + epsilon)
decays = (*_unit(beta_1), *_unit(beta_2))
positive = tuple(Compare(name, ">", zero) for name in (eta, epsilon))

CLAIMS: tuple[Claim, ...] = (
    *_forms(momentum_family, "take_the_same_steps"),
    *_forms(nesterov_family, "take_the_same_steps"),
    *_forms(adagrad_family, "differ", expected="REFUTED"),
    *_forms(rmsprop_family, "differ", expected="REFUTED"),
    *_forms(adam_family, "differ", expected="REFUTED"),
    *_forms(adagrad_family, "agree_at_epsilon_0", no_epsilon),
    *_forms(rmsprop_family, "agree_at_epsilon_0", no_epsilon),
    *_forms(adam_family, "agree_at_epsilon_0", no_epsilon),
    Claim(SameRun(sgd, gradient_descent), (), "sgd_takes_the_steps_of_gradient_descent", sgd.source),
    Claim(SameRun(momentum, gradient_descent), (no_momentum,), "momentum_0_is_gradient_descent", momentum.source),
    Claim(SameRun(nesterov, gradient_descent), (no_momentum,), "nesterov_0_is_gradient_descent", nesterov.source),
    Claim(SameRun(momentum, nesterov), (), "nesterov_is_not_heavy_ball", nesterov.source, "REFUTED"),
    Claim(SameRun(adagrad, rmsprop), (), "rmsprop_is_not_adagrad", rmsprop.source, "REFUTED"),
    Claim(SameRun(rmsprop, adam), (), "adam_is_not_rmsprop", adam.source, "REFUTED"),
    _claim("first_adam_step_is_eta_times_the_sign", first_step, "=", eta * sp.sign(g), *moments, *decays, no_epsilon,
           Compare(g, "!=", zero)),
    _claim("first_adam_step_is_below_eta", first_step, "<", eta, *moments, *decays, *positive),
    _claim("first_adam_step_is_not_eta_times_the_gradient", first_step, "=", eta * g, *moments, *decays, no_epsilon,
           expected="REFUTED"),
    _claim("adagrad_step_is_below_eta", eta * g / sp.sqrt(G + g**2 + epsilon), "<", eta, *positive,
           Compare(G, ">=", zero), source=_ADAGRAD),
    _claim("adagrad_step_falls_with_the_sum", eta / sp.sqrt(G + g**2 + epsilon), "<=", eta / sp.sqrt(G + epsilon),
           *positive, Compare(G, ">=", zero), source=_ADAGRAD),
    _claim("rmsprop_step_is_at_most_eta_over_root_of_1_minus_rho",
           eta * g / sp.sqrt(rho * v + (1 - rho) * g**2), "<=", eta / sp.sqrt(1 - rho),
           Compare(eta, ">", zero), *_unit(rho), Compare(v, ">=", zero), source=_RMSPROP),
    _claim("rmsprop_step_may_exceed_eta", eta * g / sp.sqrt(rho * v + (1 - rho) * g**2), "<=", eta,
           Compare(eta, ">", zero), *_unit(rho), Compare(v, ">=", zero), source=_RMSPROP, expected="REFUTED"),
)  # fmt: skip
