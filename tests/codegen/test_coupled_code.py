"""Generated update rules whose entries depend on each other: their tests pass, broken steps fail them."""

from functools import cache
from inspect import signature

import numpy as np
import pytest
import sympy as sp

from symdl import library
from symdl.codegen import generate
from symdl.core import (
    THETA,
    Assignment,
    DefinitionError,
    Optimizer,
    State,
    UnsupportedOperation,
    symbol,
)
from symdl.core.couplings import column_total, list_total, product_with, product_with_transposed, row_total, total
from symdl.library.optimizers.parts import eta, g, learning_rate

m, s, x = symbol("m"), symbol("s"), symbol("x")
RATE = (learning_rate("0.1"),)
INVENTED = (
    Optimizer("centred", RATE, step=(Assignment(THETA, THETA - eta * (g - total(g) / total(sp.Integer(1)))),)),
    Optimizer("means", RATE, (State(m), State(s)), step=(
        Assignment(m, m / 2 + row_total(g) / row_total(sp.Integer(1))),
        Assignment(s, s / 2 + column_total(m)),
        Assignment(THETA, THETA - eta * (g - m / 4 - s / 8)))),
    Optimizer("kept_product", RATE, (State(m, THETA),), step=(
        Assignment(m, product_with(product_with_transposed(g, THETA), m) / 64),
        Assignment(THETA, THETA - eta * m - total(m * g) * g / 512))),
    Optimizer("shared", RATE, step=(
        Assignment(x, sp.sqrt(1 + list_total(g**2 + THETA**2) + list_total(THETA))),
        Assignment(THETA, THETA - eta * g / x))),
    Optimizer("late", RATE, (State(m),), step=(
        Assignment(THETA, THETA - eta * g / (1 + list_total(m**2))),
        Assignment(m, m / 2 + g))),
)  # fmt: skip
POINTS = tuple(point for family in library.COUPLED_FAMILIES for point in family.points())


@cache
def generated(item):
    return generate(item)


def by_name(item):
    return "-".join([item.name, *item.conventions.values()])


@pytest.mark.parametrize("item", [*POINTS, *INVENTED], ids=by_name)
def test_the_generated_tests_of_coupled_rules_pass(item, failures):
    assert failures(generated(item)) == {}
    if item in POINTS:
        assert "within 1e-12 of exact arithmetic" in " ".join(generated(item).source.split())


def test_a_library_rule_is_the_first_point_of_its_family():
    assert [next(family.points()) for family in library.COUPLED_FAMILIES] == list(library.COUPLED)


MUTATIONS = (
    ("np.add(", "np.subtract("),
    ("np.subtract(", "np.add("),
    ("np.multiply(", "np.divide("),
    ("np.divide(", "np.multiply("),
    ("np.square(", "np.absolute("),
    ("np.sqrt(", "np.absolute("),
    ("math.sqrt(", "abs("),
    ("1.0 - ", "1.0005 - "),
    ("axis=0", "axis=1"),
    ("axis=1", "axis=0"),
    ("shape[0]", "shape[1]"),
    ("shape[1]", "shape[0]"),
    (".T", ""),
    ("max(", "min("),
    ("min(", "max("),
    ("learning_rate*", "1.0005*learning_rate*"),
    ("t = state", "t = 1 + state"),
)


def moved(item, source):
    """The parameters after each of 20 steps, at hyper-parameters that hide nothing."""
    functions = {}
    exec(source, functions)
    hyper = {p.name: v for p, v in zip(item.hyper, (0.7, 0.8, 0.9, 0.07, 0.03, 0.6), strict=False)}
    asked = signature(functions[f"{item.name}_step"]).parameters
    generator = np.random.default_rng(5)
    theta, rows = [generator.standard_normal(shape) for shape in ((2, 3), (3, 2))], []
    state = functions[f"{item.name}_init"](theta)
    for _ in range(20):
        gradients = [generator.standard_normal(a.shape) for a in theta]
        given = {"curvature": [np.diag([2.0, 3, 4, 5, 6, 7]) + 0.25 * np.tri(6)] * 2} if "curvature" in asked else {}
        known = {k: v for k, v in hyper.items() if k in asked}
        functions[f"{item.name}_step"](theta, gradients, state, **known, **given)
        rows.append(np.concatenate([a.ravel() for a in theta]))
    return np.array(rows)


