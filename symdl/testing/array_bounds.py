"""Measure the errors of generated losses and layers: ``python -m symdl.testing.array_bounds [NAME...]``.

Writes the bounds that the docstrings state, in whole ULP with a margin for inputs that were not
sampled; where terms cancel, in what makes the limit 2 eps of the sum of their absolute values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np

from symdl import library
from symdl.codegen.arrays import BOUNDS_FILE, array_program_source
from symdl.codegen.modules import namespace
from symdl.core import Layer, Loss

from .array_measure import DERIVATIVE_ULP, VALUE_ULP, ArrayAccuracy, array_accuracies, is_mixing
from .examination import DTYPES

_ROUNDS = (40, 24)
"""So many samples of each kind; other numbers of them draw others."""
_MARGIN = 1.0


def measured(item: Loss) -> Iterator[tuple[str, dict[str, Any]]]:
    """The bounds of the functions of a loss by function and formula."""
    functions = namespace(array_program_source(item))
    exact, loose = ([_worst(item, dtype, functions, strict) for dtype in DTYPES] for strict in (True, False))
    for strict, relaxed in zip(zip(*exact, strict=True), zip(*loose, strict=True), strict=True):
        name = strict[0].function
        limit = VALUE_ULP if name == item.name else DERIVATIVE_ULP
        fits = all(_rounded_up(row) <= limit for row in strict)
        rows = strict if fits else relaxed
        bound: dict[str, Any] = {str(dtype): _rounded_up(row) for dtype, row in zip(DTYPES, rows, strict=True)}
        yield f"{name}: {item.expr!r}", bound if fits else bound | {"terms": True}


def _worst(item: Loss, dtype: np.dtype[Any], functions: Any, strict: bool) -> list[ArrayAccuracy]:
    """For each function the row with the largest error."""
    found = (array_accuracies(item, dtype, functions, rounds, strict) for rounds in _ROUNDS)
    return [max(rows, key=lambda row: row.worst) for rows in zip(*found, strict=True)]


def _rounded_up(row: ArrayAccuracy) -> int:
    return ceil(row.worst + _MARGIN) if row.worst < 2**60 else 2**60


def main(names: Sequence[str]) -> None:
    """Measure the losses (those named) and write the file anew."""
    known = json.loads(BOUNDS_FILE.read_text(encoding="utf-8"))
    current = {repr(item.expr) for item in library.ITEMS if isinstance(item, Loss | Layer)}
    known = {key: bound for key, bound in known.items() if key.partition(": ")[2] in current}
    for item in library.LOSSES:
        if (not names or item.name in names) and not is_mixing(item):
            known |= dict(measured(item))
    BOUNDS_FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
