"""What a user points at numbers: gradient checks, kinks, strategies, optimizers."""
