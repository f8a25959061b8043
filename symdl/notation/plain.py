"""Plain text to the syntax tree.

Numbers, names, ``+ - * / ^ **``, implicit products (which bind tighter than ``/``: ``1/2x`` is
``1/(2x)``), functions by name, ``diff(f, x, n)``, ``sum(f, s, 1, t)``, ``prod``, ``limit(f, x, oo)``,
relations and chains of them, ``{x if x > 0; 0 otherwise}``, ``not (a = b)``, ``exists x: x^2 = 2``.
A name may carry decorations and a subscript: ``M_hat_t``, ``theta_{t+1}``, ``G_t[i]``; the number of a
letter ends with its digits, so that ``p_1p_2`` is a product, and so are ``w_ix_i``, ``p_ip_j`` and
``W_QW_K``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symdl.core import ReadError

from .grammar import Parser
from .latex import only_statement
from .names import DECORATIONS
from .syntax import Node, Parsed
from .tokens import (
    FUNCTION_NAMES,
    GREEK,
    PRIMES,
    SUPERSCRIPTS,
    UNICODE_NAMES,
    UNICODE_OPERATORS,
    UNICODE_RELATIONS,
    Kind,
    Token,
    check_length,
    check_number,
)

_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z0-9_]))?", re.ASCII)
_NUMBERED = rf"(?:{'|'.join(GREEK)}|[A-Za-z])_\d+(?=[A-Za-z])"
_ALIKE = r"(?:(?P=base)_[A-Za-z]|[A-Za-z]_(?P=index))(?![A-Za-z0-9])"
_INDEXED = rf"(?:[A-Z]{{2}}|(?P<base>[A-Za-z]))_(?P<index>[A-Za-z])(?=[A-Z]_|{_ALIKE})"
_WORD = re.compile(rf"{_NUMBERED}|{_INDEXED}|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*", re.ASCII)
_RELATION = re.compile(r":=|<=|>=|!=|==|<-(?=\s)|->|~=|=|<|>|~|:")
_OPERATORS = frozenset({"diff", "sum", "prod", "limit"})
_KEYWORDS = {"if": "if", "otherwise": "otherwise", "and": "∧", "or": "∨"}
_SIMPLE: dict[str, tuple[Kind, str]] = {
    **{c: ("operator", c) for c in "+-*/"},
    **{c: ("open", c) for c in "(["},
    **{c: ("close", c) for c in ")]"},
    "^": ("superscript", "^"),
    ",": ("comma", ","),
    ";": ("semicolon", ";"),
    "|": ("bar", "|"),
    "{": ("left brace", "{"),
    "}": ("right brace", "}"),
    "_": ("subscript", "_"),
    "!": ("factorial", "!"),
    "√": ("function", "sqrt"),
    "…": ("ellipsis", "…"),
    "‖": ("bar", "‖"),
    **{c: ("name", name) for c, name in UNICODE_NAMES.items()},
    **{c: ("relation", name) for c, name in UNICODE_RELATIONS.items()},
    **{c: ("operator", name) for c, name in UNICODE_OPERATORS.items()},
    "∇": ("command", "nabla"),
    "∑": ("command", "sum"),
    "∏": ("command", "prod"),
    "∃": ("command", "exists"),
}


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        for token in _step(text, position):
            yield token
            position = token.end
        while position < len(text) and (text[position].isspace() or text[position] in "\u200b\ufeff"):
            position += 1
    yield Token("end", "", len(text), len(text))


def _step(text: str, start: int) -> Iterator[Token]:
    """The tokens that begin at ``start``; none for a space."""
    number, word, relation = (pattern.match(text, start) for pattern in (_NUMBER, _WORD, _RELATION))
    character = text[start]
    if character.isspace():
        return
    if number is not None:
        check_number(number.group(), text, start)
        yield Token("number", number.group(), start, number.end())
    elif word is not None:
        yield from _word(text, word.group(), start)
    elif text.startswith("**", start):
        yield Token("superscript", "^", start, start + 2)
    elif relation is not None:
        yield Token("relation", {"==": "="}.get(relation.group(), relation.group()), start, relation.end())
    elif text.startswith("||", start) and "|" not in text.replace("||", ""):
        yield Token("bar", "‖", start, start + 2)
    elif character in PRIMES:
        yield Token("prime", "'" * PRIMES[character], start, start + 1)
    elif character in SUPERSCRIPTS:
        yield Token("superscript", "^", start, start)
        yield Token("number", SUPERSCRIPTS[character], start, start + 1)
    elif character in _SIMPLE:
        yield Token(*_SIMPLE[character], start, start + 1)
    else:
        remedy = "write names, numbers, + - * / ^ and brackets; LaTeX needs syntax='latex'"
        raise ReadError(f"the character {character!r} has no meaning here", text=text, position=start, remedy=remedy)


def _word(text: str, word: str, start: int) -> Iterator[Token]:
    """A name with its subscript, a function, a keyword."""
    end = start + len(word)
    following = text[end : end + 1]
    if word == "in":
        yield Token("relation", "in", start, end)
    elif word in _KEYWORDS:
        yield Token("note", _KEYWORDS[word], start, end)
    elif word in {"not", "exists"}:
        yield Token("command", "exists" if word == "exists" else "neg", start, end)
    elif word in _OPERATORS and following == "(":
        yield Token("function", word, start, end)
    elif word in FUNCTION_NAMES and _applied(text, end):
        yield Token("function", FUNCTION_NAMES[word], start, end)
    else:
        yield from _name(word, start)


def _applied(text: str, end: int) -> bool:
    """Whether what follows a function's name can be its argument or a script."""
    rest = text[end:].lstrip()
    return bool(rest) and (rest[0].isalnum() or rest[0] in "([^'’′_.√|" or rest.startswith("**"))


def _name(word: str, start: int) -> Iterator[Token]:
    r"""``M_hat_t`` as the tokens of ``\hat M_t``: the accent stands where the name stands."""
    parts = word.split("_")
    front = [parts.pop(0)] if parts[0] == "Delta" and len(parts) > 1 else []
    base = parts.pop(0)
    decorations = []
    while parts and parts[0] in DECORATIONS:
        decorations.append(parts.pop(0))
    end = start + len("_".join([*front, base, *decorations]))
    decorations += front
    yield Token("name", ":".join([base, *decorations]), start, end)
    if parts:
        subscript = "_".join(parts)
        yield Token("subscript", "_", end, end + 1)
        yield Token("number" if subscript.isdigit() else "name", subscript, end + 1, start + len(word))


def read(text: str) -> Parsed:
    """Every statement of a plain text.

    Raises :class:`ReadError` with the place of what cannot be read.

    >>> parsed = read("0 < k, k < 1")
    >>> [parsed.source(statement) for statement in parsed.statements]
    ['0 < k', 'k < 1']
    """
    check_length(text)
    return Parser(text, list(_tokens(text)), latex=False).document()


def parse(text: str) -> Node:
    """The one statement of ``text``.

    >>> parse("-2x")
    Addition(terms=(('-', Juxtaposed(items=(Number(text='2'), Name(base='x', decorations=())))),))
    """
    return only_statement(read(text))
