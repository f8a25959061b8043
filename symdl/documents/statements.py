"""What each formula of a document is: a definition, a derivative, a line of a rule, a mention.

The decision is made on the syntax tree alone, with the letters that the whole document uses for
functions and for quantities that change from step to step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from symdl.notation.elaborate import defined_head
from symdl.notation.indices import Indexed, indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    DerivativeOf,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Number,
    Placeholder,
    Relation,
    Scripted,
    walk,
)

Kind = Literal[
    "mention",
    "function",
    "derivative",
    "line",
    "initial",
    "constant",
    "equation",
    "inequality",
    "assumption",
    "loose",
]

EQUALITIES = frozenset({"=", ":=", "<-"})
ORDERS = frozenset({"<", "<=", ">", ">=", "!="})
_FUNCTION_LETTERS = frozenset(("f", "g", "h", "F", "H", "L", "J", "ell", "phi", "psi", "varphi", "Phi", "Psi", "l"))


@dataclass(frozen=True)
class Letters:
    """How a document uses its letters.

    ``functions`` are applied to brackets; ``sequences`` carry an index that moves by one step.
    """

    functions: frozenset[str]
    sequences: frozenset[str]


def letters(nodes: Iterable[Node]) -> Letters:
    r"""The functions and the sequences among the letters of the formulas of a document.

    >>> from symdl.notation.latex import parse
    >>> found = letters([parse("f(x) = 2x"), parse(r"m_t = \beta m_{t-1} + \ell(y, z)")])
    >>> sorted(found.functions), sorted(found.sequences)
    (['ell', 'f'], ['m'])
    """
    every = list(nodes)
    functions = {name for node in every for name in _applied(node)} - {n for node in every for n in _values(node)}
    of_letter = {name for node in every if isinstance(node, Relation) and (name := _function_of_step_letter(node))}
    sequences = {name for node in every for name in _indexed_names(node)} - of_letter
    return Letters(frozenset((functions | of_letter) - sequences), frozenset(sequences))


def _function_of_step_letter(node: Relation) -> str | None:
    r"""``\psi`` of ``\psi(s) = \tanh(s)``: nothing there has an index but by brackets, and nothing moves by a step."""
    head = node.first
    if not isinstance(head, Juxtaposed) or not set(node.relations) <= EQUALITIES - {"<-"} or len(head.items) != 2:
        return None
    time = time_names(node)
    own = indexed(head, time)
    if own is None or own.index is None or own.offset or _has_gradient(node):
        return None
    others = [
        place for side in node.sides[1:] for part in walk(side) if (place := _sequence_at(part, time)) is not None
    ]
    return own.base if not others else None


def _sequence_at(node: Node, time: frozenset[str]) -> Indexed | None:
    """The place of a quantity with a step index; that of no function with a known meaning."""
    place = indexed(node, time) if isinstance(node, Scripted | Juxtaposed) else None
    known = place is not None and place.base in DEEP_LEARNING.functions
    return place if place is not None and place.index is not None and not known else None


def _applied(node: Node) -> Iterator[str]:
    """Names that stand before a bracket as functions do."""
    if isinstance(node, Relation) and node.relations[0] in EQUALITIES:
        head = defined_head(node.first)
        if head is not None and head[1]:
            yield head[0]
    for part in walk(node):
        if not isinstance(part, Juxtaposed):
            continue
        for first, second in zip(part.items, part.items[1:], strict=False):
            bare = first.base if isinstance(first, Scripted) and first.subscript is None else first
            name = name_of(bare)
            if name and isinstance(second, Bracketed) and second.opening == "(":
                many = len(second.items) > 1 or any(isinstance(item, Placeholder) for item in second.items)
                primed = isinstance(first, Scripted) and first.primes > 0
                if many or primed or name.split("_")[0] in _FUNCTION_LETTERS:
                    yield name


def _values(node: Node) -> Iterator[str]:
    """Quantities with a step index that stand without a bracket behind them: elsewhere they are no functions either."""
    time = time_names(node)
    heads = {id(first) for part in walk(node) if isinstance(part, Juxtaposed) for first in _heads(part)}
    alone = (part for part in walk(node) if isinstance(part, Scripted) and id(part) not in heads)
    for part in (replace(part, superscript=None) for part in alone):
        place = indexed(part, time)
        if place is not None and place.index is not None:
            yield name_of(part) or ""


def has_steps(node: Node) -> bool:
    """Whether a quantity with a step index stands in a formula."""
    return next(_indexed_names(node), None) is not None


def _indexed_names(node: Node) -> Iterator[str]:
    time = time_names(node)
    for part in walk(node):
        found = indexed(part, time)
        if found is not None and found.index is not None and not isinstance(part, Name):
            yield found.base


def kind_of(node: Node, sequences: frozenset[str] | None = None) -> Kind:
    r"""What a formula is, by its form.

    ``function`` and ``derivative`` introduce or differentiate a function; ``line`` says how a quantity
    changes in a step; ``initial`` gives one at an absolute step; ``constant`` gives a name a value;
    ``loose`` relations (membership, proportionality) are noted. With ``sequences``, a number as an
    index is a step for these names alone: the rest (``beta_1``) are constants.

    >>> from symdl.notation.latex import parse
    >>> [kind_of(parse(tex)) for tex in ("f(x) = x", "f'(x) = 1", r"\theta_t", "0 < k < 1", "G_0 = 0", "v_t = g_t")]
    ['function', 'derivative', 'mention', 'assumption', 'initial', 'line']
    """
    if not isinstance(node, Relation):
        return "mention"
    if not set(node.relations) <= EQUALITIES | ORDERS:
        return "loose"
    if any(isinstance(side, Bracketed) and len(side.items) > 1 for side in node.sides):
        return "loose"
    if node.relations[0] in ORDERS:
        return "assumption" if all(_is_plain(side) for side in node.sides) else "inequality"
    if _is_derivative(node.first):
        return "derivative"
    return _kind_of_equation(node, sequences)


def _kind_of_equation(node: Relation, sequences: frozenset[str] | None) -> Kind:
    place = indexed(node.first, time_names(node))
    if place is not None and place.index is not None:
        return "function" if _function_of_step_letter(node) else "line"
    if place is not None and place.is_absolute and (sequences is None or place.base in sequences):
        return "initial"
    head = defined_head(node.first)
    if head is None:
        return "equation" if node.relations[0] not in {"<-", ":="} else "loose"
    if head[1]:
        return "function"
    if node.relations[0] == "<-" or _mentions(node.rest[0][1], head[0]) or _has_gradient(node):
        return "line"
    return "constant"


def _mentions(node: Node, name: str) -> bool:
    return any(name_of(part) == name for part in walk(node))


def _has_gradient(node: Node) -> bool:
    return any(isinstance(part, Gradient) for part in walk(node))


def _is_plain(node: Node) -> bool:
    """A number or a name, with or without a sign."""
    if isinstance(node, Addition) and len(node.terms) == 1:
        node = node.terms[0][1]
    return isinstance(node, Number) or name_of(node) is not None


def bare_names(node: Node) -> frozenset[str]:
    """Names that stand in a formula with no bracket behind them, so that they are no functions there."""
    heads = {id(first) for part in walk(node) if isinstance(part, Juxtaposed) for first in _heads(part)}
    scripted = [part for part in walk(node) if isinstance(part, Scripted)]
    inner = {id(part.base) for part in scripted if part.subscript is not None or part.primes or id(part) in heads}
    bare = {name_of(part) for part in walk(node) if id(part) not in heads | inner and isinstance(part, Name | Scripted)}
    return frozenset(name for name in bare if name)


def applied_names(node: Node) -> frozenset[str]:
    """Names that stand as functions in a formula: before a bracket, with a prime, under a derivative."""
    primed = (part.base for part in walk(node) if isinstance(part, Scripted) and part.primes)
    derived = (part.argument for part in walk(node) if isinstance(part, DerivativeOf) and part.argument is not None)
    heads = (first for part in walk(node) if isinstance(part, Juxtaposed) for first in _heads(part))
    parts = (part for found in (*primed, *derived, *heads) for part in (found, *_base(found)))
    return frozenset(name for part in parts if (name := name_of(part)))


def _base(node: Node) -> tuple[Node, ...]:
    return (node.base,) if isinstance(node, Scripted) else ()


def arguments_of(node: Node) -> frozenset[str]:
    """Names that the left side has as its arguments: ``u`` in ``f(u) = ...`` and in ``f'(u) = ...``."""
    head = node.first if isinstance(node, Relation) else None
    defined = defined_head(head) if head is not None else None
    if defined is not None:
        return frozenset(defined[1])
    brackets = head.items[1:] if isinstance(head, Juxtaposed) and _is_derivative(head) else ()
    inside = (item for bracket in brackets if isinstance(bracket, Bracketed) for item in bracket.items)
    return frozenset(name for item in inside if (name := name_of(item)))


def variables_of(node: Node) -> frozenset[str]:
    """Names that a formula takes as variables: its arguments, and those of derivatives."""
    derived = (variable for part in walk(node) if isinstance(part, DerivativeOf) for variable, _ in part.variables)
    return arguments_of(node) | frozenset(name for part in derived if (name := name_of(part)))


def _heads(node: Juxtaposed) -> Iterator[Node]:
    """The names in a run that stand before a bracket."""
    for first, second in zip(node.items, node.items[1:], strict=False):
        inner = second.base if isinstance(second, Scripted) else second
        if isinstance(inner, Bracketed):
            yield first


def _is_derivative(node: Node) -> bool:
    r"""``f'(x)``, ``\tanh'(x)``, ``f'``, ``\frac{d}{dx} f``."""
    if isinstance(node, DerivativeOf):
        return True
    head = node.items[0] if isinstance(node, Juxtaposed) and len(node.items) == 2 else node
    if isinstance(node, Call):
        head = node.function
    return isinstance(head, Scripted) and head.primes > 0 and head.subscript is None
