"""Digests of definitions: equal for equal definitions, in every process and on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from numbers import Number
from typing import Any

import sympy as sp

from .array_graph import graph
from .arrays import ArrayExpr


def digest(*values: object) -> str:
    """32 hexadecimal digits that tell values apart: frozen dataclasses of texts, numbers, expressions and arrays.

    Raises :class:`TypeError` for values of other types, which may not be the same in the next process.

    >>> x = sp.Symbol("x", real=True)
    >>> digest(x + 1) == digest(1 + x), digest(x + 1) == digest(x + 2)
    (True, False)
    """
    return sha256(_Text().of(values).encode()).hexdigest()[:32]


class _Text:
    """Values as text; nodes of array expressions are numbered, and written once."""

    def __init__(self) -> None:
        self.numbers: dict[ArrayExpr, int] = {}

    def of(self, value: Any) -> str:
        """The text of one value, with the name of its type."""
        if isinstance(value, sp.Basic):
            return sp.srepr(value)
        if value is None or isinstance(value, str | Number):
            return repr(value)
        if isinstance(value, tuple | list):
            return f"({', '.join(map(self.of, value))})"
        if isinstance(value, Mapping):
            return f"{{{', '.join(sorted(f'{self.of(key)}: {self.of(entry)}' for key, entry in value.items()))}}}"
        if isinstance(value, ArrayExpr):
            return self._array(value)
        if isinstance(value, type) or not is_dataclass(value):
            raise TypeError(f"{value!r} has no digest")
        return self._fields(value)

    def _fields(self, value: Any) -> str:
        parts = ", ".join(self.of(getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({parts})"

    def _array(self, root: ArrayExpr) -> str:
        """The nodes that are new, operands before results, and the number of the root."""
        new: list[str] = []
        for node in graph(root) if root not in self.numbers else ():
            if node not in self.numbers:
                text = self._fields(node)
                self.numbers[node] = len(self.numbers)
                new.append(f"#{self.numbers[node]} = {text}")
        return f"[{'; '.join([*new, f'#{self.numbers[root]}'])}]"
