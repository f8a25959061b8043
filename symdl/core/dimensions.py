"""Named sizes of arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp

from .errors import DefinitionError
from .symbols import function, symbol


@dataclass(frozen=True)
class Dimension:
    """A named size; inside a chain the size of a level, ``n[l + 1]``.

    >>> str(Dimension("batch")), str(Dimension("n", "l", 1)), str(Dimension("n", "0"))
    ('batch', 'n[l + 1]', 'n[0]')
    """

    name: str
    level: str = ""
    shift: int = 0

    @classmethod
    def read(cls, text: str) -> Dimension:
        """The dimension that prints as ``text``.

        >>> Dimension.read("n[l + 1]")
        Dimension(name='n', level='l', shift=1)
        """
        found = re.fullmatch(r"\s*([^\W\d]\w*)(?:\[(\w+)\s*(?:([+-])\s*(\d+))?\])?\s*", text)
        if not found:
            raise DefinitionError(f"{text!r} is no size", remedy="write a name, or n[l], n[l + 1] inside a chain")
        name, level, sign, shift = found.groups()
        return cls(name, level or "", int(f"{sign or ''}{shift or 0}"))

    @property
    def size(self) -> sp.Expr:
        """The size as a scalar, for formulas such as a mean: ``size(batch)``."""
        return function("size")(symbol(str(self)))

    def __str__(self) -> str:
        shift = f" {'+' if self.shift > 0 else '-'} {abs(self.shift)}" if self.shift else ""
        return f"{self.name}[{self.level}{shift}]" if self.level else self.name
