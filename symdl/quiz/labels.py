r"""Left sides that only name what is answered: ``dL/dz = ...``, ``f'(x) = ...``, ``w_{t+1} = ...``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Component,
    DerivativeOf,
    Expectation,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Number,
    Relation,
    Scripted,
)

_NAMING = frozenset({"=", ":=", "<-", "in"})


@dataclass(frozen=True)
class Label:
    """What a left side names: ``kind`` is ``derivative``, ``value`` or ``name``; ``of`` may be unknown."""

    kind: str
    of: str
    by: str = ""
    order: int = 0


def split(node: Node) -> tuple[Label | None, tuple[Node, ...], str]:
    """The label of a relation and its other sides; a formula without a label is its only side."""
    if not isinstance(node, Relation) or not set(node.relations) <= _NAMING:
        return None, (node,), ""
    label = label_of(node.first)
    return (label, node.sides[1:], node.relations[0]) if label else (None, node.sides, node.relations[0])


def label_of(node: Node) -> Label | None:
    r"""What ``node`` names, None where it is a formula of its own.

    >>> from symdl.notation.latex import parse
    >>> label_of(parse(r"\frac{\partial L}{\partial z}")) == label_of(parse(r"L'(z)")) == label_of(parse(r"\nabla_z L"))
    True
    """
    match node:
        case DerivativeOf(argument, variables) if argument is not None and len({v for v, _ in variables}) == 1:
            (variable, _), order = variables[0], sum(count for _, count in variables)
            return _derivative(argument, variable, order)
        case Gradient(variable, argument, order) if argument is not None:
            times = int(order.text) if isinstance(order, Number) else 1
            return _derivative(argument, variable, times)
        case Juxtaposed((head, Bracketed() as bracket)):
            return _of_application(head, bracket)
        case Call(Scripted(base, None, None, primes), (argument,)) if primes:
            return Label("derivative", name_of(base) or "", _text(argument), primes)
        case Expectation():
            return Label("value", repr(node))
        case Scripted(superscript=None, primes=primes) if primes:
            return Label("derivative", name_of(replace(node, primes=0)) or "", "", primes)
        case Name() | Scripted() | Component():
            name = name_of(node)
            return Label("name", name) if name else None
    return None


def _derivative(argument: Node, variable: Node | None, order: int) -> Label | None:
    name = name_of(argument)
    if name is None and isinstance(argument, Juxtaposed) and len(argument.items) == 2:
        name = name_of(argument.items[0]) if isinstance(argument.items[1], Bracketed) else None
    by = name_of(variable) if variable is not None else ""
    return Label("derivative", name or repr(argument), by or "", order)


def _of_application(head: Node, bracket: Bracketed) -> Label | None:
    if isinstance(head, Gradient):
        return label_of(head)
    if isinstance(head, Scripted) and head.primes:
        bare: Node = replace(head, primes=0) if head.subscript is not None else head.base
        by = _text(bracket.items[0]) if len(bracket.items) == 1 else ""
        return Label("derivative", name_of(bare) or "", by, head.primes)
    name = name_of(head)
    plain = all(isinstance(item, Name | Scripted | Component | Number) for item in bracket.items)
    return Label("value", name, ",".join(map(_text, bracket.items))) if name and plain else None


def _text(node: Node) -> str:
    if isinstance(node, Addition) and len(node.terms) == 1:
        node = node.terms[0][1]
    return name_of(node) or repr(node)


def same_label(gold: Label, own: Label) -> bool | None:
    """Whether two labels name the same; None where that cannot be told.

    >>> same_label(Label("derivative", "L", "z", 1), Label("derivative", "L", "w", 1))
    False
    >>> same_label(Label("derivative", "f", "x", 1), Label("derivative", "y", "x", 1)) is None
    True
    """
    if gold == own:
        return True
    if gold.kind == own.kind == "derivative":
        if gold.order != own.order or (gold.by and own.by and gold.by != own.by):
            return False
        return True if gold.of == own.of else None
    if gold.kind == own.kind:
        return False if gold.kind == "name" else None
    if {gold.kind, own.kind} == {"value", "name"}:
        return True if gold.of == own.of else None
    return None
