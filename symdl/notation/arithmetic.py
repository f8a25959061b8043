"""Arithmetic that never lets SymPy compute a number too large to write down.

SymPy evaluates powers of numbers as soon as it sees them, and ``9^9^9`` never ends. Sizes are
estimated before each call.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core import ReadError

from .syntax import Node, Number

MOST_BITS = 8_000
"""Bits of a number that a power may give."""
MOST_EXPONENT = 10_000
"""The largest exponent in numbers."""


class Arithmetic:
    """Powers and products with a bound on the numbers in them."""

    def __init__(self, error: Callable[[str, Node, str], ReadError]) -> None:
        self.error = error
        self.bits = 0

    def power(self, base: sp.Expr, exponent: sp.Expr, node: Node) -> sp.Expr:
        """``base ** exponent``; raises :class:`ReadError` where numbers in it would grow too large."""
        if base == sp.E:
            return self.exponential(exponent, node)
        if exponent.is_Rational:
            size = abs(exponent)
            if size > MOST_EXPONENT or exponent.q > MOST_EXPONENT:
                raise self._too_large(node)
            self.spend(sum(_bits(number) for number in _numbers(base)) * sp.ceiling(size), node)
        if base == 0 and exponent.is_negative:
            raise self.error("division by zero", node, "correct the denominator")
        return sp.Pow(base, exponent)

    def exponential(self, exponent: sp.Expr, node: Node) -> sp.Expr:
        """``exp(exponent)``, which SymPy turns into a power where the exponent is ``n log 2``."""
        if exponent.has(sp.log) and any(abs(number) > MOST_EXPONENT for number in _numbers(exponent)):
            raise self._too_large(node)
        if exponent.has(sp.log):
            self.spend(sum(_bits(number) for number in _numbers(exponent)) * 64, node)
        return sp.exp(exponent)

    def multiply(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        """A product, its numbers counted; a number in front of a sum stays there, as it was written."""
        if left.is_Rational and right.is_Rational:
            self.spend(_bits(left) + _bits(right), Number("0"))
        number, other = (left, right) if left.is_Rational else (right, left)
        if number.is_Rational and other.is_Add and number not in (0, 1):
            return sp.Mul(number, other, evaluate=False)
        return left * right

    def spend(self, bits: int, node: Node) -> None:
        """Count bits of numbers; raises :class:`ReadError` when there are too many in one formula."""
        self.bits += int(bits)
        if bits > MOST_BITS or self.bits > 100 * MOST_BITS:
            raise self._too_large(node)

    def _too_large(self, node: Node) -> ReadError:
        return self.error("a number too large to write down", node, "give the exponent a name")


def _numbers(expr: sp.Expr) -> list[sp.Rational]:
    """The rational numbers in ``expr``, signs and units left out."""
    return [number for number in expr.atoms(sp.Rational) if abs(number) != 1 and number != 0]


def _bits(number: sp.Rational) -> int:
    return int(max(number.p.bit_length(), number.q.bit_length()))
