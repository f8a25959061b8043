"""Pairs of update rules that take the same steps for ever, under a condition only, or not at all.

Main results: the forms in which papers and libraries write the same rule are equal for all t, by an invariant that
ties their states: Nesterov's velocity, displacement, look-ahead and shifted forms, Adam and its efficient form with
epsilon sqrt(1 - beta_2^t), averages as sums, decay before the step or in it. Epsilon's place matters unless it is 0,
the rate's place unless it is constant, the place of a maximum, of a decay and of a schedule always.

References: Sutskever, Martens, Dahl and Hinton, ICML 2013; Kingma and Ba, Adam, ICLR 2015, Section 2; Loshchilov and
Hutter, ICLR 2019; Dozat, ICLR workshop 2016; You et al., LAMB, ICLR 2020; Jordan et al., Muon, 2024.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import sympy as sp

from symdl.core import (
    STEP,
    THETA,
    Assignment,
    Claim,
    Compare,
    Evaluation,
    Optimizer,
    Parameter,
    SameRun,
    Source,
    State,
    symbol,
)
from symdl.library import optimizers as rules
from symdl.library.optimizers.parts import (
    HAT,
    INSIDE,
    OUTSIDE,
    average,
    decay,
    epsilon,
    eta,
    g,
    learning_rate,
    nonnegative,
    scheduled,
    with_decoupled_decay,
    with_l2,
)

beta, beta_1, beta_2, rho, tau, v, m, u, start, root = map(
    symbol, ("beta", "beta_1", "beta_2", "rho", "tau", "v", "m", "u", "G_0", "epsilon_root")
)
zero, one = sp.Integer(0), sp.Integer(1)
falling = 1 / STEP
_LAMB = Source("You et al., Large batch optimization for deep learning, ICLR 2020", "Algorithm 2")
_MUON = Source("Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024", "Algorithm 2")


def _is(name: sp.Symbol, value: sp.Expr = zero) -> Compare:
    return Compare(name, "=", value)


def _same(name, left, right, *given, observed=(), invariant=(), expected="PROVED"):
    statement = SameRun(left, right, observed, invariant=invariant)
    return Claim(statement, given, name, left.source or right.source, expected)


def _differ(name, left, right, *given):
    return _same(name, left, right, *given, expected="REFUTED")


def _with(rule: Optimizer, table, *hyper: Parameter) -> Optimizer:
    """The rule with other expressions for some of its letters."""
    step = tuple(replace(a, expr=a.expr.xreplace(table)) for a in rule.step)
    return replace(rule, hyper=(*rule.hyper, *hyper), step=step)


def _rule(name, hyper, states, *step, point=THETA, source=None) -> Optimizer:
    assignments = tuple(Assignment(target, expr) for target, expr in step)
    return Optimizer(name, hyper, states, (Evaluation(g, point),), assignments, source=source)


# --- momentum: changes of variables

_PUSHED = (learning_rate(), average(beta, "momentum", None))
displaced, inside, outside = rules.momentum_family.points()
ahead_displaced, ahead_inside, ahead_outside = rules.nesterov_family.points()
shifted = _rule("nesterov_at_the_look_ahead", _PUSHED, (State(v),), (v, beta * v - eta * g),
                (THETA, THETA + beta * v - eta * g), source=ahead_inside.source)  # fmt: skip
with_trace = _rule("nesterov_with_trace", _PUSHED, (State(v),), (v, beta * v + g),
                   (THETA, THETA - eta * (g + beta * v)), source=ahead_inside.source)  # fmt: skip
averaged = _rule("momentum_as_average", _PUSHED, (State(m),), (m, beta * m + (1 - beta) * g),
                 (THETA, THETA - eta / (1 - beta) * m), source=inside.source)  # fmt: skip


def _momenta() -> Iterator[Claim]:
    back = (THETA, THETA - eta * beta * v)
    yield _same("nesterov_at_the_look_ahead_has_the_same_velocity", ahead_inside, shifted, observed=((v, v),))
    yield _same("nesterov_with_trace_is_the_look_ahead_form", shifted, with_trace)
    yield _same("nesterov_with_trace_has_the_velocity_of_nesterov", ahead_outside, with_trace, observed=((v, v),),
                invariant=(back, (v, v)))  # fmt: skip
    yield _differ("nesterov_with_trace_is_not_nesterov_at_the_parameters", ahead_outside, with_trace)
    yield _same("momentum_is_an_average_at_a_longer_rate", averaged, outside)
    yield _differ("momentum_is_no_average_at_the_same_rate", _with(averaged, {eta: eta * (1 - beta)}), outside)
    at_gradient, damped = rules.dampened_momentum_family.points()
    yield _same("momentum_that_starts_at_the_gradient_is_momentum", at_gradient, outside, _is(tau))
    yield _same("first_buffers_agree_without_dampening", at_gradient, damped, _is(tau))
    yield _differ("first_buffers_differ_under_dampening", at_gradient, damped)
    yield _same("momentum_dampened_by_itself_is_an_average", damped, _with(averaged, {eta: eta * (1 - beta)}),
                _is(tau, beta))  # fmt: skip
    for name, forms in (
        ("momentum", (displaced, inside, outside)),
        ("nesterov", tuple(rules.nesterov_family.points())),
    ):
        first, second, third = (scheduled(form, falling) for form in forms)
        yield _same(f"{name}_as_displacement_holds_the_rate_in_the_velocity_under_a_schedule", second, first)
        yield _differ(f"{name}_forms_differ_by_the_place_of_the_rate_under_a_schedule", second, third)


# --- epsilon: where it stands and what it is worth

corrected_epsilon = {epsilon: epsilon * sp.sqrt(1 - beta_2**STEP)}


def _efficient_forms() -> Iterator[Claim]:
    """The paper's form and the efficient one with epsilon rescaled."""
    for family in (rules.adam_family, rules.adamw_family, rules.amsgrad_family):
        for rule in family.points():
            others = {axis: choice for axis, choice in rule.conventions.items() if axis != "epsilon"}
            if rule.conventions["epsilon"] == OUTSIDE:
                name = "_".join([family.name, *(c.replace(" ", "_") for c in others.values())])
                hat = family.build(**others, epsilon=HAT)
                yield _same(f"efficient_{name}_has_epsilon_rescaled", rule, _with(hat, corrected_epsilon))
                yield _differ(f"efficient_{name}_has_another_epsilon", rule, hat)


