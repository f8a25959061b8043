"""decide(claim) -> Verdict, out of independent checkers."""

from .decide import decide

__all__ = ["decide"]
