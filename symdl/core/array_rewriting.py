"""Array expressions with parts replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .array_graph import graph
from .arrays import ArrayExpr, Contract, Map, Repeat, apply, contract, repeat
from .chains import Chain, Collected, Final, collected, final


def substitute(expr: ArrayExpr, replacements: Mapping[ArrayExpr, ArrayExpr]) -> ArrayExpr:
    """The expression with nodes replaced by others of the same sizes."""
    done: dict[ArrayExpr, ArrayExpr] = dict(replacements)
    for node in graph(expr):
        if node not in done:
            done[node] = rebuilt(node, tuple(done[o] for o in node.operands))
    return done[expr]


def rebuilt(node: ArrayExpr, operands: tuple[ArrayExpr, ...]) -> ArrayExpr:
    """The node on other operands of the same sizes."""
    if all(a is b for a, b in zip(node.operands, operands, strict=True)):
        return node
    match node:
        case Contract(subscripts=subscripts):
            new = contract(subscripts, *operands)
        case Map(function=function):
            new = apply(function, *operands)
        case Repeat(axis=axis):
            new = repeat(operands[0], axis, node.dimensions[axis])
        case Final(chain=scan):
            new = final(_moved(scan, operands))
        case Collected(chain=scan, node=inner):
            new = collected(_moved(scan, operands), inner)
        case _:
            new = replace(node, operands=operands)
    return new.named(node.label) if node.label and not new.label else new


def _moved(scan: Chain, operands: tuple[ArrayExpr, ...]) -> Chain:
    holders = (holder for holder, _ in scan.families)
    return replace(scan, start=operands[0], families=tuple(zip(holders, operands[1:], strict=True)))
