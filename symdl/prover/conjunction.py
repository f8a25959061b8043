"""Derivation chains: each step decided, the first wrong one named by number.

A chain ``a = b = c`` may be wrong at ``b`` and right again at ``c``: then ``a = c`` is proved beside the
refutation of ``a = b``, and the evidence says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symdl.core import All, Claim, Compare, Evidence, Statement, Verdict

Decide = Callable[[Claim], Verdict]
MOST_STEPS = 200
_ORDER = ("REFUTED", "UNDECIDED", "SUPPORTED")


def conjunction(claim: Claim, statement: All, decide: Decide) -> Verdict:
    """The verdict on a chain: that of its first refuted step, else of its first open one, else PROVED."""
    steps = statement.statements
    if not 0 < len(steps) <= MOST_STEPS:
        detail = f"a chain of {len(steps)} steps; from 1 to {MOST_STEPS} are decided"
        return Verdict(claim, "UNDECIDED", (Evidence("none", "nothing", detail),))
    verdicts = [decide(replace(claim, statement=step)) for step in steps]
    for outcome in _ORDER:
        for position, verdict in enumerate(verdicts):
            if verdict.outcome == outcome:
                found = _numbered(verdict, position, len(steps))
                rejoined = _rejoined(claim, steps, position, decide) if outcome == "REFUTED" else ()
                return Verdict(claim, verdict.outcome, (*found, *rejoined))
    return Verdict(claim, "PROVED", tuple(e for i, v in enumerate(verdicts) for e in _numbered(v, i, len(steps))))


def _numbered(verdict: Verdict, position: int, count: int) -> tuple[Evidence, ...]:
    """The evidence on one step, its detail under the number of the step."""
    if count == 1:
        return verdict.evidence
    head = f"step {position + 1} of {count}"
    if not verdict.proved:
        head += f", {verdict.claim.statement}, is {verdict.outcome}"
    return tuple(replace(e, detail=f"{head}: {e.detail}" if e.detail else head) for e in verdict.evidence)


def _rejoined(claim: Claim, steps: tuple[Statement, ...], position: int, decide: Decide) -> tuple[Evidence, ...]:
    """Evidence that the chain is right again later: the wrong step's left side equals a later right side."""
    wrong = steps[position]
    if not isinstance(wrong, Compare) or wrong.relation != "=":
        return ()
    previous = wrong
    for number, later in enumerate(steps[position + 1 :], start=position + 2):
        if not isinstance(later, Compare) or later.relation != "=" or later.lhs != previous.rhs:
            return ()
        around = Compare(wrong.lhs, "=", later.rhs, wrong.defined + later.defined)
        verdict = decide(replace(claim, statement=around))
        if verdict.proved:
            detail = f"wrong at step {position + 1}, right again at step {number}: {around} is proved"
            return tuple(replace(e, detail=detail) for e in verdict.evidence[:1])
        previous = later
    return ()
