"""Curves of an activation and its derivative: sampled in ball arithmetic, drawn as text or as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sympy as sp

from symdl.calculus.derivatives import activation_derivative
from symdl.calculus.kinks import kinks
from symdl.codegen.accuracy import specimen
from symdl.core import Activation, BudgetExceeded, InputError, MissingPackage, SymdlError, UndefinedValue
from symdl.numerics import ball

from .card_data import Curve

_COLUMNS, _ROWS = 61, 17
FINE = 401
"""The number of points of a figure."""
_REACH = 4
_BITS, _MOST_BITS, _BELOW = 40, 2000, 60
_FORMATS = ("svg", "png")


def curve(item: Activation, count: int = _COLUMNS) -> Curve:
    """Value and derivative at ``count`` points from -4 to 4, or as far as the kinks need; defaults as parameters.

    >>> from symdl.library import relu
    >>> found = curve(relu, 3)
    >>> found.points, found.values, found.slopes
    ((-4.0, 0.0, 4.0), (0.0, 0.0, 4.0), (0.0, 0.0, 1.0))
    """
    given = specimen(item.parameters)
    expr, slope = (e.xreplace(given) for e in (item.expr, activation_derivative(item)))
    reach = _reach(item, given)
    points = [sp.Rational(2 * reach * step, count - 1) - reach for step in range(count)]
    at = ", ".join(f"{p.name} = {given[p.symbol]}" for p in item.parameters)
    values, slopes = (tuple(_value(e, item.argument, point) for point in points) for e in (expr, slope))
    return Curve(tuple(map(float, points)), values, slopes, at)


def _reach(item: Activation, given: dict[sp.Symbol, sp.Rational]) -> sp.Rational:
    try:
        places = [abs(float(kink.point.xreplace(given))) for kink in kinks(item)]
    except SymdlError:
        places = []
    farthest = max([place for place in places if place < 1000], default=0.0)
    return sp.Integer(max(_REACH, -int(-1.5 * farthest // 1)))


def _value(expr: sp.Expr, argument: sp.Symbol, point: sp.Rational) -> float | None:
    try:
        found = ball.enclose(expr, {argument: point}, _BITS, _MOST_BITS, _BELOW)
    except (UndefinedValue, BudgetExceeded):
        return None
    return float(found.mid()) if found.is_finite() else None


def curve_text(shown: Curve) -> str:
    """The curve drawn with characters: ``*`` the value, ``o`` the derivative, ``@`` where both fall together."""
    drawn = [v for v in (*shown.values, *shown.slopes) if v is not None]
    low, high = min([*drawn, 0.0]), max([*drawn, 0.0])
    height = (high - low) or 1.0

    def row(value: float) -> int:
        return round((high - value) / height * (_ROWS - 1))

    grid = [[" "] * len(shown.points) for _ in range(_ROWS)]
    zero, middle = row(0.0), len(shown.points) // 2
    grid[zero] = ["-"] * len(shown.points)
    for line in grid:
        line[middle] = "+" if line is grid[zero] else "|"
    for mark, values in (("o", shown.slopes), ("*", shown.values)):
        for column, value in enumerate(values):
            if value is not None:
                line = grid[row(value)]
                line[column] = "@" if mark == "*" and line[column] == "o" else mark
    labels = {0: high, zero: 0.0, _ROWS - 1: low}
    rows = [f"{_label(labels.get(index)):>9} {''.join(line)}".rstrip() for index, line in enumerate(grid)]
    ends = f"{'':9} {_label(shown.points[0]):<{middle}}0{_label(shown.points[-1]):>{middle}}"
    key = f"{'':9} * value   o derivative   @ both{f'   at {shown.at}' if shown.at else ''}"
    return "\n".join([*rows, ends, key])


def _label(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def write_figure(name: str, shown: Curve, path: Path) -> None:
    """Write the curve as SVG or PNG, by the ending of ``path``.

    Raises :class:`MissingPackage` without matplotlib, :class:`InputError` for another ending.
    """
    ending = path.suffix.lstrip(".").lower()
    if ending not in _FORMATS:
        raise InputError(f"{path} is no {' or '.join(_FORMATS)} file", remedy="end the name in .svg or .png")
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackage("plots need matplotlib", remedy='pip install "symdl[plot]"') from error
    with rc_context({"svg.hashsalt": "symdl", "svg.fonttype": "none"}):
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color="0.8", linewidth=0.8)
        axes.axvline(0, color="0.8", linewidth=0.8)
        axes.plot(shown.points, _gaps(shown.values), label=name)
        axes.plot(shown.points, _gaps(shown.slopes), label="derivative", linestyle="--")
        axes.set_title(f"{name} at {shown.at}" if shown.at else name)
        axes.legend()
        figure.savefig(path, format=ending, dpi=150, metadata={"Date": None} if ending == "svg" else None)


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