def takes_other_steps(item, source, broken):
    with np.errstate(all="ignore"):
        try:
            return not np.allclose(moved(item, source), moved(item, broken), rtol=1e-9, atol=1e-12, equal_nan=True)
        except (ArithmeticError, ValueError, LookupError, NameError, TypeError):
            return True


@pytest.mark.parametrize("item", library.COUPLED, ids=by_name)
def test_every_broken_coupled_step_fails_the_generated_tests(item, failures):
    module = generated(item)
    lines = [line.split("  # ")[0] for line in module.source.splitlines()]
    start = next(index for index, line in enumerate(lines) if line.startswith(f"def {item.name}_step"))
    start = next(index for index, line in enumerate(lines[start:], start) if "listed, slopes" in line)
    planted = 0
    for index in range(start, len(lines)):
        for before, after in MUTATIONS:
            if before in lines[index]:
                broken = "\n".join([*lines[:index], lines[index].replace(before, after, 1), *lines[index + 1 :]])
                if takes_other_steps(item, module.source, broken):
                    assert failures(module, broken, stop=True), f"{lines[index].strip()}: {before} -> {after}"
                    planted += 1
    assert planted >= (3 if item.state else 1)


def test_a_turned_curvature_and_a_lost_damping_fail(failures):
    module = generated(library.damped_newton)
    for before, after in (("curvature + damping", "curvature.T + damping"), (" + damping * np.eye", " + 0 * np.eye")):
        assert before in module.source
        assert failures(module, module.source.replace(before, after))


def test_a_singular_or_wrong_curvature_is_an_error():
    functions, theta = generated(library.newton).load(), np.ones(2)
    state = functions.newton_init(theta)
    with pytest.raises(ValueError, match="Singular matrix"):
        functions.newton_step(theta, theta.copy(), state, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="the curvature has shapes"):
        functions.newton_step(theta, theta.copy(), state, np.eye(3))
    assert np.array_equal(theta, np.ones(2))


def test_newton_solves_a_quadratic_in_one_step():
    curvature, functions = np.array([[4.0, 1.0], [1.0, 3.0]]), generated(library.newton).load()
    theta, minimum = np.array([5.0, -7.0]), np.array([1.0, 2.0])
    functions.newton_step(theta, curvature @ (theta - minimum), functions.newton_init(theta), curvature)
    assert np.allclose(theta, minimum, rtol=1e-14)


def test_a_total_over_the_list_of_what_the_step_assigns_is_refused():
    rule = Optimizer("late_total", RATE, (State(m),), step=(
        Assignment(m, m + g), Assignment(THETA, THETA - eta * g / (1 + list_total(m**2)))))  # fmt: skip
    with pytest.raises(DefinitionError, match="over the list of m, which the step assigns"):
        generate(rule)


def test_shapes_that_do_not_fit_are_refused():
    rule = Optimizer("square", RATE, step=(Assignment(THETA, THETA - eta * product_with_transposed(g, g)),))
    with pytest.raises(DefinitionError, match="do not fit"):
        generate(rule)


def test_a_state_that_is_one_number_of_an_array_is_refused():
    rule = Optimizer("numbers", RATE, (State(m),), step=(
        Assignment(m, m / 2 + total(g)), Assignment(THETA, THETA - eta * m)))  # fmt: skip
    with pytest.raises(UnsupportedOperation, match="cannot be kept"):
        generate(rule)


def test_vectors_are_refused_where_rows_and_columns_are_meant():
    functions = generated(library.muon).load()
    with pytest.raises(ValueError, match="expected a matrix"):
        functions.muon_init(np.ones(3))
