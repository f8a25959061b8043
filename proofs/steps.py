"""Steps of update rules: each coordinate by itself, their size, and the changes of variables they do not see.

Main results: AdaGrad, RMSProp and Adam set the rate of each coordinate from its own gradients, descent has one rate
for all. At epsilon = 0 a positive factor on all gradients changes no step of the adaptive rules, and every step of
descent. Every rule without decay commutes with a shift of the parameters and an exchange of coordinates, descent with
rotations too, AdaGrad not. AdaGrad's rate vanishes while gradients stay away from 0, RMSProp's does not while they
are bounded. Adam's step is bounded where beta_1^2 < beta_2, and by more than the rate.

References: Duchi, Hazan and Singer, JMLR 12, 2011; Tieleman and Hinton 2012; Kingma and Ba, Adam, ICLR 2015, Section
2.1; Loshchilov and Hutter, ICLR 2019; Chen et al., Lion, 2023.
"""

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from symdl.calculus.update_rules import stepped
from symdl.core import (
    THETA,
    Assignment,
    Belongs,
    Claim,
    Compare,
    Limit,
    Optimizer,
    Parameter,
    Recurrence,
    SameRun,
    Source,
    function,
    symbol,
)
from symdl.library import optimizers as rules
from symdl.library.optimizers.parts import epsilon, eta, g

_ADAM = Source("Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015", "Section 2.1")
_ADAGRAD, _RMSPROP = rules.adagrad.source, rules.rmsprop.source

names = "a c s beta beta_1 beta_2 rho t i m v G P C S"
a, c, s, beta, beta_1, beta_2, rho, t, i, m, v, G, P, C, S = map(symbol, names.split())
zero, one = sp.Integer(0), sp.Integer(1)


def _is(left, relation, right):
    return Compare(sp.sympify(left), relation, sp.sympify(right))


def _claim(name, left, relation, right, *given, source=_ADAM, expected="PROVED"):
    return Claim(_is(left, relation, right), given, name, source, expected)


def _unit(decay):
    return _is(decay, ">", 0), _is(decay, "<", 1)


# --- coordinates


def _coordinate(rule: Optimizer, number: int) -> dict[sp.Symbol, sp.Expr]:
    """The step of a rule on one coordinate, its states and gradient numbered."""
    constants = {parameter.symbol for parameter in rule.hyper} | {t}
    after = stepped(rule)
    letters = set().union(*(value.free_symbols for value in after.values())) - constants
    table = {letter: symbol(f"{letter.name}_{number}") for letter in letters | set(after)}
    return {table[name]: value.xreplace(table) for name, value in after.items()}


def _coordinates() -> Iterator[Claim]:
    """Each coordinate of the step of the vector (x_1, x_2) by the gradient (g_1, g_2)."""
    for rule in (rules.sgd, rules.momentum, rules.adagrad, rules.rmsprop, rules.adam):
        first, second = _coordinate(rule, 1), _coordinate(rule, 2)
        vector = sp.Add(first[symbol("theta_1")], symbol("w") * second[symbol("theta_2")])
        slope = sp.Derivative(vector, symbol("g_1"))
        yield _claim(f"{rule.name}_moves_a_coordinate_by_its_own_gradient_alone", slope, "=",
                     sp.Derivative(first[symbol("theta_1")], symbol("g_1")), *_states_above_zero(rule),
                     source=rule.source)  # fmt: skip
    other, own = symbol("g_2"), symbol("g_1")
    normed = -eta * own / (sp.sqrt(own**2 + other**2) + epsilon)
    yield _claim("a_step_scaled_by_the_norm_does_not", sp.Derivative(normed, other), "=", 0, source=_ADAGRAD,
                 expected="REFUTED")  # fmt: skip
    turned = (c * own - s * other, s * own + c * other)
    rotation = _is(c**2 + s**2, "=", 1)
    pythagorean = _is(c, "=", sp.Rational(3, 5)), _is(s, "=", sp.Rational(4, 5))
    yield _claim("descent_commutes_with_rotations", -eta * turned[0], "=", c * (-eta * own) - s * (-eta * other),
                 rotation, source=rules.sgd.source)  # fmt: skip
    scaled = [value / sp.Abs(value) for value in (turned[0], own, other)]
    yield _claim("adagrad_does_not_commute_with_rotations", scaled[0], "=", c * scaled[1] - s * scaled[2], *pythagorean,
                 source=_ADAGRAD, expected="REFUTED")  # fmt: skip


