r"""Quantities that a rule computes in several goes: ``g_t \leftarrow g_t + \lambda \theta_{t-1}``.

Each go gets a name of its own, so that equations can be put in order by what they use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from symdl.core import STEP, function, symbol

from .rule_lines import RuleLine


def in_single_steps(lines: Sequence[RuleLine]) -> tuple[RuleLine, ...]:
    """The equations with each repeated assignment of a topic under a name of its own.

    The last one keeps the name. Where the first already uses the value that it assigns (the gradient,
    say, that nothing defined), that value keeps the name and the assignments get new ones.
    """
    result = list(lines)
    for number, line in enumerate(lines):
        if _uses_its_own_value(result[number]):
            earlier = [n for n in _before(result, number) if lines[n].line.target == line.line.target]
            if earlier:
                _rename_earlier(result, earlier[-1], number)
            elif line.assigns and line.line.shift is not None:
                _rename_later(result, number)
    return tuple(result)


def _uses_its_own_value(line: RuleLine) -> bool:
    return bool(line.outside.has(_value(line.line.target, line.line.shift)))


def _value(name: str, shift: int | None) -> sp.Expr:
    return symbol(name) if shift is None else function(name)(STEP + shift)


def _before(lines: Sequence[RuleLine], number: int) -> list[int]:
    topic = lines[number].formula.topic
    return [n for n in range(number) if lines[n].formula.topic == topic]


def _rename_earlier(lines: list[RuleLine], first: int, last: int) -> None:
    """The value between two assignments gets a new name, in all equations that use it there."""
    old, shift = lines[last].line.target, lines[last].line.shift
    new = f"{old}_{last - first}_before"
    lines[first] = _with_target(lines[first], new)
    for number in range(first + 1, last + 1):
        lines[number] = _with_value(lines[number], _value(old, shift), _value(new, shift))


def _rename_later(lines: list[RuleLine], number: int) -> None:
    """The value from an assignment on gets a new name, in all later equations of the topic."""
    old, shift = lines[number].line.target, lines[number].line.shift
    new = f"{old}_used"
    lines[number] = _with_target(lines[number], new)
    topic = lines[number].formula.topic
    for later in range(number + 1, len(lines)):
        if lines[later].formula.topic == topic:
            lines[later] = _with_value(lines[later], _value(old, shift), _value(new, shift))
            if lines[later].line.target == old:
                lines[later] = _with_target(lines[later], new)


def _with_target(line: RuleLine, name: str) -> RuleLine:
    return replace(line, line=replace(line.line, target=name))


def _with_value(line: RuleLine, old: sp.Expr, new: sp.Expr) -> RuleLine:
    return replace(line, line=replace(line.line, expr=line.line.expr.xreplace({old: new})))
