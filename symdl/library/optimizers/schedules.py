"""Learning rates that change with the steps: the factor of the rate, as data.

Main results: :data:`SCHEDULES`. ``scheduled(rule, schedule.factor, schedule.hyper)`` composes one with
a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdl.core import STEP, Compare, Parameter, Source, symbol

from .parts import nonnegative, unit

DONE = STEP - 1
"""The steps that are done: 0 at the first."""


@dataclass(frozen=True)
class Schedule:
    """The factor that the learning rate is multiplied by, in the step count t and hyper-parameters.

    >>> exponential.factor
    gamma**(t - 1)
    """

    name: str
    factor: sp.Expr
    hyper: tuple[Parameter, ...]
    source: Source


def _duration(name: sp.Symbol, role: str) -> Parameter:
    return Parameter(name, role, None, (Compare(name, ">", sp.Integer(0)),))


_TORCH = "PyTorch, torch.optim.lr_scheduler"
_SGDR = Source("Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017", "Equation 5")
_TRANSFORMER = Source("Vaswani et al., Attention is all you need, NeurIPS 2017", "Equation 3")
_ONE_CYCLE = Source("Smith and Topin, Super-convergence, arXiv:1708.07120", "Section 3")
_POLYNOMIAL = Source("Chen et al., DeepLab, arXiv:1606.00915", "Section 4.1, learning rate policy")

gamma, power, least = symbol("gamma"), symbol("p"), symbol("eta_least")
length, warm, peak = symbol("T"), symbol("T_warm"), symbol("T_peak")
_GAMMA = Parameter(gamma, "decay_rate", None, unit(gamma))
_LEAST = nonnegative(least, "final_factor", "0")


def _cosine(share: sp.Expr, start: sp.Expr, end: sp.Expr) -> sp.Expr:
    """Half a cosine from ``start`` to ``end``, as ``share`` goes from 0 to 1."""
    return end + (start - end) * (1 + sp.cos(sp.pi * share)) / 2


def _steps() -> Schedule:
    first, second = symbol("T_1"), symbol("T_2")
    factor = sp.Piecewise((1, sp.Lt(DONE, first)), (gamma, sp.Lt(DONE, second)), (gamma**2, True))
    hyper = (_GAMMA, _duration(first, "first_drop"), _duration(second, "second_drop"))
    return Schedule("steps", factor, hyper, Source(_TORCH, "MultiStepLR, two milestones"))


def _warm_up_cosine() -> Schedule:
    share = (sp.Min(DONE, length) - warm) / (length - warm)
    factor = sp.Piecewise((DONE / warm, sp.Lt(DONE, warm)), (_cosine(share, sp.Integer(1), least), True))
    hyper = (_duration(warm, "warm_up"), Parameter(length, "length", None, (Compare(length, ">", warm),)), _LEAST)
    return Schedule("warm_up_cosine", factor, hyper, _SGDR)


def _one_cycle() -> Schedule:
    """Up by half a cosine from a small rate, down by another to a smaller one, over ``length`` steps."""
    first = symbol("eta_first")
    rise = _cosine(DONE / peak, first, sp.Integer(1))
    fall = _cosine((sp.Min(DONE, length - 1) - peak) / (length - 1 - peak), sp.Integer(1), least)
    hyper = (
        _duration(peak, "peak"),
        Parameter(length, "length", None, (Compare(length, ">", peak + 1),)),
        nonnegative(first, "initial_factor", "0.04"),
        nonnegative(least, "final_factor", "0.000004"),
    )
    return Schedule("one_cycle", sp.Piecewise((rise, sp.Lt(DONE, peak)), (fall, True)), hyper, _ONE_CYCLE)


steps = _steps()
exponential = Schedule("exponential", gamma**DONE, (_GAMMA,), Source(_TORCH, "ExponentialLR"))
polynomial = Schedule(
    "polynomial",
    (1 - sp.Min(DONE, length) / length) ** power,
    (_duration(length, "length"), nonnegative(power, "power", "1")),
    _POLYNOMIAL,
)
cosine = Schedule(
    "cosine", _cosine(sp.Min(DONE, length) / length, sp.Integer(1), least), (_duration(length, "length"), _LEAST), _SGDR
)
warm_up_cosine = _warm_up_cosine()
inverse_square_root = Schedule(
    "inverse_square_root",
    sp.Min(STEP ** sp.Rational(-1, 2), STEP * warm ** sp.Rational(-3, 2)),
    (_duration(warm, "warm_up"),),
    _TRANSFORMER,
)
one_cycle = _one_cycle()

SCHEDULES: tuple[Schedule, ...] = (
    steps,
    exponential,
    polynomial,
    cosine,
    warm_up_cosine,
    inverse_square_root,
    one_cycle,
)
