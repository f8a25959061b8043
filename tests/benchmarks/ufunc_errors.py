"""Worst relative errors of NumPy's functions, and of symdl's own, in units of eps/2: what rounding bounds assume.

``python tests/benchmarks/ufunc_errors.py`` measures at points over the whole finite range, against ball
arithmetic, where the value is a normal number. The assumed bounds stand in
symdl/codegen/rounding_bounds_functions.py.
"""

import numpy as np
import sympy as sp

from symdl.codegen.modules import helpers, namespace
from symdl.codegen.rounding_bounds_functions import ASSUMED
from symdl.codegen.source import NUMPY
from symdl.core import UndefinedValue, symbol
from symdl.core.operations import OPERATIONS
from symdl.numerics import ball, ranges
from symdl.numerics.precision import precision

X = symbol("x")
COUNTS = {"float32": 60_000, "float64": 30_000}


def measured(name: str, dtype: str) -> tuple[float, float]:
    """The worst relative error in units of eps/2, and where."""
    points = ranges.float_range(dtype, COUNTS[dtype], (1.0, -1.0, *(1 + 2.0**-k for k in range(2, 12))))
    call = f"{NUMPY[name]}(x, out=y)"
    function = namespace(helpers(call) + f"\n\ndef f(x, y):\n    with np.errstate(all='ignore'):\n        {call}\n")[
        "f"
    ]
    computed = np.empty_like(points)
    function(points, computed)
    info = np.finfo(dtype)
    formula = OPERATIONS[name].meaning(X)
    worst, at = 0.0, 0.0
    for point, value in zip(points.tolist(), computed.tolist(), strict=True):
        if not np.isfinite(value) or not info.tiny * 4 <= abs(value):
            continue
        try:
            exact = ball.enclose(formula, {X: sp.Rational(point)}, 80, 4000)
        except UndefinedValue:
            continue
        with precision(100):
            error = abs(float(((value - exact) / exact).mid())) / (info.eps / 2)
        if error > worst:
            worst, at = error, point
    return worst, at


def main() -> None:
    """Print a row for each function and dtype."""
    for name, assumed in ASSUMED.items():
        for dtype, bound in assumed.items():
            worst, at = measured(name, dtype)
            print(f"{name} {dtype}: {worst:.3f} eps/2 at {at!r}, assumed {bound:g}", flush=True)


if __name__ == "__main__":
    main()
