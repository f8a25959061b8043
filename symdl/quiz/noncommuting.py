r"""Formulas that are equal whatever their letters stand for: numbers, vectors or matrices.

Where nothing tells scalars from matrices, ``W - \eta \delta x^\top`` still has a normal form: a sum of words in
letters that do not commute, in which a transpose reverses a product. Equal normal forms are equal under every
meaning for which both formulas have a value; unequal ones show nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction as Rational
from hashlib import sha1
from itertools import product
from typing import TypeAlias

from symdl.notation.array_signs import is_transpose, spread
from symdl.notation.names import name_of
from symdl.notation.profile import Profile
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Fraction,
    Juxtaposed,
    Name,
    Node,
    Number,
    Product,
    Scripted,
)
from symdl.notation.tokens import GREEK

Letter: TypeAlias = tuple[str, bool]
"""What a letter is called, and whether it is transposed."""
Word: TypeAlias = tuple[tuple[str, ...], tuple[Letter, ...]]
"""Divisors, in order of their names, and the letters of a product, in the order in which they stand."""
Words: TypeAlias = Mapping[Word, Rational]

_MOST_WORDS = 200
_TIMES = frozenset({"*", "cdot"})


def equal_as_words(gold: Node, own: Node, profile: Profile) -> bool:
    r"""Whether two formulas have one normal form in letters that do not commute.

    >>> from symdl.notation.latex import parse
    >>> from symdl.notation.profile import DEEP_LEARNING
    >>> one, other = parse(r"(A + B) x^\top"), parse(r"(x A^\top)^\top + B x^{\top}")
    >>> equal_as_words(one, other, DEEP_LEARNING), equal_as_words(one, parse(r"A x^\top + x^\top B"), DEEP_LEARNING)
    (True, False)
    """
    first, second = (_without_identities(_words(spread(node, profile))) for node in (gold, own))
    return first is not None and first == second


def _without_identities(words: Words | None) -> Words | None:
    """The words without an ``I`` beside a letter that is no scalar; one that stands alone stays."""
    if words is None or not any(name == "I" for _, letters in words for name, _ in letters):
        return words
    found: dict[Word, Rational] = defaultdict(Rational)
    for (over, letters), number in words.items():
        others = tuple(letter for letter in letters if letter[0] != "I")
        found[over, others if any(name not in GREEK for name, _ in others) else letters] += number
    return _kept(found)


def _words(node: Node) -> Words | None:
    """The normal form; None for one with too many words."""
    if isinstance(node, Number):
        return _kept({((), ()): Rational(node.text)})
    if isinstance(node, Addition):
        return _sum(node)
    if (
        isinstance(node, Bracketed)
        and len(node.items) == 1
        and (node.opening, node.closing) in (("(", ")"), ("[", "]"))
    ):
        return _words(node.items[0])
    if isinstance(node, Juxtaposed) and not any(map(_applies, node.items, node.items[1:])):
        return _product([_words(item) for item in node.items])
    if isinstance(node, Product) and all(operator in _TIMES for operator, _ in node.rest):
        return _product([_words(item) for item in (node.first, *(item for _, item in node.rest))])
    if isinstance(node, Fraction):
        return _quotient(node)
    if isinstance(node, Scripted) and is_transpose(node):
        return _transposed(_words(node.base if node.subscript is None else Scripted(node.base, node.subscript)))
    return {((), ((_spelled(node), False),)): Rational(1)}


def _applies(head: Node, after: Node) -> bool:
    """Whether two neighbours may be a function and its argument, which no product is."""
    inner = after.base if isinstance(after, Scripted) else after
    return isinstance(inner, Bracketed) and isinstance(head, Name | Scripted) and not is_transpose(head)


def _spelled(node: Node) -> str:
    """What a part is called that is one letter here: arguments by their normal forms, the rest as it stands."""
    if isinstance(node, Juxtaposed | Call):
        parts = node.items if isinstance(node, Juxtaposed) else (node.function, *node.arguments)
        return "".join(f"<{_inside(part)}>" for part in parts)
    return name_of(node) or repr(node)


def _inside(node: Node) -> str:
    """A fingerprint of what is in brackets, of one length however deep they are nested."""
    words = _words(node)
    return sha1((repr(node) if words is None else repr(sorted(words.items()))).encode()).hexdigest()


def _kept(words: Mapping[Word, Rational]) -> Words | None:
    """Words that cancel stay, counted 0 times: they may have no value where the rest has one."""
    return dict(words) if len(words) <= _MOST_WORDS else None


def _sum(node: Addition) -> Words | None:
    total: defaultdict[Word, Rational] = defaultdict(Rational)
    for sign, term in node.terms:
        words = _words(term)
        if words is None or sign not in ("+", "-"):
            return None
        for word, count in words.items():
            total[word] += count if sign == "+" else -count
    return _kept(total)


def _product(factors: list[Words | None]) -> Words | None:
    total: Words | None = {((), ()): Rational(1)}
    for factor in factors:
        if total is None or factor is None:
            return None
        longer: defaultdict[Word, Rational] = defaultdict(Rational)
        for (first, count), (second, times) in product(total.items(), factor.items()):
            longer[tuple(sorted(first[0] + second[0])), first[1] + second[1]] += count * times
        total = _kept(longer)
    return total


def _quotient(node: Fraction) -> Words | None:
    """Divided by a number, or by what must be a scalar, which may stand anywhere in the product."""
    numerator, denominator = _words(node.numerator), _words(node.denominator)
    if numerator is None or denominator is None:
        return None
    number = denominator.get(((), ()), None) if len(denominator) == 1 else None
    divisor: Word = ((), ()) if number else ((repr(sorted(denominator.items())),), ())
    return _product([{divisor: 1 / number if number else Rational(1)}, numerator])


def _transposed(words: Words | None) -> Words | None:
    if words is None:
        return None
    return {
        (over, tuple((name, not turned) for name, turned in reversed(word))): n for (over, word), n in words.items()
    }
