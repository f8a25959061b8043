"""Several checkers on one claim that stands behind another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symdl.core import BudgetExceeded, Claim, Evidence, UndefinedValue, UnsupportedDerivative, UnsupportedOperation

from .control import Open

Checker = Callable[[Claim], Evidence | None]
_STOPS = (Open, BudgetExceeded, UndefinedValue, UnsupportedDerivative, UnsupportedOperation)


def first_proof(claim: Claim, checkers: Iterable[Checker]) -> Evidence | None:
    """The evidence of the first checker that finds some; those that stop short are passed over."""
    for checker in checkers:
        try:
            evidence = checker(claim)
        except _STOPS:
            continue
        if evidence is not None:
            return evidence
    return None
