"""Rounding bounds by formula and plan: those of the library are committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import ceil, inf
from pathlib import Path

import sympy as sp

from symdl.core import to_text

from .accuracy import DTYPES, as_floats
from .committed_data import read_object
from .kernels import Function
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
    return read_object(PATH)


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
    core = bound.cores.get(dtype)
    plans = [bound.plans[dtype].to_json(), *([core.to_json()] if core else [])]
    at = "".join(f", {name} = {value}" for name, value in values.items())
    return f"{function.variable} -> {to_text(function.expr)}{at}, {dtype}, {json.dumps(plans, sort_keys=True)}"


def _computed(
    function: Function, bound: Bound, values: Mapping[sp.Symbol, sp.Rational], dtype: str, most_cells: int
) -> float | None:
    """The bound of the plan for all arguments, and of the core where there is one."""
    floats = as_floats(values, dtype)
    worst = rounding_bound(function, bound.plans[dtype], dtype, floats, most_cells=most_cells).ulp
    core = bound.cores.get(dtype)
    if core is not None:
        low, high = (end if end is not None else sign * inf for end, sign in ((core.low, -1), (core.high, 1)))
        usual = replace(function, expr=function.expr.subs(dict(values)), names={})
        worst = max(worst, rounding_bound(usual, core.plan, dtype, {}, low, high, most_cells).ulp)
    return ceil(worst * 100) / 100 if worst <= _LARGEST else None
