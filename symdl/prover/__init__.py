"""decide(claim) -> Verdict, out of independent checkers; explain(verdict) adds what a false claim lacks."""

from .verdicts import decide, explain

__all__ = ["decide", "explain"]
