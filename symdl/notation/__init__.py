"""LaTeX and plain text -> one syntax tree -> SymPy under a notation profile."""