def _places_of_epsilon() -> Iterator[Claim]:
    families = (
        rules.centered_rmsprop_family,
        rules.adagrad_from_family,
        rules.adamax_family,
        rules.adabelief_family,
        rules.uncorrected_adam_family,
    )
    for family in families:
        for number, (left, right) in enumerate(combinations(family.points(), 2), 1):
            yield _differ(f"{family.name}_places_of_epsilon_differ_{number}", left, right)
            yield _same(f"{family.name}_places_of_epsilon_agree_at_0_{number}", left, right, _is(epsilon))
    raw_outside, raw_inside, raw_hat, corrected, *_ = rules.amsgrad_family.points()
    yield _same("amsgrad_places_of_epsilon_agree_at_0", raw_outside, raw_inside, _is(epsilon))
    yield _same("amsgrad_and_its_efficient_form_agree_at_epsilon_0", raw_outside, raw_hat, _is(epsilon))
    yield _differ("amsgrad_maximum_before_and_after_the_correction_differ", raw_outside, corrected)
    yield _differ("amsgrad_maxima_differ_at_epsilon_0_too", raw_outside, corrected, _is(epsilon))
    yield _same("amsgrad_maxima_agree_without_memory", raw_outside, corrected, _is(beta_2))
    first, hat, later, _ = rules.radam_family.points()
    yield _differ("radam_and_its_efficient_form_differ", first, hat)
    yield _differ("radam_thresholds_differ", first, later)


# --- rules inside of rules

