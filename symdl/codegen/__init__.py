"""Definition -> Program -> readable source and its tests."""
