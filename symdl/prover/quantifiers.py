"""Negation and existence: a witness proves what a proof would refute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symdl.core import Claim, Compare, Evidence, Exists, Not, Verdict, Witness
from symdl.core.claims import Relation

from .crossing import by_crossing
from .problems import pose
from .refutation import steepest
from .witnesses import domain_point, failing_point

Decide = Callable[[Claim], Verdict]

NEGATED: dict[Relation, Relation] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TRUST = "exact rational and ball arithmetic (FLINT)"


def negation(claim: Claim, statement: Not, decide: Decide) -> Verdict:
    """The verdict on "not S": proved by a witness against S, refuted where S is proved."""
    inner = decide(replace(claim, statement=statement.statement))
    evidence = inner.evidence
    if inner.refuted:
        detail = "the statement fails at the witness"
        return Verdict(claim, "PROVED", (replace(evidence[0], detail=detail),))
    if not inner.proved:
        return Verdict(claim, "UNDECIDED", evidence)
    example = _example(statement.statement, claim)
    if example is None:
        return Verdict(claim, "UNDECIDED", (*evidence, Evidence("none", "nothing", "it is proved, with no example")))
    return Verdict(claim, "REFUTED", (replace(evidence[0], witness=example), *evidence[1:]))


def _example(statement: object, claim: Claim) -> Witness | None:
    """A point of the domain with both sides there."""
    if not isinstance(statement, Compare):
        return None
    found = domain_point(pose(statement, claim.given))
    return None if found is None else found[0].witness(found[1])


def existence(claim: Claim, statement: Exists, decide: Decide) -> Verdict:
    """The verdict on "some values make S true": a point where S certainly holds proves it."""
    inner = statement.statement
    if not isinstance(inner, Compare):
        return _undecided(claim, "existence is decided for comparisons only")
    opposite = replace(inner, relation=NEGATED[inner.relation])
    problem = pose(opposite, claim.given)
    others = [str(symbol) for symbol in problem.symbols if symbol not in statement.variables]
    if others:
        return _undecided(claim, f"existence for every {', '.join(others)} is not decided")
    witness = failing_point(problem) or (None if inner.relation in ("=", "!=") else steepest(problem))
    if witness is not None:
        return Verdict(claim, "PROVED", (Evidence("witness", TRUST, "it holds at the witness", witness=witness),))
    meeting = by_crossing(pose(inner, claim.given)) if inner.relation == "=" else None
    if meeting is not None:
        return Verdict(claim, "PROVED", (meeting,))
    never = decide(replace(claim, statement=opposite))
    example = _example(inner, claim)
    if never.proved and example is not None:
        return Verdict(claim, "REFUTED", (replace(never.evidence[0], witness=example),))
    return Verdict(claim, "UNDECIDED", never.evidence)


def _undecided(claim: Claim, reason: str) -> Verdict:
    return Verdict(claim, "UNDECIDED", (Evidence("none", "nothing", reason),))
