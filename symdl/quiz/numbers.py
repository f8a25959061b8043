"""Numbers: exact, within a tolerance, or to a number of significant figures."""

from __future__ import annotations

import re
from fractions import Fraction

import sympy as sp
from flint import arb

from symdl.core import BudgetExceeded, InputError, Tolerance, UndefinedValue, UnsupportedOperation
from symdl.notation.tokens import FUNCTION_NAMES, GREEK
from symdl.numerics import ball

from .expressions import Pair, equal, scalar
from .labels import split
from .results import Result, right, undecided, wrong

_BITS = 200
_COUNTED = re.compile(r"([-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?)\s+([a-z]{4,})\.?")
_DECIMAL = re.compile(
    r"[-+]?(\d*)(?:\.(\d*))?(?:\s*(?:[eE]|(?:\\times|\\cdot|×|·|\*)\s*10\^?)\s*\{?\(?[-+]?\d+\)?\}?)?"
)


def same_number(pair: Pair, tolerance: Tolerance) -> Result:
    """Equal, or as near as the tolerance allows."""
    gold, own = (split(reading.nodes[-1])[1][-1] for reading in (pair.gold, pair.own))
    if tolerance == Tolerance():
        return equal(pair, gold, own)
    values = []
    for node, reading in ((gold, pair.gold), (own, pair.own)):
        expr = scalar(pair, node, reading).expr
        if expr.free_symbols:
            return wrong("a number is asked for") if reading is pair.own else undecided("the right answer is no number")
        try:
            values.append(arb(ball.enclose(expr, {}, _BITS, absolute_bits=_BITS)))
        except (UndefinedValue, UnsupportedOperation, BudgetExceeded) as reason:
            return undecided(str(reason).split("\n")[0])
    if tolerance.figures is not None:
        return _to_figures(values[0], values[1], tolerance.figures, pair.own.text)
    return _near(values[0], values[1], tolerance)


def _near(gold: arb, own: arb, tolerance: Tolerance) -> Result:
    relative, absolute = (_exact(text) for text in (tolerance.relative or "0", tolerance.absolute or "0"))
    allowed = max(abs(gold) * _ball(relative), _ball(absolute), key=lambda bound: bound.mid())
    distance = abs(gold - own)
    shown = f"off by {distance.str(3, radius=False)}, {allowed.str(3, radius=False)} is allowed"
    if distance <= allowed or distance.overlaps(allowed):
        return right("ball arithmetic", shown, "ball arithmetic (FLINT)")
    return wrong(shown)


def _to_figures(gold: arb, own: arb, figures: int, text: str) -> Result:
    """The number rounded to that many figures, and written with them."""
    written = figures_of(text)
    if written is not None and written != figures:
        return wrong(f"{written} significant figures instead of {figures}")
    if gold == 0:
        return right("exact", "0") if own == 0 else wrong("the number is another one")
    exponent = sp.floor(sp.log(abs(sp.Rational(str(float(gold.mid())))), 10))
    unit = _ball(Fraction(10) ** (int(exponent) - figures + 1))
    if abs(gold - own) <= unit / 2:
        return right("ball arithmetic", f"the same to {figures} significant figures", "ball arithmetic (FLINT)")
    return wrong(f"another number to {figures} significant figures")


def figures_of(text: str) -> int | None:
    """The significant figures of a decimal as it is written; None for what is no decimal.

    >>> figures_of("0.0120"), figures_of("3.0e-4"), figures_of("1200"), figures_of("1/3")
    (3, 2, 4, None)
    """
    found = _DECIMAL.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    return len((found[1] + (found[2] or "")).lstrip("0")) or 1


def without_unit(text: str) -> str:
    """A number without the word behind it that says what it counts; any other text as it is.

    >>> without_unit("12 parameters"), without_unit("12 theta"), without_unit("12x")
    ('12', '12 theta', '12x')
    """
    found = _COUNTED.fullmatch(text.strip())
    return found[1] if found and found[2] not in {*GREEK, *FUNCTION_NAMES} else text


def _exact(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"{text!r} is no tolerance", remedy="write 0.01 or 1e-3") from None
    if value < 0:
        raise InputError(f"a tolerance of {text}", remedy="write a number that is not negative")
    return value


def _ball(value: Fraction) -> arb:
    return arb(value.numerator) / arb(value.denominator)
