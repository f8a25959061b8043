r"""What is the same in another way of writing, on the syntax tree.

Aliases are put in, ``w_{i,j}`` is ``w_{ij}``, ``uv'`` is ``u v'``, a component of a softmax is written out, and what
has no scalar value of its own (``p(y | x)``, ``\mathbb R``, an arg max) gets a name: one for one way to write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha1
from itertools import pairwise

from symdl.notation.applications import component_of_value
from symdl.notation.array_signs import TRACES
from symdl.notation.names import name_of
from symdl.notation.structures import FONTS
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Component,
    Conditional,
    DerivativeOf,
    Expectation,
    Extremum,
    Fraction,
    Gradient,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Product,
    Relation,
    Scripted,
    Summation,
    Text,
    rewritten,
    walk,
)
from symdl.notation.tokens import GREEK

OPAQUE = "opaque"
"""How the names begin that stand for what has no scalar value."""

_CHANGING = frozenset(
    {Call, Relation, Scripted, Extremum, Juxtaposed, Expectation, Gradient, DerivativeOf, Bracketed, Component}
)
_TRANSPOSES = frozenset({"T", "top", "intercal"})
_COMPARISONS = frozenset({"<", "<=", ">", ">="})

Variables = tuple[tuple[Node, int], ...]


def bound(node: Node, aliases: Mapping[str, str]) -> Node:
    """The tree in the one way of writing in which answers are compared."""

    def change(part: Node) -> Node:
        return _changed(part, aliases) or part

    return rewritten(node, change)


def differs(node: Node, aliases: Mapping[str, str]) -> bool:
    """Whether a node itself is written in another way than the one that is compared."""
    kind = type(node)
    changing = kind in _CHANGING or bool(aliases) or (isinstance(node, Name) and len(node.decorations) > 1)
    return changing and _changed(node, aliases) is not None


def _changed(node: Node, aliases: Mapping[str, str]) -> Node | None:
    """A node in another way of writing, None where it stays."""
    match node:
        case Name(base) if base in aliases:
            return replace(node, base=aliases[base])
        case Scripted(subscript=Listing(items)) if all(isinstance(item, Name | Number) for item in items):
            return replace(node, subscript=Juxtaposed(items))
        case Scripted(base=Name(base, ()), primes=primes) if primes and _is_run(base):
            *front, last = (Name(letter) for letter in base)
            return Juxtaposed((*front, replace(node, base=last)), start=node.start, end=node.end)
        case Name(_, (_, _, *_) as decorations) if (ordered := tuple(sorted(decorations, key=_place))) != decorations:
            return replace(node, decorations=ordered)
        case Extremum(_, Name() as index) if index != _BOUND:
            body = rewritten(node.body, lambda part: replace(_BOUND) if part == index else part)
            return _name_for(replace(node, index=_BOUND, body=body))
        case Extremum():
            return _name_for(node)
        case Juxtaposed(items) if any(_lacks_brackets(*pair) for pair in pairwise(items)):
            return Juxtaposed(_with_brackets(items), start=node.start, end=node.end)
        case Expectation(over, argument) if argument is not None and is_unnamed(over):
            return _name_for(node)
        case Component(Name("E"), index):
            return _name_for(Expectation(None, Bracketed((index,), "[", "]"), start=node.start, end=node.end))
        case Juxtaposed((Name("E"), Bracketed(_, "[") as inner)):
            return _name_for(Expectation(None, inner, start=node.start, end=node.end))
        case Relation(first, (("=", value),)) if _step_of(first) == "new":
            return Relation(_bare(first), ((":=", rewritten(value, _bare)),), start=node.start, end=node.end)
        case Gradient(_, Call(Name("log"), (argument,)), None):
            inner = replace(node, argument=argument)
            return Fraction(_changed(inner, aliases) or inner, argument, start=node.start, end=node.end)
        case Gradient(variable, Name() as of, None) if isinstance(variable, Name):
            return DerivativeOf(of, ((variable, 1),), start=node.start, end=node.end)
        case Gradient(None, Name() as of, None):
            return replace(of, decorations=(*of.decorations, "nabla"), start=node.start, end=node.end)
        case Gradient(_, argument) if argument is not None and any(map(_is_named_so, walk(argument))):
            return _name_for(node)
        case Bracketed((first, second), "⟨"):
            return Juxtaposed((Scripted(first, None, Name("T")), second), start=node.start, end=node.end)
        case DerivativeOf(argument, variables) if (order := _in_order(variables)) != variables:
            return replace(node, variables=order)
        case Bracketed((Relation() as inner,), "(") if set(inner.relations) <= _COMPARISONS:
            return replace(node, opening="[", closing="]")
        case Call(Name("factorial"), (argument,)):
            return Juxtaposed((Name("factorial"), Bracketed((argument,))), start=node.start, end=node.end)
        case Juxtaposed((Name("logit"), Bracketed((argument,)))):
            odds = Fraction(argument, Addition((("+", Number("1")), ("-", argument))))
            return Call(Name("log"), (odds,), start=node.start, end=node.end)
        case Juxtaposed((Name("softmax"), inner)) if (found := _softmax(inner)) is not None:
            return found
        case Juxtaposed(items) if any(_barred(*pair) for pair in pairwise(items)):
            return _named(node)
    return None


def _is_named_so(node: Node) -> bool:
    """Whether a name stands for what has no scalar value."""
    return isinstance(node, Name) and node.base.startswith(OPAQUE)


_BOUND = Name("boundindex")


def _place(decoration: str) -> tuple[bool, str]:
    """Fonts before accents."""
    return decoration not in FONTS, decoration


def _lacks_brackets(head: Node, after: Node) -> bool:
    """Whether this is a trace without brackets: ``tr A``."""
    return isinstance(head, Name) and head.base in TRACES and isinstance(after, Name | Scripted)


def _with_brackets(items: tuple[Node, ...]) -> tuple[Node, ...]:
    behind = (None, *items)
    return tuple(
        Bracketed((item,)) if before is not None and _lacks_brackets(before, item) else item
        for before, item in zip(behind, items, strict=False)
    )


_STEPS = {"new": "new", "next": "new", "updated": "new", "old": "old", "prev": "old", "current": "old"}


def _step_of(node: Node) -> str | None:
    r"""Whether a name is marked as the new or the old one: ``w_{\text{new}}``."""
    if not isinstance(node, Scripted) or (node.subscript is not None) == (node.superscript is not None):
        return None
    mark = node.subscript if node.subscript is not None else node.superscript
    if isinstance(mark, Juxtaposed):
        return _STEPS.get("".join(part.base for part in mark.items if isinstance(part, Name)))
    return _STEPS.get(mark.text.strip() if isinstance(mark, Text) else mark.base if isinstance(mark, Name) else "")


def _bare(node: Node) -> Node:
    return node.base if isinstance(node, Scripted) and _step_of(node) is not None else node


def is_unnamed(over: Node | None) -> bool:
    """Whether an expectation is over nothing that has a law: no distribution, or one that has a letter."""
    if over is None:
        return True
    return isinstance(over, Name) or (isinstance(over, Relation) and isinstance(over.rest[-1][1], Name | Scripted))


def _in_order(variables: Variables) -> Variables:
    """The variables of a mixed derivative by name: their order does not matter for smooth functions."""
    names = [name_of(variable) for variable, _ in variables]
    return tuple(sorted(variables, key=lambda pair: name_of(pair[0]) or "")) if all(names) else variables


def _is_run(base: str) -> bool:
    return len(base) == 2 and base.isalpha() and base.islower() and base not in GREEK


def _softmax(inner: Node) -> Node | None:
    """``softmax(z)_i`` as its quotient, and ``softmax(z/T)_i``, where one small letter is the vector."""
    found = component_of_value(inner)
    if found is None or len(found[0].items) != 1:
        return None
    body, index = found[0].items[0], found[1]
    vectors = {part.base for part in walk(body) if _is_small(part) and isinstance(part, Name)}
    simple = all(isinstance(part, Name | Number | Fraction | Product | Addition) for part in walk(body))
    if len(vectors) != 1 or not (simple or isinstance(body, Juxtaposed)):
        return None
    other = Name("k" if index != Name("k") else "j")

    def at(place: Node) -> Node:
        return rewritten(
            body, lambda part: Scripted(part, place) if isinstance(part, Name) and _is_small(part) else part
        )

    above, below = (Scripted(Name("e"), None, at(place)) for place in (index, other))
    return Fraction(above, Summation("sum", other, None, None, None, below))


def _is_small(node: Node) -> bool:
    return isinstance(node, Name) and len(node.base) == 1 and node.base.islower()


VARIANTS = {"varepsilon": "epsilon", "vartheta": "theta", "varrho": "rho", "varphi": "phi"}
"""Second forms of Greek letters, which are the same letter in two texts that use one form each."""


_COUNTS = frozenset("NCDLMS")


def with_small_counts(node: Node) -> Node:
    """The tree with small letters for capitals that count: ``N``, ``M``, and those with a word as an index."""
    return rewritten(node, _small)


def _small(node: Node) -> Node:
    if isinstance(node, Scripted) and isinstance(node.base, Name) and node.superscript is None:
        index = node.subscript
        worded = isinstance(index, Text) or (isinstance(index, Name | Juxtaposed) and len(name_of(index) or "ab") > 1)
        return Name(f"{node.base.base.lower()}count") if worded and node.base.base.isupper() else node
    counts = isinstance(node, Name) and not node.decorations and 0 < len(node.base) < 4 and set(node.base) <= _COUNTS
    return replace(node, base=node.base.lower()) if counts and isinstance(node, Name) else node


def _barred(head: Node, bracket: Node) -> bool:
    """Whether this is ``p(y | x)``."""
    held = isinstance(bracket, Bracketed) and any(isinstance(item, Conditional) for item in bracket.items)
    return held and isinstance(head, Name | Scripted)


def _named(node: Juxtaposed) -> Node:
    items: list[Node] = []
    for item in node.items:
        if items and _barred(items[-1], item):
            items.append(_name_for(Juxtaposed((items.pop(), item), start=node.start, end=node.end)))
        else:
            items.append(item)
    return items[0] if len(items) == 1 else replace(node, items=tuple(items))


def _name_for(node: Node) -> Name:
    return Name(f"{OPAQUE}{sha1(repr(node).encode()).hexdigest()[:12]}", start=node.start, end=node.end)
