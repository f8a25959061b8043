"""Activations that the library does not hold: of recent papers, and drawn from the operation table."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import sympy as sp

from symdl.core import Activation, Compare, Parameter, Source, symbol

x, a = symbol("x"), symbol("a")
_POSITIVE = (Parameter(a, "alpha", sp.Integer(1), (Compare(a, ">", sp.Integer(0)),)),)


def _sigmoid(u: sp.Expr) -> sp.Expr:
    return 1 / (1 + sp.exp(-u))


def _normal(u: sp.Expr) -> sp.Expr:
    return (1 + sp.erf(u / sp.sqrt(2))) / 2


PAPERS = (
    Activation(
        "logish", x, x * sp.log(1 + _sigmoid(x)), source=Source("Zhu et al., Neurocomputing 458 (2021)", "definition")
    ),
    Activation(
        "serf",
        x,
        x * sp.erf(sp.log(1 + sp.exp(x))),
        source=Source("Nag and Bhattacharyya, arXiv:2108.09598", "definition"),
    ),
    Activation(
        "smish",
        x,
        x * sp.tanh(sp.log(1 + _sigmoid(x))),
        source=Source("Wang et al., Electronics 11 (2022) 540", "definition"),
    ),
    Activation("phish", x, x * sp.tanh(x * _normal(x)), source=Source("Naveen, Phish (2022), TechRxiv", "definition")),
    Activation("golu", x, x * sp.exp(-sp.exp(-x)), source=Source("Das et al., arXiv:2502.03654", "definition of GoLU")),
)
"""Those of the table."""

OTHERS = (
    Activation(
        "isru", x, x / sp.sqrt(1 + a * x**2), _POSITIVE, source=Source("Carlile et al., arXiv:1710.09967", "definition")
    ),
    Activation(
        "isrlu",
        x,
        sp.Piecewise((x, x >= 0), (x / sp.sqrt(1 + a * x**2), True)),
        _POSITIVE,
        source=Source("Carlile et al., arXiv:1710.09967", "definition"),
    ),
    Activation(
        "elish",
        x,
        sp.Piecewise((x * _sigmoid(x), x >= 0), ((sp.exp(x) - 1) * _sigmoid(x), True)),
        source=Source("Basirat and Roth, arXiv:1808.00783", "definition"),
    ),
    Activation("lisht", x, x * sp.tanh(x), source=Source("Roy et al., arXiv:1901.05894", "definition")),
    Activation("tanh_exp", x, x * sp.tanh(sp.exp(x)), source=Source("Liu and Di, arXiv:2003.09855", "definition")),
    Activation(
        "smelu",
        x,
        sp.Piecewise((x, x >= a), (0, x <= -a), ((x + a) ** 2 / (4 * a), True)),
        _POSITIVE,
        source=Source("Shamir et al., arXiv:2202.06499", "definition"),
    ),
    Activation(
        "star_relu",
        x,
        sp.Max(x, 0) ** 2 * sp.Rational(89, 100) - sp.Rational(448, 1000),
        source=Source("Yu et al., arXiv:2210.13452", "definition"),
    ),
    Activation(
        "swish_t", x, x * _sigmoid(x) + sp.tanh(x) / 10, source=Source("Seo et al., arXiv:2407.01012", "definition")
    ),
    Activation(
        "xielu",
        x,
        sp.Piecewise((x**2 * 4 / 5 + x / 2, x > 0), ((sp.exp(x) - 1 - x) * 4 / 5 + x / 2, True)),
        source=Source("Huang et al., arXiv:2411.13010", "definition"),
    ),
)
"""More of recent papers, measured with ``--only``."""

_ONE: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
    sp.tanh,
    _sigmoid,
    lambda u: sp.log(1 + sp.exp(u)),
    sp.exp,
    lambda u: sp.exp(-(u**2)),
    lambda u: sp.exp(-sp.Abs(u)),
    lambda u: sp.sqrt(1 + u**2),
    sp.atan,
    sp.asinh,
    sp.erf,
    sp.erfc,
    sp.sin,
    sp.cos,
    sp.Abs,
    lambda u: sp.log(1 + u**2),
    lambda u: sp.exp(u) - 1,
    lambda u: u**2,
    lambda u: u**3,
    lambda u: 1 / (1 + u**2),
    lambda u: u / (1 + sp.Abs(u)),
    lambda u: u / sp.sqrt(1 + u**2),
    lambda u: sp.Max(u, 0),
    lambda u: sp.Min(u, 0),
    lambda u: sp.log(1 + sp.Abs(u)),
    lambda u: u * _sigmoid(u),
    sp.sinh,
    sp.cosh,
)
_TWO: tuple[Callable[[sp.Expr, sp.Expr], sp.Expr], ...] = (
    lambda u, v: u + v,
    lambda u, v: u - v,
    lambda u, v: u * v,
    lambda u, v: u / (1 + v**2),
    lambda u, v: u / (1 + sp.exp(v)),
    sp.Max,
    sp.Min,
    lambda u, v: sp.Piecewise((u, x >= 0), (v, True)),
)
_LEAVES = (x, x, x, x / 2, 2 * x, -x, x + 1, x - sp.Rational(1, 3))


def drawn(seed: int) -> Activation:
    """The composition of a seed: a tree of depth 2 or 3 over the operation table."""
    generator = random.Random(f"composition {seed}")
    while True:
        expr = _composed(generator, generator.choice((2, 2, 3)))
        if x in expr.free_symbols and not expr.has(sp.zoo, sp.nan):
            return Activation(f"seed_{seed}", x, expr)


def _composed(generator: random.Random, depth: int) -> sp.Expr:
    if depth == 0:
        return generator.choice(_LEAVES)
    if generator.random() < 0.6:
        return generator.choice(_ONE)(_composed(generator, depth - 1))
    return generator.choice(_TWO)(_composed(generator, depth - 1), _composed(generator, generator.randrange(depth)))


def _softplus_by_hand(u: np.ndarray) -> np.ndarray:
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def _sigmoid_by_hand(u: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-u))


def _erf_by_hand(u: np.ndarray) -> np.ndarray:
    """SciPy's, which the formula is written with where it is at hand."""
    from scipy.special import erf

    return np.asarray(erf(u))


BY_HAND: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "logish": lambda u: u * np.log1p(_sigmoid_by_hand(u)),
    "serf": lambda u: u * _erf_by_hand(_softplus_by_hand(u)),
    "smish": lambda u: u * np.tanh(np.log1p(_sigmoid_by_hand(u))),
    "phish": lambda u: u * np.tanh(u * (1 + _erf_by_hand(u / u.dtype.type(np.sqrt(2)))) / 2),
    "golu": lambda u: u * np.exp(-np.exp(-u)),
}
"""The values of those from papers as one would write them in NumPy."""
