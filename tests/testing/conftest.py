from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symdl.core import STEP, THETA
from symdl.testing import StepFunctions


def _compiled(expr):
    arguments = sorted(expr.free_symbols, key=str)
    function = sp.lambdify(arguments, expr, "numpy")
    return lambda values: function(*[values[argument] for argument in arguments])


def _interpreted(rule):
    """An update rule as three NumPy functions, straight from its formulas."""
    hyper = {parameter.symbol: parameter.name for parameter in rule.hyper}
    starts = {state.symbol: _compiled(state.start) for state in rule.state}
    steps = [(assignment.symbol, _compiled(assignment.expr)) for assignment in rule.step]
    evaluation = rule.evaluations[0]
    point = _compiled(evaluation.point)

    def init(parameters, **given):
        values = {THETA: parameters.copy(), **{s: given[name] for s, name in hyper.items()}}
        return {STEP: 0, **{s: start(values) + 0 * parameters for s, start in starts.items()}}

    def known(parameters, state, given):
        numbers = {s: given[name] for s, name in hyper.items()}
        return {**numbers, **state, THETA: parameters.copy(), STEP: state[STEP] + 1}

    def evaluation_point(parameters, state, **given):
        return point(known(parameters, state, given)) + 0 * parameters

    def step(parameters, gradients, state, **given):
        values = known(parameters, state, given)
        values[evaluation.symbol] = gradients.copy()
        for symbol, compute in steps:
            values[symbol] = compute(values)
        state.update({s: values[s] for s in (STEP, *starts)})
        parameters[...] = values[THETA]

    return StepFunctions(init, step, evaluation_point)


def _kernel(formula):
    """A formula as a generated function behaves: dtype and shape kept, ``out``, refusals."""

    def function(x, out=None):
        x = np.asarray(x)
        if x.dtype not in (np.float32, np.float64):
            raise TypeError("expected float32 or float64")
        if out is not None and (out.shape != x.shape or out.dtype != x.dtype):
            raise ValueError("a wrong out")
        result = np.asarray(formula(x)).astype(x.dtype)
        if out is None:
            return result
        np.copyto(out, result)
        return out

    return function


def _module(item, value, derivative):
    return SimpleNamespace(**{item.name: _kernel(value), f"{item.name}_derivative": _kernel(derivative)})


@pytest.fixture(scope="session")
def interpreted():
    return _interpreted


@pytest.fixture(scope="session")
def kernel():
    return _kernel


@pytest.fixture(scope="session")
def module():
    return _module
