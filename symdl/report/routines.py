"""The public functions of a generated module, read from its text: signatures and stated errors."""

from __future__ import annotations

import ast
import re

from .card_data import Routine

_ERROR = re.compile(
    r"^ *((?:Error|Over \d+ steps)\b.*?\.)$(?=\n *(?:Source:|Conventions:|Raises|>>>|``|$))", re.M | re.S
)


def routines(source: str) -> tuple[Routine, ...]:
    """The functions that a module defines for its callers.

    >>> routines("def f(x):\\n    '''f.\\n\\n    Error, measured: at most 2 ULP.\\n    Source: a book.\\n    '''")
    (Routine(name='f', signature='f(x)', error='Error, measured: at most 2 ULP.'),)
    """
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return tuple(_routine(node) for node in functions if not node.name.startswith("_"))


def _routine(node: ast.FunctionDef) -> Routine:
    stated = _ERROR.search(ast.get_docstring(node) or "")
    error = " ".join(stated.group(1).split()) if stated else ""
    return Routine(node.name, f"{node.name}({_arguments(node.args)})", error)


def _arguments(given: ast.arguments) -> str:
    """The arguments without their types."""
    bare = ast.arguments(
        [ast.arg(a.arg) for a in given.posonlyargs],
        [ast.arg(a.arg) for a in given.args],
        ast.arg(given.vararg.arg) if given.vararg else None,
        [ast.arg(a.arg) for a in given.kwonlyargs],
        given.kw_defaults,
        ast.arg(given.kwarg.arg) if given.kwarg else None,
        given.defaults,
    )
    return ast.unparse(bare)
