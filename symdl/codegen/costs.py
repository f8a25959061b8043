"""What ufuncs cost, measured: nanoseconds an element in cache, for float32 and float64.

Each number is the mean of one machine with and without AVX-512, NumPy 2.4; only their ratios matter.
"""

from __future__ import annotations

from symdl.core.programs import Program

COSTS: dict[str, tuple[float, float]] = {
    "add": (0.09, 0.15),
    "subtract": (0.09, 0.15),
    "multiply": (0.09, 0.15),
    "divide": (0.11, 0.27),
    "reciprocal": (0.12, 0.27),
    "negate": (0.06, 0.10),
    "absolute": (0.08, 0.15),
    "square": (0.08, 0.12),
    "sign": (0.35, 0.50),
    "copy": (0.07, 0.10),
    "maximum": (0.25, 0.25),
    "minimum": (0.25, 0.25),
    "less": (0.08, 0.12),
    "less_equal": (0.08, 0.12),
    "greater": (0.08, 0.12),
    "greater_equal": (0.08, 0.12),
    "equal": (0.08, 0.12),
    "where": (0.57, 0.50),
    "copysign": (0.51, 0.51),
    "sqrt": (0.29, 0.91),
    "hypot": (3.0, 14.0),
    "exp": (0.46, 1.72),
    "log": (0.51, 1.34),
    "expm1": (4.0, 3.7),
    "log1p": (4.1, 4.0),
    "tanh": (0.55, 2.5),
    "sinh": (6.0, 6.1),
    "cosh": (2.6, 2.6),
    "sin": (0.55, 11.0),
    "cos": (0.55, 11.0),
    "arctan": (4.5, 4.0),
    "power": (2.0, 4.7),
    "sum_error": (1.0, 1.0),
    "difference_error": (1.0, 1.0),
    "product_error": (4.0, 4.0),
    "corrected": (1.0, 1.0),
}
OTHER = (10.0, 15.0)
"""A special function, or one that NumPy has no vector code for."""
REDUCTION = (0.11, 0.16)
"""The least or the largest of all."""
_CASTS = 0.30


def nanoseconds(body: Program, dtype: str, wide: bool = False) -> float:
    """The cost of a program, for each element; ``wide`` if float32 is computed in float64.

    >>> from symdl.core.programs import Assign
    >>> round(nanoseconds(Program("f", ("x",), ("part",), (Assign("part", "exp", ("x",)),)), "float32"), 2)
    0.46
    """
    column = column_of(dtype, wide)
    casts = _CASTS if wide and dtype == "float32" else 0.0
    return casts + sum(COSTS.get(s.operation, OTHER)[column] for s in body.statements())


def column_of(dtype: str, wide: bool = False) -> int:
    """Which of the two numbers holds."""
    return int(wide or dtype == "float64")
