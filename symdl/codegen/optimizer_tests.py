"""Stand-alone tests of a generated update rule: an exact run of 50 steps is in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.core import STEP, THETA, BudgetExceeded, Compare, Parameter, UndefinedValue, symbol
from symdl.numerics import ball, runs, ulp

from .accuracy import specimen
from .modules import namespace
from .optimizer_source import OptimizerCode, optimizer_source
from .step_docstrings import RUN_STEPS
from .text import number, prose

TOLERANCE = 1e-12
"""What an update rule of a few operations reaches in float64: 50 steps of some units in the last place."""
_SPECIMENS = tuple(sp.Rational(p, q) for p, q in ((1, 10), (9, 10), (1, 3), (2, 1), (-1, 10), (0, 1), (10, 1)))
_STARTS = (1.0, 2.0, -0.5, 3.0, 0.25, 0.0)
_SEED = 11
_SMALL = sp.Rational(1, 1000)
_TELLING = tuple(sp.Rational(p, q) for p, q in ((1, 10), (1, 3), (1, 7), (1, 5), (2, 3), (3, 2)))


@dataclass(frozen=True)
class ExactRun:
    """Hyper-parameters, starts and gradients, and the correctly rounded parameters after each step."""

    hyper: dict[str, sp.Rational]
    starts: NDArray[np.float64]
    gradients: NDArray[np.float64]
    thetas: NDArray[np.float64]
    points: NDArray[np.float64] | None


def gradient_sequences() -> NDArray[np.float64]:
    """Gradients of 6 elements: ordinary, zero, tiny, huge, often zero, and over many sizes."""
    generator = np.random.default_rng(_SEED)
    gradients = generator.standard_normal((RUN_STEPS, len(_STARTS)))
    gradients[:, 1] = 0
    gradients[:, 2] *= 1e-30
    gradients[:, 3] *= 1e20
    gradients[:, 4] *= 0.25
    gradients[::3, 4] = 0
    gradients[:, 5] = np.sign(gradients[:, 5]) * 10.0 ** generator.integers(-12, 6, RUN_STEPS)
    return gradients


def exact_run(code: OptimizerCode) -> ExactRun:
    """The exact run of every element at which the rule is defined and stays within the range of floats.

    Raises :class:`UndefinedValue` when there is no such element.
    """
    hyper = telling_hyper(code)
    gradients = gradient_sequences()
    columns = {}
    for index, start in enumerate(_STARTS):
        try:
            rows = runs.exact_run(code.optimizer, gradients[:, index].tolist(), hyper, start)
        except (UndefinedValue, BudgetExceeded):
            continue
        if all(isfinite(ulp.nearest(value.mid(), np.float64)) for row in rows for value in row.values()):
            columns[index] = rows
    if not columns:
        raise UndefinedValue(
            f"{code.optimizer.name} divides by 0 or leaves the range of floats for every gradient sequence of the tests"
        )
    kept = list(columns)
    thetas = [[ulp.nearest(row[THETA].mid(), np.float64) for row in columns[index]] for index in kept]
    starts = np.array(_STARTS)[kept]
    points = _points(code, hyper, starts, [columns[index] for index in kept]) if code.looks_ahead else None
    return ExactRun(hyper, starts, gradients[:, kept], np.array(thetas).T, points)


def telling_hyper(code: OptimizerCode) -> dict[str, sp.Rational]:
    """Hyper-parameters at which a slip shows."""
    values = specimen(_telling([parameter for _, parameter in code.hyper]), _SPECIMENS)
    return {name: values[parameter.symbol] for name, parameter in code.hyper}


def _telling(parameters: list[Parameter]) -> list[Parameter]:
    """The parameters with other defaults where a slip could hide: 0, 1, and what is too small to be seen."""
    changed = []
    for index, parameter in enumerate(parameters):
        default = parameter.default
        if default is not None and (default in (0, 1) or abs(default) < _SMALL):
            own = [replace(parameter, default=None, domain=_about(parameter))]
            default = specimen(own, (*_TELLING[index % len(_TELLING) :], *_TELLING))[parameter.symbol]
        changed.append(replace(parameter, default=default))
    return changed


def _about(parameter: Parameter) -> tuple[Compare, ...]:
    """What the domain says of the parameter alone."""
    return tuple(r for r in parameter.domain if r.lhs.free_symbols | r.rhs.free_symbols == {parameter.symbol})


def _points(code: OptimizerCode, hyper: dict[str, sp.Rational], starts: NDArray[Any], columns: Any) -> NDArray[Any]:
    """Where each step takes its gradient, from the exact states before it."""
    point = code.optimizer.evaluations[0].point
    values = runs.constants(code.optimizer, hyper)
    rows = []
    for start, column in zip(starts, columns, strict=True):
        first = runs.initial(code.optimizer, float(start), values)
        rows.append([_point(point, {**values, **state}) for state in (first, *column[:-1])])
    return np.array(rows).T


def _point(point: sp.Expr, values: dict[sp.Symbol, Any]) -> float:
    values = {**values, STEP: values[STEP] + 1}
    known = {name: value for name, value in values.items() if name in point.free_symbols}
    return ulp.nearest(ball.evaluate(point, known, 200).mid(), np.float64)


def measured(code: OptimizerCode, run: ExactRun) -> OptimizerCode:
    """``code`` with the error of its own float64 run, and the hyper-parameters that are singular at 0."""
    functions = namespace(optimizer_source(code))
    name = code.optimizer.name
    theta = run.starts.copy()
    state = functions[f"{name}_init"](theta, **{n: float(run.hyper[n]) for n in asked_by_start(code)})
    largest, worst = np.abs(theta), 0.0
    hyper = {key: float(value) for key, value in run.hyper.items()}
    for gradient, expected in zip(run.gradients, run.thetas, strict=True):
        with np.errstate(all="ignore"):
            functions[f"{name}_step"](theta, gradient, state, **hyper)
        largest = np.maximum(largest, np.abs(expected))
        worst = max(worst, float(np.max(np.abs(theta - expected) / np.where(largest > 0, largest, 1))))
    return replace(code, error=max(TOLERANCE, 4 * worst), singular=_singular(code, run), example=_example(code, run))


def _example(code: OptimizerCode, run: ExactRun) -> tuple[str, ...]:
    """A doctest: one step from 1 with the gradient 1/2."""
    name = code.optimizer.name
    hyper = {n: run.hyper[n] if parameter.default is None else parameter.default for n, parameter in code.hyper}
    given = "".join(f", {n}={number(hyper[n])}" for n, parameter in code.hyper if parameter.default is None)
    start = "".join(f", {n}={number(hyper[n])}" for n in asked_by_start(code))
    try:
        (row,) = runs.exact_run(code.optimizer, [sp.Rational(1, 2)], hyper, 1)
    except (UndefinedValue, BudgetExceeded):
        return ()
    value = round(float(row[THETA].mid()), 6) + 0.0
    return (
        "",
        ">>> theta = np.array([1.0])",
        f">>> state = {name}_init(theta{start})",
        f">>> {name}_step(theta, np.array([0.5]), state{given})",
        ">>> round(float(theta[0]), 6)",
        repr(value),
    )


def asked_by_start(code: OptimizerCode) -> list[str]:
    """The hyper-parameters that the initial state depends on."""
    started = {s for state in code.optimizer.state for s in state.start.free_symbols}
    return [name for name, parameter in code.hyper if parameter.symbol in started]


def _singular(code: OptimizerCode, run: ExactRun) -> tuple[str, ...]:
    """Hyper-parameters that may be 0 and then make a first gradient of zero give nan."""
    found = []
    for name, parameter in code.hyper:
        if not all(relation.relation != ">" or relation.rhs != 0 for relation in parameter.domain):
            continue
        defaults = {key: p.default for key, p in code.hyper if p.default is not None}
        if any(_divides_by_zero(code, {**run.hyper, **others, name: sp.Integer(0)}) for others in ({}, defaults)):
            found.append(name)
    return tuple(found)


def _divides_by_zero(code: OptimizerCode, hyper: dict[str, sp.Rational]) -> bool:
    try:
        runs.exact_run(code.optimizer, [0.0, 0.0], hyper, 1)
    except UndefinedValue:
        return True
    return False


def optimizer_tests(code: OptimizerCode, run: ExactRun) -> str:
    """The test file that stands beside the module."""
    name = code.optimizer.name
    hyper = ", ".join(f'"{key}": {number(value)}' for key, value in run.hyper.items())
    point = symbol("theta") if not code.looks_ahead else code.optimizer.evaluations[0].point
    asked = [key for key, parameter in code.hyper if parameter.symbol in point.free_symbols]
    return _TEMPLATE.format(
        title=prose(f"Tests of {name}, against an exact run of {RUN_STEPS} steps."),
        module=name,
        hyper=f"{{{hyper}}}",
        asked=repr(asked),
        initial=repr(asked_by_start(code)),
        tolerance=repr(code.error or TOLERANCE),
        starts=row_of(run.starts),
        gradients=table_of(run.gradients),
        thetas=table_of(run.thetas),
        points="None" if run.points is None else f"[\n{table_of(run.points)}]",
        outside=repr(outside(code)),
    )


def row_of(values: NDArray[np.float64]) -> str:
    """Floats in hexadecimal, as the source text of a tuple."""
    return "(" + "".join(f'"{float(value).hex()}", ' for value in values).rstrip() + ")"


def table_of(values: NDArray[np.float64]) -> str:
    """Rows of floats, a line each."""
    return "".join(f"    {row_of(row)},\n" for row in values)


def outside(code: OptimizerCode) -> list[tuple[str, float]]:
    """Values of hyper-parameters that their domains exclude."""
    rows = []
    for name, parameter in code.hyper:
        for relation in parameter.domain:
            if relation.lhs == parameter.symbol and relation.rhs.is_Rational and relation.relation != "!=":
                step = 1 if relation.relation.startswith("<") else -1
                rows.append((name, float(relation.rhs) + step))
    return rows


_TEMPLATE = '''"""{title}

