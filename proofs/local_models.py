"""Steps as minimisers of a local model and a penalty: descent, sign descent, AdaGrad, Adam and Newton's step.

Main results: the argument of the minimum is derived from the model by its slope, and is the step of the library's
rule; the model exceeds its value there by a positive multiple of a square, so that it is the only minimum. Under a
bound on the largest coordinate in place of a penalty it is the step of the sign.

References: Beck and Teboulle, Operations Research Letters 31, 2003, Section 3; Duchi, Hazan and Singer, JMLR 12, 2011,
Section 1.1; Nocedal and Wright, Numerical Optimization, Springer 2006, Section 2.2; Bernstein et al., ICML 2018.
"""

from collections.abc import Iterator

import sympy as sp

from symdl.calculus.minimisers import PLACE, minimiser
from symdl.calculus.update_rules import stepped
from symdl.core import THETA, Claim, Compare, Source, symbol
from symdl.library import optimizers as rules
from symdl.library.optimizers.parts import epsilon, eta, g

_MODEL = Source("Beck and Teboulle, Mirror descent and nonlinear projected subgradient methods, 2003", "Section 3")
_NEWTON = Source("Nocedal and Wright, Numerical Optimization, Springer 2006", "Section 2.2")

h, G, beta, u, w, a, b, r = map(symbol, ("h", "G", "beta", "u", "w", "a", "b", "r"))
away = PLACE - THETA
after = G + g**2
velocity = symbol("v")


def _is(left, relation, right):
    return Compare(sp.sympify(left), relation, sp.sympify(right))


def _claim(name, left, relation, right, *given, source=_MODEL, expected="PROVED"):
    return Claim(_is(left, relation, right), given, name, source, expected)


def _minimum(name, model, moved, *given, source=_MODEL) -> Iterator[Claim]:
    """The derived minimiser is the step, and it is the only minimum."""
    point, curvature = minimiser(model)
    yield _claim(f"{name}_is_the_minimiser_of_its_model", point, "=", moved, *given, source=source)
    gap = model - model.xreplace({PLACE: point})
    yield _claim(f"{name}_leaves_a_square_above_the_minimum", gap, "=", curvature / 2 * (PLACE - point) ** 2, *given,
                 source=source)  # fmt: skip
    yield _claim(f"{name}_has_a_model_that_curves_upward", curvature, ">", 0, *given, source=source)


def _penalties() -> Iterator[Claim]:
    rate, small = _is(eta, ">", 0), _is(epsilon, ">", 0)
    linear = g * away
    yield from _minimum("a_descent_step", linear + away**2 / (2 * eta), stepped(rules.gradient_descent)[THETA], rate)
    scaled = linear + (sp.sqrt(after) + epsilon) * away**2 / (2 * eta)
    yield from _minimum("an_adagrad_step", scaled, stepped(rules.adagrad)[THETA], rate, small, _is(G, ">=", 0))
    pushed = linear + (away - beta * velocity) ** 2 / (2 * eta)
    yield from _minimum("a_momentum_step", pushed, stepped(rules.momentum)[THETA], rate)
    curved = linear + h * away**2 / 2
    yield from _minimum("a_newton_step", curved, THETA - g / h, _is(h, ">", 0), source=_NEWTON)
    yield from _minimum("a_damped_newton_step", curved + r * away**2 / 2, THETA - g / (h + r), _is(h + r, ">", 0),
                        source=_NEWTON)  # fmt: skip
    least = curved.xreplace({PLACE: THETA - g / h})
    yield _claim("a_newton_step_is_no_minimiser_at_negative_curvature", curved, ">=", least, _is(h, "!=", 0),
                 source=_NEWTON, expected="REFUTED")  # fmt: skip
    yield _claim("a_descent_step_is_not_half_as_long", minimiser(linear + away**2 / (2 * eta))[0], "=",
                 THETA - eta / 2 * g, rate, expected="REFUTED")  # fmt: skip


def _bounds() -> Iterator[Claim]:
    """Two coordinates u and w, each within eta: the least linear model is at the signs."""
    box = (_is(eta, ">", 0), _is(sp.Abs(u), "<=", eta), _is(sp.Abs(w), "<=", eta))
    moved = stepped(rules.sign_descent)[THETA] - THETA
    least = a * moved.xreplace({g: a}) + b * moved.xreplace({g: b})
    yield _claim("a_sign_step_takes_the_least_value_within_a_box", a * u + b * w, ">=", least, *box,
                 source=rules.sign_descent.source)  # fmt: skip
    length = sp.sqrt(a**2 + b**2)
    yield _claim("a_step_along_the_gradient_takes_the_least_value_within_a_disc", a * u + b * w, ">=", -eta * length,
                 _is(eta, ">", 0), _is(u**2 + w**2, "<=", eta**2))  # fmt: skip
    yield _claim("a_step_along_the_gradient_is_not_least_within_a_box", a * u + b * w, ">=", -eta * length, *box,
                 expected="REFUTED")  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_penalties(), *_bounds())
