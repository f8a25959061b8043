"""Array expressions as text."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from .array_graph import graph
from .arrays import Array, ArrayExpr, Call, Constant, Contract, Map, Reduce, ScalarFunction, Slope
from .printing import to_text
from .symbols import symbol

_LONGEST = 400
_PRODUCTS = ("ij,jk->ik", "ij,j->i", "i,ij->j", "i,i->")


def shown(expr: ArrayExpr) -> str:
    """The expression as a formula in one line; what is longer than 400 characters is cut.

    >>> from symdl.core.arrays import array
    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> shown((W @ x).sum() / 2)
    'sum(W @ x)/2'
    """
    texts: dict[ArrayExpr, str] = {}
    for node in graph(expr):
        text = node.formula([texts[operand] for operand in node.operands])
        texts[node] = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return texts[expr]


def formula(expr: ArrayExpr, parts: Sequence[str]) -> str:
    """A node as a formula of the texts of its operands."""
    match expr:
        case Array(name=name):
            return name
        case Constant(value=value):
            return to_text(value)
        case Contract(subscripts="ij->ji"):
            return f"{_enclosed(parts[0])}.T"
        case Contract(subscripts=subscripts) if subscripts in _PRODUCTS:
            return " @ ".join(map(_enclosed, parts))
        case Contract(subscripts=subscripts):
            return f"contract({subscripts!r}, {', '.join(parts)})"
        case Map(function=sp.Lambda() as formula):
            shown = {v: symbol(_enclosed(p)) for v, p in zip(formula.variables, parts, strict=True)}
            return to_text(formula.expr.xreplace(shown))
        case Map(function=function) | Call(function=function):
            return f"{_function_name(function)}({', '.join(parts)})"
        case Reduce(kind=kind):
            return f"{kind}({parts[0]})"
    return f"{type(expr).__name__.lower()}({', '.join(parts)})"


def _enclosed(text: str) -> str:
    """The text in brackets, if it has operators outside of all brackets."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character in " /*^" and not depth:
            return f"({text})"
    return text


def _function_name(scalar: ScalarFunction) -> str:
    if isinstance(scalar, Slope):
        return scalar.activation.name + "'" * scalar.order
    return str(scalar.name)
