"""decide(claim) -> Verdict, out of independent checkers."""

from .verdicts import decide

__all__ = ["decide"]
