"""Declared properties: true ones are proved, planted false ones of each kind are refuted, missing ones are found."""

from dataclasses import replace

import pytest
import sympy as sp

from symdl.core import Activation, Claim, Compare, Limit, Parameter, Properties, symbol
from symdl.library import clipped_units, rectifiers, smooth_units
from symdl.prover import decide
from symdl.prover.discovery import discovered, with_properties
from symdl.prover.limits_far_out import by_growth, by_last_branch
from symdl.prover.properties import property_claims
from symdl.prover.scaling import by_scaling
from symdl.prover.verdicts import evidence_of

x, k, y = symbol("x"), symbol("k"), symbol("y")
ZERO = sp.Integer(0)
POSITIVE = (Compare(k, ">", ZERO),)
relu, selu, elu = rectifiers.relu, rectifiers.selu, rectifiers.elu
gelu, silu, sigmoid, tanh = smooth_units.gelu, smooth_units.silu, smooth_units.sigmoid, smooth_units.tanh
hardshrink, hardtanh = clipped_units.hardshrink, clipped_units.hardtanh


def verdict_of(item, ending):
    (claim,) = [claim for claim in property_claims(item) if claim.name == f"{item.name}_{ending}"]
    return decide(claim)


def declaring(item, **changes):
    return replace(item, properties=replace(item.properties, **changes))


FALSE = [
    (silu, {"monotone": "increasing"}, "is_increasing"),
    (silu, {"monotone": "decreasing"}, "is_decreasing"),
    (sigmoid, {"monotone": "neither"}, "is_neither_increasing_nor_decreasing"),
    (gelu, {"lower": sp.Rational(-169, 1000)}, "is_bounded_below"),
    (gelu, {"lower": sp.Rational(-18, 100)}, "has_no_closer_bound_below"),
    (sigmoid, {"upper": sp.oo}, "is_unbounded_above"),
    (relu, {"upper": sp.Integer(100)}, "is_bounded_above"),
    (hardtanh, {"upper": sp.Integer(1)}, "is_bounded_above"),
    (silu, {"lipschitz": sp.Rational(10998, 10**4)}, "is_lipschitz"),
    (silu, {"lipschitz": sp.Rational(112, 100)}, "has_no_smaller_lipschitz_constant"),
    (gelu, {"lipschitz": sp.Integer(1)}, "is_lipschitz"),
    (tanh, {"lipschitz": sp.oo}, "is_not_lipschitz"),
    (hardshrink, {"lipschitz": sp.Integer(1)}, "is_lipschitz"),
    (selu, {"convex": "convex"}, "is_convex"),
    (relu, {"convex": "concave"}, "is_concave"),
    (relu, {"convex": "neither"}, "is_neither_convex_nor_concave"),
    (elu, {"convex": "convex", "given": ()}, "is_convex"),
    (elu, {"lipschitz": sp.Integer(1), "given": ()}, "is_lipschitz"),
]


@pytest.mark.parametrize(("item", "changes", "ending"), FALSE, ids=lambda value: getattr(value, "name", None))
def test_a_false_property_is_refuted(item, changes, ending):
    assert verdict_of(declaring(item, **changes), ending).refuted


def test_a_declared_slope_outside_the_clarke_interval_is_refuted():
    assert verdict_of(replace(relu, slope_at={0: 2}), "declares_a_clarke_slope_at_joint_1").refuted


def test_a_pole_makes_no_smooth_cell():
    item = Activation("pole", x, 1 / x, properties=Properties(monotone="decreasing"))
    assert verdict_of(item, "is_smooth_in_cell_1").refuted


DISCOVERED = [
    (Activation("bump", x, 1 / (1 + x**2)), Properties(0, 1, None, "neither", "neither")),
    (Activation("bent", x, (sp.sqrt(x**2 + 1) - 1) / 2 + x), Properties(-sp.oo, sp.oo, None, "increasing", "convex")),
    (Activation("falling", x, -(x**3)), Properties(-sp.oo, sp.oo, sp.oo, "decreasing", "neither")),
    (Activation("step", x, sp.Piecewise((1, x > 0), (0, True))), Properties(0, 1, sp.oo, "increasing", "neither")),
]


@pytest.mark.parametrize(("item", "expected"), DISCOVERED, ids=lambda value: getattr(value, "name", None))
def test_properties_that_nobody_declares_are_found(item, expected):
    found = discovered(item)
    for name in ("lower", "upper", "lipschitz", "monotone", "convex"):
        wanted = getattr(expected, name)
        assert wanted is None or getattr(found, name) == wanted, name


def test_all_claims_about_discovered_properties_are_proved():
    item = with_properties(Activation("bent", x, (sp.sqrt(x**2 + 1) - 1) / 2 + x))
    assert [claim.name for claim in property_claims(item) if not decide(claim).proved] == []
    assert item.properties.lipschitz == sp.Rational(3, 2)


def test_bounds_that_a_parameter_scales_are_found_for_all_of_its_values():
    steep = Parameter(k, "steepness", sp.Integer(1), POSITIVE)
    found = discovered(Activation("scaled", x, k * sp.tanh(x), (steep,)))
    assert (found.lower, found.upper, found.lipschitz, found.given) == (-k, k, k, ())


def test_bounds_that_go_with_a_root_of_a_parameter_are_found():
    width = Parameter(k, "width", sp.Integer(1), POSITIVE)
    found = discovered(Activation("isru", x, x / sp.sqrt(1 + k * x**2), (width,)))
    assert (found.lower, found.upper, found.given) == (-1 / sp.sqrt(k), 1 / sp.sqrt(k), ())


def test_declared_properties_are_kept_as_they_are():
    assert with_properties(relu) is relu


LIMITS = [
    (sp.log(1 + sp.exp(x)), sp.oo, sp.oo),
    (sp.Piecewise((x, x > k), (k, True)), -sp.oo, k),
    (x * sp.Min(sp.Max(x + 3, 0), 6) / 6, sp.oo, sp.oo),
    (-x + sp.sin(k * x) / k, sp.oo, -sp.oo),
]


@pytest.mark.parametrize(("expr", "point", "value"), LIMITS)
def test_limits_far_out_are_proved_and_other_values_are_not(expr, point, value):
    assert decide(Claim(Limit(expr, x, point, value), POSITIVE)).proved
    wrong = -value if value.is_infinite else value + 1
    for checker in (by_growth, by_last_branch):
        assert evidence_of(checker, Claim(Limit(expr, x, point, wrong), POSITIVE)) is None


SCALED = x / (1 + sp.exp(-k * x))


def test_a_scale_takes_a_parameter_out_of_true_bounds_only():
    assert by_scaling(Claim(Compare(SCALED, ">=", -sp.Rational(2785, 10**4) / k), POSITIVE)) is not None
    for bound, given in ((sp.Rational(278, 1000) / k, POSITIVE), (sp.Rational(2785, 10**4) / k, ())):
        assert evidence_of(by_scaling, Claim(Compare(SCALED, ">=", -bound), given)) is None


def test_a_scale_is_left_alone_where_the_variable_is_bounded():
    given = (*POSITIVE, Compare(x, "<", k))
    assert by_scaling(Claim(Compare(SCALED, ">=", -sp.Rational(2785, 10**4) / k), given)) is None
