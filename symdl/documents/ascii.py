"""Formulas in ASCII between backticks: read as mathematics where they state something about known functions."""

from __future__ import annotations

import re
from functools import lru_cache

from symdl.core import ReadError
from symdl.notation.functions import FUNCTIONS
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import library_definitions
from symdl.notation.syntax import Name, Node, Relation, walk
from symdl.notation.text import read_text
from symdl.notation.tokens import GREEK

from .statements import kind_of

_LONGEST = 200
_CODE = re.compile(
    r"==|!=|[-+*/%@|&:]=|->|=>|[\"#;@$&\\]|\b(def|return|lambda|for|in|if|else|import|let|var|const)\b|\w\.\w|\w\["
)
_CLAIM = re.compile(r"[^=<>]*\(.*[=<>]|['′]\s*=|d/d")
_CLAIMS = frozenset({"derivative", "equation", "inequality", "function"})


@lru_cache(maxsize=4096)
def is_formula(code: str) -> bool:
    """Whether code between backticks is one equation or inequality about functions with a known meaning.

    >>> is_formula("tanh'(x) = 1 - tanh(x)^2"), is_formula("f'(x) = f(x)(1 - f(x))"), is_formula("relu(x) = max(0, x)")
    (True, True, True)
    >>> is_formula("y = model(x)"), is_formula("lr = 0.001"), is_formula("np.exp(x) = 2"), is_formula("f(x) == 3")
    (False, False, False, False)
    """
    if len(code) > _LONGEST or _CODE.search(code) or not _CLAIM.search(code):
        return False
    try:
        statements = read_text(code, "plain").statements
    except ReadError:
        return False
    if len(statements) != 1 or not isinstance(statements[0], Relation) or kind_of(statements[0]) not in _CLAIMS:
        return False
    return all(_is_mathematical(part) for part in walk(statements[0]))


def _is_mathematical(part: Node) -> bool:
    """Whether a name is a letter, a letter of Greek, or a known function: code has other names."""
    if not isinstance(part, Name):
        return True
    known = part.base in FUNCTIONS or part.base in DEEP_LEARNING.functions or part.base in library_definitions()
    return (
        len(part.base) == 1 or part.base in GREEK or known or part.base in DEEP_LEARNING.constants or not name_of(part)
    )
