"""Words where a formula is asked for: prose is told apart from products of letters, and is not marked."""

from __future__ import annotations

import re
from collections.abc import Set

from symdl.core import ReadError
from symdl.notation.scope import library_definitions
from symdl.notation.tokens import FUNCTION_NAMES, GREEK, OPERATOR_NAMES, words

_RUN = re.compile(r"(?<![\\A-Za-z_.\"'])[A-Za-z]{2,}(?![A-Za-z_0-9(\[.]|'')")
_WORDLIKE = re.compile(r"\A(?=.{4})[A-Za-z][a-z]*[aeiouy]")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_SHORT = frozenset(words("is of to so it by we be an as at on us do my he no the"))
_LOGIC = frozenset(words("if otherwise else and or for where when not in exists all any inf infty infinity union"))
_ALLOWED = frozenset(
    word.lower() for word in (*FUNCTION_NAMES, *GREEK, *OPERATOR_NAMES, *_LOGIC, *words("eps const hat bar tilde"))
)


def letters(text: str) -> frozenset[str]:
    r"""The letters of a formula that are not those of commands.

    >>> sorted(letters(r"\frac{x}{y}"))
    ['x', 'y']
    """
    return frozenset(c for c in _COMMAND.sub(" ", text) if c.isalpha())


def require_no_prose(text: str, known: Set[str]) -> None:
    """Raise :class:`ReadError` for a word in plain text that is no name, no function and no product of names.

    What stands before the last ``=`` is a label or a step, and may have names of its own.

    >>> require_no_prose("ab + tanh x", {"a", "b", "x"})
    >>> require_no_prose("half of x", {"x"})
    Traceback (most recent call last):
    symdl.core.errors.ReadError: 'half' is no quantity of this question...
    """
    start = text.rfind("=") + 1
    for found in _RUN.finditer(text, start):
        word = found.group()
        if word.lower() in _ALLOWED or word in known or word in library_definitions():
            continue
        if word in _SHORT or (_WORDLIKE.search(word) and not set(word) <= known):
            message, remedy = f"'{word}' is no quantity of this question", "write a formula without words"
            raise ReadError(message, text=text[:400], position=found.start(), remedy=remedy)
