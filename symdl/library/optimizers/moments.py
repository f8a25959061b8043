"""Adam and the rules that grew from it: a first moment over the root of a second.

Main results: :data:`MOMENTS`, :data:`MOMENT_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Family, Optimizer, Parameter, Source, State, symbol

from .parts import (
    CORRECTED,
    HAT,
    IN_MAXIMUM,
    INSIDE,
    OUTSIDE,
    UNCORRECTED,
    at_first,
    average,
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

_ADAM = Source("Kingma and Ba, Adam, ICLR 2015", "Algorithm 1")
_ADAMAX = Source("Kingma and Ba, Adam, ICLR 2015", "Algorithm 2")
_AMSGRAD = Source("Reddi, Kale and Kumar, On the convergence of Adam and beyond, ICLR 2018", "Algorithm 2")
_ADAMW = Source("Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019", "Algorithm 2")
_NADAM = Source("Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016", "Algorithm 8")
_RADAM = Source("Liu et al., On the variance of the adaptive learning rate and beyond, ICLR 2020", "Algorithm 2")
_ADABELIEF = Source("Zhuang et al., AdaBelief optimizer, NeurIPS 2020", "Algorithm 2")
_YOGI = Source("Zaheer et al., Adaptive methods for nonconvex optimization, NeurIPS 2018", "Algorithm 2")
_ADAN = Source("Xie et al., Adan: adaptive Nesterov momentum algorithm, arXiv:2208.06677", "Algorithm 1")

RAW = "of the raw average"
OF_CORRECTED = "of the corrected average"
AFTER = "after the maximum"
NOWHERE = "nowhere"
SCALED = "scaled by the rate"
BY_ITSELF = "by itself"
WITH_SCHEDULE = "0.96^(t psi)"
CONSTANT = "constant"
ABOVE_4, ABOVE_5 = "rho above 4", "rho above 5"
IN_BOTH = "in the average and outside the root"
AT_ZERO = "at zero"
AT_ACCUMULATOR = "at the initial accumulator"

m, v, first, second = symbol("m"), symbol("v"), symbol("beta_1"), symbol("beta_2")
m_hat, v_hat = symbol("m_hat"), symbol("v_hat")
MOMENT_STEPS = (mean(m, first, g), mean(v, second, g**2))
STATES = (State(m), State(v))


def _hyper(epsilon: str = "1e-8", rate: str = "0.001") -> tuple[Parameter, ...]:
    decays = average(first, "beta1", "0.9"), average(second, "beta2", "0.999")
    return (learning_rate(rate), *decays, stabiliser(epsilon))


def _adaptive(convention: str) -> tuple[Assignment, ...]:
    """Bias correction, and the step of Adam as ``delta``, which the parameter has to go back by."""
    if convention == HAT:
        factor = eta * sp.sqrt(1 - second**STEP) / (1 - first**STEP)
        return (Assignment(THETA, THETA - factor * over_root(m, v, OUTSIDE)),)
    return (
        Assignment(m_hat, unbiased(m, first)),
        Assignment(v_hat, unbiased(v, second)),
        Assignment(THETA, THETA - eta * over_root(m_hat, v_hat, convention)),
    )


def _adam(epsilon: str) -> Optimizer:
    return Optimizer(
        "adam",
        _hyper(),
        STATES,
        step=(*MOMENT_STEPS, *_adaptive(epsilon)),
        conventions={"epsilon": epsilon},
        source=_ADAM,
    )


def _uncorrected_adam(epsilon: str) -> Optimizer:
    """Adam without bias correction: its first steps are short or long."""
    return Optimizer(
        "uncorrected_adam",
        _hyper(),
        STATES,
        step=(*MOMENT_STEPS, Assignment(THETA, THETA - eta * over_root(m, v, epsilon))),
        conventions={"epsilon": epsilon},
        source=_ADAM,
    )


def _adamw(epsilon: str, weight_decay: str) -> Optimizer:
    """Adam that also shrinks the parameter, outside of its averages."""
    shrink = THETA - (eta * decay if weight_decay == SCALED else decay) * THETA
    return Optimizer(
        "adamw",
        (*_hyper(), nonnegative(decay, "weight_decay", "0.01")),
        STATES,
        step=(Assignment(THETA, shrink), *MOMENT_STEPS, *_adaptive(epsilon)),
        conventions={"epsilon": epsilon, "weight_decay": weight_decay},
        source=_ADAMW,
    )


def _amsgrad(maximum: str, epsilon: str) -> Optimizer:
    """Adam whose second moment never falls."""
    largest = symbol("v_max")
    inner = _adaptive(epsilon)
    if maximum == OF_CORRECTED:
        update = (
            Assignment(largest, sp.Max(largest, unbiased(v, second))),
            *(Assignment(a.symbol, a.expr.xreplace({v: largest * (1 - second**STEP)})) for a in inner),
        )
    else:
        update = (
            Assignment(largest, sp.Max(largest, v)),
            *(Assignment(a.symbol, a.expr.xreplace({v: largest})) for a in inner),
        )
    return Optimizer(
        "amsgrad",
        _hyper(),
        (*STATES, State(largest)),
        step=(*MOMENT_STEPS, *update),
        conventions={"maximum": maximum, "epsilon": epsilon},
        source=_AMSGRAD,
    )


def _adamax(epsilon: str) -> Optimizer:
    """Adam with the largest decayed gradient in place of the root of the second moment."""
    u, small = symbol("u"), symbol("epsilon")
    size = sp.Abs(g) + (small if epsilon == IN_MAXIMUM else 0)
    divisor = u + small if epsilon == AFTER else u
    hyper = _hyper(rate="0.002")
    return Optimizer(
        "adamax",
        hyper if epsilon != NOWHERE else hyper[:-1],
        (State(m), State(u)),
        step=(
            mean(m, first, g),
            Assignment(u, sp.Max(second * u, size)),
            Assignment(THETA, THETA - eta * unbiased(m, first) / divisor),
        ),
        conventions={"epsilon": epsilon},
        source=_ADAMAX,
    )


def _nadam(momentum: str) -> Optimizer:
    """Adam whose first moment looks one step ahead; its momentum may warm up."""
    hyper = _hyper(rate="0.002")
    states: tuple[State, ...] = STATES
    head: tuple[Assignment, ...] = MOMENT_STEPS
    if momentum == CONSTANT:
        ahead = first * m / (1 - first ** (STEP + 1)) + (1 - first) * g / (1 - first**STEP)
    else:
        psi, total, warm, following = symbol("psi"), symbol("P"), symbol("mu"), symbol("mu_next")
        schedule = first * (1 - sp.Rational(1, 2) * sp.Rational(24, 25) ** (STEP * psi))
        hyper, states = (*hyper, nonnegative(psi, "momentum_decay", "0.004")), (*STATES, State(total, sp.Integer(1)))
        head = (
            Assignment(warm, schedule),
            Assignment(following, schedule.xreplace({STEP: STEP + 1})),
            Assignment(total, total * warm),
            *MOMENT_STEPS,
        )
        ahead = following * m / (1 - total * following) + (1 - warm) * g / (1 - total)
    return Optimizer(
        "nadam",
        hyper,
        states,
        step=(
            *head,
            Assignment(m_hat, ahead),
            Assignment(v_hat, unbiased(v, second)),
            Assignment(THETA, THETA - eta * over_root(m_hat, v_hat, OUTSIDE)),
        ),
        conventions={"momentum": momentum},
        source=_NADAM,
    )


def _radam(threshold: str, epsilon: str) -> Optimizer:
    """Adam that waits with its second moment until the variance of the scale is finite."""
    longest = 2 / (1 - second) - 1
    length = symbol("rho")
    root = sp.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    tractable = sp.Gt(length, 4 if threshold == ABOVE_4 else 5)
    scaled = over_root(m_hat, v_hat, OUTSIDE)
    if epsilon == HAT:
        scaled = sp.sqrt(1 - second**STEP) * over_root(m_hat, v, OUTSIDE)
    return Optimizer(
        "radam",
        _hyper(),
        STATES,
        step=(
            *MOMENT_STEPS,
            Assignment(m_hat, unbiased(m, first)),
            *((Assignment(v_hat, unbiased(v, second)),) if epsilon != HAT else ()),
            Assignment(length, longest - 2 * STEP * second**STEP / (1 - second**STEP)),
            Assignment(THETA, THETA - eta * sp.Piecewise((root * scaled, tractable), (m_hat, True))),
        ),
        conventions={"threshold": threshold, "epsilon": epsilon},
        source=_RADAM,
    )


def _adabelief(epsilon: str) -> Optimizer:
    """Adam whose second moment is that of the gradient about its own average."""
    s = symbol("s")
    drift = symbol("epsilon") if epsilon == IN_BOTH else sp.Integer(0)
    return Optimizer(
        "adabelief",
        _hyper(epsilon="1e-16"),
        (State(m), State(s)),
        step=(
            mean(m, first, g),
            Assignment(s, second * s + (1 - second) * (g - m) ** 2 + drift),
            Assignment(m_hat, unbiased(m, first)),
            Assignment(v_hat, unbiased(s, second)),
            Assignment(THETA, THETA - eta * over_root(m_hat, v_hat, OUTSIDE)),
        ),
        conventions={"epsilon": epsilon},
        source=_ADABELIEF,
    )


def _yogi(bias: str, first_moment: str) -> Optimizer:
    """Adam whose second moment moves by at most (1 - beta_2) g^2 a step."""
    start = symbol("v_0")
    moved = v - (1 - second) * sp.sign(v - g**2) * g**2
    update: tuple[Assignment, ...] = (Assignment(THETA, THETA - eta * over_root(m, v, OUTSIDE)),)
    return Optimizer(
        "yogi",
        (*_hyper(epsilon="0.001", rate="0.01"), nonnegative(start, "initial_accumulator", "1e-6")),
        (State(m, start if first_moment == AT_ACCUMULATOR else sp.Integer(0)), State(v, start)),
        step=(
            mean(m, first, g),
            Assignment(v, moved),
            *(_adaptive(OUTSIDE) if bias == CORRECTED else update),
        ),
        conventions={"bias": bias, "first_moment": first_moment},
        source=_YOGI,
    )


def _adan(bias: str) -> Optimizer:
    """Adam with an average of the differences of gradients, which stands for the look-ahead."""
    d, n, previous, third, change = symbol("d"), symbol("n"), symbol("g_previous"), symbol("beta_3"), symbol("y")
    averages = (m, first), (d, second), (n, third)
    hats = [unbiased(s, b) if bias == CORRECTED else s for s, b in averages]
    decays = average(first, "beta1", "0.98"), average(second, "beta2", "0.92"), average(third, "beta3", "0.99")
    return Optimizer(
        "adan",
        (learning_rate("0.001"), *decays, stabiliser("1e-8")),
        (State(m), State(d), State(n), State(previous)),
        step=(
            Assignment(change, at_first(sp.Integer(0), g - previous)),
            mean(m, first, g),
            mean(d, second, change),
            mean(n, third, (g + (1 - second) * change) ** 2),
            Assignment(previous, g),
            Assignment(THETA, THETA - eta * over_root(hats[0] + (1 - second) * hats[1], hats[2], OUTSIDE)),
        ),
        conventions={"bias": bias},
        source=_ADAN,
    )


_EPSILONS = (OUTSIDE, INSIDE, HAT)
adam_family = Family("adam", {"epsilon": (*_EPSILONS, IN_MAXIMUM)}, _adam)
uncorrected_adam_family = Family("uncorrected_adam", {"epsilon": (OUTSIDE, INSIDE)}, _uncorrected_adam)
adamw_family = Family("adamw", {"epsilon": _EPSILONS, "weight_decay": (SCALED, BY_ITSELF)}, _adamw)
amsgrad_family = Family("amsgrad", {"maximum": (RAW, OF_CORRECTED), "epsilon": _EPSILONS}, _amsgrad)
adamax_family = Family("adamax", {"epsilon": (NOWHERE, IN_MAXIMUM, AFTER)}, _adamax)
nadam_family = Family("nadam", {"momentum": (WITH_SCHEDULE, CONSTANT)}, _nadam)
radam_family = Family("radam", {"threshold": (ABOVE_4, ABOVE_5), "epsilon": (OUTSIDE, HAT)}, _radam)
adabelief_family = Family("adabelief", {"epsilon": (IN_BOTH, OUTSIDE)}, _adabelief)
yogi_family = Family("yogi", {"bias": (UNCORRECTED, CORRECTED), "first_moment": (AT_ZERO, AT_ACCUMULATOR)}, _yogi)
adan_family = Family("adan", {"bias": (CORRECTED, UNCORRECTED)}, _adan)

adam = _adam(OUTSIDE)
uncorrected_adam = _uncorrected_adam(OUTSIDE)
adamw = _adamw(OUTSIDE, SCALED)
amsgrad = _amsgrad(RAW, OUTSIDE)
adamax = _adamax(IN_MAXIMUM)
nadam = _nadam(WITH_SCHEDULE)
radam = _radam(ABOVE_4, OUTSIDE)
adabelief = _adabelief(IN_BOTH)
yogi = _yogi(UNCORRECTED, AT_ZERO)
adan = _adan(CORRECTED)

MOMENTS: tuple[Optimizer, ...] = (
    adam,
    uncorrected_adam,
    adamw,
    amsgrad,
    adamax,
    nadam,
    radam,
    adabelief,
    yogi,
    adan,
)
MOMENT_FAMILIES: tuple[Family, ...] = (
    adam_family,
    uncorrected_adam_family,
    adamw_family,
    amsgrad_family,
    adamax_family,
    nadam_family,
    radam_family,
    adabelief_family,
    yogi_family,
    adan_family,
)