def _states_above_zero(rule: Optimizer) -> tuple[Compare, ...]:
    squares = {symbol("v"), symbol("G")} & {state.symbol for state in rule.state}
    numbered = [_is(symbol(f"{name}_{number}"), ">", 0) for name in sorted(squares, key=str) for number in (1, 2)]
    domains = [condition for parameter in rule.hyper for condition in parameter.domain]
    return (*numbered, *domains, _is(t, ">=", 1)) if squares else ()


def _exchanges() -> Iterator[Claim]:
    """Two coordinates side by side: their steps, exchanged, are the steps of the exchanged."""
    swap = {symbol(f"{n}_1"): symbol(f"{n}_2") for n in ("theta", "g", "m", "v", "G", "theta_previous")}
    swap |= {right: left for left, right in swap.items()}
    for rule in (rules.sgd, rules.adagrad, rules.adam):
        first, second = _coordinate(rule, 1), _coordinate(rule, 2)
        yield _claim(f"{rule.name}_commutes_with_an_exchange_of_coordinates",
                     first[symbol("theta_1")].xreplace(swap), "=", second[symbol("theta_2")],
                     *_states_above_zero(rule), source=rule.source)  # fmt: skip
    weighted = symbol("h_1") * symbol("g_1"), symbol("h_2") * symbol("g_2")
    yield _claim("a_fixed_preconditioner_does_not_commute_with_an_exchange", weighted[0].xreplace(swap), "=",
                 weighted[1], source=_ADAGRAD, expected="REFUTED")  # fmt: skip


# --- a factor on the gradients, a shift of the parameters: for every step

_DEGREES = {"m": 1, "u": 1, "b": 0, "d": 1, "v": 2, "G": 2, "v_max": 2, "n": 2, "s": 2, "g_previous": 1}
"""How states grow with a factor on all gradients."""


def _scaled(rule: Optimizer) -> Optimizer:
    """The rule whose gradients are all multiplied by c."""
    step = tuple(replace(assignment, expr=assignment.expr.xreplace({g: c * g})) for assignment in rule.step)
    factor = Parameter(c, "factor", None, (_is(c, ">", 0),))
    return replace(rule, name=f"{rule.name}_of_scaled_gradients", hyper=(*rule.hyper, factor), step=step)


def _factors() -> Iterator[Claim]:
    no_epsilon = _is(epsilon, "=", 0)
    adaptive = (rules.adagrad, rules.rmsprop, rules.rmsprop_momentum, rules.adam, rules.amsgrad, rules.uncorrected_adam)
    signs = (rules.sign_descent, rules.lion)
    unscaled = next(iter(rules.adamax_family.points()))
    for rule in (*adaptive, unscaled, *signs):
        tie = tuple((state.symbol, c ** _DEGREES[state.symbol.name] * state.symbol) for state in rule.state)
        given = (no_epsilon,) if rule in adaptive else ()
        yield Claim(SameRun(rule, _scaled(rule), invariant=((THETA, THETA), *tie)), given,
                    f"a_factor_on_all_gradients_changes_no_step_of_{rule.name}", rule.source)  # fmt: skip
    for rule in (rules.sgd, rules.momentum, rules.nesterov):
        yield Claim(SameRun(rule, _scaled(rule)), (no_epsilon,), f"a_factor_on_all_gradients_changes_{rule.name}",
                    rule.source, "REFUTED")  # fmt: skip
    for rule in (rules.adagrad, rules.adam):
        yield Claim(SameRun(rule, _scaled(rule)), (), f"a_factor_changes_{rule.name}_with_epsilon", rule.source,
                    "REFUTED")  # fmt: skip