adam, adamw, sgd = rules.adam, rules.adamw, rules.sgd
with_root = _with(adam, {sp.sqrt(symbol("v_hat")): sp.sqrt(symbol("v_hat") + root)}, nonnegative(root, "epsilon_root"))
added_decay = replace(
    adam,
    name="adam_with_decay_in_the_update",
    hyper=(*adam.hyper, nonnegative(decay, "weight_decay")),
    step=(*adam.step[:-1], Assignment(THETA, adam.step[-1].expr - eta * decay * THETA)),
)
summed = _with(
    replace(adam, step=(Assignment(m, beta_1 * m + g), Assignment(v, beta_2 * v + g**2), *adam.step[2:])),
    {m / (1 - beta_1**STEP): (1 - beta_1) * m / (1 - beta_1**STEP), v / (1 - beta_2**STEP): (1 - beta_2) * v
     / (1 - beta_2**STEP)},
)  # fmt: skip
mean_of_squares = _rule("adagrad_as_a_mean", rules.adagrad.hyper, (State(v),),
                        (v, ((STEP - 1) * v + g**2) / STEP), (THETA, THETA - eta / sp.sqrt(STEP) * g / (sp.sqrt(v)
                         + epsilon / sp.sqrt(STEP))), source=rules.adagrad.source)  # fmt: skip


def _special_cases() -> Iterator[Claim]:
    yield _same("adam_without_first_moment_and_correction_is_rmsprop", rules.uncorrected_adam, rules.rmsprop,
                _is(beta_1), _is(rho, beta_2))  # fmt: skip
    yield _same("adam_with_a_root_epsilon_of_0_is_adam", with_root, adam, _is(root))
    yield _differ("adam_with_a_root_epsilon_is_not_adam", with_root, adam)
    yield _same("adam_by_sums_is_adam_by_averages", summed, adam)
    yield _same("adagrad_is_rmsprop_over_all_steps_at_a_falling_rate", mean_of_squares, rules.adagrad,
                invariant=((THETA, THETA), (symbol("G"), STEP * v)))  # fmt: skip
    for place in (OUTSIDE, INSIDE):
        word = place.split()[0]
        from_zero = rules.adagrad_from_family.build(place)
        yield _same(f"adagrad_from_0_is_adagrad_{word}", from_zero, rules.adagrad_family.build(place), _is(start),
                    _is(decay))  # fmt: skip
        yield _differ(f"adagrad_from_a_start_is_not_adagrad_{word}", from_zero, rules.adagrad_family.build(place),
                      _is(decay))  # fmt: skip
        plain, (held, applied) = rules.rmsprop_family.build(place), _rmsprop_rates(place)
        yield _same(f"rmsprop_momentum_0_is_rmsprop_{word}", applied, plain, _is(beta))
        yield _same(f"rmsprop_momentum_0_with_the_rate_inside_is_rmsprop_{word}", held, plain, _is(beta))
        yield _same(f"rmsprop_momentum_agrees_at_constant_rate_{word}", applied, held)
        yield _differ(f"rmsprop_momentum_differs_under_a_schedule_{word}", scheduled(applied, falling),
                      scheduled(held, falling))  # fmt: skip
    yield _differ("rmsprop_momentum_differs_by_the_place_of_epsilon", _rmsprop_rates(OUTSIDE)[1],
                  _rmsprop_rates(INSIDE)[1])  # fmt: skip
    yield _same("lion_without_memory_is_sign_descent", rules.lion, rules.sign_descent, _is(decay), _is(beta_1))
    yield _same("averaged_descent_without_decay_moves_like_descent", rules.asgd, rules.gradient_descent, _is(decay))
    yield _same("a_constant_schedule_changes_nothing", scheduled(sgd, one), sgd)


def _rmsprop_rates(place: str) -> tuple[Optimizer, Optimizer]:
    applied, held = (p for p in rules.rmsprop_momentum_family.points() if p.conventions["epsilon"] == place)
    return held, applied


# --- weight decay

moves = symbol("psi")
with_schedule, without_schedule = rules.nadam_family.points()
switched_off = _with(with_schedule, {p: zero for a in with_schedule.step for p in a.expr.atoms(sp.Pow) if moves
                                     in p.exp.free_symbols})  # fmt: skip


