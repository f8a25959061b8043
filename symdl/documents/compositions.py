r"""Compositions and derivatives as operators: ``(f \circ g)(x)`` as ``f(g(x))``, ``D_x f`` as a derivative."""

from __future__ import annotations

from dataclasses import replace

from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import library_definitions
from symdl.notation.syntax import (
    Bracketed,
    Component,
    DerivativeOf,
    Juxtaposed,
    Name,
    Node,
    Product,
    Relation,
    Scripted,
    walk,
)

from .formulas import Formula
from .statements import letters
from .trees import rewritten

_INDICES = frozenset("tijklmn")


def with_compositions(formulas: tuple[Formula, ...]) -> tuple[Formula, ...]:
    r"""The formulas with compositions of functions that the document applies, and ``D_x``, written out."""
    applied = letters(f.node for f in formulas if f.node is not None).functions
    functions = frozenset((*applied, *DEEP_LEARNING.functions, *library_definitions()))

    def changed(formula: Formula) -> Formula:
        circles = r"\circ" in formula.tex or "∘" in formula.tex
        if formula.node is None or not (circles or "D_" in formula.tex):
            return formula

        def change(node: Node) -> Node | None:
            return (_composition(node, functions) if circles else None) or _operator(node)

        return replace(formula, node=rewritten(formula.node, change))

    return tuple(map(changed, formulas))


def _composition(node: Node, functions: frozenset[str]) -> Node | None:
    r"""``(f \circ g)(x)`` as ``f(g(x))``, and with a prime as its derivative; None for anything else."""
    if not isinstance(node, Juxtaposed) or len(node.items) < 2:
        return None
    for place, (head, argument) in enumerate(zip(node.items, node.items[1:], strict=False)):
        inner = head.base if isinstance(head, Scripted) and head.primes == 1 and head.superscript is None else head
        names = _composed(inner, functions)
        if not names or not isinstance(argument, Bracketed) or len(argument.items) != 1:
            continue
        call: Node = argument
        for name in reversed(names):
            call = Bracketed((Juxtaposed((name, call), start=head.start, end=argument.end),))
        call = replace(call.items[0], start=head.start, end=argument.end) if isinstance(call, Bracketed) else call
        if inner is not head:
            call = DerivativeOf(call, ((argument.items[0], 1),), start=head.start, end=argument.end)
        items = (*node.items[:place], call, *node.items[place + 2 :])
        return call if len(items) == 1 else replace(node, items=items)
    return None


def _composed(node: Node, functions: frozenset[str]) -> tuple[Node, ...]:
    """The functions in a bracket with circles between them."""
    product = node.items[0] if isinstance(node, Bracketed) and len(node.items) == 1 else None
    if not isinstance(product, Product) or any(operator != "odot" for operator, _ in product.rest):
        return ()
    names = (product.first, *(operand for _, operand in product.rest))
    return names if all(name_of(name) in functions for name in names) else ()


def _operator(node: Node) -> Node | None:
    """``D_x`` before a formula in x, as its derivative."""
    if isinstance(node, Component) and (by := _by(node.base)) is not None:
        return _derivative(by, node.index, node)
    if not isinstance(node, Juxtaposed) or (by := _by(node.items[0])) is None:
        return None
    rest = node.items[1:]
    body = rest[0] if len(rest) == 1 else replace(node, items=rest, start=rest[0].start)
    return _derivative(by, body, node)


def _derivative(by: Node, body: Node, whole: Node) -> Node | None:
    if isinstance(body, Relation) or by not in walk(body):
        return None
    return DerivativeOf(body, ((by, 1),), start=whole.start, end=whole.end)


def _by(node: Node) -> Node | None:
    r"""The x of ``D_x``; an index that counts is none."""
    if not isinstance(node, Scripted) or node.base != Name("D") or node.superscript is not None:
        return None
    by = node.subscript
    return by if isinstance(by, Name) and by.base not in _INDICES else None
