"""What rounding bounds assume of the functions that are computed: relative errors in units of eps/2.

Nothing here is proved: the figures are worst cases measured over the whole finite range on x86-64 with NumPy
2.4 (``tests/benchmarks/ufunc_errors.py``), with a margin; results below the normal numbers are assumed to be
within as many times half the smallest one. Sums, products, quotients and square roots are correctly rounded
(IEEE 754), which is no assumption on NumPy's code.
"""

from __future__ import annotations

ROUNDED = ("add", "subtract", "multiply", "divide", "square", "reciprocal", "sqrt")
"""Correctly rounded: half an ULP, and half the smallest number where a product or quotient underflows."""
EXACT = ("negate", "absolute", "sign", "copysign", "maximum", "minimum", "copy", "where")
"""No rounding."""
ASSUMED: dict[str, dict[str, float]] = {
    "exp": {"float32": 3.75, "float64": 1.5},
    "expm1": {"float32": 4.0, "float64": 2.0},
    "log": {"float32": 5.0, "float64": 2.0},
    "log1p": {"float32": 4.0, "float64": 2.0},
    "sin": {"float32": 3.0, "float64": 2.0},
    "cos": {"float32": 3.0, "float64": 2.0},
    "tan": {"float32": 4.0, "float64": 3.0},
    "sinh": {"float32": 4.0, "float64": 3.0},
    "cosh": {"float32": 4.0, "float64": 3.0},
    "tanh": {"float32": 3.0, "float64": 3.0},
    "arcsin": {"float32": 5.0, "float64": 3.0},
    "arccos": {"float32": 4.0, "float64": 3.0},
    "arctan": {"float32": 4.0, "float64": 3.0},
    "arcsinh": {"float32": 4.0, "float64": 3.0},
    "arccosh": {"float32": 4.0, "float64": 3.0},
    "arctanh": {"float32": 4.0, "float64": 3.0},
    "erf": {"float32": 2.0, "float64": 5.0},
    "erfc": {"float32": 2.0, "float64": 5.0},
    "erfcx": {"float32": 2.0, "float64": 5.0},
    "log_erfc": {"float32": 2.0, "float64": 5.0},
    "hypot": {"float32": 2.0, "float64": 2.0},
}
"""By operation and dtype; ``power`` has none: no bound is given for it."""
LOG1P_IN_PARTS = {"float32": 5.5, "float64": 2.5}
"""log(u) + (v - (u - 1))/u with u = 1 + v rounded, as one function of v: what is lost in u is put back."""
