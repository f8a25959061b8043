"""Rates that each coordinate sets for itself from its squared gradients.

Main results: :data:`ACCUMULATORS`, :data:`ACCUMULATOR_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Family, Optimizer, Source, State, symbol

from .parts import (
    INSIDE,
    OUTSIDE,
    average,
    beta,
    epsilon,
    eta,
    g,
    learning_rate,
    mean,
    nonnegative,
    over_root,
    stabiliser,
)

_ADAGRAD = Source("Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011", "Figure 1")
_RMSPROP = Source("Tieleman and Hinton, Neural networks for machine learning, 2012", "Lecture 6.5, slide 29")
_CENTERED = Source("Graves, Generating sequences with recurrent neural networks, arXiv:1308.0850", "Equations 38-45")
_ADADELTA = Source("Zeiler, ADADELTA: an adaptive learning rate method, arXiv:1212.5701", "Algorithm 1")

RATE_INSIDE = "in the buffer"
RATE_OUTSIDE = "at the parameter"

rho = symbol("rho")
average_of_squares = symbol("v")


def _adagrad(epsilon: str) -> Optimizer:
    total = symbol("G")
    step = (Assignment(total, total + g**2), Assignment(THETA, THETA - eta * over_root(g, total, epsilon)))
    hyper = (learning_rate(), stabiliser("1e-10"))
    return Optimizer("adagrad", hyper, (State(total),), step=step, conventions={"epsilon": epsilon}, source=_ADAGRAD)


def _adagrad_from(epsilon: str) -> Optimizer:
    """AdaGrad whose sum starts above zero and whose rate falls with the steps, as libraries have it."""
    total, start, fall = symbol("G"), symbol("G_0"), symbol("lambda")
    falling = eta / (1 + (STEP - 1) * fall)
    step = (Assignment(total, total + g**2), Assignment(THETA, THETA - falling * over_root(g, total, epsilon)))
    hyper = (
        learning_rate(),
        stabiliser("1e-10"),
        nonnegative(start, "initial_accumulator", "0"),
        nonnegative(fall, "rate_decay", "0"),
    )
    return Optimizer(
        "adagrad_from",
        hyper,
        (State(total, start),),
        step=step,
        conventions={"epsilon": epsilon},
        source=_ADAGRAD,
    )


def _rmsprop(epsilon: str) -> Optimizer:
    v = average_of_squares
    step = (mean(v, rho, g**2), Assignment(THETA, THETA - eta * over_root(g, v, epsilon)))
    hyper = (learning_rate(), average(rho, "decay", "0.9"), stabiliser("1e-8"))
    return Optimizer("rmsprop", hyper, (State(v),), step=step, conventions={"epsilon": epsilon}, source=_RMSPROP)


def _centered_rmsprop(epsilon: str) -> Optimizer:
    """RMSProp with the variance of the gradient in place of its second moment."""
    v, m = average_of_squares, symbol("m")
    step = (mean(v, rho, g**2), mean(m, rho, g), Assignment(THETA, THETA - eta * over_root(g, v - m**2, epsilon)))
    return Optimizer(
        "centered_rmsprop",
        (learning_rate(), average(rho, "decay", "0.9"), stabiliser("1e-8")),
        (State(v), State(m)),
        step=step,
        conventions={"epsilon": epsilon},
        source=_CENTERED,
    )


def _rmsprop_momentum(epsilon: str, rate: str) -> Optimizer:
    """RMSProp whose scaled gradients go through a velocity, which holds the rate or does not."""
    v, b = average_of_squares, symbol("b")
    scaled = over_root(g, v, epsilon)
    pushed = beta * b + (eta * scaled if rate == RATE_INSIDE else scaled)
    moved = THETA - (b if rate == RATE_INSIDE else eta * b)
    return Optimizer(
        "rmsprop_momentum",
        (learning_rate(), average(rho, "decay", "0.9"), average(beta, "momentum", "0.9"), stabiliser("1e-8")),
        (State(v), State(b)),
        step=(mean(v, rho, g**2), Assignment(b, pushed), Assignment(THETA, moved)),
        conventions={"epsilon": epsilon, "rate": rate},
        source=_CENTERED,
    )


def _adadelta() -> Optimizer:
    v, u, step_taken = average_of_squares, symbol("u"), symbol("delta")
    step = (
        mean(v, rho, g**2),
        Assignment(step_taken, sp.sqrt(u + epsilon) / sp.sqrt(v + epsilon) * g),
        mean(u, rho, step_taken**2),
        Assignment(THETA, THETA - eta * step_taken),
    )
    hyper = (learning_rate("1"), average(rho, "decay", "0.9"), stabiliser("1e-6"))
    return Optimizer("adadelta", hyper, (State(v), State(u)), step=step, source=_ADADELTA)


adagrad_family = Family("adagrad", {"epsilon": (OUTSIDE, INSIDE)}, _adagrad)
adagrad_from_family = Family("adagrad_from", {"epsilon": (OUTSIDE, INSIDE)}, _adagrad_from)
rmsprop_family = Family("rmsprop", {"epsilon": (OUTSIDE, INSIDE)}, _rmsprop)
centered_rmsprop_family = Family("centered_rmsprop", {"epsilon": (INSIDE, OUTSIDE)}, _centered_rmsprop)
rmsprop_momentum_family = Family(
    "rmsprop_momentum", {"epsilon": (OUTSIDE, INSIDE), "rate": (RATE_OUTSIDE, RATE_INSIDE)}, _rmsprop_momentum
)
adadelta_family = Family("adadelta", {}, _adadelta)

adagrad = _adagrad(OUTSIDE)
adagrad_from = _adagrad_from(OUTSIDE)
rmsprop = _rmsprop(OUTSIDE)
centered_rmsprop = _centered_rmsprop(INSIDE)
rmsprop_momentum = _rmsprop_momentum(OUTSIDE, RATE_OUTSIDE)
adadelta = _adadelta()

ACCUMULATORS: tuple[Optimizer, ...] = (adagrad, adagrad_from, rmsprop, centered_rmsprop, rmsprop_momentum, adadelta)
ACCUMULATOR_FAMILIES: tuple[Family, ...] = (
    adagrad_family,
    adagrad_from_family,
    rmsprop_family,
    centered_rmsprop_family,
    rmsprop_momentum_family,
    adadelta_family,
)
