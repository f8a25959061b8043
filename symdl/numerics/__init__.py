"""Evaluation in ball arithmetic, exact runs, distances in units in the last place, float ranges."""
