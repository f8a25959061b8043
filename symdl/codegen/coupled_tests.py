"""Stand-alone tests of a generated update rule whose entries depend on each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.core import THETA
from symdl.core.couplings import needs_matrices
from symdl.numerics import ulp
from symdl.numerics.coupled_runs import coupled_run

from .modules import namespace
from .optimizer_source import OptimizerCode, optimizer_source
from .optimizer_tests import TOLERANCE, asked_by_start, outside, telling_hyper
from .step_docstrings import RUN_STEPS
from .text import number, prose

_SHAPES = ((2, 3), (3, 2), (1, 2))
_SEED = 23
_round = np.frompyfunc(lambda ball: ulp.nearest(ball.mid(), np.float64), 1, 1)


@dataclass(frozen=True)
class CoupledRun:
    """Hyper-parameters, starts, gradients, and the correctly rounded parameters after each step."""

    hyper: dict[str, sp.Rational]
    starts: list[NDArray[np.float64]]
    gradients: list[list[NDArray[np.float64]]]
    thetas: list[list[NDArray[np.float64]]]


def coupled_exact_run(code: OptimizerCode) -> CoupledRun:
    """The exact run of a short list of arrays: ordinary and small gradients, some entries zero."""
    generator = np.random.default_rng(_SEED)
    shapes = _SHAPES if needs_matrices(code.optimizer) else (*_SHAPES, (4,))
    starts = [generator.integers(-8, 9, shape) / 4 for shape in shapes]
    gradients = [[generator.integers(-16, 17, shape) / 8 for shape in shapes] for _ in range(RUN_STEPS)]
    for step in gradients[::4]:
        step[0] *= 1e-3
        step[1][0] = 0
    hyper = telling_hyper(code)
    rows = coupled_run(code.optimizer, gradients, hyper, starts, [curvature_of(start.size) for start in starts])
    thetas = [[np.asarray(_round(array), np.float64) for array in row[THETA]] for row in rows]
    return CoupledRun(hyper, starts, gradients, thetas)


def curvature_of(count: int) -> NDArray[np.float64]:
    """A well-conditioned matrix that is not symmetric, so that it cannot be turned unseen."""
    rows, columns = np.indices((count, count))
    return np.asarray(4.0 * np.eye(count) + (rows + 2 * columns) % 3 / 4)


def coupled_measured(code: OptimizerCode, run: CoupledRun) -> OptimizerCode:
    """``code`` with the error of its own float64 run."""
    functions, name = namespace(optimizer_source(code)), code.optimizer.name
    hyper = {key: float(value) for key, value in run.hyper.items()}
    theta = [start.copy() for start in run.starts]
    state = functions[f"{name}_init"](theta, **{key: hyper[key] for key in asked_by_start(code)})
    given = {"curvature": [curvature_of(start.size) for start in run.starts]} if code.curvature else {}
    largest, worst = [float(np.max(np.abs(start))) for start in run.starts], 0.0
    for gradients, expected in zip(run.gradients, run.thetas, strict=True):
        functions[f"{name}_step"](theta, gradients, state, **given, **hyper)
        largest = [max(size, float(np.max(np.abs(e)))) for size, e in zip(largest, expected, strict=True)]
        errors = [np.max(np.abs(a - e)) / s for a, e, s in zip(theta, expected, largest, strict=True)]
        worst = max(worst, *map(float, errors))
    singular = tuple(key for key, _ in code.hyper if _is_singular(code, functions, {**hyper, key: 0.0}))
    return replace(code, error=max(TOLERANCE, 4 * worst), singular=singular)


def _is_singular(code: OptimizerCode, functions: dict[str, Any], hyper: dict[str, float]) -> bool:
    """Whether these hyper-parameters are in their domains and make a first gradient of zero give nan."""
    name, theta = code.optimizer.name, np.ones((2, 2))
    state = functions[f"{name}_init"](theta, **{key: hyper[key] for key in asked_by_start(code)})
    given = {"curvature": curvature_of(4)} if code.curvature else {}
    try:
        with np.errstate(all="ignore"):
            functions[f"{name}_step"](theta, np.zeros((2, 2)), state, **given, **hyper)
    except ValueError:
        return False
    return bool(np.isnan(theta).any())


def coupled_tests(code: OptimizerCode, run: CoupledRun) -> str:
    """The test file that stands beside the module."""
    name = code.optimizer.name
    hyper = ", ".join(f'"{key}": {number(value)}' for key, value in run.hyper.items())
    return _TEMPLATE.format(
        title=prose(f"Tests of {name}, against an exact run of {RUN_STEPS} steps."),
        module=name,
        hyper=f"{{{hyper}}}",
        initial=repr(asked_by_start(code)),
        outside=repr(outside(code)),
        tolerance=repr(code.error or TOLERANCE),
        shapes=repr([start.shape for start in run.starts]),
        starts=_row(run.starts),
        gradients=_table(run.gradients),
        thetas=_table(run.thetas),
        curved=repr(code.curvature is not None),
        matrices=repr(needs_matrices(code.optimizer)),
    )


def _row(arrays: list[NDArray[Any]]) -> str:
    entries = (float(entry).hex() for array in arrays for entry in array.flat)
    return "(" + ", ".join(f'"{entry}"' for entry in entries) + ")"


def _table(rows: list[list[NDArray[Any]]]) -> str:
    return "".join(f"    {_row(row)},\n" for row in rows)


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
ASKED_BY_START = {initial}
OUTSIDE = {outside}
TOLERANCE = {tolerance}
SHAPES = {shapes}
MATRICES = {matrices}
CURVED = {curved}
STARTS = {starts}
GRADIENTS = [
{gradients}]
EXPECTED = [
{thetas}]


def arrays(row):
    numbers, found = [float.fromhex(text) for text in row], []
    for shape in SHAPES:
        count = int(np.prod(shape))
        found.append(np.array(numbers[:count]).reshape(shape))
        numbers = numbers[count:]
    return found


def begin(parameters):
    return MODULE.{module}_init(parameters, **{{name: HYPER[name] for name in ASKED_BY_START}})


def curvature_of(parameter):
    rows, columns = np.indices((parameter.size, parameter.size))
    return (4.0 * np.eye(parameter.size) + (rows + 2 * columns) % 3 / 4).astype(parameter.dtype)


def given(parameters):
    if not CURVED:
        return {{}}
    if isinstance(parameters, np.ndarray):
        return {{"curvature": curvature_of(parameters)}}
    return {{"curvature": [curvature_of(array) for array in parameters if isinstance(array, np.ndarray)]}}


def step(parameters, gradients, state):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MODULE.{module}_step(parameters, gradients, state, **given(parameters), **HYPER)


def test_the_run_is_that_of_exact_arithmetic():
    theta = arrays(STARTS)
    state, scale = begin(theta), [np.max(np.abs(a)) for a in theta]
    for count, (gradients, expected) in enumerate(zip(map(arrays, GRADIENTS), map(arrays, EXPECTED)), 1):
        step(theta, gradients, state)
        scale = [max(s, np.max(np.abs(e))) for s, e in zip(scale, expected)]
        error = max(np.max(np.abs(a - e)) / s for a, e, s in zip(theta, expected, scale))
        assert error <= TOLERANCE, f"step {{count}}: relative error {{error}}"
        assert state["step"] == count


def test_an_empty_array_changes_nothing():
    plain, longer = arrays(STARTS), [*arrays(STARTS), np.empty((0, 2))]
    state, other = begin(plain), begin(longer)
    for gradients in map(arrays, GRADIENTS[:3]):
        step(plain, gradients, state)
        step(longer, [*gradients, np.empty((0, 2))], other)
    assert all(np.array_equal(a, b) for a, b in zip(plain, longer))


def test_one_array_is_a_list_of_one():
    theta, gradient = arrays(STARTS)[0], arrays(GRADIENTS[1])[0]
    listed = theta.copy()
    step(theta, gradient, begin(theta))
    step([listed], [gradient], begin([listed]))
    assert np.array_equal(theta, listed)


def test_layouts_do_not_matter():
    for dtype in (np.float32, np.float64):
        theta, gradients = arrays(STARTS)[0].astype(dtype), arrays(GRADIENTS[1])[0].astype(dtype)
        wide = np.zeros((theta.shape[0], 2 * theta.shape[1]), dtype)
        strided = wide[:, ::2]
        strided[:] = theta
        step(theta, gradients, begin(theta))
        step(strided, gradients, begin(strided))
        assert theta.dtype == dtype and np.allclose(theta, strided, rtol=32 * np.finfo(dtype).eps, atol=0)
        assert not wide[:, 1::2].any()


def test_the_state_can_be_pickled_and_the_gradient_is_left_alone():
    theta, gradients = arrays(STARTS), arrays(GRADIENTS[1])
    state = begin(theta)
    step(theta, gradients, state)
    copied, other = pickle.loads(pickle.dumps(state)), [a.copy() for a in theta]
    kept = [g.copy() for g in gradients]
    step(theta, gradients, state)
    assert all(np.array_equal(a, b) for a, b in zip(gradients, kept))
    step(other, gradients, copied)
    assert all(np.array_equal(a, b) for a, b in zip(theta, other))


def test_what_does_not_fit_is_refused_and_nothing_is_changed():
    theta, gradient, frozen = np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2))
    frozen.flags.writeable = False
    state = begin(theta)
    for parameters, slopes in (
        (np.ones((2, 2), int), gradient),
        (np.ones((2, 2), np.float16), gradient),
        ([1.0, 2.0], gradient),
        (theta, np.ones((2, 2), int)),
        (theta, np.ones((2, 3))),
        (theta, np.ones((2, 2), np.float32)),
        (theta, [gradient, gradient]),
        (frozen, gradient),
        (np.ones((3, 3)), np.ones((3, 3))) if len(state) > 1 else (theta, np.ones(2)),
        (np.ones(2), np.ones(2)) if MATRICES or len(state) > 1 else (theta, np.ones(2)),
    ):
        try:
            step(parameters, slopes, state)
        except (TypeError, ValueError):
            continue
        raise AssertionError(f"{{parameters!r}} with {{slopes!r}} must be refused")
    for name, value in OUTSIDE:
        try:
            MODULE.{module}_step(theta, gradient, state, **given(theta), **{{**HYPER, name: value}})
        except ValueError:
            continue
        raise AssertionError(f"{{name}} = {{value}} must be refused")
    assert state["step"] == 0 and np.array_equal(theta, np.ones((2, 2)))


if __name__ == "__main__":
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    for name, test in tests:
        test()
        print("passed", name)
    print(f"{{len(tests)}} passed")
'''
