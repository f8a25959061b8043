"""An answer as it is understood, written back with every product and bracket: what a student checks before a mark."""

from __future__ import annotations

from symdl.core import Question, SymdlError
from symdl.core.printing import to_text

from .expressions import array, bind, scalar
from .labels import split
from .reading import context_of, read

_INDEXED = "contract("
"""Marks a product that can only be written with indices."""
_FORMULAS = ("auto", "expression", "number", "antiderivative", "matrix")


def read_back(question: Question, answer: str) -> str:
    r"""The formula that marking compares, in plain text; "" where it is no single one, or cannot be read.

    >>> read_back(Question("x"), r"\frac{1}{1+e^{-2x}}")
    '1/(1 + exp(-2*x))'
    >>> read_back(Question("A B"), r"(B^\top A^\top)^\top")
    '(B.T @ A.T).T'
    """
    if question.kind not in _FORMULAS:
        return ""
    context = context_of(question)
    try:
        gold, own = read(question.answer, context), read(answer, context)
        if len(own.nodes) != 1:
            return ""
        pair = bind(context, gold, own)
        value = split(own.nodes[0])[1][-1]
        matrix = array(pair, value, own) if gold.arrays or own.arrays else None
        shown = to_text(scalar(pair, value, own).expr) if matrix is None else repr(matrix)
    except (SymdlError, RecursionError):
        return ""
    return "" if _INDEXED in shown else shown
