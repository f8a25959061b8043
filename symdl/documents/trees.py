"""Syntax trees rewritten before they are elaborated: what a text means by its own shorthand."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from symdl.notation.names import name_of
from symdl.notation.syntax import Bracketed, DerivativeOf, Gradient, Juxtaposed, Name, Node, Scripted

Change = Callable[[Node], Node | None]


def rewritten(node: Node, change: Change) -> Node:
    """``node`` with every topmost part that ``change`` answers replaced by its answer.

    >>> rewritten(Juxtaposed((Name("a"), Name("b"))), lambda part: Name("c") if part == Name("b") else None)
    Juxtaposed(items=(Name(base='a', decorations=()), Name(base='c', decorations=())))
    """
    changed = change(node)
    if changed is not None:
        return changed
    parts: dict[str, Any] = {}
    for field in node.__dataclass_fields__:
        value = getattr(node, field)
        if isinstance(value, Node | tuple):
            parts[field] = _part(value, change)
    return replace(node, **parts)


def _part(part: Any, change: Change) -> Any:
    if isinstance(part, Node):
        return rewritten(part, change)
    if isinstance(part, tuple):
        return tuple(_part(inner, change) for inner in part)
    return part


def with_gradients(node: Node, parameters: Collection[str]) -> Node:
    r"""``\frac{\partial J}{\partial w}`` as the gradient of ``J`` by ``w``, and ``dw`` as a name for it.

    ``parameters`` are the names that the text updates: before one of them a ``d`` is no factor.
    """
    return rewritten(node, lambda part: _gradient(part) or _differential(part, parameters))


def _gradient(part: Node) -> Node | None:
    if not isinstance(part, DerivativeOf) or len(part.variables) != 1 or part.variables[0][1] != 1:
        return None
    function = part.argument
    head = function.items[0] if isinstance(function, Juxtaposed) and len(function.items) == 2 else function
    if head is None or name_of(head) is None:
        return None
    return Gradient(part.variables[0][0], function, start=part.start, end=part.end)


def _differential(part: Node, parameters: Collection[str]) -> Node | None:
    if not isinstance(part, Juxtaposed):
        return None
    items = list(part.items)
    for place in range(len(items) - 2, -1, -1):
        name = name_of(items[place + 1]) if isinstance(items[place + 1], Name | Scripted) else None
        if items[place] == Name("d") and name in parameters:
            joined = Name(f"d{name}", start=items[place].start, end=items[place + 1].end)
            items[place : place + 2] = [joined]
    if len(items) == len(part.items):
        return None
    return items[0] if len(items) == 1 else replace(part, items=tuple(items))


def with_argument(node: Node, name: Name, argument: Bracketed) -> Node:
    """Every bare ``name`` in ``node`` applied to ``argument``, in brackets so that it stays one factor."""

    def apply(part: Node) -> Node | None:
        if part != name:
            return None
        call = Juxtaposed((part, argument), start=part.start, end=part.end)
        return Bracketed((call,), start=part.start, end=part.end)

    return rewritten(node, apply)
