"""Symbols, functions and sources: the smallest nouns."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


def symbol(name: str) -> sp.Symbol:
    """The only maker of symbols: real, with no other assumption.

    Everything else that is assumed of a symbol stands in the ``given`` of a claim, so that SymPy
    never splits ``b**(t - 1)`` or ``log(x*y)`` on its own account.

    >>> symbol("x") == symbol("x"), symbol("x").is_real, symbol("x").is_positive
    (True, True, None)
    """
    return sp.Symbol(name, real=True)


def function(name: str) -> sp.Function:
    """An opaque real-valued function of real arguments.

    >>> function("f")(symbol("x"))
    f(x)
    """
    return sp.Function(name, real=True)


@dataclass(frozen=True)
class Source:
    """A paper or book, and the equation in it.

    >>> str(Source("Kingma and Ba, Adam, ICLR 2015", "Algorithm 1"))
    'Kingma and Ba, Adam, ICLR 2015, Algorithm 1'
    """

    cite: str
    where: str

    def __str__(self) -> str:
        return f"{self.cite}, {self.where}"
