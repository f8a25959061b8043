"""Committed output of codegen: NumPy only."""
