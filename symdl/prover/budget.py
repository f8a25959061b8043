"""Deterministic units of work, so that a verdict never depends on the clock."""

from __future__ import annotations

from math import comb
from typing import Any

from symdl.core import BudgetExceeded

UNITS = 3_000_000
"""What one checker may spend on one claim: about the number of monomials that it touches."""
MOST_TERMS = 6_000
"""The longest polynomial that is ever formed."""
MOST_DEGREE = 5_000
MOST_BITS = 20_000
"""The longest integer that is ever formed."""


class Work:
    """A meter that stops a checker when its units are spent.

    ``trusted`` names the solvers that it relied on; ``context`` is the memory of the SMT solver, one for
    each piece of work, so that no answer depends on what was asked before.

    >>> work = Work(10)
    >>> work.spend(7, "terms")
    >>> work.spend(7, "terms")
    Traceback (most recent call last):
    symdl.core.errors.BudgetExceeded: over budget: more than 10 units of work (terms)
    """

    def __init__(self, limit: int = UNITS) -> None:
        self.limit = limit
        self.spent = 0
        self.trusted: set[str] = set()
        self.context: Any = None

    def spend(self, units: int, what: str) -> None:
        """Count ``units``; raises :class:`BudgetExceeded` once the limit is passed."""
        self.spent += units
        if self.spent > self.limit:
            raise BudgetExceeded(f"over budget: more than {self.limit} units of work ({what})")


def power_terms(terms: int, exponent: int) -> int:
    """An upper bound of the number of terms of a power, known before it is expanded.

    >>> power_terms(3, 1000)
    501501
    """
    return comb(terms + exponent - 1, exponent)


def require_size(size: int, most: int, what: str) -> None:
    """Raise :class:`BudgetExceeded` when ``size`` is above ``most``.

    >>> require_size(501501, 6000, "terms in a power")
    Traceback (most recent call last):
    symdl.core.errors.BudgetExceeded: over budget: 501501 terms in a power, at most 6000
    """
    if size > most:
        shown = str(size) if size < 10**12 else "too many"
        raise BudgetExceeded(f"over budget: {shown} {what}, at most {most}")
