"""Statements -> Optimizer; families and conventions; repairs."""
