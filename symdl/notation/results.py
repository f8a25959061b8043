"""What reading an expression gives: the SymPy expression and all that came to light on the way."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Compare, Definition, Given, ReadError, symbol, to_text


@dataclass(frozen=True)
class GradientEvaluation:
    """A gradient in a formula: ``value`` stands for it in the expression, ``point`` is where it is taken.

    ``of`` is the function, ``variable`` the name that it is taken by (None for a bare nabla),
    ``component`` the component that the formula uses.
    """

    value: sp.Expr
    of: str
    variable: str | None
    point: sp.Expr
    component: str | None = None


@dataclass(frozen=True)
class Elaborated:
    """An expression with its conditions, the definitions and assumptions that it rests on, its gradients."""

    expr: sp.Expr
    conditions: tuple[Compare, ...] = ()
    definitions: tuple[Definition, ...] = ()
    assumptions: tuple[Given, ...] = ()
    gradients: tuple[GradientEvaluation, ...] = ()
    components: frozenset[str] = frozenset()

    @property
    def read_as(self) -> str:
        """The expression as it was understood, in plain text."""
        return to_text(self.expr)

    @property
    def given(self) -> tuple[Given, ...]:
        """The assumptions and definitions that a claim about the expression needs."""
        return (*self.assumptions, *self.definitions)

    @property
    def unfolded(self) -> sp.Expr:
        """The expression with every definition written out."""
        return unfold(self.expr, self.definitions)


def unfold(expr: sp.Expr, definitions: tuple[Definition, ...]) -> sp.Expr:
    """``expr`` with the definitions written out, inner ones too.

    Raises :class:`ReadError` when a definition refers to itself or is used with another number of arguments.

    >>> from symdl.core import function
    >>> x = symbol("x")
    >>> unfold(function("f")(2), (Definition("f", (x,), x + 1),))
    3
    """
    bodies = {entry.function: entry for entry in definitions}
    constants = {symbol(name): entry.body for name, entry in bodies.items() if not entry.arguments}
    for _ in range(len(bodies) + 1):
        heads = {applied.func for applied in expr.atoms(AppliedUndef) if applied.func.__name__ in bodies}
        if not heads and not expr.free_symbols & set(constants):
            return expr
        expr = expr.xreplace(constants)
        for head in sorted(heads, key=str):
            entry = bodies[head.__name__]
            _check_arity(expr, head, entry)
            expr = expr.replace(head, sp.Lambda(entry.arguments, entry.body))
    names = ", ".join(sorted(bodies))
    raise ReadError(f"the definition of {names} refers to itself", text=str(expr), remedy="define it without itself")


def _check_arity(expr: sp.Expr, head: type[AppliedUndef], entry: Definition) -> None:
    count = len(entry.arguments)
    other = next((applied for applied in expr.atoms(head) if len(applied.args) != count), None)
    if other is not None:
        remedy = f"write {entry.function}({', '.join(map(str, entry.arguments))})"
        raise ReadError(f"{entry.function} has {count} arguments, not {len(other.args)}", text=str(expr), remedy=remedy)
