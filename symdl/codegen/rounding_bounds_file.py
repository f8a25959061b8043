"""Rounding bounds by formula and plan: those of the library are committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from pathlib import Path

import sympy as sp

from symdl.core import to_text

from .accuracy import DTYPES, as_floats
from .kernels import Function, Plan
from .plans_file import Bound
from .rounding_bounds_search import rounding_bound

PATH = Path(__file__).with_name("rounding_bounds.json")
_LARGEST = 100.0
"""A bound beyond this says nothing, and is not stated."""
FEW_CELLS, MANY_CELLS = 1200, 12_000
"""How many ranges are looked at for an item of one's own, and for the library."""


@lru_cache(maxsize=1)
def committed() -> dict[str, float | None]:
    """The bounds of the library in ULP; None where no finite one was found."""
    rows: dict[str, float | None] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return rows


def write(rows: Mapping[str, float | None]) -> None:
    """Write the file anew."""
    PATH.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()


def proved(
    function: Function, bound: Bound, values: Mapping[sp.Symbol, sp.Rational], most_cells: int = FEW_CELLS
) -> dict[str, float | None]:
    """The rounding bound by dtype, in ULP at ``values`` of the parameters; None where none is proved."""
    return {dtype: row for dtype, (_, row) in keyed(function, bound, values, most_cells).items()}


def keyed(
    function: Function, bound: Bound, values: Mapping[sp.Symbol, sp.Rational], most_cells: int
) -> dict[str, tuple[str, float | None]]:
    """The key in the file and the rounding bound, by dtype."""
    rows: dict[str, tuple[str, float | None]] = {}
    for dtype in DTYPES:
        key = _key(function, bound, values, dtype)
        known = key in committed()
        rows[dtype] = key, committed()[key] if known else _computed(function, bound, values, dtype, most_cells)
    return rows


def _key(function: Function, bound: Bound, values: Mapping[sp.Symbol, sp.Rational], dtype: str) -> str:
    plans = [[plan.to_json(), low, high] for plan, low, high in _plans(bound, dtype)]
    at = ", ".join(f"{name} = {value}" for name, value in values.items())
    return (
        f"{function.variable} -> {to_text(function.expr)} at ({at}) in {dtype} by {json.dumps(plans, sort_keys=True)}"
    )


def _plans(bound: Bound, dtype: str) -> list[tuple[Plan, float | None, float | None]]:
    """The plans that compute a function, each with the range of its arguments."""
    return [(bound.plans[dtype], None, None)]


def _computed(
    function: Function, bound: Bound, values: Mapping[sp.Symbol, sp.Rational], dtype: str, most_cells: int
) -> float | None:
    floats = as_floats(values, dtype)
    worst = 0.0
    for plan, low, high in _plans(bound, dtype):
        ends = (-float("inf") if low is None else low, float("inf") if high is None else high)
        worst = max(worst, rounding_bound(function, plan, dtype, floats, *ends, most_cells).ulp)
    return ceil(worst * 100) / 100 if worst <= _LARGEST else None
