r"""Slips of the pen in a formula, undone one at a time: candidates for its repair, in the author's own spelling.

A slip is a change of the text at one place of the syntax tree: a sign, a number, a factor, a power, a
bracket, one name for another. Candidates come roughly in the order of likelihood; whether one is a
repair is for the caller to decide, by a proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Cases,
    Fraction,
    Juxtaposed,
    Name,
    Node,
    Number,
    Product,
    Root,
    Scripted,
    Summation,
    children,
    walk,
)

Change = tuple[int, int, str]
_SIGN = re.compile(r"[-+−]")
_TWINS = (("sin", "cos"), ("tanh", "sigma"), ("sinh", "cosh"), ("min", "max"))
_MULTIPLES = ("2", r"\frac{1}{2}", "-")
_MOST_PAIRS = 900
_COMMAND_END = re.compile(r"\\[A-Za-z]+\Z")


@dataclass(frozen=True)
class Slip:
    """Replacements of stretches of a text, and in words what they do."""

    description: str
    changes: tuple[Change, ...]

    def applied(self, text: str) -> str:
        """The text after the changes.

        >>> Slip("change a sign", ((1, 2, "-"),)).applied("a+b")
        'a-b'
        """
        for start, end, new in sorted(self.changes, reverse=True):
            before = text[:start]
            spaced = " " if new[:1].isalpha() and _COMMAND_END.search(before) else ""
            text = before + spaced + new + text[end:]
        return text


def slips(text: str, sides: Iterable[Node], factors: Iterable[str] = (), shape_only: bool = False) -> Iterator[Slip]:
    """Every change of one place in ``sides``, parts of the formula ``text``.

    With ``shape_only`` signs, powers, factors and brackets alone.
    ``factors`` are further names and values, as the document spells them, that may have been left out.

    >>> from symdl.notation.latex import parse
    >>> [s.applied("1 - y") for s in slips("1 - y", [parse("1 - y")])][:2]
    ['1 + y', '-1 - y']
    """
    for side in sides:
        found = _Slips(text, side, tuple(dict.fromkeys(factors)))
        yield from found.of_shape() if shape_only else found.all()


@dataclass(frozen=True)
class _Slips:
    """The slips of one side of a formula."""

    text: str
    side: Node
    factors: tuple[str, ...]

    def of_shape(self) -> Iterator[Slip]:
        """Slips in brackets, signs, powers and numbers that multiply."""
        parts = list(walk(self.side))
        for kind in (self.sum_brackets, self.signs, self.powers, self.number_factors, self.brackets):
            yield from (slip for node in parts for slip in kind(node))

    def all(self) -> Iterator[Slip]:
        """Every slip, the likeliest kinds first."""
        parts = list(walk(self.side))
        values = list(quantities(self.side))
        for kind in (self.sum_brackets, self.signs, self.number_factors, self.powers, self.numbers, self.brackets):
            yield from (slip for node in parts for slip in kind(node))
        yield from self.repeated(parts)
        yield from self.step_powers(parts)
        yield from self.multiples()
        for kind in (self.left_out, self.fractions, self.arguments, self.functions):
            yield from (slip for node in parts for slip in kind(node))
        yield from self.chain_factors()
        yield from self.names(values)
        yield from (slip for node in parts for slip in self.bars(node))
        yield from self.pairs(parts)

    def pairs(self, parts: list[Node]) -> Iterator[Slip]:
        """Two small slips at once."""
        small = [
            s for kind in (self.signs, self.number_factors, self.numbers, self.powers) for n in parts for s in kind(n)
        ]
        for a, b in islice(combinations(small, 2), _MOST_PAIRS):
            (left, *_), (right, *_) = a.changes, b.changes
            if left[1] <= right[0] or right[1] <= left[0]:
                yield Slip(f"{a.description} and {b.description}", (*a.changes, *b.changes))

    def source(self, node: Node) -> str:
        """The text of a part, without braces around it."""
        start, end = self.place(node)
        return self.text[start:end]

    def place(self, node: Node) -> tuple[int, int]:
        """Where a part stands, inside the braces around it."""
        start, end = node.start, node.end
        while self.text[start : start + 1] == "{" and self.text[end - 1 : end] == "}":
            start, end = start + 1, end - 1
        return start, end

    def whole(self, node: Node) -> str:
        """The text of a part as one factor."""
        return rf"\left({self.source(node)}\right)" if isinstance(node, Addition) else self.source(node)

    def signs(self, node: Node) -> Iterator[Slip]:
        """The sign of one term, or of the first two."""
        if not isinstance(node, Addition):
            return
        for (_, left), (_, right) in pairwise(node.terms):
            found = _SIGN.search(self.text, left.end, right.start)
            if found:
                new = "-" if found[0] == "+" else "+"
                yield Slip(f"change the sign of {self.source(right)}", ((found.start(), found.end(), new),))
        sign, first = node.terms[0]
        change = (node.start, first.start, "") if sign == "-" else (first.start, first.start, "-")
        yield Slip(f"change the sign of {self.source(first)}", (change,))

    def repeated(self, parts: list[Node]) -> Iterator[Slip]:
        """The same slip wherever a sum is repeated."""
        sums = [node for node in parts if isinstance(node, Addition)]
        for node in dict.fromkeys(sums):
            alike = [list(self.signs(other)) for other in sums if other == node]
            if len(alike) > 1:
                for same in zip(*alike, strict=False):
                    yield Slip(f"{same[0].description}, everywhere", tuple(c for slip in same for c in slip.changes))

    def step_powers(self, parts: list[Node]) -> Iterator[Slip]:
        """``1 - b`` where ``1 - b^t`` is meant, in every place."""
        plain = [term for node in parts if isinstance(node, Addition) for term in _taken_from_one(node)]
        if plain:
            yield Slip("raise the decay to the power t", tuple((term.end, term.end, "^t") for term in plain))

    def number_factors(self, node: Node) -> Iterator[Slip]:
        """A number that multiplies, taken away."""
        for item in node.items if isinstance(node, Juxtaposed) else ():
            if isinstance(item, Number):
                yield Slip(f"take {item.text} away", ((item.start, item.end, ""),))

    def numbers(self, node: Node) -> Iterator[Slip]:
        """Another small number."""
        if not isinstance(node, Number) or not node.text.isdigit():
            return
        value = int(node.text)
        for new in dict.fromkeys((value + 1, value - 1, 2 * value, value // 2, value + 2)):
            if 0 <= new != value:
                yield self.replaced(node, str(new))

    def powers(self, node: Node) -> Iterator[Slip]:
        """A square that is missing, or too many."""
        if isinstance(node, Scripted) and node.superscript is not None and _is_power(node):
            start = self.text.rfind("^", node.base.end, node.superscript.start)
            if start >= 0:
                braced = self.text.startswith("{", start + 1)
                end = node.superscript.end + (braced and self.text.startswith("}", node.superscript.end))
                yield Slip("take the power away", ((start, end, ""),))
        elif isinstance(node, Name | Scripted | Bracketed | Call) and self.may_bear_power(node):
            yield Slip(f"square {self.source(node)}", ((node.end, node.end, "^2"),))
        elif isinstance(node, Juxtaposed) and len(node.items) == 2:
            yield Slip(f"square {self.source(node)}", ((node.start, node.start, "("), (node.end, node.end, ")^2")))

    def may_bear_power(self, node: Node) -> bool:
        """Whether a square can be written behind it."""
        if isinstance(node, Scripted) and node.superscript is not None:
            return False
        return not self.text.startswith(("^", "'", "_", "("), node.end)

    def brackets(self, node: Node) -> Iterator[Slip]:
        """Brackets around all that follows a factor or a sum."""
        if not isinstance(node, Addition):
            return
        for _, term in node.terms[:-1]:
            tail = node.terms[-1][1].end
            for start in self.bracket_starts(term):
                changes = ((start, start, r"\left("), (tail, tail, r"\right)"))
                yield Slip("put brackets around what follows", changes)
            last = term.items[-1] if isinstance(term, Juxtaposed) else term
            if isinstance(last, Fraction):
                rest = self.text[last.end : tail]
                new = rf"\frac{{{self.source(last.numerator)}}}{{{self.source(last.denominator)}{rest}}}"
                yield Slip("take the rest into the denominator", ((last.start, tail, new),))
            elif isinstance(term, Product) and isinstance(term.first, Fraction):
                _, end = self.place(term.first.denominator)
                if self.text.startswith("}", end):
                    changes = ((end, end, self.text[term.end : tail]), (term.end, tail, ""))
                    yield Slip("take the rest into the denominator", changes)

    def sum_brackets(self, node: Node) -> Iterator[Slip]:
        """Brackets around everything behind a sum sign."""
        if isinstance(node, Addition) and any(isinstance(part, Summation) for part in walk(node.terms[0][1])):
            yield from self.brackets(node)

    def bracket_starts(self, term: Node) -> Iterator[int]:
        """Where brackets can open inside a term."""
        if isinstance(term, Summation):
            yield term.body.start
        elif isinstance(term, Juxtaposed):
            yield from (item.start for item in term.items[1:])
            for item in term.items:
                yield from self.bracket_starts(item)
        elif isinstance(term, Product):
            yield from (operand.start for _, operand in term.rest)

    def multiples(self) -> Iterator[Slip]:
        """The whole side times a factor that was left out."""
        side = self.side
        for factor in _MULTIPLES:
            what = "change the sign of the whole" if factor == "-" else f"multiply by {factor}"
            yield self.rewritten(what, f"{factor} {self.whole(side)}")

    def chain_factors(self) -> Iterator[Slip]:
        """One term of the side, or the whole of it, times or over a quantity that was left out."""
        side = self.side
        for factor in self.factors:
            for _, term in side.terms[1:] if isinstance(side, Addition) else ():
                yield Slip(f"multiply {self.source(term)} by {factor}", ((term.start, term.start, f"{factor} "),))
            yield self.rewritten(f"multiply by {factor}", rf"{self.whole(side)} \cdot {factor}")
            yield self.rewritten(f"divide by {factor}", rf"\frac{{{self.source(side)}}}{{{factor}}}")

    def rewritten(self, description: str, new: str) -> Slip:
        """The whole side as ``new``."""
        return Slip(description, ((self.side.start, self.side.end, new),))

    def replaced(self, node: Node, new: str) -> Slip:
        """A part as ``new``."""
        return Slip(f"put {new} in the place of {self.source(node)}", ((*self.place(node), new),))

    def left_out(self, node: Node) -> Iterator[Slip]:
        """One factor or one term less, or one factor inverted."""
        if isinstance(node, Juxtaposed):
            for item in node.items:
                if not isinstance(item, Bracketed) or len(node.items) > 2:
                    yield Slip(f"take {self.source(item)} away", ((item.start, item.end, ""),))
        elif isinstance(node, Product):
            before = node.first
            for _, operand in node.rest:
                yield Slip(f"take {self.source(operand)} away", ((before.end, operand.end, ""),))
                before = operand
            yield Slip(f"take {self.source(node.first)} away", ((node.start, node.rest[0][1].start, ""),))
        elif isinstance(node, Addition) and len(node.terms) > 1:
            for (_, left), (_, right) in pairwise(node.terms):
                yield Slip(f"take {self.source(right)} away", ((left.end, right.end, ""),))

    def fractions(self, node: Node) -> Iterator[Slip]:
        """A fraction turned over, a product that is one, a root put on or taken away."""
        last = node.items[-1] if isinstance(node, Juxtaposed) else None
        if isinstance(last, Bracketed) and len(last.items) == 1:
            before = self.text[node.start : last.start].strip()
            over = rf"\frac{{{before}}}{{{self.source(last.items[0])}}}"
            yield Slip(f"divide by {self.source(last)}", ((node.start, node.end, over),))
        if isinstance(node, Fraction):
            over = rf"\frac{{{self.source(node.denominator)}}}{{{self.source(node.numerator)}}}"
            yield Slip("turn the fraction over", ((node.start, node.end, over),))
            low = node.denominator
            yield self.below("take the root below", node, rf"\sqrt{{{self.source(low)}}}")
            for power in ("2", "3"):
                yield self.below("raise the denominator to a power", node, rf"({self.source(low)})^{power}")
        elif isinstance(node, Root) and node.degree is None:
            inner = self.source(node.radicand)
            plain = f"({inner})" if isinstance(node.radicand, Addition) else inner
            yield Slip("take the root away", ((node.start, node.end, plain),))

    def below(self, description: str, node: Fraction, new: str) -> Slip:
        """Another denominator, in braces where the fraction has none for it."""
        start, end = self.place(node.denominator)
        lone = start == node.denominator.start and self.text.startswith("\\", node.start)
        return Slip(description, ((start, end, f"{{{new}}}" if lone else new),))

    def arguments(self, node: Node) -> Iterator[Slip]:
        """The argument of a function, or an exponent, with another sign or factor."""
        for part in _arguments(node):
            inner = self.whole(part)
            for factor in ("2", "-", r"\frac{1}{2}"):
                new = f"{factor} {inner}" if factor != "-" else f"-{inner}"
                yield Slip(
                    f"put {new} in the place of {self.source(part)}", ((part.start, part.end, self.braced(part, new)),)
                )

    def braced(self, part: Node, new: str) -> str:
        """An exponent of one letter gets braces."""
        lone = self.text[part.start - 1 : part.start] == "^"
        return f"{{{new}}}" if lone else new

    def functions(self, node: Node) -> Iterator[Slip]:
        """Another function of the same kind."""
        if not isinstance(node, Name):
            return
        for pair in _TWINS:
            for old, new in (pair, pair[::-1]):
                if node.base == old and not node.decorations:
                    yield self.replaced(node, rf"\{new}")

    def names(self, values: list[Node]) -> Iterator[Slip]:
        """One name in the place of another, two names exchanged, a name for a number."""
        texts = list(dict.fromkeys([*(self.source(v) for v in values), *self.factors]))
        for value in values:
            yield from (self.replaced(value, text) for text in texts if text != self.source(value))
        for node in walk(self.side):
            if isinstance(node, Number):
                yield from (self.replaced(node, text) for text in texts)
        for a, b in ((a, b) for n, a in enumerate(texts) for b in texts[n + 1 :]):
            both = tuple((*self.place(v), b if self.source(v) == a else a) for v in values if self.source(v) in (a, b))
            if len(both) > 1:
                yield Slip(f"exchange {a} and {b}", both)

    def bars(self, node: Node) -> Iterator[Slip]:
        """An absolute value that is missing."""
        if isinstance(node, Bracketed) and node.opening == "(" and len(node.items) == 1:
            yield Slip(
                "take the absolute value", ((node.start, node.end, rf"\left|{self.source(node.items[0])}\right|"),)
            )
        elif isinstance(node, Name | Scripted) and self.may_bear_power(node):
            yield Slip("take the absolute value", ((node.start, node.end, rf"\left|{self.source(node)}\right|"),))


def _is_power(node: Scripted) -> bool:
    return isinstance(node.superscript, Number) or name_of(node) is None


def _taken_from_one(node: Addition) -> Iterator[Node]:
    """The quantity of ``1 - b``."""
    signs, terms = zip(*node.terms, strict=True)
    if signs == ("+", "-") and terms[0] == Number("1") and name_of(terms[1]) is not None:
        yield terms[1]


def quantities(node: Node) -> Iterator[Node]:
    """The quantities in a formula, indices and all, but no parts of them."""
    if isinstance(node, Scripted) and isinstance(node.base, Name) and node.superscript is not None and _is_power(node):
        yield node.base if node.subscript is None else node
        yield from quantities(node.superscript)
        return
    if isinstance(node, Name | Scripted) and name_of(node) is not None:
        yield node
        return
    if isinstance(node, Cases):
        for value, _ in node.rows:
            yield from quantities(value)
        return
    parts = node.arguments if isinstance(node, Call) else tuple(children(node))
    for part in parts:
        yield from quantities(part)


def _arguments(node: Node) -> Iterator[Node]:
    """What stands in the brackets of an application, under a function's name, or as the exponent of e."""
    if isinstance(node, Call):
        yield from node.arguments
    elif isinstance(node, Juxtaposed):
        for head, bracket in pairwise(node.items):
            if isinstance(head, Name) and isinstance(bracket, Bracketed) and len(bracket.items) == 1:
                yield bracket.items[0]
    elif isinstance(node, Scripted) and node.base == Name("e") and node.superscript is not None:
        yield node.superscript
