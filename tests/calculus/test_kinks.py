"""Kinks against difference quotients in exact rational arithmetic, and library laws."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.calculus import kinks as module
from symdl.calculus.cells import split, value_at
from symdl.calculus.derivatives import activation_derivative, domain
from symdl.calculus.kinks import kinks, smoothness
from symdl.core import Activation, Compare, DefinitionError, Parameter, UnsupportedDerivative, symbol
from symdl.library.activations import ACTIVATIONS

x, k, bound = symbol("x"), symbol("k"), symbol("lambda")
ZERO, ONE = sp.Integer(0), sp.Integer(1)
UNIT = Parameter(k, "slope", None, (Compare(k, ">", ZERO), Compare(k, "<", ONE)))
POSITIVE = Parameter(bound, "bound", None, (Compare(bound, ">", ZERO),))


def activation(expr, *parameters, **fields):
    return Activation("item", x, expr, parameters, **fields)


def value(expr, at):
    """A piecewise linear expression at a rational point, by Python's own max, min and abs."""
    if expr == x:
        return at
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    parts = [value(part, at) for part in expr.args]
    if expr.is_Mul:
        return parts[0] * parts[1]
    return {sp.Add: sum, sp.Max: max, sp.Min: min, sp.Abs: lambda p: abs(p[0])}[expr.func](parts)


SMALL = st.integers(-4, 4).map(sp.Integer)
LINES = st.builds(lambda a, b: a * x + b, SMALL, SMALL)
PIECEWISE_LINEAR = st.recursive(
    LINES,
    lambda inner: st.one_of(
        st.builds(sp.Max, inner, inner),
        st.builds(sp.Min, inner, inner),
        st.builds(sp.Abs, inner),
        st.builds(lambda a, b: a + b, inner, inner),
    ),
    max_leaves=6,
)
# Slopes are sums of at most 6 integers up to 4, so the kinks of 6 such lines have denominators up to
# 48 and lie more than 1/48^2 apart: a step of 10^-4 stays inside a cell.
STEP = Fraction(1, 10**4)


def slopes(expr, at):
    here = value(expr, at)
    return (here - value(expr, at - STEP)) / STEP, (value(expr, at + STEP) - here) / STEP


@given(PIECEWISE_LINEAR, st.lists(st.fractions(-9, 9, max_denominator=6), max_size=6))
def test_one_sided_slopes_are_the_difference_quotients(expr, points):
    found = {Fraction(int(kink.point.p), int(kink.point.q)): kink for kink in kinks(activation(expr))}
    for point, kink in found.items():
        assert slopes(expr, point) == (kink.left, kink.right)
        assert kink.left != kink.right
        assert kink.clarke == (min(kink.left, kink.right), max(kink.left, kink.right))
    for point in points:
        if point not in found:
            left, right = slopes(expr, point)
            assert left == right


@pytest.mark.parametrize("mutation", [lambda left, right: (right, left), lambda left, right: (left, right + 1)])
def test_exchanged_or_shifted_slopes_would_be_caught(mutation, monkeypatch):
    sides = module._finite_sides
    monkeypatch.setattr(module, "_finite_sides", lambda *a: mutation(*sides(*a)) if a[2] == 1 else sides(*a))
    (kink,) = kinks(activation(sp.Max(x, 0)))
    assert slopes(sp.Max(x, 0), Fraction(0)) != (kink.left, kink.right)


KNOWN = [
    (activation(sp.Max(x, 0)), [(0, 0, 1)]),
    (activation(sp.Max(x, k * x), UNIT), [(0, k, 1)]),
    (activation(sp.Max(x, k * x), Parameter(k, "slope")), [(0, sp.Min(1, k), sp.Max(1, k))]),
    (activation(sp.Min(x, k * x), Parameter(k, "slope")), [(0, sp.Max(1, k), sp.Min(1, k))]),
    (activation(sp.Piecewise((x, x > 0), (k * (sp.exp(x) - 1), True)), Parameter(k, "alpha")), [(0, k, 1)]),
    (activation(sp.Max(0, sp.Min(6, x))), [(0, 0, 1), (6, 1, 0)]),
    (activation(sp.Max(-bound, sp.Min(bound, x)), POSITIVE), [(-bound, 0, 1), (bound, 1, 0)]),
    (
        activation(sp.Piecewise((x - bound, x > bound), (x + bound, x < -bound), (0, True)), POSITIVE),
        [(-bound, 1, 0), (bound, 0, 1)],
    ),
    (
        activation(sp.Piecewise((0, x <= -3), (x, x >= 3), (x * (x + 3) / 6, True))),
        [(-3, 0, -sp.Rational(1, 2)), (3, sp.Rational(3, 2), 1)],
    ),
    (activation(sp.Max(x**2 - 2, 0)), [(-sp.sqrt(2), -2 * sp.sqrt(2), 0), (sp.sqrt(2), 0, 2 * sp.sqrt(2))]),
    (activation(sp.Abs(sp.Max(x, 1 - sp.Abs(x)))), [(-1, -1, 1), (0, 1, -1), (sp.Rational(1, 2), -1, 1)]),
    (activation(sp.Abs(sp.tanh(x))), [(0, -1, 1)]),
    (activation(sp.Max(1, sp.exp(x))), [(0, 0, 1)]),
    (activation(x * sp.Abs(x)), []),
    (activation(sp.Max(x, 0) ** 2), []),
    (activation(x / (1 + sp.Abs(x))), []),
    (activation(sp.Max(x, x + 1)), []),
    (activation(sp.Max(x, x + k), Parameter(k, "shift")), []),
    (activation(sp.Max(x, x + k, 3), UNIT), [(3 - k, 0, 1)]),
    (activation(sp.Piecewise((x, x < 1), (2 * x - 1, sp.And(x >= 1, x < 2)), (3, True))), [(1, 1, 2), (2, 2, 0)]),
]


