"""What is said about one formula in the end, and how verdicts turn into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import Claim, Contradiction, Evidence, Finding, Fix, SymdlError, Verdict, Witness
from symdl.core.findings import Role, StatementOutcome
from symdl.prover import decide, explain

_OUTCOMES: dict[str, StatementOutcome] = {
    "PROVED": "proved",
    "REFUTED": "refuted",
    "SUPPORTED": "supported",
    "UNDECIDED": "undecided",
}
_GRAVITY: tuple[StatementOutcome, ...] = ("noted", "defined", "proved", "supported", "undecided", "unread", "refuted")


@dataclass(frozen=True)
class Assessment:
    """The role and the outcome of a formula, with what led to them.

    ``elsewhere`` are findings on other formulas, by their number, that judging this one brought to light.
    ``links`` are the assessments of the links of a chain, each by itself.
    """

    role: Role
    outcome: StatementOutcome
    read_as: str
    given: tuple[str, ...] = ()
    witness: Witness | None = None
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    elsewhere: tuple[tuple[int, Finding], ...] = ()
    links: tuple[Assessment, ...] = ()

    def noting(self, *findings: Finding) -> Assessment:
        """The assessment with more findings."""
        return replace(self, findings=(*self.findings, *findings))

    def judged(self, verdict: Verdict, *findings: Finding) -> Assessment:
        """The assessment after a claim was decided: the graver outcome of both, with the evidence."""
        outcome = max(self.outcome, _OUTCOMES[verdict.outcome], key=_GRAVITY.index)
        given = tuple(dict.fromkeys((*self.given, *map(str, verdict.claim.given))))
        return replace(
            self,
            outcome=outcome,
            given=given,
            witness=self.witness or (verdict.witness if verdict.refuted else None),
            evidence=(*self.evidence, *verdict.evidence),
            findings=(*self.findings, *findings),
        )


def together(parts: Sequence[Assessment]) -> Assessment:
    """One assessment of several parts: the gravest outcome, and everything that was found."""
    return replace(
        parts[0],
        outcome=max((part.outcome for part in parts), key=_GRAVITY.index),
        given=tuple(dict.fromkeys(text for part in parts for text in part.given)),
        witness=next((part.witness for part in parts if part.witness is not None), None),
        evidence=tuple(entry for part in parts for entry in part.evidence),
        findings=tuple(finding for part in parts for finding in part.findings),
        elsewhere=tuple(entry for part in parts for entry in part.elsewhere),
    )


def decided(claim: Claim) -> Verdict:
    """The verdict on a claim; what the prover refuses to take is UNDECIDED, with the reason.

    Raises :class:`Contradiction`, which is a bug in symdl.
    """
    try:
        return explain(decide(claim))
    except Contradiction:
        raise
    except SymdlError as error:
        return Verdict(claim, "UNDECIDED", (Evidence("refused", "", error.message),))


def information(code: str, message: str, related: Iterable[int] = ()) -> Finding:
    """A finding that says how something was understood."""
    return Finding(code, "info", message, None, tuple(related))


def verdict_findings(verdict: Verdict, code: str, message: str, fix: str = "") -> tuple[Finding, ...]:
    """The finding of a refuted claim under ``code``, or that it could not be decided."""
    if verdict.refuted:
        where = f"; it fails {_where(verdict.witness)}" if verdict.witness else ""
        return (Finding(code, "error", message + where, Fix(fix) if fix else None),)
    if verdict.proved:
        return ()
    return (information("EQN003", f"not decided: {verdict.idea or 'no reason given'}"),)


def _where(witness: Witness) -> str:
    return str(witness) if witness.values else f"everywhere: {witness}"


def in_text(values: Iterable[sp.Basic]) -> str:
    """Names in a row, for messages."""
    return ", ".join(map(str, values))
