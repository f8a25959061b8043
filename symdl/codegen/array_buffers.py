"""Which values of a program share a buffer: an operation writes into an operand that nobody reads again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Loop

from .array_lowering import Lowered
from .array_moves import OPERATIONS as MOVES
from .array_passes import Block, reads, statements
from .source import COMPARISONS

ELEMENTWISE = frozenset(OPERATIONS) - {*COMPARISONS, "where"}
_OWN = ELEMENTWISE | {
    "matmul",
    "einsum",
    "sum",
    "sum_of_powers",
    "max",
    "take",
    "put",
    "scatter",
    "full",
    "repeat",
    "where",
    *MOVES,
}
"""Operations that make an array of their own, into which a later result may be written."""
_SHARING = ("expand", "squeeze", "member", "call", "store", "copy")
"""Operations after which others may hold the operand."""


@dataclass(frozen=True)
class Buffers:
    """``names`` is the variable of each value, ``written_into`` the operand that a result replaces."""

    names: Mapping[str, str]
    written_into: Mapping[str, str]


def buffers(lowered: Lowered) -> Buffers:
    """One variable for all values that are written into one another."""
    written = dict(_written_into(lowered))
    roots: dict[str, str] = {}
    for target, operand in written.items():
        roots[target] = roots.get(operand, operand)
    named = {root: target for target, root in roots.items() if target in lowered.labelled}
    variables = _variables(lowered, roots, named)
    return Buffers(variables, written)


def _variables(lowered: Lowered, roots: Mapping[str, str], named: Mapping[str, str]) -> dict[str, str]:
    """The variable of each value, numbered anew where names are equal."""
    taken, variables = set(lowered.taken), {}
    for statement in statements(lowered.program.body):
        root = roots.get(statement.target, statement.target)
        if root not in variables:
            base = lowered.bases.get(named.get(root, root))
            variables[root] = named.get(root, root) if base is None else _unique(base, taken)
            taken.add(variables[root])
        variables[statement.target] = variables[root]
    return variables


def _unique(base: str, taken: set[str]) -> str:
    numbered = (f"{base}_{number}" for number in count(2))
    return base if base not in taken else next(name for name in numbered if name not in taken)


def _written_into(lowered: Lowered) -> Iterator[tuple[str, str]]:
    shared = {
        o for s in statements(lowered.program.body) if s.operation in _SHARING for o in s.operands if isinstance(o, str)
    }
    carried = {s.target for s in statements(lowered.program.body) if s.operation == "copy"}
    for block in _blocks(lowered.program.body):
        made = {s.target for s in block if isinstance(s, Assign) and s.operation in _OWN}
        owned = lowered.owned if block is lowered.program.body else frozenset()
        free = (made | owned) - shared - set(lowered.program.outputs) - carried
        last = _last_reads(block)
        for index, statement in enumerate(block):
            if isinstance(statement, Assign) and statement.target not in lowered.program.outputs:
                found = _replaceable(statement, {name for name in free if last.get(name, -1) <= index}, lowered)
                if found is not None:
                    yield statement.target, found


def _last_reads(block: Block) -> dict[str, int]:
    """The last statement of a block that reads each name."""
    return {name: index for index, statement in enumerate(block) for name in reads((statement,))}


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for statement in block:
        if isinstance(statement, Loop):
            yield from _blocks((*statement.body, *statement.between))


def _replaceable(statement: Assign, free: set[str], lowered: Lowered) -> str | None:
    """The operand that the result may be written into."""
    if statement.operation not in ELEMENTWISE | {"put"}:
        return None
    shape = lowered.shapes.get(statement.target)
    operands = statement.operands[:1] if statement.operation == "put" else statement.operands
    for operand in operands:
        if isinstance(operand, str) and operand in free and shape and lowered.shapes.get(operand) == shape:
            return operand
    return None
