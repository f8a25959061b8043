"""Comparisons of two numbers: an enclosure of the difference tells its sign."""

from __future__ import annotations

from symdl.core import Claim, Evidence
from symdl.numerics import ball

from .equality import require_domain
from .problems import problem_of
from .signs import ALLOWED

METHOD = "enclosure"
TRUST = "ball arithmetic (FLINT)"
_BITS = (128, 1_000, 8_000)


def by_enclosure(claim: Claim) -> Evidence | None:
    """A comparison of two constant expressions."""
    problem = problem_of(claim)
    if problem is None or problem.relation == "=" or problem.difference.free_symbols:
        return None
    for bits in _BITS:
        value = ball.evaluate(problem.difference, {}, bits)
        if value > 0 or value < 0:
            if (1 if value > 0 else -1) not in ALLOWED[problem.relation]:
                return None
            require_domain(problem)
            return Evidence(METHOD, TRUST, f"left - right = {value.str(10, radius=False)}", bits)
    return None
