r"""A ``\partial J(w)`` in an update that is by nothing: a differential where a derivative is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from symdl.core import Finding, Fix
from symdl.core.findings import Severity
from symdl.matching.names import families_called
from symdl.notation.indices import indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Bracketed,
    DerivativeOf,
    Juxtaposed,
    Name,
    Node,
    Relation,
    Scripted,
    walk,
)

from .formulas import Formula
from .statements import EQUALITIES

_SUBGRADIENTS = re.compile(r"sub-?(gradient|differential)", re.IGNORECASE)


@dataclass(frozen=True)
class _Partial:
    r"""``\partial`` with what it stands before, and the argument of that, if it has one."""

    start: int
    end: int
    of: Node
    argument: Node | None


def bare_partials(formulas: tuple[Formula, ...]) -> Iterator[tuple[int, Finding]]:
    r"""Every ``\partial J(w)`` by nothing in an update, an error in a rule under a known name.

    A text on subgradients may mean them by it.
    """
    for formula in formulas:
        node = formula.node
        if not isinstance(node, Relation) or not set(node.relations) <= EQUALITIES or _speaks_of_subgradients(formula):
            continue
        moved = _moved(node, formula)
        for found in (p for side in node.rest for part in walk(side[1]) for p in _partials(part)) if moved else ():
            of = formula.span[found.of.start : found.end]
            right = _stated(found, formulas) or rf"\frac{{\partial {of}}}{{\partial {moved}}}"
            fix = Fix(formula.edited({(found.start, found.end): right}))
            message = rf"\partial {of} is by nothing, so it is no derivative: a differential in the place of a gradient"
            severity: Severity = "error" if families_called(formula.topic.lead) else "warning"
            yield formula.number, Finding("SYM001", severity, message, fix)


def _speaks_of_subgradients(formula: Formula) -> bool:
    return bool(_SUBGRADIENTS.search(" ".join((formula.topic.lead, formula.before, formula.after))))


def _moved(node: Relation, formula: Formula) -> str:
    """The text of the quantity that an update moves, without its step; empty where it moves none."""
    time = time_names(node)
    place = indexed(node.first, time)
    own = place.base if place is not None else name_of(node.first)
    old = (indexed(part, time) for part in walk(node.rest[0][1]) if isinstance(part, Name | Scripted))
    if own is None or not any(found is not None and found.base == own for found in old):
        return ""
    return formula.source(node.first.base if isinstance(node.first, Scripted) else node.first)


def _partials(node: Node) -> Iterator[_Partial]:
    items = node.items if isinstance(node, Juxtaposed) else ()
    for place, (sign, head) in enumerate(pairwise(items)):
        if sign != Name("partial") or not isinstance(head, Name | Scripted):
            continue
        following = items[place + 2] if place + 2 < len(items) else None
        if isinstance(following, Bracketed) and following.opening == "(" and len(following.items) == 1:
            yield _Partial(sign.start, following.end, head, following.items[0])
        else:
            yield _Partial(sign.start, head.end, head, None)


def _stated(found: _Partial, formulas: tuple[Formula, ...]) -> str:
    """How the document writes the derivative of the same quantity, if it does."""
    for formula in formulas:
        for part in walk(formula.node) if formula.node is not None else ():
            if isinstance(part, DerivativeOf) and part.argument is not None and _is_same(part.argument, found):
                return formula.source(part)
    return ""


def _is_same(argument: Node, found: _Partial) -> bool:
    if found.argument is None:
        return argument == found.of
    return isinstance(argument, Juxtaposed) and argument.items == (found.of, Bracketed((found.argument,)))
