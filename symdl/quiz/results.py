"""What a comparison of two answers gives, before it becomes a mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symdl.core import Evidence, Grade, Verdict, Witness


@dataclass(frozen=True)
class Result:
    """A grade with its reason, witness and evidence; ``share`` is the part that is right where parts count."""

    grade: Grade
    reason: str = ""
    witness: Witness | None = None
    evidence: tuple[Evidence, ...] = ()
    sampled: bool = False
    share: float | None = None


def right(method: str, detail: str = "", trust: str = "nothing") -> Result:
    """RIGHT, by a method that proves it."""
    return Result("RIGHT", evidence=(Evidence(method, trust, detail),))


def wrong(reason: str, witness: Witness | None = None, method: str = "") -> Result:
    """WRONG, by a witness or by a plain difference that ``reason`` states."""
    return Result("WRONG", reason, witness, (Evidence(method or "plain difference", "nothing", reason, 0, witness),))


def undecided(reason: str) -> Result:
    """UNDECIDED, with the reason."""
    return Result("UNDECIDED", reason)


def of_verdict(verdict: Verdict, *, refutes: str = "the two differ") -> Result:
    """A verdict of the prover on what has to hold for the answer to be right."""
    if verdict.outcome == "PROVED":
        return Result("RIGHT", evidence=verdict.evidence)
    if verdict.outcome == "REFUTED":
        return Result("WRONG", refutes, verdict.witness, verdict.evidence)
    return Result("UNDECIDED", verdict.idea, None, verdict.evidence)


def all_of(results: Iterable[Result]) -> Result:
    """RIGHT when each is; the first WRONG one decides, else the first that is not RIGHT.

    >>> all_of([right("a"), wrong("no"), undecided("why")]).reason
    'no'
    """
    found = tuple(results)
    for grade in ("WRONG", "UNREADABLE", "UNDECIDED"):
        failed = next((result for result in found if result.grade == grade), None)
        if failed is not None:
            return failed
    evidence = tuple(dict.fromkeys(e for result in found for e in result.evidence))
    return Result("RIGHT", evidence=evidence, sampled=any(result.sampled for result in found))


def any_of(results: Iterable[Result]) -> Result:
    """The first RIGHT one; else UNDECIDED if one is, else the first."""
    first: Result | None = None
    for result in results:
        if result.grade == "RIGHT":
            return result
        if first is None or (first.grade == "WRONG" and result.grade != "WRONG"):
            first = result
    return first or undecided("there is nothing to compare with")
