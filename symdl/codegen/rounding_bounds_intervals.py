"""Intervals whose ends are exact numbers of ball arithmetic, or infinite; every operation rounds outwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

ZERO, ONE = arb(0), arb(1)
INFINITY = arb("+inf")


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from ``low`` to ``high``."""

    low: arb
    high: arb

    @classmethod
    def of(cls, low: arb, high: arb) -> Interval:
        """The smallest interval around two balls in order; an end that is no number is infinite."""
        return cls(-INFINITY if low.is_nan() else low.lower(), INFINITY if high.is_nan() else high.upper())

    @classmethod
    def point(cls, value: Any) -> Interval:
        """One number, given as a ball, a float or a rational."""
        ball = value if isinstance(value, arb) else arb(fmpq(*value.as_integer_ratio()))
        return cls.of(ball, ball)

    @property
    def has_zero(self) -> bool:
        """Whether 0 lies in it."""
        return not (self.low > 0 or self.high < 0)

    @property
    def size(self) -> arb:
        """The largest absolute value."""
        return max(-self.low, self.high)

    @property
    def least(self) -> arb:
        """The smallest absolute value."""
        return ZERO if self.has_zero else self.low if self.low > 0 else -self.high

    def hull(self, other: Interval) -> Interval:
        """The smallest interval around both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def __add__(self, other: Interval) -> Interval:
        return Interval.of(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval.of(self.low - other.high, self.high - other.low)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __mul__(self, other: Interval) -> Interval:
        if self.low >= 0 and other.low >= 0:
            return Interval.of(_times(self.low, other.low), _times(self.high, other.high))
        return _corners(_times, self, other)

    def __truediv__(self, other: Interval) -> Interval:
        if other.has_zero:
            return LINE
        return _corners(_over, self, other)

    def __abs__(self) -> Interval:
        return Interval(self.least, self.size)

    def widened(self, relative: arb, absolute: arb) -> Interval:
        """All numbers that are at most so far off."""
        low, high = self.low, self.high
        down = low * (1 - relative if low >= 0 else 1 + relative) - absolute
        up = high * (1 + relative if high >= 0 else 1 - relative) + absolute
        return Interval.of(down, up)

    def increasing(self, function: Callable[[arb], arb]) -> Interval:
        """The image under an increasing function."""
        return Interval.of(function(self.low), function(self.high))

    def decreasing(self, function: Callable[[arb], arb]) -> Interval:
        """The image under a decreasing function."""
        return Interval.of(function(self.high), function(self.low))

    @property
    def ball(self) -> arb:
        """A ball around it."""
        return self.low.union(self.high)


LINE = Interval(-INFINITY, INFINITY)
UNIT = Interval(ZERO, ONE)


def _corners(function: Callable[[arb, arb], arb], left: Interval, right: Interval) -> Interval:
    sides = (left.low,) if left.low is left.high else (left.low, left.high)
    others = (right.low,) if right.low is right.high else (right.low, right.high)
    values = [function(a, b) for a in sides for b in others]
    low, high = min(value.lower() for value in values), max(value.upper() for value in values)
    return LINE if any(value.is_nan() for value in values) else Interval(low, high)


def corners(function: Callable[[arb, arb], arb], left: Interval, right: Interval) -> Interval:
    """The image under a function that is monotone in each argument."""
    return _corners(function, left, right)


def _times(a: arb, b: arb) -> arb:
    return ZERO if a == 0 or b == 0 else a * b


def _over(a: arb, b: arb) -> arb:
    return ZERO if a == 0 else a / b
