"""Passes over the statements of a program: what nobody reads is dropped, results get their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from symdl.core.programs import Assign, Loop, Operand

Block: TypeAlias = tuple[Assign | Loop, ...]


def statements(block: Block) -> Iterator[Assign]:
    """Every assignment, those of loops too."""
    for statement in block:
        if isinstance(statement, Loop):
            yield from statements((*statement.body, *statement.between))
        else:
            yield statement


def reads(block: Block) -> Counter[str]:
    """How often each name is read; storing a member in a family does not read the family."""
    names: list[str] = []
    for statement in statements(block):
        for operand in statement.operands[1 if statement.operation == "store" else 0 :]:
            names += [operand] if isinstance(operand, str) else map(str, operand.free_symbols)
    return Counter(names)


def cleaned(block: Block, inputs: Sequence[str], outputs: Sequence[str]) -> Block:
    """The statements that the outputs need, with results computed under the names of the outputs."""
    used = _used(_started(_named(block, set(inputs), outputs)), set(outputs))
    while used != block:
        block, used = used, _used(used, set(outputs))
    return _merged(block, reads(block))


def _merged(block: Block, counts: Mapping[str, int]) -> Block:
    """A reduction whose axis of size one is taken away at once is one statement."""
    result: list[Assign | Loop] = []
    for statement in block:
        last = result[-1] if result else None
        if isinstance(statement, Loop):
            body, between = _merged(statement.body, counts), _merged(statement.between, counts)
            result.append(replace(statement, body=body, between=between))
        elif isinstance(last, Assign) and _takes_away(statement, last) and counts[last.target] == 1:
            result[-1] = replace(last, target=statement.target, specification=statement.specification)
        else:
            result.append(statement)
    return tuple(result)


def _takes_away(statement: Assign, last: Assign) -> bool:
    kept = last.specification == f"{statement.specification} kept" and last.operation in ("sum", "max", "argmax")
    return statement.operation == "squeeze" and statement.operands == (last.target,) and kept


def _used(block: Block, outputs: set[str]) -> Block:
    """Without the statements that nobody reads, once over."""
    counts = reads(block)

    def kept(part: Block) -> Iterator[Assign | Loop]:
        for statement in part:
            if isinstance(statement, Loop):
                body, between = tuple(kept(statement.body)), tuple(kept(statement.between))
                yield replace(statement, body=body, between=between)
            elif counts[statement.target] or statement.target in outputs:
                yield statement

    return tuple(kept(block))


def _named(block: Block, inputs: set[str], outputs: Sequence[str]) -> Block:
    """Values that are copied to an output, under the name of the output."""
    writes = Counter(statement.target for statement in statements(block) if statement.operation != "store")
    names: dict[str, str] = {}
    for statement in block:
        if isinstance(statement, Assign) and statement.operation == "copy" and statement.target in outputs:
            value = str(statement.operands[0])
            if value not in inputs and writes[value] == 1 and value not in names:
                names[value] = statement.target
    return tuple(s for s in _renamed(block, names) if not _is_empty(s))


def _started(block: Block) -> Block:
    """What only starts a chain, under the name of what the chain carries."""
    counts, carried = reads(block), {s.target for part in block if isinstance(part, Loop) for s in _copies(part)}
    made = {s.target for s in block if isinstance(s, Assign)}
    starts = [s for s in _copies(block) if s.target in carried]
    names = {v: s.target for s in starts for v in s.operands if v in made and counts[v] == 1 and isinstance(v, str)}
    return tuple(s for s in _renamed(block, names) if not _is_empty(s))


def _copies(part: Block | Loop) -> Iterator[Assign]:
    inside = (*part.body, *part.between) if isinstance(part, Loop) else part
    return (s for s in inside if isinstance(s, Assign) and s.operation == "copy")


def _is_empty(statement: Assign | Loop) -> bool:
    """Whether a statement copies a value to itself."""
    return isinstance(statement, Assign) and statement.operation == "copy" and statement.operands == (statement.target,)


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    def operand(value: Operand) -> Operand:
        return names.get(value, value) if isinstance(value, str) else value

    def changed(statement: Assign | Loop) -> Assign | Loop:
        if isinstance(statement, Loop):
            body, between = _renamed(statement.body, names), _renamed(statement.between, names)
            return replace(statement, body=body, between=between)
        target = names.get(statement.target, statement.target)
        return replace(statement, target=target, operands=tuple(map(operand, statement.operands)))

    return tuple(map(changed, block))
