"""Convergence: exact ranges on quadratics, a cycle of heavy ball, Nesterov's guarantee, Newton's step, saddles.

Main results: on curvatures up to L, gradient descent converges for 0 < eta < 2/L, heavy ball for 0 < eta lambda <
2 (1 + beta) and 0 <= beta < 1, Nesterov for 0 < eta lambda < 2 (1 + beta)/(1 + 2 beta), each by the roots of its step
matrix. Heavy ball at its best rate runs round three points of a smooth strongly convex function, on which Nesterov's
rule with constant momentum contracts a Lyapunov function. Newton's step may ascend, and diverge on a convex function.

References: Polyak 1964; Lessard, Recht and Packard, SIAM J. Optim. 26, 2016, Sections 2 and 4.6; Nesterov, Lectures on
convex optimization, Springer 2018, Section 2.2; d'Aspremont, Scieur and Taylor, Acceleration methods, 2021, Section
4.5; Jury, Theory and application of the z-transform method, 1964; Nocedal and Wright, 2006, Section 3.3.
"""

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from symdl.calculus.update_rules import characteristic, step_matrix
from symdl.core import (
    THETA,
    All,
    Assignment,
    Claim,
    Compare,
    Evaluation,
    Exists,
    Optimizer,
    Recurrence,
    SameRun,
    Source,
    State,
    function,
    symbol,
)
from symdl.core.expectations import expectation, gaussian, moments
from symdl.library import optimizers as rules
from symdl.library.optimizers.parts import average, eta, g, learning_rate

_LESSARD = Source("Lessard, Recht and Packard, Analysis and design of optimization algorithms, 2016", "Section 4.6")
_RANGES = Source("Lessard, Recht and Packard, Analysis and design of optimization algorithms, 2016", "Section 2.2")
_LYAPUNOV = Source("d'Aspremont, Scieur and Taylor, Acceleration methods, 2021", "Section 4.5")
_NEWTON = Source("Nocedal and Wright, Numerical Optimization, Springer 2006", "Section 3.3")
_SADDLE = Source("Ge, Huang, Jin and Yuan, Escaping from saddle points, COLT 2015", "Section 1")

names = "a b beta c curvature f_0 f_x f_y f_1 h L l m mu q s t u w x y z"
a, b, beta, c, curvature, f_0, f_x, f_y, f_1, h, L, l, m, mu, q, s, t, u, w, x, y, z = map(symbol, names.split())  # noqa: E741
zero, one = sp.Integer(0), sp.Integer(1)


