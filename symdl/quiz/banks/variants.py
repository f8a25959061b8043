r"""A question at values of its parameters: substituted in what its formulas say, not in their letters.

A formula is read, the parameters become numbers in the expression, derivatives of the right answer are worked
out, and the result is written back. What is no scalar expression (a tuple, a relation, a product of matrices) is
kept as written around the expressions in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from symdl.calculus.derivatives import evaluate
from symdl.core import Question, ReadError, SymdlError, symbol
from symdl.core.questions import Choice
from symdl.notation.claims import read_expression
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING, PLAIN
from symdl.notation.spans import find_math
from symdl.notation.syntax import Bracketed, Cases, Listing, Matrix, Name, Node, Parsed, Relation, children, walk
from symdl.notation.text import read_text
from symdl.notation.written import write

_APART = (Bracketed, Cases, Listing, Matrix, Relation)
"""Nodes whose parts need no brackets of their own."""
_PROFILES = {profile.name: profile for profile in (DEEP_LEARNING, PLAIN)}


def at_values(question: Question, values: Mapping[str, Fraction]) -> Question:
    r"""The question with numbers for its parameters, everywhere.

    Raises :class:`ReadError` for a formula that cannot be read; examples that cannot are left as they are.

    >>> asked = Question("diff(exp(a*x), x)", prompt="Differentiate $e^{a x}$.", rejected=("exp(a*x)",))
    >>> shown = at_values(asked, {"a": Fraction(3)})
    >>> shown.prompt, shown.answer, shown.rejected
    ('Differentiate $e^{3 x}$.', '3 e^{3 x}', ('e^{3 x}',))
    """
    if not values:
        return question
    fill = _Filler(question, {symbol(name): sp.Rational(v.numerator, v.denominator) for name, v in values.items()})
    return replace(
        question,
        prompt=fill.prose(question.prompt),
        explanation=fill.prose(question.explanation),
        answer=question.answer if question.choices else fill.formula(question.answer, worked_out=True),
        also=tuple(fill.formula(text) for text in question.also),
        given=tuple(fill.formula(text) for text in question.given),
        choices=tuple(Choice(c.key, fill.prose(c.text), fill.prose(c.feedback)) for c in question.choices),
        accepted=tuple(fill.example(text) for text in question.accepted),
        rejected=tuple(fill.example(text) for text in question.rejected),
        blanks=tuple(at_values(blank, values) for blank in question.blanks),
    )


def names_in(question: Question) -> frozenset[str]:
    """The names that stand in the prompt, the right answer and the blanks: where a parameter must be used."""
    formulas = [span.tex for span in find_math(question.prompt).spans]
    formulas += [span.tex for choice in question.choices for span in find_math(choice.text).spans]
    formulas += [] if question.choices else [question.answer]
    own = {name for text in formulas for node in _statements(text) for name in _names(node)}
    return frozenset(own.union(*(names_in(blank) for blank in question.blanks)))


def _statements(text: str) -> tuple[Node, ...]:
    try:
        return read_text(text).statements
    except ReadError:
        return ()


def _names(node: Node) -> Iterator[str]:
    for part in walk(node):
        if isinstance(part, Name) and (name := name_of(part)):
            yield name


@dataclass(frozen=True)
class _Filler:
    question: Question
    values: Mapping[sp.Symbol, sp.Rational]

    def prose(self, text: str) -> str:
        """Running text: its formulas alone are filled in."""
        for span in reversed(find_math(text).spans):
            text = text[: span.start] + self.formula(span.tex, "latex") + text[span.end :]
        return text

    def example(self, text: str) -> str:
        try:
            return self.formula(text)
        except ReadError:
            return text

    def formula(self, text: str, syntax: str = "auto", worked_out: bool = False) -> str:
        parsed = read_text(text, "latex" if syntax == "latex" else "auto")
        pieces = [piece for node in parsed.statements for piece in self._pieces(parsed, node, True, worked_out)]
        for start, end, piece in reversed(pieces):
            text = text[:start] + piece + text[end:]
        return text

    def _pieces(self, parsed: Parsed, node: Node, apart: bool, worked_out: bool) -> Iterator[tuple[int, int, str]]:
        """What takes the place of which range, from left to right."""
        if not any(symbol(name) in self.values for name in _names(node)):
            return
        written = self._written(parsed.source(node), worked_out)
        if written is not None:
            yield node.start, node.end, written if apart or written.isdigit() else rf"\left({written}\right)"
            return
        for part in children(node):
            yield from self._pieces(parsed, part, isinstance(node, _APART), worked_out)

    def _written(self, text: str, worked_out: bool) -> str | None:
        """An expression at the values, None for what is no scalar expression."""
        try:
            found = read_expression(text, self.question.given, _PROFILES[self.question.profile])
            expr = (found.unfolded if worked_out else found.expr).xreplace(dict(self.values))
            return write(evaluate(expr) if worked_out else expr)
        except SymdlError:
            return None
