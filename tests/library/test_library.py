"""Every catalogue entry has a source, a lawful default and a findable name."""

import pytest
import sympy as sp

from symdl import library
from symdl.core import DefinitionError, Optimizer, Parameter

ITEMS = [*library.ACTIVATIONS, *library.OPTIMIZERS]


def parameters_of(item: object) -> tuple[Parameter, ...]:
    return item.hyper if isinstance(item, Optimizer) else item.parameters


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
class TestEveryItem:
    def test_has_a_source(self, item):
        assert item.source is not None
        assert item.source.cite
        assert item.source.where

    def test_is_found_by_its_name(self, item):
        assert library.find(item.name) is item
        assert getattr(library, item.name) is item

    def test_defaults_are_exact_and_in_their_domain(self, item):
        defaults = {p.symbol: p.default for p in parameters_of(item) if p.default is not None}
        assert all(isinstance(default, sp.Rational) for default in defaults.values())
        for parameter in parameters_of(item):
            for bound in parameter.domain if parameter.symbol in defaults else ():
                relation = sp.Rel(bound.lhs, bound.rhs, bound.relation)
                assert relation.subs(defaults) == sp.true, parameter.name


def test_names_are_unique():
    names = [item.name for item in library.ITEMS]
    assert len(set(names)) == len(names)


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(DefinitionError, match="did you mean nesterov"):
        library.find("nesterof")


def test_a_strange_name_is_answered_with_the_list():
    with pytest.raises(DefinitionError, match="it has relu"):
        library.find("qqqq")


@pytest.mark.parametrize("optimizer", library.OPTIMIZERS, ids=lambda item: item.name)
def test_every_optimizer_is_a_point_of_a_family(optimizer):
    points = [point for family in library.FAMILIES for point in family.points()]
    assert any((point.step, point.evaluations) == (optimizer.step, optimizer.evaluations) for point in points)


@pytest.mark.parametrize("family", library.FAMILIES, ids=lambda family: family.name)
def test_the_points_of_a_family_differ_and_name_their_conventions(family):
    points = list(family.points())
    rules = {(point.state, point.evaluations, point.step) for point in points}
    assert len(rules) == len(points)
    assert all(dict(point.conventions).keys() == family.axes.keys() for point in points)
