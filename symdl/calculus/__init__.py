"""Derivation: scalar derivatives with kinks, reverse mode of arrays, recurrences."""
