"""What was chosen for Numba kernels and measured of them: that of the library is committed.

An entry is found by the digest of the functions with their plans for NumPy, so a changed activation, or one
whose NumPy code changed, is chosen for and measured anew. ``python -m symdl.codegen.regenerate --numba`` writes
those that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from math import inf, isfinite
from pathlib import Path
from typing import Any, TypeAlias

from symdl import library
from symdl.core import to_text
from symdl.core.digests import digest

from .activation_source import ActivationCode, activation_code
from .committed_data import read_entries, read_object
from .kernels import Plan
from .numba_activations import measured_activation, needs_numba, with_bounds
from .numba_loops import NumbaActivation, ShortForm
from .plans_file import Bound

PATH = Path(__file__).with_name("numba_plans.json")
Row: TypeAlias = dict[str, Any]


def numba_activation(code: ActivationCode) -> NumbaActivation:
    """The activation with the cheapest plans for Numba that are good enough, and its errors there.

    Raises :class:`MissingPackage` where Numba is not installed.
    """
    needs_numba()
    known = committed().get(key(code))
    return measured_activation(code) if known is None else _with_row(code, known)


def key(code: ActivationCode) -> str:
    """The name of an activation and the digest of its functions and their plans for NumPy."""
    routines = [(to_text(r.function.expr), r.bound.to_json()) for r in code.routines]
    return f"{code.activation.name} {digest(routines, [list(values.values()) for values in code.measured_at])}"


def row(item: NumbaActivation) -> Row:
    """What is committed of an activation that was measured, by function."""
    return {routine.name: _routine_row(item, routine.name, routine.bound) for routine in item.code.routines}


def _routine_row(item: NumbaActivation, name: str, bound: Bound) -> Row:
    short = {dtype: _short_row(form) for (of, dtype), form in item.short.items() if of == name}
    exact = sorted(dtype for of, dtype in item.exact if of == name)
    return {"bound": bound.to_json(), "exact": exact, "short": short}


def _short_row(form: ShortForm) -> Row:
    low, high = (end if isfinite(end) else None for end in (form.low, form.high))
    return {"plan": form.plan.to_json(), "exact": form.exact, "low": low, "high": high}


def _with_row(code: ActivationCode, known: Row) -> NumbaActivation:
    bounds = {name: each["bound"] for name, each in known.items()}
    exact = frozenset((name, dtype) for name, each in known.items() for dtype in each["exact"])
    short = {(name, dtype): form for name, each in known.items() for dtype, form in each["short"].items()}
    return NumbaActivation(with_bounds(code, bounds), exact, short)


@lru_cache(maxsize=1)
def committed() -> dict[str, Row]:
    """What was chosen for the library, by key."""
    return read_entries(PATH, _read)


def _read(row: Row) -> Row:
    return {name: each | {"bound": Bound.from_json(each["bound"]), "short": _forms(each)} for name, each in row.items()}


def _forms(row: Row) -> dict[str, ShortForm]:
    return {dtype: _form(form) for dtype, form in row["short"].items()}


def _form(row: Row) -> ShortForm:
    low, high = (end if row[name] is None else row[name] for name, end in (("low", -inf), ("high", inf)))
    return ShortForm(Plan.from_json(row["plan"]), row["exact"], low, high)


def write(rows: Mapping[str, Row]) -> None:
    """Write the file anew, sorted."""
    PATH.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()


def complete() -> None:
    """Choose and measure what is missing for the library, and write the file after each activation."""
    kept = read_object(PATH)
    codes = {key(code): code for code in map(activation_code, library.ACTIVATIONS)}
    rows = {name: kept[name] for name in codes if name in kept}
    for name, code in codes.items():
        if name not in rows:
            rows[name] = row(measured_activation(code))
            write(rows)
    write(rows)