def _shifted(rule: Optimizer) -> Optimizer:
    """The rule carried out on the parameter less a, which is added again after the step."""
    less = {THETA: THETA - a}
    states = tuple(replace(state, start=state.start.xreplace(less)) for state in rule.state)
    points = tuple(replace(e, point=e.point.xreplace(less) + a) for e in rule.evaluations)
    step = (Assignment(THETA, THETA - a), *rule.step, Assignment(THETA, THETA + a))
    hyper = (*rule.hyper, Parameter(a, "shift"))
    return replace(rule, name=f"{rule.name}_of_shifted_parameters", hyper=hyper, state=states, evaluations=points,
                   step=step)  # fmt: skip


def _shifts() -> Iterator[Claim]:
    forms = (*rules.momentum_family.points(), *rules.nesterov_family.points())
    for rule in (*forms, rules.adagrad, rules.rmsprop, rules.adam, rules.amsgrad, rules.schedule_free_sgd):
        tie = tuple((x.symbol, x.symbol - a if x.start == THETA else x.symbol) for x in rule.state)
        form = rule.conventions.get("form", "").replace(",", "").replace(" ", "_")
        yield Claim(SameRun(rule, _shifted(rule), invariant=((THETA, THETA), *tie)), (),
                    f"{rule.name}_{form}_commutes_with_a_shift".replace("__", "_"), rule.source)  # fmt: skip
    yield Claim(SameRun(rules.adamw, _shifted(rules.adamw)), (), "adamw_does_not_commute_with_a_shift",
                rules.adamw.source, "REFUTED")  # fmt: skip


# --- effective rates under persistent bounded gradients

h, sums, means = function("h"), function("G"), function("V")
above = Recurrence("G", t, zero, sums(t - 1) + c**2 + h(t) ** 2)
below = Recurrence("V", t, zero, rho * means(t - 1) + (1 - rho) * (C**2 - h(t) ** 2))
counts = Belongs(t, "positive integer")
rest = sp.Sum(h(i) ** 2, (i, 1, t))
weighted = sp.Sum(rho ** (t - i) * h(i) ** 2, (i, 1, t))


def _rates() -> Iterator[Claim]:
    """Squared gradients c^2 + h^2 stay above c^2, squared gradients C^2 - h^2 below C^2."""
    positive = (_is(c, ">", 0), _is(eta, ">", 0), _is(epsilon, ">=", 0))
    yield _claim("sum_of_squares_above_c_squared", sums(t), "=", c**2 * t + rest, above, source=_ADAGRAD)
    yield _claim("sum_of_squares_above_c_squared_grows_with_the_steps", c**2 * t + rest, ">=", c**2 * t, counts,
                 source=_ADAGRAD)  # fmt: skip
    yield _claim("adagrad_rate_is_below_eta_over_c_root_t", eta / (sp.sqrt(G) + epsilon), "<=",
                 eta / (c * sp.sqrt(t)), counts, _is(G, ">=", c**2 * t), *positive, source=_ADAGRAD)  # fmt: skip
    yield Claim(Limit(eta / (c * sp.sqrt(t)), t, sp.oo, zero), positive[:2], "adagrad_rate_vanishes", _ADAGRAD)
    yield _claim("mean_of_squares_below_c_squared", means(t), "=", C**2 * (1 - rho**t) - (1 - rho) * weighted, below,
                 *_unit(rho), source=_RMSPROP)  # fmt: skip
    yield _claim("what_lacks_is_at_least_0", weighted, ">=", 0, *_unit(rho), counts, source=_RMSPROP)
    yield _claim("mean_of_squares_stays_below_c_squared", C**2 * P - (1 - rho) * S, "<=", C**2, *_unit(rho),
                 _is(P, "<=", 1), _is(S, ">=", 0), source=_RMSPROP)  # fmt: skip
    yield _claim("rmsprop_rate_stays_above_eta_over_c", eta / (sp.sqrt(v) + epsilon), ">=", eta / (C + epsilon),
                 _is(v, ">=", 0), _is(v, "<=", C**2), _is(C, ">", 0), *positive[1:2], _is(epsilon, ">", 0),
                 source=_RMSPROP)  # fmt: skip
    yield Claim(Limit(eta / (sp.sqrt(c**2 * (1 - rho**t)) + epsilon), t, sp.oo, eta / (c + epsilon)),
                (*positive[:2], _is(epsilon, ">", 0), *_unit(rho)), "rmsprop_rate_tends_to_eta_over_the_gradient",
                _RMSPROP)  # fmt: skip
    yield _claim("rmsprop_rate_is_not_below_eta_over_c_root_t", eta / sp.sqrt(c**2 * (1 - rho**t)), "<=",
                 eta / (c * sp.sqrt(t)), counts, *positive[:2], *_unit(rho), source=_RMSPROP,
                 expected="REFUTED")  # fmt: skip


