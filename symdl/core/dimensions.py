"""Named sizes of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import sympy as sp

from .errors import DefinitionError
from .symbols import function, symbol


@dataclass(frozen=True)
class Dimension:
    """A named size; inside a chain the size of a level, ``n[l + 1]``.

    ``formula`` gives the size in those of others, for an axis that inputs do not have.

    >>> str(Dimension("batch")), str(Dimension("n", "l", 1)), str(Dimension("n", "0"))
    ('batch', 'n[l + 1]', 'n[0]')
    """

    name: str
    level: str = ""
    shift: int = 0
    formula: sp.Expr | None = field(default=None, repr=False)

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
        if self.formula is not None:
            return self.formula
        return function("size")(symbol(str(self)))

    def __str__(self) -> str:
        shift = f" {'+' if self.shift > 0 else '-'} {abs(self.shift)}" if self.shift else ""
        return f"{self.name}[{self.level}{shift}]" if self.level else self.name


def size_of(dimension: Dimension, sizes: Mapping[str, int]) -> int:
    """The size that follows from the formula of a dimension.

    Raises :class:`DefinitionError` where it is no positive integer.

    >>> half = Dimension("half", formula=Dimension("n").size / 2)
    >>> size_of(half, {"n": 6})
    3
    """
    formula = sp.sympify(dimension.size)
    found = {node: Dimension.read(str(node.args[0])).name for node in formula.atoms(_SIZE)}
    missing = sorted(set(found.values()) - set(sizes))
    if missing:
        raise DefinitionError(f"the size {', '.join(missing)} has no value", remedy="give it in sizes")
    value = formula.xreplace({node: sp.Integer(sizes[name]) for node, name in found.items()})
    if not value.is_Integer or value < 1:
        raise DefinitionError(f"the size {dimension} = {formula} is {value}", remedy="choose other sizes")
    return int(value)


def fitting(sizes: Mapping[str, Any], dimensions: Iterable[Dimension]) -> dict[str, Any]:
    """Sizes, enlarged as little as it takes to make those that follow from them positive integers.

    >>> fitting({"n": 3}, [Dimension("half", formula=Dimension("n").size / 2)])
    {'n': 4}
    """
    derived = [d for d in dimensions if d.formula is not None]
    used = sp.Tuple(*(d.size for d in derived)).atoms(_SIZE)
    names = sorted({Dimension.read(str(node.args[0])).name for node in used})
    for steps in sorted(product(range(_MOST_STEPS), repeat=len(names)), key=sum):
        tried = {**sizes, **{name: sizes[name] + step for name, step in zip(names, steps, strict=True)}}
        with suppress(DefinitionError):
            for dimension in derived:
                size_of(dimension, tried)
            return tried
    raise DefinitionError(f"no small sizes fit {', '.join(map(str, derived))}")


_MOST_STEPS = 5
_SIZE = function("size")
