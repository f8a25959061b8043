"""decide(claim) -> Verdict, out of independent checkers."""
