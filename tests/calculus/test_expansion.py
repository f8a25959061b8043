import pytest
import sympy as sp

from symdl.calculus.expansion import expand
from symdl.core.arrays import FunctionParameter, apply, argmax, array, constant
from symdl.core.chains import chain, family
from symdl.core.dimensions import Dimension
from symdl.core.errors import InputError, UnboundSymbol
from symdl.library.layers import mlp

x, labels = array("x", "n"), array("labels", "n", integer=True)


def test_entries_are_named_by_their_place():
    assert [str(e) for e in expand(x, {"n": 2})] == ["x_0", "x_1"]


def test_families_expand_to_one_array_a_level():
    weights = expand(family("W", "n[l + 1]", "n[l]"), {"n": [1, 2, 1]})
    assert [w.shape for w in weights] == [(2, 1), (1, 2)]
    assert str(weights[1][0, 1]) == "W1_0_1"


def test_sizes_stand_for_their_number_in_formulas():
    assert expand(x.mean() * 2 + constant(Dimension("n").size), {"n": 4}, {"x": [1, 2, 3, 4]}).item() == 9


def test_a_chain_without_levels_gives_its_start():
    out = chain(lambda h, W: W @ h, array("h", "n[0]"), family("W", "n[l + 1]", "n[l]"))
    assert expand(out, {"n": [2], "depth": 0}).tolist() == expand(array("h", "n[0]"), {"n": [2]}).tolist()


@pytest.mark.parametrize(
    ("expr", "sizes", "message"),
    [
        (x.sum(), {}, "the size n has no value"),
        (labels, {"n": 2}, "the integer array labels needs values"),
        (argmax(x, 0), {"n": 2}, "known for numbers only"),
        (mlp.expr, {"batch": 1, "width": [1, 1], "outputs": 1}, "the depth depth has no value"),
    ],
)
def test_what_is_missing_is_named(expr, sizes, message):
    with pytest.raises(InputError, match=message):
        expand(expr, sizes)


def test_values_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"x \(n\) has shape \(3,\), expected \(2,\)"):
        expand(x, {"n": 2}, {"x": [1, 2, 3]})


def test_functions_that_are_not_given_are_named():
    with pytest.raises(UnboundSymbol, match="the function g is not given"):
        expand(apply(FunctionParameter("g"), x), {"n": 1})


def test_the_place_of_a_maximum_is_the_first():
    assert expand(argmax(x, 0), {"n": 3}, {"x": [sp.Integer(1), sp.Integer(5), sp.Integer(5)]}).item() == 1