def _decays() -> Iterator[Claim]:
    yield _same("sgd_with_l2_is_sgd_with_decoupled_decay", with_l2(sgd), with_decoupled_decay(sgd))
    yield _differ("adamw_is_not_adam_with_l2", with_l2(adam), with_decoupled_decay(adam))
    yield _same("adam_with_l2_of_0_is_adam", with_l2(adam), adam, _is(decay))
    yield _same("adamw_with_decay_first_or_in_the_update_is_the_same", adamw, added_decay)
    for place in (OUTSIDE, INSIDE, HAT):
        scaled, by_itself = (p for p in rules.adamw_family.points() if p.conventions["epsilon"] == place)
        word = place.split()[0]
        yield _same(f"adamw_without_decay_is_adam_{word}", scaled, rules.adam_family.build(place), _is(decay))
        yield _same(f"adamw_is_adam_with_decoupled_decay_{word}", scaled,
                    with_decoupled_decay(rules.adam_family.build(place)))  # fmt: skip
        yield _same(f"adamw_by_itself_with_eta_lambda_is_scaled_{word}", scaled, _with(by_itself, {decay: eta * decay}))
        yield _differ(f"adamw_by_itself_is_not_scaled_{word}", scaled, by_itself)
    tie = ((THETA, THETA), (m, m), (v, v), (symbol("P"), beta_1**STEP))
    yield _same("nadam_with_the_schedule_off_is_nadam_at_constant_momentum", without_schedule, switched_off,
                invariant=tie)  # fmt: skip
    yield _differ("nadam_with_the_schedule_on_is_not", with_schedule, without_schedule)


# --- signs, layers of one parameter

moved = symbol("moved")


def _stale(rule: Optimizer) -> Optimizer:
    """The rule that takes the step of the time before."""
    *others, last, kept = rule.step
    waiting = (Assignment(THETA, THETA + moved), Assignment(moved, last.expr - THETA))
    return replace(rule, state=(*rule.state, State(moved)), step=(*others, *waiting, kept))


def _lamb(name: str, within: bool) -> Optimizer:
    """A trust ratio on a layer of one parameter, with the decay within it or after it."""
    whole = m + decay * THETA if within else m
    after = zero if within else eta * decay * THETA
    hyper = (learning_rate(), average(beta_1, "beta1", None), nonnegative(epsilon, "epsilon"),
             nonnegative(decay, "weight_decay"))  # fmt: skip
    return _rule(name, hyper, (State(m),), (m, beta_1 * m + (1 - beta_1) * g), (u, whole),
                 (THETA, THETA - after - eta * sp.Abs(THETA) / (sp.Abs(u) + epsilon) * u), source=_LAMB)  # fmt: skip


def _muon(name: str, weight: sp.Expr, correction: sp.Expr = one) -> Optimizer:
    """Muon on a matrix of one entry, whose orthogonal factor is its sign."""
    return _rule(name, _PUSHED, (State(m),), (m, beta * m + weight * g), (THETA, THETA - eta * sp.sign(m / correction)),
                 source=_MUON)  # fmt: skip


def _layers() -> Iterator[Claim]:
    clamped, clamped_on_change = rules.rprop_family.points()
    yield _differ("rprop_with_the_step_of_the_time_before_differs", clamped, _stale(clamped))
    yield _differ("rprop_clamps_differ", clamped, clamped_on_change)
    within, apart = _lamb("lamb_decay_within", True), _lamb("lamb_decay_apart", False)
    yield _differ("lamb_with_decay_within_and_after_the_trust_ratio_differ", within, apart)
    yield _same("lamb_forms_agree_without_decay", within, apart, _is(decay))
    as_sum, as_average = _muon("muon_by_sums", one), _muon("muon_by_averages", 1 - beta)
    corrected = _muon("muon_by_corrected_averages", 1 - beta, 1 - beta**STEP)
    yield _same("muon_of_one_entry_by_sums_and_by_averages_is_the_same", as_average, as_sum,
                invariant=((THETA, THETA), (m, m / (1 - beta))))  # fmt: skip
    yield _same("muon_of_one_entry_needs_no_correction", as_average, corrected)


CLAIMS: tuple[Claim, ...] = (
    *_momenta(),
    *_efficient_forms(),
    *_places_of_epsilon(),
    *_special_cases(),
    *_decays(),
    *_layers(),
)
