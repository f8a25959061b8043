"""The values that a parameter of a question may take."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symdl.core import InputError

_MOST = 10_000
"""Values of one parameter."""


@dataclass(frozen=True)
class Range:
    """A parameter and the values that it takes, exact and in order."""

    name: str
    values: tuple[Fraction, ...]


def stepped(name: str, first: Fraction, last: Fraction, step: Fraction) -> Range:
    """From ``first`` to ``last`` by ``step``.

    Raises :class:`InputError` for a step that leads nowhere, an empty range, and one of more than 10,000 values.

    >>> [str(value) for value in stepped("a", Fraction(1, 2), Fraction(2), Fraction(1, 2)).values]
    ['1/2', '1', '3/2', '2']
    """
    if step <= 0:
        raise InputError(f"the step of {name} is {step}", remedy="a step is above 0")
    if last < first:
        raise InputError(f"{name} runs from {first} to {last}", remedy="exchange from and to")
    count = (last - first) // step + 1
    if count > _MOST:
        raise InputError(f"{name} takes {count} values", remedy=f"choose a step that leaves at most {_MOST}")
    return Range(name, tuple(first + step * number for number in range(count)))


def drawn(ranges: Iterable[Range], key: str, seed: int | str) -> Mapping[str, Fraction]:
    """One value for each parameter, the same for the same key and seed on every machine.

    >>> drawn([Range("a", (Fraction(2),))], "q1", 0)
    {'a': Fraction(2, 1)}
    """
    return {entry.name: random.Random(f"{seed}/{key}/{entry.name}").choice(entry.values) for entry in ranges}
