"""What shows that a formula is about matrices and vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from .names import name_of
from .profile import Profile
from .syntax import (
    Addition,
    Cases,
    Extremum,
    Juxtaposed,
    Name,
    Node,
    Norm,
    Number,
    Product,
    Scripted,
    Summation,
    rewritten,
    walk,
)
from .tokens import GREEK

Shapes = Mapping[str, tuple[str, ...]]
"""Sizes of the names that are declared as arrays."""

_TRANSPOSE = frozenset({"T", "top", "T_sans", "intercal"})
TRACES = frozenset({"tr", "Tr", "trace"})


def spread(node: Node, profile: Profile) -> Node:
    """The formula with runs of capitals as products, where the profile takes letters for factors: ``AB``."""
    return rewritten(node, _letters) if profile.letters_multiply else node


def _letters(node: Node) -> Node:
    if isinstance(node, Scripted) and isinstance(node.base, Juxtaposed):
        *front, last = node.base.items
        return replace(node.base, items=(*front, replace(node, base=last, start=last.start)), end=node.end)
    if isinstance(node, Scripted) and isinstance(node.superscript, Juxtaposed):
        first, *rest = node.superscript.items
        if first == Name("T"):
            return Juxtaposed((replace(node, superscript=first, end=first.end), *rest), start=node.start, end=node.end)
    if is_transpose(node) and isinstance(node, Scripted) and _is_pair(node.base) and node.subscript is None:
        first, last = _apart(node.base)
        return Juxtaposed((first, replace(node, base=last, start=last.start)), start=node.start, end=node.end)
    if not _is_pair(node) or not isinstance(node, Name) or not node.base[0].isupper():
        return node
    return Juxtaposed(_apart(node), start=node.start, end=node.end)


def _is_pair(node: Node) -> bool:
    """Whether ``node`` is two letters that are written as one word; ``dx`` is a word."""
    pair = isinstance(node, Name) and not node.decorations and len(node.base) == 2 == node.end - node.start
    return pair and isinstance(node, Name) and node.base.isalpha() and node.base[0] != "d" and node.base not in GREEK


def _apart(node: Node) -> tuple[Name, ...]:
    letters = node.base if isinstance(node, Name) else ""
    return tuple(Name(c, start=node.start + n, end=node.start + n + 1) for n, c in enumerate(letters))


def is_transpose(node: Node) -> bool:
    r"""Whether ``node`` is ``x^\top`` or one of its other spellings."""
    upper = node.superscript if isinstance(node, Scripted) else None
    return isinstance(upper, Name) and (name_of(upper) in _TRANSPOSE or upper.base == "T")


def spelled(name: str) -> str:
    """The name of an array as an identifier."""
    return "".join(c if c.isalnum() else "_" for c in name).strip("_")


def inverse_of(node: Node) -> Node | None:
    r"""What ``X^{-1}`` or ``X^{-\top}`` (without the transpose: ``X^{-1}``) is the inverse of, else None."""
    upper = node.superscript if isinstance(node, Scripted) else None
    if not isinstance(node, Scripted) or not isinstance(upper, Addition) or len(upper.terms) != 1:
        return None
    sign, term = upper.terms[0]
    named = isinstance(term, Number) and term.text == "1"
    if sign != "-" or not (named or is_transpose(replace(node, superscript=term))):
        return None
    return node.base if node.subscript is None else replace(node, superscript=None)


def is_transposed_inverse(node: Node) -> bool:
    r"""Whether an inverse is ``X^{-\top}``."""
    upper = node.superscript if isinstance(node, Scripted) else None
    return isinstance(upper, Addition) and not isinstance(upper.terms[0][1], Number)


def wants_arrays(node: Node, shapes: Shapes) -> bool:
    """Whether a formula can only be about arrays: a declared one, a transpose, a norm, a trace, two capitals."""
    parts = list(walk(node))
    if any(isinstance(part, Summation | Extremum | Cases) for part in parts):
        return False
    return any(_is_of_arrays(part, shapes) for part in parts)


def _is_of_arrays(node: Node, shapes: Shapes) -> bool:
    if name_of(node) in shapes or is_transpose(node) or isinstance(node, Norm):
        return True
    if isinstance(node, Product):
        entrywise = any(operator == "odot" for operator, _ in node.rest)
        matrices = is_matrix(node.first) or any(is_matrix(operand) for _, operand in node.rest)
        return (entrywise and matrices) or any(operator == "otimes" for operator, _ in node.rest)
    if not isinstance(node, Juxtaposed):
        return False
    pairs = list(pairwise([inverse_of(item) or item for item in node.items]))
    return any(is_matrix(left) and (is_matrix(right) or is_bold(right)) for left, right in pairs) or (
        name_of(node.items[0]) in TRACES
    )


def is_matrix(node: Node) -> bool:
    """Whether ``node`` is a single capital, bold or not, with or without an index."""
    base = node.base if isinstance(node, Scripted) and node.superscript is None else node
    return isinstance(base, Name) and len(base.base) == 1 and base.base.isupper() and base.decorations in _FONTS


_FONTS = ((), ("bold",))


def is_bold(node: Node) -> bool:
    """Whether ``node`` is a bold letter, or one with an arrow."""
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Name) and {"bold", "vec"} & {*base.decorations} != set()
