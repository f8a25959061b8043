"""The committed polynomials of the functions that NumPy lacks, with their certified bounds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).with_name("special_functions.json")


@dataclass(frozen=True)
class Polynomial:
    """Coefficients from the constant one up, as float64, and a certified bound of the relative error."""

    coefficients: tuple[float, ...]
    bound: float


def committed(name: str, dtype: str) -> Polynomial:
    """The polynomial that is committed for the function ``name`` and results of ``dtype``.

    >>> len(committed("erf", "float32").coefficients)
    7
    """
    row = json.loads(DATA.read_text(encoding="utf-8"))[name][dtype]
    return Polynomial(tuple(map(float.fromhex, row["coefficients"])), float.fromhex(row["bound"]))
