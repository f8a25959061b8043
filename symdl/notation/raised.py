r"""Indices that stand above without brackets: ``x^{k+1} = x^k - \eta g^k``, ``z^l = W^l a^{l-1} + b^l``.

A superscript is a power unless the statement shows that it counts: a sum gives one quantity at another place
than the left side has it, and the quantity itself stands nowhere without it; or the letter is that of layers.
"""

from __future__ import annotations

from dataclasses import replace

from .names import name_of
from .syntax import Addition, Bracketed, Name, Node, Number, Relation, Scripted, rewritten, walk
from .tokens import words

_COUNTING = frozenset({"k", "t", "n", "i", "s", "tau", "l", "ell", "j"})
_LAYERS = frozenset({"l", "ell"})
_RATES = frozenset(words("alpha beta gamma delta rho mu lambda eta epsilon varepsilon kappa nu e pi"))


def with_indices(node: Node) -> Node:
    r"""The statement with superscripts that count in brackets.

    >>> from .latex import parse
    >>> parse(r"x^{k+1} = x^k - g") == parse(r"x^{(k+1)} = x^{(k)} - g")
    True
    >>> parse("x^{n+1} = x x^n").first.superscript
    Addition(terms=(('+', Name(base='n', decorations=())), ('+', Number(text='1'))))
    """
    if not isinstance(node, Relation):
        return node
    places = [(part, *found) for part in walk(node) if (found := _place(part)) is not None]
    letter = _counter(node, places)
    if letter is None:
        return node
    steady = frozenset() if letter in _LAYERS else _RATES
    return rewritten(node, lambda part: _raised(part, letter, steady))


Place = tuple[Node, str, str, int]


def _place(node: Node) -> tuple[str, str, int] | None:
    """The name, the letter and the shift of ``x^{k+1}``."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Name) or node.superscript is None or node.primes:
        return None
    upper, shift = node.superscript, 0
    if isinstance(upper, Addition) and len(upper.terms) == 2:
        (first_sign, first), (sign, second) = upper.terms
        if first_sign != "+" or not isinstance(second, Number) or not second.text.isdigit() or len(second.text) > 3:
            return None
        upper, shift = first, int(second.text) if sign == "+" else -int(second.text)
    letter, base = name_of(upper), name_of(node.base)
    return (base, letter, shift) if base and letter in _COUNTING else None


def _counter(node: Relation, places: list[Place]) -> str | None:
    """The letter that counts, if one does."""
    layers = [place for place in places if place[2] in _LAYERS]
    if len(layers) > 1 and len({name for _, name, _, _ in layers}) > 1:
        return layers[0][2]
    head = next((place for place in places if place[0] is node.first), None)
    if head is None or len(node.rest) != 1 or head[1] in _RATES:
        return None
    _, base, letter, shift = head
    others = {other for _, name, counter, other in places if (name, counter) == (base, letter)}
    bare = any(isinstance(part, Name) and name_of(part) == base for part in _outside(node, places))
    update = node.relations == ("<-",) or isinstance(node.rest[0][1], Addition)
    return letter if others - {shift} and not bare and update else None


def _outside(node: Node, places: list[Place]) -> list[Node]:
    inside = {id(place[0].base) for place in places if isinstance(place[0], Scripted)}
    return [part for part in walk(node) if id(part) not in inside]


def _raised(node: Node, letter: str, steady: frozenset[str]) -> Node:
    found = _place(node)
    if found is None or found[1] != letter or found[0] in steady or not isinstance(node, Scripted):
        return node
    assert node.superscript is not None
    upper = node.superscript
    return replace(node, superscript=Bracketed((upper,), start=upper.start, end=upper.end))