@pytest.mark.parametrize(("item", "expected"), KNOWN, ids=lambda part: str(getattr(part, "expr", "")))
def test_kinks_of_known_functions(item, expected):
    assert [(kink.point, kink.left, kink.right) for kink in kinks(item)] == expected
    assert not any(kink.jump for kink in kinks(item))


@pytest.mark.parametrize(
    ("expr", "point"),
    [
        (sp.sign(x), 0),
        (sp.Piecewise((1, x > 2), (0, True)), 2),
        (sp.Piecewise((x, x > 0), (x + 1, True)), 0),
        (sp.Piecewise((5, sp.Eq(x, 1)), (x, True)), 1),
    ],
    ids=str,
)
def test_jumps_are_reported_as_jumps(expr, point):
    (kink,) = kinks(activation(expr))
    assert kink.jump
    assert kink.point == point
    assert smoothness(activation(expr)) == -1


@pytest.mark.parametrize(
    ("expr", "order"),
    [
        (sp.Max(x, 0), 0),
        (x * sp.Abs(x), 1),
        (sp.Max(x, 0) ** 3, 2),
        (x / (1 + sp.Abs(x)), 1),
        (sp.Piecewise((x, x > 0), (sp.exp(x) - 1, True)), 1),
        (sp.tanh(x), float("inf")),
        (sp.Piecewise((x, x > 0), (x + 0 * x, True)), float("inf")),
    ],
    ids=str,
)
def test_smoothness_is_the_highest_continuous_order(expr, order):
    assert smoothness(activation(expr)) == order


@pytest.mark.parametrize("item", ACTIVATIONS, ids=lambda item: item.name)
def test_library_slopes_are_declared_inside_the_clarke_interval(item):
    parameters = enumerate(item.parameters, 1)
    values = {p.symbol: sp.Integer(n) if p.default is None else p.default for n, p in parameters}
    for kink in kinks(item):
        assert kink.declared is not None
        lower, slope, upper = (end.subs(values) for end in (kink.clarke[0], kink.declared, kink.clarke[1]))
        assert lower <= slope <= upper
        at_kink = value_at(activation_derivative(item), item.argument, kink.point, domain(item))
        assert at_kink == kink.declared


@pytest.mark.parametrize(("item", "slope_at"), [(sp.tanh(x), {0: 0}), (sp.Max(x, 0), {0: 0, 1: 2})])
def test_a_slope_declared_where_the_derivative_is_another_number_is_refused(item, slope_at):
    with pytest.raises(DefinitionError, match="declares the slope"):
        kinks(activation(item, slope_at=slope_at))


def test_a_slope_declared_where_it_is_the_derivative_changes_nothing():
    assert kinks(activation(sp.tanh(x), slope_at={0: 1})) == ()


@pytest.mark.parametrize(
    "expr",
    [
        sp.Abs(x + sp.tanh(x)),
        sp.Abs(x**3 - x - 1),
        sp.Max(0, sp.cos(x)),
        sp.sqrt(sp.Abs(x)),
        sp.Max(0, bound * x + 1),
        sp.Abs(sp.log(x)),
    ],
    ids=str,
)
def test_kinks_without_an_exact_place_or_slope_are_refused(expr):
    parameters = (Parameter(bound, "bound"),) if expr.has(bound) else ()
    with pytest.raises(UnsupportedDerivative):
        kinks(activation(expr, *parameters))


@given(PIECEWISE_LINEAR, st.fractions(-9, 9, max_denominator=6))
def test_cells_restrict_the_function_to_their_branches(expr, point):
    cells = split(expr, x)
    index = sum(1 for end in cells.points if point > Fraction(int(end.p), int(end.q)))
    assert list(cells.points) == sorted(cells.points)
    assert not any(branch.has(sp.Max, sp.Min, sp.Abs) for branch in cells.branches)
    at = sp.Rational(point.numerator, point.denominator)
    assert cells.branches[index].subs(x, at) == value(expr, point) == value_at(expr, x, at)
