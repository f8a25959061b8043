"""Rules that average the points they went through.

Main results: :data:`AVERAGES`, :data:`AVERAGE_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Evaluation, Family, Optimizer, Source, State, symbol

from .parts import (
    OUTSIDE,
    average,
    beta,
    decay,
    eta,
    g,
    learning_rate,
    mean,
    nonnegative,
    over_root,
    stabiliser,
    unbiased,
)

_ASGD = Source("Polyak and Juditsky, Acceleration of stochastic approximation by averaging, SICON 1992", "Section 1")
_SCHEDULE_FREE = Source("Defazio et al., The road less scheduled, NeurIPS 2024", "Equations 3-5")


def _asgd() -> Optimizer:
    """Descent with a falling rate and a decay, and the average of the points from some step on."""
    mean_point, power, begin = symbol("a"), symbol("alpha"), symbol("t_0")
    falling = eta / (1 + decay * eta * (STEP - 1)) ** power
    weight = 1 / sp.Max(1, STEP - 1 - begin)
    return Optimizer(
        "asgd",
        (
            learning_rate("0.01"),
            nonnegative(decay, "weight_decay", "0.0001"),
            nonnegative(power, "power", "0.75"),
            nonnegative(begin, "averaging_from", "1000000"),
        ),
        (State(mean_point),),
        step=(
            Assignment(THETA, THETA * (1 - decay * falling) - falling * g),
            Assignment(mean_point, mean_point + weight * (THETA - mean_point)),
        ),
        source=_ASGD,
    )


z = symbol("z")
_POINT = (1 - beta) * z + beta * THETA

schedule_free_sgd = Optimizer(
    "schedule_free_sgd",
    (learning_rate("1"), average(beta, "momentum", "0.9")),
    (State(z, THETA),),
    (Evaluation(g, _POINT),),
    (Assignment(z, z - eta * g), Assignment(THETA, THETA + (z - THETA) / STEP)),
    source=_SCHEDULE_FREE,
)


def _schedule_free_adamw() -> Optimizer:
    """The same average over steps of Adam without a first moment, with decoupled decay."""
    v, second = symbol("v"), symbol("beta_2")
    scaled = over_root(g, unbiased(v, second), OUTSIDE)
    return Optimizer(
        "schedule_free_adamw",
        (
            learning_rate("0.0025"),
            average(beta, "momentum", "0.9"),
            average(second, "beta2", "0.999"),
            stabiliser("1e-8"),
            nonnegative(decay, "weight_decay", "0"),
        ),
        (State(z, THETA), State(v)),
        (Evaluation(g, _POINT),),
        (
            mean(v, second, g**2),
            Assignment(z, z - eta * (scaled + decay * _POINT)),
            Assignment(THETA, THETA + (z - THETA) / STEP),
        ),
        source=_SCHEDULE_FREE,
    )


asgd = _asgd()
schedule_free_adamw = _schedule_free_adamw()
asgd_family = Family("asgd", {}, lambda: asgd)
schedule_free_sgd_family = Family("schedule_free_sgd", {}, lambda: schedule_free_sgd)
schedule_free_adamw_family = Family("schedule_free_adamw", {}, lambda: schedule_free_adamw)

AVERAGES: tuple[Optimizer, ...] = (asgd, schedule_free_sgd, schedule_free_adamw)
AVERAGE_FAMILIES: tuple[Family, ...] = (asgd_family, schedule_free_sgd_family, schedule_free_adamw_family)
