"""Values of a program under construction: each operation on the same operands is made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias

from symdl.core.arrays import ArrayExpr
from symdl.core.dimensions import Dimension
from symdl.core.programs import Assign, Loop, Operand

from .text import argument_name

Shape: TypeAlias = tuple[Dimension | None, ...]
"""The sizes of a value; None where it has size one, to be stretched."""
_NAMES = {
    "add": "total",
    "subtract": "difference",
    "multiply": "product",
    "divide": "ratio",
    "negate": "negative",
    "exp": "powers",
    "log": "logarithm",
    "log1p": "logarithm",
    "matmul": "product",
    "einsum": "product",
    "sum": "sums",
    "sum_of_powers": "sums",
    "max": "largest",
    "argmax": "place",
    "take": "chosen",
    "scatter": "hot",
    "expand": "column",
    "squeeze": "row",
    "repeat": "repeated",
    "full": "filled",
    "call": "value",
    "where": "branch",
}


@dataclass
class Scope:
    """The statements of a block, with the values that are known in it."""

    body: list[Assign | Loop] = field(default_factory=list)
    nodes: dict[ArrayExpr, str] = field(default_factory=dict)
    numbers: dict[tuple[object, ...], str] = field(default_factory=dict)


@dataclass
class Builder:
    """The program so far: a stack of blocks, and the shape of every value."""

    taken: set[str]
    rows: bool = False
    """Whether further axes stand before those of the shapes."""
    wide: bool = False
    """Whether values are floats of twice the digits of inputs and results, so that plain sums will do."""
    scopes: list[Scope] = field(default_factory=lambda: [Scope()])
    shapes: dict[str, Shape] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    """Names without the numbers that make them different."""

    @contextmanager
    def block(self) -> Iterator[Scope]:
        """A new innermost block."""
        self.scopes.append(Scope())
        yield self.scopes[-1]
        self.scopes.pop()

    def known(self, node: ArrayExpr) -> str | None:
        """The value of a node, if a block around has it."""
        return next((scope.nodes[node] for scope in reversed(self.scopes) if node in scope.nodes), None)

    def emit(self, statement: Assign | Loop) -> None:
        """Append a statement to the innermost block."""
        self.scopes[-1].body.append(statement)

    def unique(self, name: str) -> str:
        """A name that nothing has yet."""
        name = argument_name(name)
        numbered = (f"{name}_{i}" for i in count(2))
        result = name if name not in self.taken else next(n for n in numbered if n not in self.taken)
        self.taken.add(result)
        self.bases[result] = name
        return result

    def operation(
        self, operation: str, *operands: Operand, specification: str = "", shape: Shape | None = None, name: str = ""
    ) -> str:
        """The value of an operation; ``shape`` is that of the stretched operands by default."""
        key = (operation, operands, specification, shape)
        found = next((scope.numbers[key] for scope in reversed(self.scopes) if key in scope.numbers), None)
        if found is not None:
            return found
        result = self.unique(name or _NAMES.get(operation, operation))
        self.emit(Assign(result, operation, operands, specification))
        self.shapes[result] = self.stretched(*operands) if shape is None else shape
        self.scopes[-1].numbers[key] = result
        return result

    def rename(self, value: str, name: str) -> str:
        """The value under another name, where its statement is the last one."""
        body = self.scopes[-1].body
        if not body or not isinstance(body[-1], Assign) or body[-1].target != value:
            return value
        result = self.unique(name)
        body[-1] = replace(body[-1], target=result)
        self.shapes[result] = self.shapes.pop(value)
        self.scopes[-1].numbers = {k: result if v == value else v for k, v in self.scopes[-1].numbers.items()}
        self.taken.discard(value)
        return result

    def stretched(self, *operands: Operand) -> Shape:
        """The common shape of operands, aligned at their last axes."""
        shapes = [self.shapes.get(o, ()) for o in operands if isinstance(o, str)]
        rank = max(map(len, shapes), default=0)
        aligned = [(None,) * (rank - len(shape)) + shape for shape in shapes]
        return tuple(next((d for d in sizes if d is not None), None) for sizes in zip(*aligned, strict=True))

    def expand(self, value: str, axis: int, always: bool = False) -> str:
        """The value with an axis of size one at ``axis``, which counts from the end (-1 is the last).

        An axis before all others is left to stretching, unless it is wanted ``always``.
        """
        squeezed = self._made_by("squeeze", value)
        if squeezed is not None and squeezed.specification == str(axis):
            return str(squeezed.operands[0])
        shape = self.shapes[value]
        place = len(shape) + 1 + axis
        if place < 0 or (place == 0 and not self.rows and not always):
            return value
        return self.operation("expand", value, specification=str(axis), shape=(*shape[:place], None, *shape[place:]))

    def squeeze(self, value: str, axis: int) -> str:
        """The value without the axis of size one at ``axis``."""
        shape = self.shapes[value]
        place = len(shape) + axis
        return self.operation("squeeze", value, specification=str(axis), shape=(*shape[:place], *shape[place + 1 :]))

    def along(self, operation: str, value: str, axis: int, *more: Operand, name: str = "") -> str:
        """An operation along an axis that leaves it with size one."""
        shape = list(self.shapes[value])
        shape[axis] = None
        return self.operation(operation, value, *more, specification=f"{axis} kept", shape=tuple(shape), name=name)

    def unsqueezed(self, value: str) -> str:
        """The value with the axes of size one that were taken away: enough for a sum over all axes."""
        squeezed = self._made_by("squeeze", value)
        return value if squeezed is None else self.unsqueezed(str(squeezed.operands[0]))

    def _made_by(self, operation: str, value: str) -> Assign | None:
        for scope in self.scopes:
            for statement in scope.body:
                if isinstance(statement, Assign) and statement.target == value and statement.operation == operation:
                    return statement
        return None