# --- how far a step goes

moved = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
most = (1 - beta_1) ** 2 / ((1 - beta_2) * (1 - beta_1**2 / beta_2))
slow = (*_unit(beta_1), *_unit(beta_2), _is(beta_1**2, "<", beta_2))


def _sizes() -> Iterator[Claim]:
    kept = _is(m**2, "<=", most * v)
    yield _claim("squared_first_moment_stays_below_a_multiple_of_the_second", moved[0] ** 2, "<=", most * moved[1],
                 *slow, kept)  # fmt: skip
    yield _claim("adam_without_correction_steps_at_most_eta_times_the_root_of_it", eta * sp.Abs(m) / sp.sqrt(v), "<=",
                 eta * sp.sqrt(most), *slow, _is(v, ">", 0), _is(eta, ">", 0), kept)  # fmt: skip
    yield _claim("it_fails_for_a_slower_first_moment", moved[0] ** 2, "<=", sp.Rational(1, 2) * moved[1],
                 *_unit(beta_1), *_unit(beta_2), _is(m**2, "<=", v / 2), expected="REFUTED")  # fmt: skip
    bare = eta * (1 - beta_1) * g / (1 - beta_1**t) / sp.sqrt((1 - beta_2) * g**2 / (1 - beta_2**t))
    steady = (*_unit(beta_1), *_unit(beta_2), counts, _is(g, ">", 0), _is(eta, ">", 0))
    yield _claim("a_first_gradient_after_zeros_moves_adam_by_more_than_eta", bare, "<=", eta, *steady,
                 expected="REFUTED")  # fmt: skip
    first = eta * sp.Abs(g) / (sp.Abs(g) + epsilon)
    yield _claim("first_adam_step_lacks_eta_epsilon_over_the_gradient", eta - first, "=",
                 eta * epsilon / (sp.Abs(g) + epsilon), _is(epsilon, ">", 0))  # fmt: skip
    yield _claim("first_adam_step_is_within_relative_epsilon_of_the_rate", eta - first, "<",
                 eta * epsilon / sp.Abs(g), _is(epsilon, ">", 0), _is(eta, ">", 0), _is(g, "!=", 0))  # fmt: skip
    direction = sp.sign(beta_1 * m + (1 - beta_1) * g)
    yield _claim("lion_steps_by_at_most_eta", sp.Abs(eta * direction), "<=", eta, _is(eta, ">=", 0),
                 source=rules.lion.source)  # fmt: skip
    velocity = beta * v - eta * g
    yield _claim("velocity_stays_below_eta_g_over_1_minus_beta", sp.Abs(velocity), "<=", eta * C / (1 - beta),
                 *_unit(beta), _is(eta, ">", 0), _is(sp.Abs(g), "<=", C), _is(sp.Abs(v), "<=", eta * C / (1 - beta)),
                 source=rules.momentum.source)  # fmt: skip
    yield _claim("velocity_may_exceed_eta_g", sp.Abs(velocity), "<=", eta * C, *_unit(beta), _is(eta, ">", 0),
                 _is(sp.Abs(g), "<=", C), _is(sp.Abs(v), "<=", eta * C), source=rules.momentum.source,
                 expected="REFUTED")  # fmt: skip
    clipped = sp.Max(-c, sp.Min(c, g))
    yield _claim("a_clipped_step_is_at_most_eta_c", sp.Abs(eta * clipped), "<=", eta * c, _is(eta, ">=", 0),
                 _is(c, ">=", 0), source=rules.sgd.source)  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *_coordinates(),
    *_exchanges(),
    *_factors(),
    *_shifts(),
    *_rates(),
    *_sizes(),
)
