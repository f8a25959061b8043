"""Numbers moved together in update rules: the same values, fewer passes, no new overflow or underflow."""

from functools import cache
from inspect import signature

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl import library
from symdl.codegen import generate
from symdl.codegen.optimizer_source import STEP_IN_CODE, optimizer_code
from symdl.codegen.scalar_folding import folded, intervals
from symdl.core import Assignment, Compare, Parameter, symbol
from symdl.core.couplings import is_coupled
from symdl.numerics import ball

RULES = [item for item in library.OPTIMIZERS if not is_coupled(item)]
TINY, LARGEST = float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)
x, y, a, k = map(symbol, ("x", "y", "a", "k"))


def bounds(*relations):
    return intervals([Parameter(k, "k", None, tuple(relations))], STEP_IN_CODE)


def passes(item):
    source = generate(item).source
    step = source.split(f"def {item.name}_step(")[1].split("\n\n\ndef ")[0]
    body = step[step.rindex("in _tiles(") :]
    return sum("out=" in line or "copyto" in line for line in body.splitlines())


@pytest.mark.parametrize("item", RULES, ids=lambda item: item.name)
def test_a_folded_formula_has_the_value_of_the_written_one(item):
    code = optimizer_code(item)
    known = intervals([parameter for _, parameter in code.hyper], STEP_IN_CODE)
    scalars = code.scalars | set(known)
    for step in (s for s in code.steps if isinstance(s, Assignment)):
        variables = frozenset(step.expr.free_symbols - scalars)
        difference = step.expr - folded(step.expr, variables, known)
        numbers = (sp.Rational(2, 3), sp.Rational(3, 7), sp.Rational(1, 5), sp.Rational(5, 8), sp.Rational(8, 9))
        free = sorted(difference.free_symbols, key=str)
        values = {s: numbers[i % len(numbers)] for i, s in enumerate(free)} | {STEP_IN_CODE: sp.Integer(3)}
        assert abs(float(ball.evaluate(difference.xreplace(values), {}, 200).mid())) < 1e-25


@pytest.mark.parametrize(
    ("name", "most"),
    [("momentum", 4), ("nesterov", 4), ("adagrad", 7), ("rmsprop", 9), ("adam", 12), ("adamw", 13), ("amsgrad", 13)],
)
def test_steps_take_as_few_passes_as_the_algebra_allows(name, most):
    assert passes(library.find(name)) == most


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (x - a * x, x * (1 - a)),
        (sp.sqrt(k * x), sp.sqrt(k * x)),
        (1 / (k * x + a), 1 / (k * x + a)),
        (y / (a * x), y / (a * x)),
    ],
    ids=str,
)
def test_only_what_is_known_of_a_number_is_used(expr, expected):
    """A number that may be negative stays under the root, one that may be small in the sum."""
    assert sp.simplify(folded(expr, frozenset({x, y}), {}) - expected) == 0
    assert folded(expr, frozenset({x, y}), {}).atoms(sp.Pow) == expected.atoms(sp.Pow)


def test_domains_make_folding_possible():
    at_least_one = bounds(Compare(k, ">=", sp.Integer(1)))
    assert folded(sp.sqrt(k * x), frozenset({x}), at_least_one) == sp.sqrt(k) * sp.sqrt(x)
    assert folded(1 / (k * x + a), frozenset({x}), at_least_one) == 1 / (k * (x + a / k))
    small = bounds(Compare(k, ">", sp.Integer(0)))
    assert folded(1 / (k * x + a), frozenset({x}), small) == 1 / (k * x + a)


EXTREMES = st.sampled_from([0.0, TINY, 1e-40, 1e-30, 1e-23, 1e-19, 1e-8, 0.5, 1.0, 1e8, 1e15, 1e18, 1e19])
EPSILONS = st.sampled_from([0.0, 1e-30, 1e-16, 1e-8, 1.0])
DECAYS = st.sampled_from([0.0, 0.5, 0.9, 0.999, 0.9999999])
WITH_EPSILON = [item for item in RULES if "epsilon" in [p.name for p in item.hyper]]


@pytest.mark.parametrize("item", WITH_EPSILON, ids=lambda item: item.name)
@given(gradients=st.lists(EXTREMES, min_size=1, max_size=3), epsilon=EPSILONS, first=DECAYS, second=DECAYS)
def test_float32_is_finite_where_the_step_as_written_is(item, gradients, epsilon, first, second):
    """No folded number overflows or vanishes that did not where it stood."""
    given = {"epsilon": epsilon, "beta1": first, "beta2": second, "beta3": second, "decay": second}
    values = {p.name: given.get(p.name, 0.01 if p.default is None else float(p.default)) for p in item.hyper}
    here, written = (trained(functions, item.name, gradients, values) for functions in both(item))
    finite = np.isfinite(written)
    np.testing.assert_allclose(here[finite], written[finite], rtol=1e-4, atol=1e-6)


@cache
def both(item):
    """The functions of a rule with its numbers folded, and as it is written."""
    with pytest.MonkeyPatch.context() as patch:
        here = vars(generate(item).load())
        patch.setattr("symdl.codegen.optimizer_source.folded", lambda expr, variables, known: expr)
        return here, vars(generate(item).load())


def trained(functions, name, gradients, values):
    theta, rows = np.array([1.0], np.float32), []
    begin, step = functions[f"{name}_init"], functions[f"{name}_step"]
    state = begin(theta, **{key: value for key, value in values.items() if key in signature(begin).parameters})
    for gradient in gradients:
        with np.errstate(all="ignore"):
            step(theta, np.array([gradient], np.float32), state, **values)
        rows.append(theta[0])
    return np.array(rows, float)
