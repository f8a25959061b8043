"""Operations that tie the entries of an array together: totals and products of matrices.

They stand in the assignments of an update rule beside the operations on single entries. An
interpreter of single entries does not know them and refuses them; :func:`unfolded` writes a step as
assignments of single entries with couplings between them, which is what runs and code are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from .errors import DefinitionError
from .optimizers import STEP, THETA, Assignment, Optimizer
from .symbols import symbol


class _Real(sp.Function):
    """A real value that is no constant, even where no symbol stands in it: ``total(1)``."""

    is_extended_real = True
    is_number = False


class list_total(_Real):  # noqa: N801
    """The sum over all entries of all arrays of the list; its operand has to be known before the step."""

    nargs = 1


class total(_Real):  # noqa: N801
    """The sum over the entries of the array; ``total(1)`` is their number."""

    nargs = 1


class damped_solution(_Real):  # noqa: N801
    """The solution x, with an entry for each of the array, of ``(H + damping I) x = g``, in this order."""

    nargs = 3


class row_total(_Real):  # noqa: N801
    """The sum along each row of the matrix; ``row_total(1)`` is the number of its columns."""

    nargs = 1


class column_total(_Real):  # noqa: N801
    """The sum along each column of the matrix; ``column_total(1)`` is the number of its rows."""

    nargs = 1


class product_with(_Real):  # noqa: N801
    """The product of two matrices, ``A B``."""

    nargs = 2


class product_with_transposed(_Real):  # noqa: N801
    """The product of a matrix with a transposed one, ``A B^T``."""

    nargs = 2


COUPLINGS: tuple[type[sp.Function], ...] = (
    list_total,
    total,
    damped_solution,
    row_total,
    column_total,
    product_with,
    product_with_transposed,
)


@dataclass(frozen=True)
class Coupling:
    """``symbol`` becomes an operation of whole arrays; ``operands`` are symbols or numbers."""

    symbol: sp.Symbol
    operation: type[sp.Function]
    operands: tuple[sp.Expr, ...]


def is_coupled(rule: Optimizer) -> bool:
    """Whether a step of some entry depends on other entries.

    >>> from symdl.core import Parameter
    >>> eta, g = symbol("eta"), symbol("g")
    >>> unit_length = Assignment(THETA, THETA - eta * g / sp.sqrt(total(g**2)))
    >>> is_coupled(Optimizer("normed", (Parameter(eta, "learning_rate"),), step=(unit_length,)))
    True
    """
    return any(assignment.expr.has(*COUPLINGS) for assignment in rule.step)


def needs_matrices(rule: Optimizer) -> bool:
    """Whether the rule speaks of rows, columns or products, so that its arrays are matrices."""
    return any(assignment.expr.has(*COUPLINGS[3:]) for assignment in rule.step)


def unfolded(rule: Optimizer) -> tuple[Assignment | Coupling, ...]:
    """The step with every coupling in an assignment of its own, totals over the list first.

    Raises :class:`DefinitionError` for a total over the list of what the step assigns.

    >>> from symdl.core import Parameter
    >>> eta, g = symbol("eta"), symbol("g")
    >>> unit_length = Assignment(THETA, THETA - eta * g / sp.sqrt(total(g**2)))
    >>> for part in unfolded(Optimizer("normed", (Parameter(eta, "learning_rate"),), step=(unit_length,))):
    ...     print(part.symbol)
    g_1
    total_1
    theta
    """
    return _Unfolding(rule).parts()


class _Unfolding:
    def __init__(self, rule: Optimizer) -> None:
        self.rule = rule
        known = {THETA, STEP} | {a.symbol for a in rule.step} | {p.symbol for p in rule.hyper}
        self.known = known | {s.symbol for s in rule.state} | {e.symbol for e in rule.evaluations}
        self.first: list[Assignment | Coupling] = []
        self.rest: list[Assignment | Coupling] = []

    def parts(self) -> tuple[Assignment | Coupling, ...]:
        for assignment in self.rule.step:
            expr = assignment.expr
            table: dict[sp.Expr, sp.Expr] = {}  # whole nodes are replaced before what stands in them
            for node in sp.postorder_traversal(expr):
                if isinstance(node, COUPLINGS) and node not in table:
                    table[node] = self._coupled(node, table, assignment.symbol if node == expr else None)
            if expr not in table:
                self.rest.append(Assignment(assignment.symbol, expr.xreplace(table)))
        return (*self.first, *self.rest)

    def _coupled(self, node: sp.Expr, table: dict[sp.Expr, sp.Expr], target: sp.Symbol | None) -> sp.Symbol:
        parts = self.first if isinstance(node, list_total) else self.rest
        if isinstance(node, list_total) and (changed := {p.symbol for p in self.rest} & node.free_symbols):
            raise DefinitionError(
                f"{self.rule.name}: a total over the list of {', '.join(map(str, changed))}, which the step assigns",
                remedy="write it with what is known before the step",
            )
        operands = tuple(self._named(argument.xreplace(table), parts) for argument in node.args)
        name = target or self._fresh(node.func.__name__)
        parts.append(Coupling(name, node.func, operands))
        return name

    def _named(self, operand: sp.Expr, parts: list[Assignment | Coupling]) -> sp.Expr:
        if operand.is_Symbol or operand.is_Rational:
            return operand
        squared = operand.is_Pow and operand.base.is_Symbol and operand.exp == 2
        local = self._fresh(str(operand.base) if squared else "term")
        parts.append(Assignment(local, operand))
        return local

    def _fresh(self, stem: str) -> sp.Symbol:
        count = 1
        while symbol(f"{stem}_{count}") in self.known:
            count += 1
        self.known.add(symbol(f"{stem}_{count}"))
        return symbol(f"{stem}_{count}")
