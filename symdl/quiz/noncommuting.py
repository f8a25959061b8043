r"""Formulas that are equal whatever their letters stand for: numbers, vectors or matrices.

Where nothing tells scalars from matrices, ``W - \eta \delta x^\top`` still has a normal form: a sum of words in
letters that do not commute, in which a transpose reverses a product. Equal normal forms are equal under every
meaning for which both formulas have a value; unequal ones show nothing. Entrywise products (``\odot``) and finite
sums over an index are letters that hold words: both are linear, and a transpose goes inside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
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
    Summation,
    rewritten,
    walk,
)
from symdl.notation.tokens import GREEK


@dataclass(frozen=True)
class Joined:
    """Words under ``\\odot``, in order, or the word under the sum that ``sign`` says."""

    sign: str
    words: tuple[Word, ...]


Letter: TypeAlias = tuple[str | Joined, bool]
"""What a letter is called, and whether it is transposed."""
Word: TypeAlias = tuple[tuple[str, ...], tuple[Letter, ...]]
"""Divisors, in order of their names, and the letters of a product, in the order in which they stand."""
Words: TypeAlias = Mapping[Word, Rational]

_MOST_WORDS = 200
_ENTRYWISE, _BOUND = "odot", "index#"
_TIMES = frozenset({"*", "cdot"})


def equal_as_words(gold: Node, own: Node, profile: Profile) -> bool:
    r"""Whether two formulas have one normal form in letters that do not commute.

    >>> from symdl.notation.latex import parse
    >>> from symdl.notation.profile import DEEP_LEARNING
    >>> one, other = parse(r"(A + B) x^\top"), parse(r"(x A^\top)^\top + B x^{\top}")
    >>> equal_as_words(one, other, DEEP_LEARNING), equal_as_words(one, parse(r"A x^\top + x^\top B"), DEEP_LEARNING)
    (True, False)
    """
    both = _parted(gold, own), _parted(own, gold)
    first, second = (_words(spread(node, profile)) for node in both)
    return first is not None and first == second


def _parted(node: Node, other: Node) -> Node:
    """The formula with a run of capitals, ``ABC``, as the product of letters that stand alone in the other one."""
    alone = {part.base for part in walk(other) if isinstance(part, Name) and len(part.base) == 1}

    def parted(part: Node) -> Node:
        run = isinstance(part, Name) and not part.decorations and len(part.base) > 2 and part.base.isupper()
        if not run or not isinstance(part, Name) or not set(part.base) <= alone:
            return part
        return Juxtaposed(tuple(map(Name, part.base)), start=part.start, end=part.end)

    return rewritten(node, parted)


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
    if isinstance(node, Product) and all(operator == "odot" for operator, _ in node.rest):
        return _entrywise([_words(item) for item in (node.first, *(item for _, item in node.rest))])
    if isinstance(node, Summation) and _is_finite(node):
        return _total(node)
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
    return sha1((repr(node) if words is None else repr(_in_order(words))).encode()).hexdigest()


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
    if sum(factor is not None and any(letters for _, letters in factor) for factor in factors) > 1:
        factors = [_as_one(factor) if factor is not None and _adds_to_entries(factor) else factor for factor in factors]
    total: Words | None = {((), ()): Rational(1)}
    for factor in factors:
        if total is None or factor is None:
            return None
        longer: defaultdict[Word, Rational] = defaultdict(Rational)
        for (first, count), (second, times) in product(total.items(), factor.items()):
            longer[tuple(sorted(first[0] + second[0])), first[1] + second[1]] += count * times
        total = _kept(longer)
    return total


def _adds_to_entries(words: Words) -> bool:
    r"""Whether a number is added to what is an array for sure, as in ``1 - h \odot h``: it is then no identity."""
    held = [name for _, letters in words for name, _ in letters if isinstance(name, Joined)]
    return any(not letters for _, letters in words) and any(name.sign == _ENTRYWISE for name in held)


def _as_one(words: Words) -> Words:
    return {((), ((repr(_in_order(words)), False),)): Rational(1)}


def _quotient(node: Fraction) -> Words | None:
    """Divided by a number, or by what must be a scalar, which may stand anywhere in the product."""
    numerator, denominator = _words(node.numerator), _words(node.denominator)
    if numerator is None or denominator is None:
        return None
    number = denominator.get(((), ()), None) if len(denominator) == 1 else None
    divisor: Word = ((), ()) if number else ((repr(_in_order(denominator)),), ())
    return _product([{divisor: 1 / number if number else Rational(1)}, numerator])


def _in_order(words: Words) -> list[tuple[Word, Rational]]:
    return sorted(words.items(), key=repr)


def _entrywise(factors: list[Words | None]) -> Words | None:
    """An entrywise product: of its terms, in any order, without the numbers."""
    total: Words | None = {((), ()): Rational(1)}
    for factor in factors:
        if total is None or factor is None:
            return None
        longer: defaultdict[Word, Rational] = defaultdict(Rational)
        for (first, count), (second, times) in product(total.items(), factor.items()):
            longer[_joined((*_factors(first), *_factors(second)))] += count * times
        total = _kept(longer)
    return total


def _factors(word: Word) -> tuple[Word, ...]:
    """The words that a word is the entrywise product of: itself, unless it is such a product."""
    over, letters = word
    name = letters[0][0] if len(letters) == 1 and not over else None
    if isinstance(name, Joined) and name.sign == _ENTRYWISE:
        return name.words
    return (word,) if over or letters else ()


def _joined(words: tuple[Word, ...]) -> Word:
    if len(words) < 2:
        return words[0] if words else ((), ())
    return (), ((Joined(_ENTRYWISE, tuple(sorted(words, key=repr))), False),)


def _is_finite(node: Summation) -> bool:
    """Whether a sum has a first and a last index, and the index is a letter that no run of letters hides."""
    ends = (node.lower, node.upper)
    if node.kind != "sum" or not isinstance(node.index, Name) or None in ends or node.condition is not None:
        return False
    index = node.index.base
    names = [part.base for part in walk(node) if isinstance(part, Name)]
    endless = any(name in ("oo", "infty", "inf", "infinity") for name in names)
    return not endless and not any(index in name and name != index and name not in GREEK for name in names)


def _total(node: Summation) -> Words | None:
    """A sum over an index, term by term; what does not depend on the index stands before or behind it."""
    depth = sum(isinstance(part, Summation) for part in walk(node.body))
    bound = Name(f"{_BOUND}{depth}")
    words = _words(rewritten(node.body, lambda part: bound if part == node.index else part))
    if words is None:
        return None
    sign = f"{node.lower!r}..{node.upper!r} of {bound.base}"
    total: defaultdict[Word, Rational] = defaultdict(Rational)
    for word, count in words.items():
        total[_under(sign, bound.base, word)] += count
    return _kept(total)


def _under(sign: str, bound: str, word: Word) -> Word:
    """A word under a sum, without the divisors and the outer letters that are the same in each term."""
    over, letters = word
    moving = [n for n, (name, _) in enumerate(letters) if _may_move(name, bound)]
    if not moving:
        return (), ((Joined(sign, (word,)), False),)
    first, last = moving[0], moving[-1] + 1
    outside = tuple(sorted(divisor for divisor in over if not _may_move(divisor, bound)))
    inside = tuple(sorted(divisor for divisor in over if _may_move(divisor, bound)))
    letter: Letter = (Joined(sign, ((inside, letters[first:last]),)), False)
    return outside, (*letters[:first], letter, *letters[last:])


def _may_move(name: str | Joined, bound: str) -> bool:
    """Whether a letter may depend on an index; what is written as a fingerprint may depend on any."""
    said = repr(name)
    return bound in said or "<" in said


def _transposed(words: Words | None) -> Words | None:
    if words is None:
        return None
    return {_turned(word): number for word, number in words.items()}


def _turned(word: Word) -> Word:
    return word[0], tuple(map(_turned_letter, reversed(word[1])))


def _turned_letter(letter: Letter) -> Letter:
    """The transpose of a letter, which for a sum or an entrywise product is that of what it holds."""
    name, turned = letter
    if not isinstance(name, Joined):
        return name, not turned
    words = tuple(map(_turned, name.words))
    return Joined(name.sign, tuple(sorted(words, key=repr))), False
