"""The figures of the accuracy table, and the page that they are written to."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

COLUMNS = ("symdl", "torch", "jax", "scipy", "lambdify")
HEAD = """# Accuracy

Worst errors over the whole finite range, of symdl's generated code and of four others, at the same points against
the definition in ball arithmetic. `python tests/benchmarks/accuracy_table.py` measures what has changed and writes
this page.
"""
KEY = """\
Errors are in ULP (units in the last place of the true value); within .1 of a root that is no underflow, and for
entries that are polynomials, they count against the sum of the absolute terms of the formula, as in `symdl test`.
So do pullbacks of layers (the derivative times a gradient from above), and layers that sum products count in eps of
the largest entry. **Z**, **N**, **I**: at so many points the result is 0, nan or infinite where the truth is a
normal (N, I: finite) number. **S**: at so many it is 0 where the truth is subnormal. Such points are counted and
left out of the worst error. At kinks nothing is compared: which slope is taken there is a convention. A dash: the
library has no such function, or another one of that name; optax stands in for jax at losses, and a constant factor
is taken out. lambdify is SymPy's, of the definition and of its derivative by SymPy's diff. The worst of a sample is
a lower bound of the worst of all.
"""


@dataclass(frozen=True)
class Figure:
    """The worst error in ULP, where, and how many results were wrong altogether."""

    worst: float
    at: float
    zeros: int
    nans: int
    infinities: int
    flushed: int

    @classmethod
    def of(
        cls, computed: np.ndarray, errors: np.ndarray, rounded: np.ndarray, points: np.ndarray, plain: np.ndarray
    ) -> Figure:
        """From results and errors; ``plain`` are the points away from roots."""
        finite, tiny = np.isfinite(rounded), float(np.finfo(computed.dtype).tiny)
        zeros = (computed == 0) & finite & plain & (np.abs(rounded) >= tiny)
        nans, infinities = np.isnan(computed) & finite, np.isinf(computed) & finite
        flushed = (computed == 0) & (rounded != 0) & (np.abs(rounded) < tiny) & (errors > 1)
        kept = np.where(zeros | nans | infinities | flushed | ~finite, 0, errors)
        place = int(np.argmax(kept))
        counts = (int(np.count_nonzero(mask)) for mask in (zeros, nans, infinities, flushed))
        return cls(float(kept[place]), float(points[place]), *counts)

    def to_json(self) -> list[Any]:
        """Plain data: the worst error to three digits."""
        return [float(f"{self.worst:.3g}"), *astuple(self)[1:]]

    @property
    def failures(self) -> int:
        """How many results are 0, nan or infinite where the truth is not."""
        return self.zeros + self.nans + self.infinities

    def __str__(self) -> str:
        counts = (("Z", self.zeros), ("N", self.nans), ("I", self.infinities), ("S", self.flushed))
        return " ".join([f"{self.worst:.3g}", *(f"{letter}{count}" for letter, count in counts if count)])


@dataclass(frozen=True)
class Row:
    """The figures of one function of an item in one dtype, by implementation."""

    item: str
    dtype: str
    function: str
    unit: str
    figures: Mapping[str, Figure]

    @property
    def line(self) -> str:
        """The row of the table."""
        cells = [str(self.figures[who]) if who in self.figures else "-" for who in COLUMNS]
        last = self.unit or f"{self.figures['symdl'].at:.6g}"
        return f"| {self.item} | {self.function} | {' | '.join(cells)} | {last} |"

    @property
    def is_best(self) -> bool:
        """Whether nothing is more accurate than symdl."""
        return all(_rank(self.figures["symdl"]) <= _rank(other) for other in self.figures.values())


def rows_of(figures: Mapping[str, Any]) -> list[Row]:
    """Every row; only those of arrays have a unit of their own."""
    return [
        Row(name, r["dtype"], r["function"], r.get("unit", ""), {who: Figure(*f) for who, f in r["figures"].items()})
        for name, item in figures.items()
        for r in item["rows"]
    ]


def page(figures: Mapping[str, Any], measured_with: str) -> str:
    """The page: the summary, then tables for activations, and for losses and layers, in each dtype."""
    rows = rows_of(figures)
    parts = [HEAD, f"{summary(figures)}\n", KEY, f"{measured_with}\n"]
    for dtype in ("float32", "float64"):
        for title, last, arrays in (("activations", "symdl's worst at", False), ("losses and layers", "unit", True)):
            found = [row for row in rows if row.dtype == dtype and bool(row.unit) == arrays]
            parts += [f"## {title.capitalize()}, {dtype}\n", f"| item | | {' | '.join(COLUMNS)} | {last} |"]
            parts += ["|---" * (len(COLUMNS) + 3) + "|", *(row.line for row in found), ""]
    return "\n".join(parts)


def versions() -> str:
    """What is measured here, as a sentence."""
    names = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "jax", "optax", "scipy", "sympy"))
    return f"Measured with {names}; Python {platform.python_version()}, {platform.machine()}."


def summary(figures: Mapping[str, Any]) -> str:
    """How often symdl is the best, how often each fails, and where symdl is worst."""
    rows = rows_of(figures)
    best = sum(row.is_best for row in rows)
    lines = [f"{len(figures)} items, {len(rows)} rows; symdl is the most accurate or equal in {best}.\n"]
    for who in COLUMNS:
        own = [row.figures[who] for row in rows if who in row.figures]
        failing = sum(figure.failures > 0 for figure in own)
        beyond = sum(figure.worst > 100 and not figure.failures for figure in own)
        wrong = f"0, nan or infinity in place of another number in {failing}"
        lines.append(f"- {who}: {len(own)} rows; {wrong}, beyond 100 ULP in {beyond} more")
    worst = max(rows, key=lambda row: row.figures["symdl"].worst)
    error = worst.figures["symdl"].worst
    lines.append(f"\nsymdl is worst at {worst.item}, {worst.function} in {worst.dtype}: {error:.3g} ULP.")
    return "\n".join(lines)


def _rank(figure: Figure) -> tuple[int, float]:
    """Failures count first; below one ULP all are alike."""
    return (figure.failures + figure.flushed, max(figure.worst, 1.0))
