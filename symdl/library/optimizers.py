"""Update rules, as data, and the families of conventions that they belong to.

Main results: :data:`OPTIMIZERS`, :data:`FAMILIES`. A family's axes name the choices that papers and
libraries differ in, the paper's own first; every library rule is a point of its family.
"""

import sympy as sp

from symdl.core import (
    STEP,
    THETA,
    Assignment,
    Compare,
    Evaluation,
    Family,
    Optimizer,
    Parameter,
    Source,
    State,
    symbol,
)

_CAUCHY = Source("Cauchy, Méthode générale pour la résolution des systèmes d'équations, C. R. 25, 1847", "p. 536")
_SGD = Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Algorithm 8.1")
_POLYAK = Source("Polyak, Some methods of speeding up the convergence of iteration methods, 1964", "two-step method")
_NESTEROV = Source(
    "Sutskever, Martens, Dahl and Hinton, On the importance of initialization, ICML 2013", "Equations 3-4"
)
_ADAGRAD = Source("Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011", "Figure 1")
_RMSPROP = Source("Tieleman and Hinton, Neural networks for machine learning, 2012", "Lecture 6.5, slide 29")
_ADAM = Source("Kingma and Ba, Adam, ICLR 2015", "Algorithm 1")

g = symbol("g")
eta = symbol("eta")
beta = symbol("beta")
epsilon = symbol("epsilon")

OUTSIDE = "outside the root"
INSIDE = "inside the root"
HAT = "hat"
DISPLACEMENT = "displacement"
RATE_INSIDE = "velocity, rate inside"
RATE_OUTSIDE = "velocity, rate outside"


def _at_least_zero(name: sp.Symbol) -> tuple[Compare, ...]:
    return (Compare(name, ">=", sp.Integer(0)),)


def _unit(name: sp.Symbol) -> tuple[Compare, ...]:
    return (*_at_least_zero(name), Compare(name, "<", sp.Integer(1)))


def _rate(default: sp.Rational | None = None) -> Parameter:
    return Parameter(eta, "learning_rate", default, _at_least_zero(eta))


def _decay(name: sp.Symbol, role: str, default: sp.Rational | None) -> Parameter:
    return Parameter(name, role, default, _unit(name))


def _epsilon(default: sp.Rational) -> Parameter:
    return Parameter(epsilon, "epsilon", default, _at_least_zero(epsilon))


def _scaled(numerator: sp.Expr, second_moment: sp.Expr, convention: str) -> sp.Expr:
    """``eta numerator / sqrt(second_moment)``, kept from dividing by zero by epsilon."""
    if convention == INSIDE:
        return eta * numerator / sp.sqrt(second_moment + epsilon)
    return eta * numerator / (sp.sqrt(second_moment) + epsilon)


def _descent(name: str, source: Source) -> Optimizer:
    return Optimizer(name, (_rate(),), step=(Assignment(THETA, THETA - eta * g),), source=source)


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
        (_rate(), _decay(beta, "momentum", None)),
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


def _adagrad(epsilon: str) -> Optimizer:
    total = symbol("G")
    step = (Assignment(total, total + g**2), Assignment(THETA, THETA - _scaled(g, total, epsilon)))
    hyper = (_rate(), _epsilon(sp.Rational(1, 10**10)))
    return Optimizer("adagrad", hyper, (State(total),), (Evaluation(g),), step, {"epsilon": epsilon}, _ADAGRAD)


def _rmsprop(epsilon: str) -> Optimizer:
    average, rho = symbol("v"), symbol("rho")
    step = (
        Assignment(average, rho * average + (1 - rho) * g**2),
        Assignment(THETA, THETA - _scaled(g, average, epsilon)),
    )
    hyper = (_rate(), _decay(rho, "decay", sp.Rational(9, 10)), _epsilon(sp.Rational(1, 10**8)))
    return Optimizer("rmsprop", hyper, (State(average),), (Evaluation(g),), step, {"epsilon": epsilon}, _RMSPROP)


def _adam(epsilon: str) -> Optimizer:
    m, v, first, second = symbol("m"), symbol("v"), symbol("beta_1"), symbol("beta_2")
    m_hat, v_hat = symbol("m_hat"), symbol("v_hat")
    unbiased: tuple[Assignment, ...]
    moments = (Assignment(m, first * m + (1 - first) * g), Assignment(v, second * v + (1 - second) * g**2))
    unbiased = (Assignment(m_hat, m / (1 - first**STEP)), Assignment(v_hat, v / (1 - second**STEP)))
    update = THETA - _scaled(m_hat, v_hat, epsilon)
    if epsilon == HAT:
        correction = sp.sqrt(1 - second**STEP) / (1 - first**STEP)
        unbiased, update = (), THETA - correction * _scaled(m, v, OUTSIDE)
    return Optimizer(
        "adam",
        (
            _rate(sp.Rational(1, 1000)),
            _decay(first, "beta1", sp.Rational(9, 10)),
            _decay(second, "beta2", sp.Rational(999, 1000)),
            _epsilon(sp.Rational(1, 10**8)),
        ),
        (State(m), State(v)),
        (Evaluation(g),),
        (*moments, *unbiased, Assignment(THETA, update)),
        {"epsilon": epsilon},
        _ADAM,
    )


momentum_family = Family("momentum", {"form": (DISPLACEMENT, RATE_INSIDE, RATE_OUTSIDE)}, _momentum)
nesterov_family = Family("nesterov", {"form": (DISPLACEMENT, RATE_INSIDE, RATE_OUTSIDE)}, _nesterov)
adagrad_family = Family("adagrad", {"epsilon": (OUTSIDE, INSIDE)}, _adagrad)
rmsprop_family = Family("rmsprop", {"epsilon": (OUTSIDE, INSIDE)}, _rmsprop)
adam_family = Family("adam", {"epsilon": (OUTSIDE, INSIDE, HAT)}, _adam)

gradient_descent = _descent("gradient_descent", _CAUCHY)
sgd = _descent("sgd", _SGD)
momentum = _momentum(RATE_INSIDE)
nesterov = _nesterov(RATE_INSIDE)
adagrad = _adagrad(OUTSIDE)
rmsprop = _rmsprop(OUTSIDE)
adam = _adam(OUTSIDE)

gradient_descent_family = Family("gradient_descent", {}, lambda: gradient_descent)

OPTIMIZERS: tuple[Optimizer, ...] = (gradient_descent, sgd, momentum, nesterov, adagrad, rmsprop, adam)
FAMILIES: tuple[Family, ...] = (
    gradient_descent_family,
    momentum_family,
    nesterov_family,
    adagrad_family,
    rmsprop_family,
    adam_family,
)
