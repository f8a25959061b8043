r"""Answers that are limits: ``\lim_{t \to \infty} (1 - \beta^t)`` for 1."""

from __future__ import annotations

from symdl.core import Claim, ReadError
from symdl.notation.claims import claims_in
from symdl.notation.syntax import LimitOf, Node, Relation
from symdl.prover import decide

from .expressions import equal
from .results import Result, of_verdict, undecided
from .scoped import Pair


def same_limit(pair: Pair, gold: Node, own: Node) -> Result | None:
    """Whether a limit has the value that the other side is; None where neither is a limit."""
    if isinstance(gold, LimitOf) and isinstance(own, LimitOf):
        if (gold.variable, gold.point) != (own.variable, own.point):
            return undecided("limits of different quantities are not compared")
        found = equal(pair, gold.argument, own.argument)
        return found if found.grade == "RIGHT" else undecided("different expressions may have one limit")
    if not (isinstance(gold, LimitOf) or isinstance(own, LimitOf)):
        return None
    limit, value = (gold, own) if isinstance(gold, LimitOf) else (own, gold)
    try:
        (claim,) = claims_in(Relation(limit, (("=", value),)), pair.profile, pair.scope, pair.own.text)
    except ReadError:
        return undecided("this limit is not worked out")
    return of_verdict(decide(Claim(claim.statement, tuple(dict.fromkeys((*pair.given, *claim.given))))))
