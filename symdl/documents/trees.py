"""Syntax trees rewritten before they are elaborated: what a text means by its own shorthand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import Any

from symdl.notation.indices import TIME_NAMES
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Absolute,
    Bracketed,
    DerivativeOf,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Scripted,
    Summation,
    walk,
)

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

    The mean of gradients over a mini-batch is a gradient, and so is the gradient of a mean.
    ``parameters`` are the names that the text updates: before one of them a ``d`` is no factor, and among
    the arguments of a loss one of them is the point.
    """

    def change(part: Node) -> Node | None:
        averaged = _batch_mean(part)
        if averaged is not None:
            return with_gradients(averaged, parameters)
        return (
            _bare_gradient(part)
            or _gradient(part)
            or _differential(part, parameters)
            or _at_parameter(part, parameters)
        )

    return rewritten(node, change)


def _bare_gradient(part: Node) -> Node | None:
    r"""``\nabla J``, by nothing and at no point, is a name for the gradient at the parameters."""
    if not isinstance(part, Gradient) or part.variable is not None or part.order is not None:
        return None
    of = part.argument
    return Name("grad", start=part.start, end=part.end) if of is not None and name_of(of) is not None else None


def _batch_mean(part: Node) -> Node | None:
    r"""``\frac{\eta}{m} \sum_i \nabla l_i`` without the sum and what it is divided by."""
    if not isinstance(part, Juxtaposed):
        return None
    items = list(part.items)
    fractions = [n for n, item in enumerate(items) if isinstance(item, Fraction) and _is_count(item.denominator)]
    sums = [n for n, item in enumerate(items) if _summed_gradient(item) is not None]
    if not fractions or len(sums) != 1:
        return None
    fraction, summed = items[fractions[-1]], _summed_gradient(items[sums[0]])
    assert isinstance(fraction, Fraction)
    assert summed is not None
    items[fractions[-1]], items[sums[0]] = fraction.numerator, summed
    return replace(part, items=tuple(items))


def _is_count(node: Node) -> bool:
    """A name, or the size of a set: what a mean divides by."""
    return isinstance(node, Name) or (isinstance(node, Absolute) and name_of(node.body) is not None)


def _summed_gradient(node: Node) -> Node | None:
    """The gradient in a sum of gradients over examples, or in the gradient of such a sum."""
    if isinstance(node, Summation) and node.kind == "sum" and _counts_examples(node):
        return node.body if any(isinstance(part, Gradient) for part in walk(node.body)) else None
    inner = node.argument if isinstance(node, Gradient) else None
    if isinstance(node, Gradient) and isinstance(inner, Summation) and _counts_examples(inner):
        return replace(node, argument=Name("L", start=inner.start, end=inner.end)) if node.variable else None
    return None


def _counts_examples(node: Summation) -> bool:
    return node.index is None or name_of(node.index) not in TIME_NAMES


def _at_parameter(part: Node, parameters: Collection[str]) -> Node | None:
    r"""``\nabla_w l(x; w_t)`` with the one argument that names what it is taken by."""
    call = part.argument if isinstance(part, Gradient) else None
    if not isinstance(part, Gradient) or not isinstance(call, Juxtaposed) or len(call.items) != 2:
        return None
    head, bracket = call.items
    if not isinstance(bracket, Bracketed) or len(bracket.items) < 2:
        return None
    wanted = {_base(part.variable)} if part.variable is not None else set(parameters)
    points = [item for item in bracket.items if _base(item) in wanted]
    if len(points) != 1:
        return None
    return replace(part, argument=replace(call, items=(head, replace(bracket, items=(points[0],)))))


def _base(node: Node | None) -> str | None:
    """The letter of a name without its indices."""
    while isinstance(node, Scripted):
        node = node.base
    return name_of(node) if node is not None else None


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
        following = items[place + 1]
        bare = following.base if isinstance(following, Scripted) and following.subscript is None else following
        name = name_of(bare) if isinstance(bare, Name | Scripted) else None
        if items[place] == Name("d") and name in parameters:
            joined = Name(f"d{name}", start=items[place].start, end=bare.end)
            power = following.superscript if isinstance(following, Scripted) and bare is not following else None
            items[place : place + 2] = [joined if power is None else Scripted(joined, superscript=power)]
    if len(items) == len(part.items):
        return None
    return items[0] if len(items) == 1 else replace(part, items=tuple(items))


def with_argument(node: Node, name: Name, argument: Bracketed) -> Node:
    """Every bare ``name`` in ``node`` applied to ``argument``, in brackets so that it stays one factor.

    One with that argument behind it, or with one that is made of it and not of ``name``, is applied already.
    """

    (letter,) = argument.items

    def is_call(head: Node, following: Node | None) -> bool:
        inner = following.base if isinstance(following, Scripted) else following
        if head != name or not isinstance(inner, Bracketed) or inner.opening != "(":
            return False
        inside = list(walk(inner))
        return letter in inside and name not in inside

    def apart(items: tuple[Node, ...]) -> Iterator[Node]:
        for item, following in zip_longest(items, items[1:]):
            yield item if is_call(item, following) else rewritten(item, apply)

    def apply(part: Node) -> Node | None:
        if isinstance(part, Juxtaposed) and any(is_call(*pair) for pair in pairwise(part.items)):
            return replace(part, items=tuple(apart(part.items)))
        if part != name:
            return None
        call = Juxtaposed((part, argument), start=part.start, end=part.end)
        return Bracketed((call,), start=part.start, end=part.end)

    return rewritten(node, apply)
