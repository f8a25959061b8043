"""How the normal form asks for more: a new start, a case split, or the end of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

CAPACITY = 16
MOST_GENERATORS = 96


class Restart(Exception):
    """The plan of the field changed: evaluate the cell again."""


class Split(Exception):
    """The sign of ``expr`` is needed and may be any of ``signs``: look at each case by itself."""

    def __init__(self, expr: sp.Expr, signs: tuple[int, ...]) -> None:
        super().__init__(str(expr))
        self.expr = expr
        self.signs = signs


class OutsideDomain(Exception):
    """No point of the cell lies in the domain: an assumption fails or a side has no value there."""


class Open(Exception):
    """A checker came to no end; the message says what is left open."""


@dataclass
class Plan:
    """What a field must know before it starts; grows by restarts.

    ``refine`` maps a generator, by its number, to the degree of a root, the denominator of an
    exponent, or the shift of a power; ``substitutions`` holds variables solved for in this cell;
    ``learned`` holds signs that follow from what the domain asks, and that earlier steps lacked.
    """

    capacity: int = CAPACITY
    refine: dict[int, int] = field(default_factory=dict)
    substitutions: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    learned: list[tuple[sp.Expr, int]] = field(default_factory=list)

    def substitute(self, symbol: sp.Symbol, value: sp.Expr) -> None:
        """Put ``value`` for ``symbol`` from now on; raises :class:`Restart`."""
        self.substitutions[symbol] = value
        self.refine.clear()
        raise Restart

    def learn(self, expr: sp.Expr, sign: int) -> None:
        """State a sign from the start; raises :class:`Restart` where it was not stated before."""
        if (expr, sign) in self.learned:
            return
        self.learned.append((expr, sign))
        self.refine.clear()
        raise Restart

    def change(self, index: int, value: int) -> None:
        """Note the new degree, denominator or shift of a generator; raises :class:`Restart`."""
        self.refine[index] = value
        raise Restart
