"""Stand-alone tests of a generated activation: the oracle is in the file, as correctly rounded values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp

from symdl.core import BudgetExceeded, UndefinedValue
from symdl.numerics import ball

from .accuracy import DTYPES, Truth, as_floats, limits, truth
from .activation_source import ActivationCode, Routine
from .text import number, prose
from .thresholds import is_single

CASES = 96
"""About how many points of each dtype go into the file."""
_CANDIDATES = 500
_STEP = 2.0**-9
_NOISE = 64 * float(np.finfo(float).eps)
_SMOOTH = (-3.7, -1.9, -0.6, 0.3, 0.9, 2.3, 4.1)


def activation_tests(code: ActivationCode) -> str:
    """The test file that stands beside the module."""
    name = code.activation.name
    keywords = ", ".join(f'"{n}": {number(code.values[p.symbol])}' for n, p in code.parameters)
    tables = "\n".join(table_of(code, routine, routine.bound.ulp) for routine in code.of_argument)
    source = "None" if code.from_output is None else f"MODULE.{code.from_output.name}"
    tolerance = code.from_output.bound.ulp if code.from_output is not None else {}
    return _TEMPLATE.format(
        title=prose(f"Tests of {name}: {code.value.summary}."),
        module=name,
        value=code.value.name,
        derivative=code.derivative.name,
        from_output=source,
        from_output_bounds=repr(dict(tolerance)),
        keywords=f"{{{keywords}}}",
        kinks=_kinks(code),
        smooth=repr(smooth_points(code)),
        limits=repr(tuple(_ends(code, routine) for routine in (code.value, code.derivative))).replace("inf", "INF"),
        tables=tables,
        further=_further(code),
        step=repr(_STEP),
    )


def expected(code: ActivationCode, routine: Routine, dtype: str) -> Truth:
    """The truth at the points of which some stand in the file."""
    return truth(routine.function.expr.subs(as_floats(code.values)), routine.function.variable, dtype, _CANDIDATES)


def _further(code: ActivationCode) -> str:
    """The derivatives in parameters, with the names of their tables."""
    rows = [f"(MODULE.{r.name}, {_label(code, r)}_BOUNDS, {_label(code, r)}_CASES)" for r in code.in_parameters]
    return f"[{', '.join(rows)}]"


def _label(code: ActivationCode, routine: Routine) -> str:
    return routine.name.removeprefix(code.activation.name).strip("_").upper() or "VALUE"


def table_of(code: ActivationCode, routine: Routine, bounds: Mapping[str, float]) -> str:
    """Bounds, and rows of an argument with the correctly rounded value, in hexadecimal."""
    label = _label(code, routine)
    rows = [f"{label}_BOUNDS = {dict(bounds)!r}", f"{label}_CASES = {{"]
    for dtype in DTYPES:
        exact = expected(code, routine, dtype)
        rows.append(f'    "{dtype}": [')
        for index in _spread(exact):
            rows.append(f'        ("{float(exact.points[index]).hex()}", "{float(exact.rounded[index]).hex()}"),')
        rows.append("    ],")
    return "\n".join([*rows, "}"])


def _spread(exact: Truth) -> list[int]:
    """Indices over the whole range: the ends, the points around zero, and evenly spaced ones."""
    usable = np.flatnonzero(~exact.near_root & np.isfinite(exact.rounded))
    even = usable[np.linspace(0, usable.size - 1, CASES).round().astype(int)]
    middle = usable[np.argsort(np.abs(exact.points[usable]), kind="stable")[:8]]
    return sorted({int(index) for index in (*even, *middle)})


def _kinks(code: ActivationCode) -> str:
    """Rows of a kink and the slope that is expected there, where the kink is a float in both dtypes."""
    rows = []
    for kink in code.kinks:
        if not is_single(kink.point.subs(dict(code.values))):
            continue
        slope = kink.declared if kink.declared is not None else kink.left
        rows.append((number(kink.point.subs(dict(code.values))), number(slope.subs(dict(code.values)))))
    return "[" + ", ".join(f"({point}, {slope})" for point, slope in rows) + "]"


def smooth_points(code: ActivationCode) -> Sequence[float]:
    """Points where the function is smooth around, for the Taylor remainder."""
    places = [float(place.subs(dict(code.values))) for place in (*(kink.point for kink in code.kinks), *code.between)]
    defined = expected(code, code.value, "float64").points
    inside = [p for p in _SMOOTH if defined.min() <= p <= defined.max()]
    apart = (p for p in inside if all(abs(p - place) > 4 * _STEP for place in places))
    return tuple(p for p in apart if is_flat(code, p))


def is_flat(code: ActivationCode, point: float) -> bool:
    """Whether the step is so short there that the exact Taylor remainders are of second order, as is tested."""
    value, slope = (routine.function.expr.subs(dict(code.values)) for routine in (code.value, code.derivative))

    def at(expr: sp.Expr, place: float) -> float:
        return float(ball.enclose(expr, {code.value.function.variable: place}, 80, absolute_bits=200).mid())

    try:
        here, rising = at(value, point), at(slope, point)
        first, second = (abs(at(value, point + step) - here - step * rising) for step in (_STEP, _STEP / 2))
    except (UndefinedValue, BudgetExceeded):
        return False
    return second <= first / 3 + _NOISE * (abs(here) + abs(point) + 1)


def _ends(code: ActivationCode, routine: Routine) -> tuple[float | None, float | None]:
    if not routine.bound.sound:
        return (None, None)
    return limits(routine.function.expr.subs(dict(code.values)), routine.function.variable, "float32")


_TEMPLATE = '''"""{title}

