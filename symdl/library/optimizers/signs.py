"""Steps that take the sign of a gradient alone.

Main results: :data:`SIGNS`, :data:`SIGN_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import THETA, Assignment, Compare, Family, Optimizer, Parameter, Source, State, symbol

from .parts import average, decay, eta, g, learning_rate, mean, nonnegative

_SIGN = Source("Bernstein et al., signSGD: compressed optimisation for non-convex problems, ICML 2018", "Algorithm 1")
_RPROP = Source("Riedmiller and Braun, A direct adaptive method for faster backpropagation, ICNN 1993", "Section II")
_LION = Source("Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023", "Algorithm 2")

EVERY_STEP = "every step"
ON_CHANGE = "where the product is not zero"

sign_descent = Optimizer(
    "sign_descent", (learning_rate(),), step=(Assignment(THETA, THETA - eta * sp.sign(g)),), source=_SIGN
)


def _rprop(clamp: str) -> Optimizer:
    """A step size for each coordinate, which grows while the gradient keeps its sign."""
    d, previous, kept = symbol("d"), symbol("g_previous"), symbol("g_kept")
    shrink, grow, smallest, largest = (symbol(name) for name in ("eta_minus", "eta_plus", "d_min", "d_max"))
    agreement = sp.sign(g) * sp.sign(previous)
    factor = sp.Piecewise((grow, sp.Gt(agreement, 0)), (shrink, sp.Lt(agreement, 0)), (1, True))
    clamped = sp.Max(smallest, sp.Min(largest, d * factor))
    if clamp == ON_CHANGE:
        clamped = sp.Piecewise((d, sp.Eq(agreement, 0)), (clamped, True))
    one = sp.Integer(1)
    hyper = (
        learning_rate("0.01"),
        Parameter(shrink, "shrink", sp.Rational(1, 2), (Compare(shrink, ">", 0 * one), Compare(shrink, "<", one))),
        Parameter(grow, "grow", sp.Rational(6, 5), (Compare(grow, ">", one),)),
        nonnegative(smallest, "smallest", "1e-6"),
        nonnegative(largest, "largest", "50"),
    )
    return Optimizer(
        "rprop",
        hyper,
        (State(previous), State(d, eta)),
        step=(
            Assignment(d, clamped),
            Assignment(kept, sp.Piecewise((0, sp.Lt(agreement, 0)), (g, True))),
            Assignment(THETA, THETA - d * sp.sign(kept)),
            Assignment(previous, kept),
        ),
        conventions={"clamp": clamp},
        source=_RPROP,
    )


def _lion() -> Optimizer:
    """The sign of an interpolated momentum, and a decoupled decay."""
    m, first, second = symbol("m"), symbol("beta_1"), symbol("beta_2")
    direction = sp.sign(first * m + (1 - first) * g)
    return Optimizer(
        "lion",
        (
            learning_rate("0.0001"),
            average(first, "beta1", "0.9"),
            average(second, "beta2", "0.99"),
            nonnegative(decay, "weight_decay", "0"),
        ),
        (State(m),),
        step=(Assignment(THETA, THETA - eta * (direction + decay * THETA)), mean(m, second, g)),
        source=_LION,
    )


sign_descent_family = Family("sign_descent", {}, lambda: sign_descent)
rprop_family = Family("rprop", {"clamp": (EVERY_STEP, ON_CHANGE)}, _rprop)
lion_family = Family("lion", {}, _lion)

rprop = _rprop(EVERY_STEP)
lion = _lion()

SIGNS: tuple[Optimizer, ...] = (sign_descent, rprop, lion)
SIGN_FAMILIES: tuple[Family, ...] = (sign_descent_family, rprop_family, lion_family)