def _claim(name, left, relation, right, *given, source=_RANGES, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


def _all(name, *links, given=(), source=_RANGES):
    return Claim(All(tuple(Compare(sp.sympify(p), r, sp.sympify(q)) for p, r, q in links)), given, name, source)


def _is(left, relation, right):
    return Compare(sp.sympify(left), relation, sp.sympify(right))


decay_in_range = (_is(beta, ">=", 0), _is(beta, "<", 1))
curvatures = (_is(m, ">", 0), _is(L, ">", m))


def _descent() -> Iterator[Claim]:
    (factor,) = step_matrix(rules.gradient_descent, curvature)
    up_to = (_is(curvature, ">", 0), _is(curvature, "<=", L))
    yield _claim("gradient_descent_contracts_for_rates_below_2_over_l", sp.Abs(factor), "<", 1, *up_to,
                 _is(eta, ">", 0), _is(eta * L, "<", 2))  # fmt: skip
    yield _claim("gradient_descent_does_not_contract_at_2_over_l", sp.Abs(factor), "<", 1, *up_to,
                 _is(eta, ">", 0), _is(eta * L, "<=", 2), expected="REFUTED")  # fmt: skip
    yield _claim("gradient_descent_does_not_contract_above_2_over_l", sp.Abs(factor), ">=", 1, _is(curvature, ">", 0),
                 _is(eta * curvature, ">=", 2))  # fmt: skip
    yield _claim("gradient_descent_does_not_contract_at_negative_rates", sp.Abs(factor), ">=", 1,
                 _is(curvature, ">", 0), _is(eta, "<=", 0))  # fmt: skip
    worst = sp.Max(sp.Abs(1 - eta * m), sp.Abs(1 - eta * L))
    yield _claim("no_rate_of_gradient_descent_is_better_than_the_condition_allows", worst, ">=", (L - m) / (L + m),
                 *curvatures)  # fmt: skip
    yield _claim("gradient_descent_is_best_at_2_over_the_sum_of_curvatures", worst, "=", (L - m) / (L + m),
                 *curvatures, _is(eta, "=", 2 / (L + m)))  # fmt: skip
    yield _claim("gradient_descent_is_not_best_at_1_over_l", worst, "=", (L - m) / (L + m), *curvatures,
                 _is(eta, "=", 1 / L), expected="REFUTED")  # fmt: skip


def _roots(name: str, rule: Optimizer, trace, determinant, most) -> Iterator[Claim]:
    """The characteristic polynomial of a rule, and its roots within and beyond the range 0 < a < most."""
    quadratic = z**2 - trace * z + determinant
    given = (*decay_in_range, _is(a, ">", 0), _is(a, "<", most))
    polynomial = characteristic(step_matrix(rule, a / eta), z)
    yield _claim(f"{name}_has_this_characteristic_polynomial", polynomial, "=", quadratic, _is(eta, "!=", 0))
    yield _claim(f"{name}_has_no_root_from_1_on", quadratic, ">", 0, *given, _is(z, ">=", 1))
    yield _claim(f"{name}_has_no_root_up_to_minus_1", quadratic, ">", 0, *given, _is(z, "<=", -1))
    height = sp.sqrt(determinant - trace**2 / 4)
    paired = _is(trace**2, "<", 4 * determinant)
    yield _all(f"{name}_has_complex_roots_within_the_unit_circle", ((trace / 2) ** 2 + height**2, "=", determinant),
               (determinant, "<", 1), given=(*given, paired))  # fmt: skip
    lower = (trace - sp.sqrt(trace**2 - 4 * determinant)) / 2
    upper = (trace + sp.sqrt(trace**2 - 4 * determinant)) / 2
    beyond = (*decay_in_range, _is(a, ">=", most))
    yield _all(f"{name}_has_a_root_beyond_minus_1_at_long_rates", (quadratic.xreplace({z: lower}), "=", 0),
               (lower, "<=", -1), given=beyond)  # fmt: skip
    yield _all(f"{name}_has_a_root_beyond_1_at_negative_rates", (quadratic.xreplace({z: upper}), "=", 0),
               (upper, ">=", 1), given=(*decay_in_range, _is(a, "<=", 0)))  # fmt: skip
    yield _claim(f"{name}_does_not_converge_at_the_end_of_its_range", quadratic, ">", 0, *decay_in_range,
                 _is(a, ">", 0), _is(a, "<=", most), _is(z, "<=", -1), expected="REFUTED")  # fmt: skip


def _momenta() -> Iterator[Claim]:
    heavy, ahead = tuple(rules.momentum_family.points())[1], tuple(rules.nesterov_family.points())[1]
    yield from _roots("heavy_ball", heavy, 1 + beta - a, beta, 2 * (1 + beta))
    yield from _roots("nesterov", ahead, (1 + beta) * (1 - a), beta * (1 - a), 2 * (1 + beta) / (1 + 2 * beta))
    yield _claim("heavy_ball_with_momentum_1_or_more_has_roots_with_product_at_least_1",
                 characteristic(step_matrix(heavy, curvature), zero), ">=", 1, _is(beta, ">=", 1))  # fmt: skip
    best, rate = ((l - m) / (l + m)) ** 2, 4 / (l + m) ** 2
    between = (_is(m, ">", 0), _is(l, ">", m), _is(curvature, ">=", m**2), _is(curvature, "<=", l**2))
    yield _claim("heavy_ball_at_its_best_has_complex_roots_of_modulus_root_beta", (1 + best - rate * curvature) ** 2,
                 "<=", 4 * best, *between)  # fmt: skip
    yield _claim("heavy_ball_at_its_best_is_faster_than_gradient_descent", (l - m) / (l + m), "<",
                 (l**2 - m**2) / (l**2 + m**2), *between[:2])  # fmt: skip
    within_r = (_is(s, ">", 0), _is(s, "<", 1), _is(beta, "<=", s**2), _is(eta, ">", 0))
    slowest = _is((1 - s) * (s - beta), "<=", eta * m**2 * s)
    yield _claim("heavy_ball_bounds_the_quotient_of_curvatures_by_its_rate", l**2 * x, "<=", m**2 * y,
                 _is(x, "<=", eta * m**2 * s), _is(eta * l**2 * s, "<=", y))  # fmt: skip
    both = _is(l**2 * (1 - s) * (s - beta), "<=", m**2 * (1 + s) * (s + beta))
    yield _claim("heavy_ball_has_no_better_rate", l * (1 - s), "<=", m * (1 + s), *between[:2], *within_r[:3], both)
    yield _claim("heavy_ball_bounds_its_momentum_by_the_square_of_its_rate", z * h, "<=", s**2, _is(sp.Abs(z), "<=", s),
                 _is(sp.Abs(h), "<=", s))  # fmt: skip
    yield _claim("heavy_ball_has_no_root_beyond_r_on_these_conditions", s**2 - (1 + beta - eta * m**2) * s + beta, ">=",
                 0, *within_r, slowest)  # fmt: skip
    constant = (1 - q) / (1 + q)
    within = (_is(q, ">", 0), _is(q, "<", 1), _is(a, ">=", q**2), _is(a, "<=", 1))
    yield _claim("nesterov_at_constant_momentum_has_complex_roots", ((1 + constant) * (1 - a)) ** 2, "<=",
                 4 * constant * (1 - a), *within)  # fmt: skip
    yield _claim("nesterov_at_constant_momentum_contracts_by_1_minus_q", constant * (1 - a), "<=", (1 - q) ** 2,
                 *within)  # fmt: skip
    yield _claim("nesterov_at_constant_momentum_contracts_by_no_less", constant * (1 - q**2), "=", (1 - q) ** 2,
                 *within[:2])  # fmt: skip
    yield _claim("nesterov_has_not_the_range_of_heavy_ball", z**2 - (1 + beta) * (1 - a) * z + beta * (1 - a), ">", 0,
                 *decay_in_range, _is(a, ">", 0), _is(a, "<", 2 * (1 + beta)), _is(z, "<=", -1),
                 expected="REFUTED")  # fmt: skip


# --- heavy ball goes round three points, Nesterov converges

cycle = tuple(sp.Rational(n, 1225) for n in (792, -2208, 2592))
_RATE, _MOMENTUM = sp.Rational(1, 9), sp.Rational(4, 9)


def _slope(point):
    """The slope of a function with curvature between 1 and 25."""
    return sp.Piecewise((25 * point, sp.Lt(point, 1)), (point + 24, sp.Lt(point, 2)), (25 * point - 24, True))


def _pushed(now, before):
    return (1 + _MOMENTUM) * now - _MOMENTUM * before - _RATE * _slope(x).xreplace({x: now})


def _cycle() -> Iterator[Claim]:
    first, second, third = cycle
    gap = (_slope(x) - _slope(y)) * (x - y)
    yield _claim("the_function_is_strongly_convex", gap, ">=", (x - y) ** 2, source=_LESSARD)
    yield _claim("the_function_has_a_25_lipschitz_slope", gap, "<=", 25 * (x - y) ** 2, source=_LESSARD)
    yield _all("the_rates_are_the_best_of_heavy_ball_for_1_and_25", (_RATE, "=", sp.Rational(4, (5 + 1) ** 2)),
               (_MOMENTUM, "=", sp.Rational(5 - 1, 5 + 1) ** 2), source=_LESSARD)  # fmt: skip
    yield _all("heavy_ball_goes_round_three_points", (_pushed(second, first), "=", third),
               (_pushed(third, second), "=", first), (_pushed(first, third), "=", second), source=_LESSARD)  # fmt: skip
    yield _claim("heavy_ball_does_not_go_round_at_half_the_rate", _pushed(second, first) + _RATE / 2 * 25 * second,
                 "=", third, source=_LESSARD, expected="REFUTED")  # fmt: skip
    yield _claim("the_minimum_is_no_point_of_the_cycle", _slope(x), "!=", 0, _is(x, "=", first), source=_LESSARD)
    drift = 1 + _MOMENTUM - 25 * _RATE
    yield _claim("the_cycle_attracts_with_roots_of_modulus_two_thirds", drift**2, "<=", 4 * _MOMENTUM, source=_LESSARD)


# --- Nesterov's rule as an average of two points, and its Lyapunov function

speed = (1 - q) / (1 + q)
inner = (x + q * z) / (1 + q)
_Z, _G = symbol("z"), g
_look = (THETA + q * _Z) / (1 + q)
two_points = Optimizer(
    "nesterov_of_two_points",
    (learning_rate(), average(q, "root of mu/L", None)),
    (State(_Z, THETA),),
    (Evaluation(g, _look),),
    (
        Assignment(symbol("p"), _look),
        Assignment(_Z, (1 - q) * _Z + q * symbol("p") - eta / q * g),
        Assignment(THETA, symbol("p") - eta * g),
    ),
    source=_LYAPUNOV,
)


def _lyapunov() -> Iterator[Claim]:
    general, *_ = rules.nesterov_family.points()
    ahead = replace(
        general,
        hyper=two_points.hyper,
        evaluations=tuple(replace(e, point=e.point.xreplace({beta: speed})) for e in general.evaluations),
        step=tuple(replace(step, expr=step.expr.xreplace({beta: speed})) for step in general.step),
    )
    previous = symbol("theta_previous")
    yield Claim(
        SameRun(ahead, two_points, invariant=((THETA, THETA), (_Z, THETA + (1 - q) / q * (THETA - previous)))),
        (_is(q, ">", 0),),
        "nesterov_at_constant_momentum_moves_two_points",
        _LYAPUNOV,
    )
    given = (_is(q, ">", 0), _is(q, "<", 1), _is(mu, ">", 0))
    after = (1 - q) * z + q * inner - q / mu * g
    before_value, value = f_x - f_0 + mu / 2 * z**2, f_1 - f_0 + mu / 2 * after**2
    smooth = f_y - g**2 * q**2 / (2 * mu) - f_1
    convex_here = f_x - f_y - g * (x - inner) - mu / 2 * (x - inner) ** 2
    convex_there = f_0 - f_y + g * inner - mu / 2 * inner**2
    certificate = smooth + (1 - q) * convex_here + q * convex_there
    rest = mu * (1 - q**2) / (2 * q) * (x - inner) ** 2
    yield _claim("nesterov_contracts_its_lyapunov_function_up_to_what_convexity_gives", (1 - q) * before_value - value,
                 "=", certificate + rest, *given, source=_LYAPUNOV)  # fmt: skip
    gains = tuple(_is(name, ">=", 0) for name in (a, b, c))
    by_gains = {
        f_1: f_y - g**2 * q**2 / (2 * mu) - a,
        f_x: f_y + g * (x - inner) + mu / 2 * (x - inner) ** 2 + b,
        f_0: f_y - g * inner + mu / 2 * inner**2 + c,
    }
    decrease = ((1 - q) * before_value - value).xreplace(by_gains)
    yield _claim("nesterov_contracts_its_lyapunov_function", decrease, ">=", 0, *given, *gains, source=_LYAPUNOV)
    yield _claim("nesterov_needs_convexity_for_it", (1 - q) * before_value - value, ">=", 0, *given, source=_LYAPUNOV,
                 expected="REFUTED")  # fmt: skip


# --- Newton's step

F = function("f")


def _newton(value, point):
    return point - sp.Derivative(value, point) / sp.Derivative(value, point, point)


def _newton_steps() -> Iterator[Claim]:
    well, bowl = (x**2 - 1) ** 2, sp.sqrt(1 + x**2)
    descends = _is(well.xreplace({x: _newton(well, x)}), "<=", well)
    negative = _is(sp.Derivative(well, x, x), "<", 0)
    yield Claim(descends, (negative,), "newton_descends_at_negative_curvature", _NEWTON, "REFUTED")
    moved = -(sp.Derivative(F(x), x) ** 2) / sp.Derivative(F(x), x, x)
    yield _claim("newton_points_uphill_at_negative_curvature", moved, ">", 0,
                 _is(sp.Derivative(F(x), x, x), "<", 0), _is(sp.Derivative(F(x), x), "!=", 0),
                 source=_NEWTON)  # fmt: skip
    yield _claim("the_bowl_has_positive_curvature", sp.Derivative(bowl, x, x), ">", 0, source=_NEWTON)
    yield _claim("newton_goes_to_minus_the_cube_on_the_bowl", _newton(bowl, x), "=", -(x**3), source=_NEWTON)
    yield _claim("newton_diverges_on_the_bowl_beyond_1", sp.Abs(_newton(bowl, x)), ">", sp.Abs(x),
                 _is(sp.Abs(x), ">", 1), source=_NEWTON)  # fmt: skip
    yield _claim("newton_comes_closer_on_the_bowl_within_1", sp.Abs(_newton(bowl, x)), "<", sp.Abs(x),
                 _is(sp.Abs(x), "<", 1), _is(x, "!=", 0), source=_NEWTON)  # fmt: skip
    yield _claim("newton_always_comes_closer_on_the_bowl", sp.Abs(_newton(bowl, x)), "<=", sp.Abs(x), source=_NEWTON,
                 expected="REFUTED")  # fmt: skip
    shifted, at = F(a * y + b), a * y + b
    slopes = (sp.Subs(sp.Derivative(F(x), x), x, at), sp.Subs(sp.Derivative(F(x), x, x), x, at))
    yield _claim("newton_is_affine_invariant", a * _newton(shifted, y) + b, "=", at - slopes[0] / slopes[1],
                 _is(a, "!=", 0), source=_NEWTON)  # fmt: skip
    yield _claim("gradient_descent_is_not_affine_invariant", a * (y - eta * sp.Derivative(shifted, y)) + b, "=",
                 at - eta * slopes[0], _is(a, "!=", 0), source=_NEWTON, expected="REFUTED")  # fmt: skip
    yield _claim("newton_solves_a_quadratic_in_one_step", _newton(a * x**2 / 2 + b * x + c, x), "=", -b / a,
                 _is(a, "!=", 0), source=_NEWTON)  # fmt: skip
    first, second = _newton_of_two()
    determinant = _is(a * c - b**2, "!=", 0)
    yield _all("newton_solves_a_quadratic_of_two_variables_in_one_step", (a * first + b * second, "=", u),
               (b * first + c * second, "=", w), given=(determinant,), source=_NEWTON)  # fmt: skip
    yield from _affine_of_two()
    yield _claim("newton_does_not_solve_a_quartic_in_one_step", _newton(x**4, x), "=", 0, _is(x, "!=", 0),
                 source=_NEWTON, expected="REFUTED")  # fmt: skip


def _affine_of_two() -> Iterator[Claim]:
    """With x = A y the gradient is A^T g and the matrix of second derivatives A^T H A."""
    change = sp.Matrix([[symbol("A_1"), symbol("A_2")], [symbol("A_3"), symbol("A_4")]])
    curved, slopes = sp.Matrix([[a, b], [b, c]]), sp.Matrix([u, w])
    inside = change.T * curved * change
    moved = change * inside.adjugate() * change.T * slopes / (curved.det() * change.det() ** 2)
    straight = curved.adjugate() * slopes / curved.det()
    given = (_is(change.det(), "!=", 0), _is(curved.det(), "!=", 0))
    links = tuple((left, "=", right) for left, right in zip(moved, straight, strict=True))
    yield _claim("the_determinant_changes_by_the_square", inside.det(), "=", curved.det() * change.det() ** 2,
                 source=_NEWTON)  # fmt: skip
    yield _all("newton_is_affine_invariant_in_two_variables", *links, given=given, source=_NEWTON)


def _newton_of_two():
    """A Newton step on ``(a x^2 + 2 b x y + c y^2)/2 - u x - w y``."""
    slopes = sp.Matrix([a * x + b * y - u, b * x + c * y - w])
    inverse = sp.Matrix([[c, -b], [-b, a]]) / (a * c - b**2)
    return sp.Matrix([x, y]) - inverse * slopes


# --- saddles

Y, noise = function("Y"), function("n")
k = symbol("k")
saddle = (x**2 - y**2) / 2


def _saddles() -> Iterator[Claim]:
    unstable = Recurrence("Y", t, zero, Y(t - 1) - eta * sp.Derivative(saddle, y).doit().xreplace({y: Y(t - 1)}))
    off = Recurrence("Y", t, s, unstable.next)
    grown = (1 + eta) ** t
    yield _claim("gradient_descent_stays_on_the_stable_line", Y(t), "=", 0, unstable, source=_SADDLE)
    yield _claim("gradient_descent_leaves_from_beside_the_line", Y(t), "=", s * grown, off, _is(eta, ">", 0),
                 source=_SADDLE)  # fmt: skip
    yield _claim("gradient_descent_does_not_stay_beside_the_line", Y(t), "=", s, off, _is(eta, ">", 0), source=_SADDLE,
                 expected="REFUTED")  # fmt: skip
    stochastic = eta * sp.Sum((1 + eta) ** (t - k) * noise(k), (k, 1, t))
    pushed = Recurrence("Y", t, zero, (1 + eta) * Y(t - 1) + eta * noise(t))
    rate = (_is(eta, ">", 0), Compare(t, ">=", one))
    law = moments(symbol("n"), zero, s**2)
    yield _claim("noise_adds_up_off_the_stable_line", Y(t), "=", stochastic, pushed, rate[0], source=_SADDLE)
    yield _claim("noise_does_not_move_the_mean_off_the_line", expectation(stochastic, law), "=", 0, pushed, rate[0],
                 source=_SADDLE)  # fmt: skip
    spread = eta * s**2 * ((1 + eta) ** (2 * t) - 1) / (2 + eta)
    yield _claim("noise_leaves_the_stable_line_in_mean_square", expectation(stochastic**2, law), "=", spread, pushed,
                 rate[0], source=_SADDLE)  # fmt: skip
    one_step = expectation(saddle.xreplace({y: -eta * w, x: (1 - eta) * x}), gaussian(w, zero, s**2))
    below = (_is(s, ">", 0), _is(eta, ">", 0))
    yield _claim("a_noisy_step_lowers_the_saddle_below_the_exact_one", one_step, "<", (1 - eta) ** 2 * x**2 / 2, *below,
                 source=_SADDLE)  # fmt: skip
    yield Claim(Exists((s, eta), _is(spread.xreplace({t: sp.Integer(5)}), ">", 100)), (),
                "noise_goes_beyond_any_bound_such_as_100", _SADDLE)  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *_descent(),
    *_momenta(),
    *_cycle(),
    *_lyapunov(),
    *_newton_steps(),
    *_saddles(),
)
