r"""LaTeX formulas to the syntax tree.

:func:`read` takes one math span and gives its statements (an aligned block has one for each row), the
remarks on how it is written and the words between; :func:`parse` takes a single formula.
"""

from __future__ import annotations

from collections.abc import Mapping

from symdl.core import ReadError

from .grammar import Parser
from .latex_tokens import tokenize
from .syntax import Node, Parsed
from .tokens import check_length


def read(text: str, macros: Mapping[str, str] | None = None) -> Parsed:
    r"""Every statement of one math span (without its dollars).

    Raises :class:`ReadError` with the place of what cannot be read.

    >>> parsed = read(r"\hat{A} = 2,\quad f(x) = \max{x,0};")
    >>> [parsed.source(statement) for statement in parsed.statements]
    ['\\hat{A} = 2', 'f(x) = \\max{x,0}']
    >>> parsed.remarks[0].code, parsed.remarks[0].fix
    ('TEX001', '\\max\\{x,0\\}')
    """
    check_length(text)
    return Parser(text, tokenize(text, macros or {}), latex=True).document()


def parse(text: str, macros: Mapping[str, str] | None = None) -> Node:
    r"""The one statement of ``text``.

    >>> parse(r"x_t")
    Scripted(base=Name(base='x', decorations=()), subscript=Name(base='t', decorations=()), superscript=None, primes=0)
    """
    return only_statement(read(text, macros))


def only_statement(parsed: Parsed) -> Node:
    """The statement of a text that has one; raises :class:`ReadError` otherwise."""
    if len(parsed.statements) != 1:
        position = parsed.statements[1].start if parsed.statements else 0
        raise ReadError(
            f"{len(parsed.statements)} statements where one is expected",
            text=parsed.text,
            position=position,
            remedy="read them one by one",
        )
    return parsed.statements[0]