The expected parameters were computed in exact rational or ball arithmetic and rounded once.
Needs NumPy alone; run with ``python test_{module}.py`` or with pytest. Generated by symdl.
"""

import importlib.util
import pickle
import warnings
from pathlib import Path

import numpy as np

_SPEC = importlib.util.spec_from_file_location("{module}_under_test", Path(__file__).with_name("{module}.py"))
MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(MODULE)

HYPER = {hyper}
ASKED_BY_POINT = {asked}
ASKED_BY_START = {initial}
OUTSIDE = {outside}
TOLERANCE = {tolerance}
STARTS = {starts}
GRADIENTS = [
{gradients}]
EXPECTED = [
{thetas}]
POINTS = {points}


def numbers(rows):
    return np.array([[float.fromhex(text) for text in row] for row in rows])


def begin(parameters):
    return MODULE.{module}_init(parameters, **{{name: HYPER[name] for name in ASKED_BY_START}})


def step(parameters, gradients, state):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MODULE.{module}_step(parameters, gradients, state, **HYPER)


def point(parameters, state):
    return MODULE.{module}_evaluation_point(parameters, state, **{{name: HYPER[name] for name in ASKED_BY_POINT}})


def assert_near(computed, expected, scale, what):
    error = np.max(np.abs(computed - expected) / np.where(scale > 0, scale, 1))
    assert error <= TOLERANCE, f"{{what}}: relative error {{error}}"


def test_the_run_is_that_of_exact_arithmetic():
    theta = numbers([STARTS])[0]
    state, scale = begin(theta), np.abs(theta)
    for count, (gradient, expected) in enumerate(zip(numbers(GRADIENTS), numbers(EXPECTED)), 1):
        if POINTS is not None:
            wanted = numbers(POINTS[count - 1 : count])[0]
            assert_near(point(theta, state), wanted, np.maximum(scale, np.abs(wanted)), f"point of step {{count}}")
        step(theta, gradient, state)
        scale = np.maximum(scale, np.abs(expected))
        assert_near(theta, expected, scale, f"step {{count}}")
        assert state["step"] == count


def test_lists_of_arrays_take_the_same_steps():
    start, gradients = numbers([STARTS])[0], numbers(GRADIENTS)
    cut = len(start) // 2
    whole, parts = start.copy(), [start[:cut].copy(), start[cut:].reshape(-1, 1).copy(), np.empty((0, 2))]
    state, states = begin(whole), begin(parts)
    for gradient in gradients[:10]:
        if POINTS is not None:
            assert [p.shape for p in point(parts, states)] == [p.shape for p in parts]
        step(whole, gradient, state)
        step(parts, [gradient[:cut].copy(), gradient[cut:].reshape(-1, 1).copy(), np.empty((0, 2))], states)
    assert np.array_equal(np.concatenate([parts[0], parts[1][:, 0]]), whole)


def test_layouts_and_sizes_do_not_matter():
    count = 70000
    for dtype in (np.float32, np.float64):
        start = np.linspace(-2, 2, count, dtype=dtype)
        wide = np.zeros(2 * count, dtype)
        plain, strided = start.copy(), wide[::2]
        strided[:] = start
        state, other = begin(plain), begin(strided)
        for factor in (0.5, -0.25):
            step(plain, start * dtype(factor), state)
            step(strided, start * dtype(factor), other)
        assert plain.dtype == dtype and np.array_equal(plain, strided)
        assert not wide[1::2].any()
        scalar = np.array(0.5, dtype)
        step(scalar, np.array(0.25, dtype), begin(scalar))
        assert np.isfinite(scalar)


def test_the_state_can_be_pickled_and_the_gradient_is_left_alone():
    theta, gradients = numbers([STARTS])[0], numbers(GRADIENTS)
    state = begin(theta)
    step(theta, gradients[0], state)
    copied, other = pickle.loads(pickle.dumps(state)), theta.copy()
    kept = gradients[1].copy()
    step(theta, gradients[1], state)
    assert np.array_equal(gradients[1], kept)
    step(other, gradients[1], copied)
    assert np.array_equal(theta, other)


def test_what_does_not_fit_is_refused_and_nothing_is_changed():
    theta, gradient, frozen = np.ones(3), np.ones(3), np.ones(3)
    frozen.flags.writeable = False
    state = begin(theta)
    for parameters, slopes in (
        (np.ones(3, int), gradient),
        (np.ones(3, np.float16), gradient),
        ([1.0, 2.0], gradient),
        (theta, np.ones(3, int)),
        (theta, np.ones(4)),
        (theta, np.ones(3, np.float32)),
        (theta, [gradient, gradient]),
        (frozen, gradient),
        (np.ones(2), np.ones(2)) if len(state) > 1 else (theta, np.ones(2)),
    ):
        try:
            step(parameters, slopes, state)
        except (TypeError, ValueError):
            continue
        raise AssertionError(f"{{parameters!r}} with {{slopes!r}} must be refused")
    for name, value in OUTSIDE:
        try:
            MODULE.{module}_step(theta, gradient, state, **{{**HYPER, name: value}})
        except ValueError:
            continue
        raise AssertionError(f"{{name}} = {{value}} must be refused")
    assert state["step"] == 0 and np.array_equal(theta, np.ones(3))


if __name__ == "__main__":
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    for name, test in tests:
        test()
        print("passed", name)
    print(f"{{len(tests)}} passed")
'''
