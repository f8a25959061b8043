"""Tables of functions and their derivatives: a cell under "derivative" against the function in its row."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Compare, Definition, ReadError, symbol, to_text
from symdl.notation.elaborate import Elaborated, elaborate
from symdl.notation.names import name_of
from symdl.notation.syntax import Node, Number, Relation

from .assessments import Assessment, decided, verdict_findings
from .claims import derivative_in_latex
from .context import Context
from .formulas import Formula
from .statements import ORDERS

_DERIVATIVE = re.compile(r"derivative|slope|d\s*/\s*dx|\\frac\{d|['’′]\s*\(|\\prime|['’′]\s*\$", re.IGNORECASE)
_CALLED = re.compile(r"(?:\$|\\\()\s*\\?([A-Za-z]+)\s*\(")
_OUTPUT = re.compile(r"(?:\$|\\\()\s*([a-z])\s*(?:=|\$|\\\))")


@dataclass(frozen=True)
class _Row:
    """The function of a row: what its column calls it, its argument, its value, what it calls its value."""

    name: str | None
    argument: sp.Symbol
    body: Elaborated
    output: str | None

    def definition(self, name: str) -> Definition:
        return Definition(name, (self.argument,), self.body.expr)


def assess_cell(formula: Formula, row: tuple[Formula, ...], context: Context) -> Assessment | None:
    """A cell under "derivative" against the function in the same row of a table.

    None where the cell is no such claim: nothing about it is judged.
    """
    if not _DERIVATIVE.search(formula.column) or formula.node is None or isinstance(formula.node, Relation):
        return None
    functions = [other for other in row if not _DERIVATIVE.search(other.column) and _may_be_function(other.node)]
    try:
        return _assessed(formula, _row(functions[0], context), context) if functions else None
    except ReadError:
        return None


def _may_be_function(node: Node | None) -> bool:
    """Whether a cell can hold the function of its row: no condition and no value of a parameter does."""
    if not isinstance(node, Relation):
        return node is not None
    return not set(node.relations) & ORDERS and not isinstance(node.rest[-1][1], Number)


def _row(function: Formula, context: Context) -> _Row:
    node = function.node
    assert node is not None
    called, output = _CALLED.search(function.column), _OUTPUT.search(function.column)
    head = name_of(node.first) if isinstance(node, Relation) else None
    value: Node = node.rest[0][1] if isinstance(node, Relation) else node
    body = elaborate(value, context.profile, context.scope(function), text=function.span)
    free = sorted(body.expr.free_symbols, key=lambda s: (str(s) not in ("x", "z"), str(s)))
    if not free:
        raise ReadError("a constant has no variable", text=function.span)
    return _Row(called[1] if called else None, free[0], body, head or (output[1] if output else None))


def _assessed(formula: Formula, row: _Row, context: Context) -> Assessment | None:
    stated = _stated(formula, row, context)
    others = stated.expr.free_symbols - row.body.expr.free_symbols
    value = stated.expr.xreplace(dict.fromkeys(others, row.body.expr)) if len(others) == 1 else stated.expr
    slope = sp.Derivative(row.body.unfolded, row.argument)
    conditions = tuple(dict.fromkeys((*row.body.conditions, *stated.conditions)))
    verdict = decided(context.claim(formula, Compare(slope, "=", value, conditions), stated))
    if not verdict.proved and others and others != {symbol(row.output or "")}:
        return None
    read_as = f"diff({to_text(row.body.expr)}, {row.argument}) = {stated.read_as}"
    message = "this is not the derivative of the function in this row"
    findings = verdict_findings(verdict, "DER001", message, derivative_in_latex(slope))
    return Assessment("derivative", "noted", read_as).judged(verdict, *findings)


def _stated(formula: Formula, row: _Row, context: Context) -> Elaborated:
    """The cell, where a function that only the table can mean is that of the row."""
    assert formula.node is not None
    scope = context.scope(formula)
    if row.name is not None:
        scope = scope.define(row.definition(row.name))
    stated = elaborate(formula.node, context.profile, scope, text=formula.span)
    known = {definition.function for definition in stated.definitions}
    unknown = {applied.func.__name__ for applied in stated.expr.atoms(AppliedUndef)} - known
    if len(unknown) != 1 or row.name is not None:
        return stated
    return elaborate(formula.node, context.profile, scope.define(row.definition(unknown.pop())), text=formula.span)
