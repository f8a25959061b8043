"""Descent along the gradient, with and without a velocity.

Main results: :data:`DESCENT`, :data:`DESCENT_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import THETA, Assignment, Evaluation, Family, Optimizer, Parameter, Source, State, symbol

from .parts import at_first, average, beta, eta, g, learning_rate, unit

_CAUCHY = Source("Cauchy, Méthode générale pour la résolution des systèmes d'équations, C. R. 25, 1847", "p. 536")
_SGD = Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Algorithm 8.1")
_POLYAK = Source("Polyak, Some methods of speeding up the convergence of iteration methods, 1964", "two-step method")
_NESTEROV = Source(
    "Sutskever, Martens, Dahl and Hinton, On the importance of initialization, ICML 2013", "Equations 3-4"
)
_TORCH_SGD = Source("PyTorch, torch.optim.SGD", "the algorithm of the documentation")

DISPLACEMENT = "displacement"
RATE_INSIDE = "velocity, rate inside"
RATE_OUTSIDE = "velocity, rate outside"
GRADIENT = "the gradient"
DAMPED = "the damped gradient"


def _descent(name: str, source: Source) -> Optimizer:
    return Optimizer(name, (learning_rate(),), step=(Assignment(THETA, THETA - eta * g),), source=source)


def _with_momentum(name: str, form: str, source: Source, look_ahead: bool) -> Optimizer:
    """Heavy ball; with ``look_ahead`` the gradient is taken where momentum alone would lead."""
    v, previous, following = symbol("v"), symbol("theta_previous"), symbol("theta_next")
    state: State
    step: tuple[Assignment, ...]
    if form == DISPLACEMENT:
        state, drift = State(previous, THETA), beta * (THETA - previous)
        step = (
            Assignment(following, THETA - eta * g + drift),
            Assignment(previous, THETA),
            Assignment(THETA, following),
        )
    elif form == RATE_INSIDE:
        state, drift = State(v), beta * v
        step = (Assignment(v, drift - eta * g), Assignment(THETA, THETA + v))
    else:
        state, drift = State(v), -eta * beta * v
        step = (Assignment(v, beta * v + g), Assignment(THETA, THETA - eta * v))
    return Optimizer(
        name,
        (learning_rate(), average(beta, "momentum", None)),
        (state,),
        (Evaluation(g, THETA + drift if look_ahead else THETA),),
        step,
        {"form": form},
        source,
    )


def _momentum(form: str) -> Optimizer:
    return _with_momentum("momentum", form, _POLYAK, look_ahead=False)


def _nesterov(form: str) -> Optimizer:
    return _with_momentum("nesterov", form, _NESTEROV, look_ahead=True)


def _dampened_momentum(first_buffer: str) -> Optimizer:
    """Momentum whose new gradients are scaled by one minus the dampening, the first one perhaps not."""
    v, dampening = symbol("v"), symbol("tau")
    weight = 1 - dampening
    weight = at_first(sp.Integer(1), weight) if first_buffer == GRADIENT else weight
    return Optimizer(
        "dampened_momentum",
        (learning_rate(), average(beta, "momentum", None), Parameter(dampening, "dampening", None, unit(dampening))),
        (State(v),),
        step=(Assignment(v, beta * v + weight * g), Assignment(THETA, THETA - eta * v)),
        conventions={"first_buffer": first_buffer},
        source=_TORCH_SGD,
    )


momentum_family = Family("momentum", {"form": (DISPLACEMENT, RATE_INSIDE, RATE_OUTSIDE)}, _momentum)
nesterov_family = Family("nesterov", {"form": (DISPLACEMENT, RATE_INSIDE, RATE_OUTSIDE)}, _nesterov)
dampened_momentum_family = Family("dampened_momentum", {"first_buffer": (GRADIENT, DAMPED)}, _dampened_momentum)

gradient_descent = _descent("gradient_descent", _CAUCHY)
sgd = _descent("sgd", _SGD)
momentum = _momentum(RATE_INSIDE)
nesterov = _nesterov(RATE_INSIDE)
dampened_momentum = _dampened_momentum(GRADIENT)

gradient_descent_family = Family("gradient_descent", {}, lambda: gradient_descent)

DESCENT: tuple[Optimizer, ...] = (gradient_descent, sgd, momentum, nesterov, dampened_momentum)
DESCENT_FAMILIES: tuple[Family, ...] = (
    gradient_descent_family,
    momentum_family,
    nesterov_family,
    dampened_momentum_family,
)
