"""Which arrays of a program live on from call to call, and which values share one: a plan of slots.

A slot is a name and a level of a chain. A value takes the slot of another one that nobody reads any more:
the derivative of a function that of its argument, the gradient by what a chain carries that of what it
carried. So the reverse of a chain needs no memory beside that of the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from symdl.core.programs import Assign, Loop

from .array_lowering import Lowered
from .array_passes import Block, reads, statements

Slot: TypeAlias = tuple[str, str]
"""A name, and a level as source text."""
_KEPT = ("matmul", "sum", "call")
_GRADIENT = "_gradient"

WORKSPACE = '''

class _Kept:
    """The arrays of ``workspace``, which an earlier call of the same sizes and functions has left there."""

    def __init__(self, workspace: dict[Any, Any] | None, *conditions: Any) -> None:
        self.arrays = {} if workspace is None else workspace.setdefault("arrays", {})
        if self.arrays.get("conditions") != conditions:
            self.arrays.clear()
            self.arrays["conditions"] = conditions

    def __call__(self, name: str, level: int, function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
        """``function`` of the operands, in the array of that name; the first time in one that it makes."""
        found = self.arrays.get((name, level))
        if found is not None:
            return function(*operands, out=found, **options)
        self.arrays[name, level] = result = function(*operands, **options)
        return result

    def sums(self, name: str, level: int, values: NDArray[Any]) -> Any:
        """The sums of the columns, as a product with ones, in the array of that name."""
        key = "", len(values)
        if key not in self.arrays:
            self.arrays[key] = np.ones(len(values), values.dtype)
        return self(name, level, np.matmul, self.arrays[key], values)

    def called(self, name: str, level: int, function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
        """As before, for a function that may take no ``out``: its results are not kept."""
        if function not in self.arrays:
            self.arrays[function] = isinstance(function, np.ufunc) or "out" in signature(function).parameters
        if self.arrays[function]:
            return self(name, level, function, *operands, **options)
        return function(*operands, **options)
'''


@dataclass(frozen=True)
class Workspace:
    """``slots`` are the slots of values, ``into`` the operands that results replace."""

    slots: Mapping[str, Slot] = field(default_factory=dict)
    into: Mapping[str, str] = field(default_factory=dict)


def early(lowered: Lowered) -> Lowered:
    """The program with each result computed as soon as what it needs is known, so that this is free sooner."""
    body: list[Assign | Loop] = []
    for statement in lowered.program.body:
        place = len(body)
        if isinstance(statement, Assign) and statement.target in lowered.program.outputs and statement.operands:
            needed = [i for i, other in enumerate(body, 1) if _targets(other) & set(statement.operands)]
            place = max(needed, default=place)
        body.insert(place, statement)
    return replace(lowered, program=replace(lowered.program, body=tuple(body)))


def _targets(statement: Assign | Loop) -> set[object]:
    return {part.target for part in statements((statement,))}


def planned(lowered: Lowered, names: Mapping[str, str]) -> Workspace:
    """Slots for products, sums over an axis and values of functions; ``names`` are the variables of values."""
    plan = _Plan(lowered, names)
    for block, loop in _blocks(lowered.program.body, None):
        plan.add(block, loop)
    return Workspace(plan.slots, plan.into)


def _blocks(block: Block, loop: Loop | None) -> Iterator[tuple[Block, Loop | None]]:
    """Every block, the inner ones first."""
    for statement in block:
        if isinstance(statement, Loop):
            yield statement.body, statement
            yield statement.between, statement
    yield block, loop


@dataclass
class _Plan:
    lowered: Lowered
    names: Mapping[str, str]
    slots: dict[str, Slot] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)
    stored: dict[str, Slot] = field(default_factory=dict)
    """The slots of members of families, by family."""
    carried: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The families that hold what forward chains carry, by that, with the count of levels."""

    def add(self, block: Block, loop: Loop | None) -> None:
        """The statements of one block."""
        copies = {s.operands[0]: s.target for s in block if isinstance(s, Assign) and s.operation == "copy"}
        families = {s.target: s.operands[0] for s in block if isinstance(s, Assign) and s.operation == "member"}
        for index, statement in enumerate(block):
            if not isinstance(statement, Assign):
                continue
            if statement.operation == "store" and loop is not None and not loop.backward:
                self._store(statement, copies, loop)
            elif statement.operation in _KEPT and self.lowered.shapes.get(statement.target):
                name = copies.get(statement.target, statement.target)
                self.slots[statement.target] = self._slot(statement, name, block[index + 1 :], families, loop)
            elif statement.operation == "multiply" and loop is not None and loop.backward:
                self._multiply(statement, block[index + 1 :])

    def _store(self, statement: Assign, copies: Mapping[object, str], loop: Loop) -> None:
        value = str(statement.operands[1])
        if value in copies.values():
            self.carried[value] = statement.target, loop.count
        else:
            self.stored[statement.target] = self.names.get(value, value), loop.index

    def _slot(
        self, statement: Assign, name: str, later: Block, families: Mapping[str, object], loop: Loop | None
    ) -> Slot:
        """The slot of a value that is read no more, or one of its own."""
        for operand in statement.operands:
            family = str(families.get(str(operand)))
            if statement.operation == "call" and family in self.stored and not reads(later)[str(operand)]:
                return self.stored[family]
        carried = name.removesuffix(_GRADIENT)
        if name.endswith(_GRADIENT) and carried in self.carried and not self._read(carried, later, loop):
            return carried, f"{loop.index} - 1" if loop else f"{self.carried[carried][1]} - 1"
        return self.names.get(name, name), loop.index if loop else "0"

    def _read(self, carried: str, later: Block, loop: Loop | None) -> bool:
        """Whether what a chain carried is read later, itself or as a member of its family."""
        family = self.carried[carried][0]
        members = {s.target for s in statements(loop.body if loop else ()) if family in s.operands}
        operands = {o for s in statements(later) for o in s.operands if s.operation != "copy"}
        return not operands.isdisjoint({carried, *members})

    def _multiply(self, statement: Assign, later: Block) -> None:
        """A product goes where the gradient was that a chain carries backward, from one product to the next."""
        for operand in map(str, statement.operands):
            is_carried = operand.endswith(_GRADIENT) and operand.removesuffix(_GRADIENT) in self.carried
            if is_carried and not reads(later)[operand] and self._is_product(operand):
                self.into[statement.target] = operand

    def _is_product(self, name: str) -> bool:
        """Whether every value of a variable is a product of its own."""
        made = {s.target: s for s in statements(self.lowered.program.body) if s.operation != "copy"}
        own = [made[name]] if name in made else []
        own += [made[str(s.operands[0])] for s in self._copies(name) if str(s.operands[0]) in made]
        return all(s.operation == "matmul" for s in own)

    def _copies(self, name: str) -> list[Assign]:
        found = statements(self.lowered.program.body)
        return [s for s in found if s.operation == "copy" and s.target == name]
