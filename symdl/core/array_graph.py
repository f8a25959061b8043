"""Walks over the graph of an array expression."""

from __future__ import annotations

from collections.abc import Iterator

from .arrays import Array, ArrayExpr


def graph(*roots: ArrayExpr) -> list[ArrayExpr]:
    """Every node that the roots are computed from, operands before results; bodies of chains are apart."""
    order: dict[ArrayExpr, None] = {}
    stack: list[tuple[ArrayExpr, Iterator[ArrayExpr]]] = [(root, iter(root.operands)) for root in reversed(roots)]
    while stack:
        operand = next((o for o in stack[-1][1] if o not in order), None)
        if operand is not None:
            stack.append((operand, iter(operand.operands)))
        else:
            order[stack.pop()[0]] = None
    return list(order)


def inputs_of(*roots: ArrayExpr) -> tuple[Array, ...]:
    """The input arrays, in the order in which they are first needed."""
    return tuple(node for node in graph(*roots) if isinstance(node, Array))
