"""Expectations ``E(expr, law, ...)`` over independent random quantities with a stated law.

A law is said of a symbol, ``gaussian(x, mean, variance)``; it holds for ``x`` and, independently, for each
term ``x(1), x(2), ...`` of a sequence of that name. Draws from a data set of N examples are random places:
with ``drawn(i, N)`` the gradient of the b-th example of a mini-batch is ``g(i(b))``.

>>> from symdl.core import symbol
>>> x, mean, variance = symbol("x"), symbol("mean"), symbol("variance")
>>> expectation(x**2, moments(x, mean, variance))
E(x**2, moments(x, mean, variance))
"""

from __future__ import annotations

import sympy as sp

from .errors import DefinitionError
from .symbols import function

LAWS = ("gaussian", "moments", "bernoulli", "drawn", "drawn_apart")
"""Names of laws, with what follows the symbol: mean and variance twice, a probability, a number of examples."""


def gaussian(x: sp.Symbol, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """The normal law."""
    return _law("gaussian", x, mean, variance)


def moments(x: sp.Symbol, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """Any law with this mean and variance."""
    return _law("moments", x, mean, variance)


def bernoulli(x: sp.Symbol, probability: sp.Expr) -> sp.Expr:
    """1 with this probability, else 0."""
    return _law("bernoulli", x, probability)


def drawn(place: sp.Symbol, size: sp.Expr) -> sp.Expr:
    """Places 1, ..., size, drawn evenly and with replacement."""
    return _law("drawn", place, size)


def drawn_apart(place: sp.Symbol, size: sp.Expr) -> sp.Expr:
    """Places 1, ..., size, drawn evenly without replacement: no two terms of the sequence are equal."""
    return _law("drawn_apart", place, size)


def _law(name: str, x: sp.Symbol, *parameters: sp.Expr | int) -> sp.Expr:
    if not isinstance(x, sp.Symbol):
        raise DefinitionError(f"{name} is a law of a symbol, not of {x}")
    return function(name)(x, *(sp.sympify(p, strict=True) for p in parameters))


def expectation(expr: sp.Expr, *laws: sp.Expr) -> sp.Expr:
    """The expected value over the quantities that the laws are of.

    The laws stay in the expression, so that ``sp.Derivative`` by one of their parameters is meant as it says.
    """
    if not laws:
        raise DefinitionError(f"the expectation of {expr} needs a law", remedy="give gaussian(x, mean, variance), say")
    return function("E")(expr, *laws)


def variance(expr: sp.Expr, *laws: sp.Expr) -> sp.Expr:
    """``E(expr^2) - E(expr)^2``.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> variance(x, bernoulli(x, symbol("p")))
    -E(x, bernoulli(x, p))**2 + E(x**2, bernoulli(x, p))
    """
    return expectation(expr**2, *laws) - expectation(expr, *laws) ** 2
