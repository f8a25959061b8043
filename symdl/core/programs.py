"""Programs: array statements in A-normal form, every buffer named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from .errors import UnboundSymbol

Operand: TypeAlias = str | sp.Expr
"""The name of a buffer or a scalar, or an exact constant."""


@dataclass(frozen=True)
class Assign:
    """``target`` becomes ``operation`` of ``operands``.

    ``operation`` is a name of :data:`symdl.core.operations.OPERATIONS`, or one that works on whole
    arrays (``einsum``, ``sum``, ``max``, ``repeat``, ``call`` ...), whose fixed arguments (letters,
    axis, function) stand in ``specification``.
    """

    target: str
    operation: str
    operands: tuple[Operand, ...]
    specification: str = ""


@dataclass(frozen=True)
class Loop:
    """``body`` for each level of a chain, ``index`` running from 0 to ``count`` - 1, or backward.

    ``between`` prepares the next level: it is left out at the last one.
    """

    index: str
    count: str
    body: tuple[Assign | Loop, ...]
    backward: bool = False
    between: tuple[Assign | Loop, ...] = ()


@dataclass(frozen=True)
class Program:
    """A function from named inputs to named outputs as a list of statements.

    Raises :class:`UnboundSymbol` at construction when a statement reads a name that no input and no
    earlier statement binds.

    >>> Program("twice", ("x",), ("y",), (Assign("y", "add", ("x", "x")),)).operation_count
    1
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    body: tuple[Assign | Loop, ...]

    def __post_init__(self) -> None:
        bound = set(self.inputs)
        self._bind(self.body, bound)
        self._require(self.outputs, bound, "an output")

    def _bind(self, body: tuple[Assign | Loop, ...], bound: set[str]) -> None:
        for statement in body:
            if isinstance(statement, Loop):
                bound.add(statement.index)
                self._bind((*statement.body, *statement.between), bound)
            else:
                names = tuple(name for name in statement.operands if isinstance(name, str))
                self._require(names, bound, f"the statement for {statement.target}")
                bound.add(statement.target)

    def _require(self, names: tuple[str, ...], bound: set[str], where: str) -> None:
        missing = [name for name in names if name not in bound]
        if missing:
            raise UnboundSymbol(f"{self.name}: {where} reads {', '.join(missing)}, which nothing binds")

    def statements(self) -> Iterator[Assign]:
        """Every assignment, those of loop bodies once."""
        stack: list[Assign | Loop] = list(reversed(self.body))
        while stack:
            statement = stack.pop()
            if isinstance(statement, Loop):
                stack.extend(reversed((*statement.body, *statement.between)))
            else:
                yield statement

    @property
    def operation_count(self) -> int:
        """The number of array operations, those of loop bodies counted once."""
        return sum(1 for _ in self.statements())
