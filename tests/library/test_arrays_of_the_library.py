"""Laws over the catalogues of losses and layers."""

import pytest

from symdl import library
from symdl.calculus.reverse import gradient
from symdl.core import Layer, Loss
from symdl.core.array_graph import inputs_of
from symdl.library.layers import LAYERS
from symdl.library.losses import LOSSES

ITEMS = [*LOSSES, *LAYERS]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_losses_and_layers_have_a_source_and_their_own_name(item):
    assert item.source is not None
    assert item.source.cite
    assert item.source.where
    assert [other.name for other in library.ITEMS].count(item.name) == 1
    assert library.find(item.name) is item
    assert getattr(library, item.name) is item


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_input_of_a_loss_or_layer_occurs(item):
    declared = (*item.inputs, *(item.learned if isinstance(item, Layer) else ()))
    assert set(inputs_of(item.expr)) == set(declared)


@pytest.mark.parametrize("item", LOSSES, ids=lambda item: item.name)
def test_losses_are_scalars_with_a_gradient_like_the_prediction(item):
    assert isinstance(item, Loss)
    assert item.expr.rank == 0
    assert gradient(item.expr, item.inputs[0]).dimensions == item.inputs[0].dimensions


@pytest.mark.parametrize("item", [item for item in LAYERS if item.learned], ids=lambda item: item.name)
def test_layers_have_gradients_by_all_that_is_learned(item):
    for learned, slope in zip(item.learned, gradient((item.expr**2).sum(), item.learned), strict=True):
        assert slope.dimensions == learned.dimensions
        assert slope.level == learned.level
