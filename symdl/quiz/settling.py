"""The prover asked from a mark: whatever stops it leaves the answer undecided."""

from __future__ import annotations

from symdl.core import Claim, Evidence, SymdlError, Verdict
from symdl.prover import decide
from symdl.prover.control import OutsideDomain, Split


def settle(claim: Claim) -> Verdict:
    """The verdict on a claim that an answer makes.

    UNDECIDED also where SymPy refuses a step (a minimum of numbers that are not real) or no case is left to look at.
    """
    try:
        return decide(claim)
    except SymdlError:
        raise
    except (OutsideDomain, Split, ValueError, TypeError) as stop:
        reason = f"the prover stopped: {str(stop).splitlines()[0] if str(stop) else type(stop).__name__}"
        return Verdict(claim, "UNDECIDED", (Evidence("none", "nothing", reason),))