The expected values are exact to the last bit: they were enclosed in ball arithmetic and rounded.
Needs NumPy alone; run with ``python test_{module}.py`` or with pytest. Generated by symdl.
"""

import importlib.util
import warnings
from pathlib import Path

import numpy as np

_SPEC = importlib.util.spec_from_file_location("{module}_under_test", Path(__file__).with_name("{module}.py"))
MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(MODULE)

KEYWORDS = {keywords}
FROM_OUTPUT = {from_output}
FROM_OUTPUT_BOUNDS = {from_output_bounds}
KINKS = {kinks}
SMOOTH_POINTS = {smooth}
INF = float("inf")
LIMITS = {limits}
STEP = {step}

{tables}

FURTHER = {further}
TOGETHER = hasattr(MODULE, "{module}_and_derivative")


def value(x, out=None):
    return MODULE.{value}(x, out, **KEYWORDS)


def derivative(x, out=None):
    return MODULE.{derivative}(x, out, **KEYWORDS)


def together(x, out=None):
    return getattr(MODULE, "{module}_and_derivative")(x, out, **KEYWORDS)


def table(cases, dtype):
    rows = [tuple(map(float.fromhex, row)) for row in cases[dtype]]
    return tuple(np.array(column, dtype) for column in zip(*rows))


def with_and_without_tails(x, expected):
    """All rows, and those of usual size, for which there may be shorter code."""
    usual = np.abs(x) <= 16
    return [(x, expected), *([(x[usual], expected[usual])] if usual.any() else [])]


def units(computed, expected):
    """Distance in units in the last place of the expected value."""
    difference = np.abs(computed.astype(np.float64) - expected.astype(np.float64))
    largest = np.finfo(expected.dtype).max
    size = np.minimum(np.abs(expected), np.nextafter(largest, np.zeros_like(largest)))
    return difference / np.spacing(size).astype(np.float64)


def assert_within(computed, expected, bound, what):
    assert computed.dtype == expected.dtype, f"{{what}}: dtype {{computed.dtype}}, not {{expected.dtype}}"
    if bound < 0:
        return
    distance = units(computed, expected)
    # The expected value itself is rounded: half a unit.
    worst = int(np.argmax(np.where(np.isnan(distance), np.inf, distance)))
    assert distance[worst] <= bound + 0.5, f"{{what}}: {{distance[worst]}} ULP off at row {{worst}}, bound {{bound}}"


def assert_close(computed, expected):
    """The same up to the last bits, in which NumPy's loops for other memory layouts may differ; next to a
    root, where terms cancel, those of the largest value."""
    unit = 64 * np.finfo(np.asarray(expected).dtype).eps
    largest = np.max(np.abs(expected), initial=0, where=np.isfinite(expected))
    assert np.allclose(computed, expected, rtol=unit, atol=unit / 4 * largest, equal_nan=True)


def without_warnings(function, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(*arguments)


def test_values_are_within_their_bound():
    for dtype in VALUE_CASES:
        for x, expected in with_and_without_tails(*table(VALUE_CASES, dtype)):
            assert_within(without_warnings(value, x), expected, VALUE_BOUNDS[dtype], f"{value} in {{dtype}}")


def test_derivatives_are_within_their_bound():
    for dtype in DERIVATIVE_CASES:
        for x, expected in with_and_without_tails(*table(DERIVATIVE_CASES, dtype)):
            computed = without_warnings(derivative, x)
            assert_within(computed, expected, DERIVATIVE_BOUNDS[dtype], f"{derivative} in {{dtype}}")


def test_both_together_are_within_their_bounds():
    for row, cases, bounds in ((0, VALUE_CASES, VALUE_BOUNDS), (1, DERIVATIVE_CASES, DERIVATIVE_BOUNDS)):
        for dtype in cases if TOGETHER else ():
            for x, expected in with_and_without_tails(*table(cases, dtype)):
                assert_within(without_warnings(together, x)[row], expected, bounds[dtype], f"row {{row}} in {{dtype}}")


def test_both_together_have_two_rows_of_the_shape():
    for shape in ((), (0,), (5,), (2, 3), (300, 301)) if TOGETHER else ():
        x = np.linspace(-3, 3, int(np.prod(shape))).reshape(shape)
        out = np.empty((2, *shape))
        for row, function in zip(together(x, out), (value, derivative)):
            assert np.shape(row) == shape and (np.may_share_memory(row, out) or np.ndim(x) == 0 or np.size(x) == 0)
            assert_close(row, function(x))
        assert np.shape(together(x)[0]) == shape
        out[0, ...] = x
        assert_close(together(out[0, ...], out)[1], derivative(x))


def test_derivatives_in_parameters_are_within_their_bound():
    for function, bounds, cases in FURTHER:
        for dtype in cases:
            x, expected = table(cases, dtype)
            computed = without_warnings(lambda x: function(x, **KEYWORDS), x)
            assert_within(computed, expected, bounds[dtype], f"{{function}} in {{dtype}}")


def test_derivatives_follow_from_outputs():
    for dtype in DERIVATIVE_CASES if FROM_OUTPUT else ():
        x, expected = table(DERIVATIVE_CASES, dtype)
        computed = without_warnings(lambda y: FROM_OUTPUT(y, **KEYWORDS), value(x))
        assert_within(computed, expected, FROM_OUTPUT_BOUNDS[dtype], f"derivative from output in {{dtype}}")


def test_kinks_have_the_expected_slope():
    for point, slope in KINKS:
        for dtype in (np.float32, np.float64):
            computed, expected = derivative(np.array([point], dtype)), np.array([slope], dtype)
            assert_within(computed, expected, DERIVATIVE_BOUNDS[np.dtype(dtype).name], f"slope at the kink {{point}}")


def test_taylor_remainder_is_of_second_order():
    for point in SMOOTH_POINTS:
        remainders = []
        for step in (STEP, STEP / 2):
            remainders.append(abs(value(point + step) - value(point) - step * derivative(point)))
        noise = 64 * np.finfo(float).eps * (abs(value(point)) + abs(point) + 1)
        assert remainders[1] <= remainders[0] / 3 + noise, f"derivative at {{point}}"


def test_infinities_give_the_limits_and_nan_gives_nan():
    for function, ends in zip((value, derivative), LIMITS):
        for dtype in (np.float32, np.float64):
            assert np.isnan(without_warnings(function, np.array([np.nan], dtype))[0]), "nan must give nan"
            for place, end in zip((-INF, INF), ends):
                if end is not None:
                    found = without_warnings(function, np.array([place], dtype))[0]
                    assert found == dtype(end) or abs(found - end) <= 1e-6 * abs(end), f"limit at {{place}}"


def test_shapes_dtypes_and_out():
    for dtype in (np.float32, np.float64):
        for shape in ((), (0,), (5,), (2, 3)):
            x = np.linspace(-2, 2, int(np.prod(shape)), dtype=dtype).reshape(shape)
            for function in (value, derivative):
                expected = function(x)
                assert np.shape(expected) == shape and np.asarray(expected).dtype == dtype
                out = np.empty_like(x)
                assert function(x, out) is out
                assert np.array_equal(out, expected, equal_nan=True)
        x = np.linspace(-2, 2, 70001, dtype=dtype)
        for view in (x[::2], x[::-1], np.asfortranarray(x[:70000].reshape(100, 700)).T[::3]):
            assert_close(value(view), value(np.ascontiguousarray(view)))


def test_tiles_with_and_without_tails_agree():
    for dtype in (np.float32, np.float64):
        x = np.linspace(-120, 120, 150_001, dtype=dtype)
        for function in (value, derivative):
            whole = without_warnings(function, x)
            for part in (slice(0, 9), slice(60_000, 75_000), slice(110_000, 112_000)):
                assert_close(whole[part], function(x[part]))


def test_out_may_be_the_argument_or_overlap_it():
    x = np.linspace(-3, 3, 70001)
    for function in (value, derivative):
        everything, front, back = slice(None), slice(0, -1), slice(1, None)
        for source, target in ((everything, everything), (front, back), (back, front)):
            shared = x.copy()
            expected = function(x[source])
            function(shared[source], shared[target])
            assert_close(shared[target], expected)


def test_python_floats_are_accepted():
    assert np.ndim(value(0.5)) == 0
    assert_close(value(0.5), value(np.array([0.5]))[0])


def test_what_cannot_be_computed_is_refused():
    for wrong in (3, np.arange(3), np.array([1.0], object), np.array([1.0], np.float16), np.array([True])):
        try:
            value(wrong)
        except TypeError:
            continue
        raise AssertionError(f"{{np.asarray(wrong).dtype}} must be refused")
    x = np.linspace(-1, 1, 4)
    for out in (np.empty(3), np.empty(4, np.float32), np.empty((4, 1))):
        try:
            value(x, out)
        except ValueError:
            continue
        raise AssertionError(f"out of shape {{out.shape}} and dtype {{out.dtype}} must be refused")


if __name__ == "__main__":
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    for name, test in tests:
        test()
        print("passed", name)
    print(f"{{len(tests)}} passed")
'''
