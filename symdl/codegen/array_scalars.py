"""Formulas of one argument inside of array programs: each becomes a scalar function of its own.

What depends on one array alone, or on several through one number such as ``prediction - target``, is
computed by a kernel that is chosen by measuring, as those of activations are. So a formula of several
arguments whose hard parts have one argument each is as accurate as these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

import sympy as sp

from symdl.core import Activation, symbol, to_text
from symdl.core.arrays import ArrayExpr, Map, Slope

from .array_normal import Atoms, Formula, Normaliser

_ARGUMENT = symbol("x")
_LONGEST_NAME = 24
_KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Piecewise)


def with_scalar_functions(
    exprs: Iterable[ArrayExpr], labels: Mapping[ArrayExpr, str]
) -> tuple[tuple[ArrayExpr, ...], dict[ArrayExpr, str]]:
    """Normal forms with their formulas of one argument as functions that are applied, and the labels."""
    normaliser = Normaliser(rewrite=_rewritten)
    forms = tuple(normaliser.of(expr) for expr in exprs)
    return forms, {normaliser.done[node]: label for node, label in labels.items() if node in normaliser.done}


def scalar_function(body: sp.Expr) -> Activation:
    """The function of x, under a name that says the formula."""
    said = re.sub(r"\W+", "_", to_text(body)).strip("_")[:_LONGEST_NAME].strip("_")
    return Activation(f"f_{said}_{crc32(to_text(body).encode()):08x}", _ARGUMENT, body)


def functions_applied(nodes: Iterable[ArrayExpr]) -> tuple[Activation, ...]:
    """The activations that nodes apply, themselves or their slopes."""
    functions = (node.function for node in nodes if isinstance(node, Map))
    found = (f.activation if isinstance(f, Slope) else f for f in functions)
    return tuple(dict.fromkeys(f for f in found if isinstance(f, Activation)))


def _rewritten(normaliser: Normaliser, body: sp.Expr, atoms: Atoms) -> Formula:
    """Every largest hard part of one argument as an atom that is computed by its function."""
    parts = _Parts(normaliser, dict(atoms), frozenset(atoms))
    return parts.of(body), parts.atoms


@dataclass
class _Parts:
    """Puts functions for the hard parts of a formula; ``atoms`` gains their values."""

    normaliser: Normaliser
    atoms: Atoms
    arrays: frozenset[sp.Symbol]

    def of(self, expr: sp.Basic) -> sp.Basic:
        """The formula with its hard parts as symbols."""
        free = expr.free_symbols & self.arrays
        if not free or expr.is_Symbol:
            return expr
        argument = _argument(expr, free) if expr.free_symbols <= self.arrays else None
        if argument is not None:
            return self._applied(expr, argument) if _is_hard(expr, argument) else expr
        if isinstance(expr, sp.Add | sp.Mul):
            return expr.func(*map(self.of, self._grouped(expr)))
        if isinstance(expr, sp.Piecewise):
            return sp.Piecewise(*((self.of(value), condition) for value, condition in expr.args))
        return expr.func(*map(self.of, expr.args))

    def _grouped(self, expr: sp.Expr) -> tuple[sp.Basic, ...]:
        """The terms or factors, those of the same arrays as one."""
        groups: dict[frozenset[sp.Basic], list[sp.Basic]] = {}
        for operand in expr.args:
            groups.setdefault(frozenset(operand.free_symbols & self.arrays), []).append(operand)
        return expr.args if len(groups) == 1 else tuple(expr.func(*members) for members in groups.values())

    def _applied(self, part: sp.Basic, argument: sp.Expr) -> sp.Symbol:
        """The function that a part is, applied to its argument, as a symbol."""
        node = self.normaliser.map(argument, self.atoms)
        function = scalar_function(part.xreplace({argument: _ARGUMENT, -argument: -_ARGUMENT}))
        value = self.normaliser.node(Map(node.dimensions, (node,), function=function, level=node.level))
        name = next((known for known, other in self.atoms.items() if other is value), symbol(f"_k{len(self.atoms)}"))
        self.atoms[name] = value
        return name


def _argument(expr: sp.Basic, free: Iterable[sp.Basic]) -> sp.Expr | None:
    """The one number that a formula depends on: an atom, or what its innermost functions are taken of."""
    names = sorted(free, key=str)
    if len(names) == 1:
        return names[0]
    if expr.has(*_KINKED):
        return None
    for head in sorted(expr.atoms(sp.Function, sp.exp), key=sp.default_sort_key):
        (inner, *_) = head.args
        inner = -inner if inner.could_extract_minus_sign() else inner
        if inner.is_polynomial(*names):
            left = expr.xreplace({inner: _ARGUMENT, -inner: -_ARGUMENT})
            if left.free_symbols.isdisjoint(names):
                return inner
    return None


def _is_hard(expr: sp.Basic, argument: sp.Expr) -> bool:
    """Whether a formula is more than a polynomial, or one function of a multiple of its argument."""
    body = expr.xreplace({argument: _ARGUMENT, -argument: -_ARGUMENT})
    heads = body.atoms(sp.Function, sp.exp)
    if not heads or body.has(*_KINKED):
        return False
    simple = len(heads) == 1 and all(head.args[0].is_polynomial(_ARGUMENT) for head in heads)
    (head, *_) = heads
    linear = simple and sp.degree(head.args[0], _ARGUMENT) == 1
    rest = body.xreplace({head: sp.Integer(1)})
    return not (linear and body.is_Mul | (body == head) and rest.is_polynomial(_ARGUMENT))
