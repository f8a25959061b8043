"""Tests of the second promise: the tests of the default, and true values with twice the digits."""

from __future__ import annotations

import numpy as np

from .accuracy import DTYPES, as_floats, truth
from .activation_source import ActivationCode, Routine
from .activation_tests import activation_tests

CASES = 64
_CANDIDATES = 500
_ENDING = '\n\nif __name__ == "__main__":'


def precise_tests(code: ActivationCode) -> str:
    """The test file of a precise module."""
    rows = "".join(_rows(code, routine) for routine in code.of_argument)
    head, ending, tail = activation_tests(code).rpartition(_ENDING)
    return f"{head}\n\nPRECISE = [\n{rows}]\n{_TESTS}{ending}{tail}"


def _rows(code: ActivationCode, routine: Routine) -> str:
    return "".join(
        f'    ("{routine.name}", "{dtype}", {routine.bound.ulp[dtype]!r}, [\n{_points(code, routine, dtype)}    ]),\n'
        for dtype in DTYPES
    )


def _points(code: ActivationCode, routine: Routine, dtype: str) -> str:
    """Arguments, true values as floats, and what these lack, in hexadecimal."""
    exact = truth(routine.function.expr.subs(as_floats(code.values)), routine.function.variable, dtype, _CANDIDATES)
    usable = np.flatnonzero(~exact.near_root & np.isfinite(exact.rounded))
    chosen = usable[np.unique(np.linspace(0, usable.size - 1, CASES).round().astype(int))]
    columns = [column[chosen].tolist() for column in (exact.points, exact.high, exact.low)]
    return "".join(
        f'        ("{float(x).hex()}", "{high.hex()}", "{low.hex()}"),\n' for x, high, low in zip(*columns, strict=True)
    )


_TESTS = """

def test_precise_values_are_within_their_bound():
    for name, dtype, bound, cases in PRECISE:
        x, high, low = (np.array(column) for column in zip(*[map(float.fromhex, row) for row in cases]))
        computed = without_warnings(lambda x: getattr(MODULE, name)(x, **KEYWORDS), x.astype(dtype))
        size = np.minimum(np.abs(high), np.finfo(dtype).max).astype(dtype)
        unit = np.spacing(np.minimum(size, np.nextafter(np.finfo(dtype).max, np.zeros_like(size))))
        distance = np.abs((computed.astype(np.float64) - high) - low) / unit.astype(np.float64)
        worst = int(np.argmax(distance))
        assert bound < 0 or distance[worst] <= bound, f"{name} in {dtype}: {distance[worst]} ULP at {x[worst]}"
"""
