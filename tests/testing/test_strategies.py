import numpy as np
import pytest
import sympy as sp
from hypothesis import find, given, settings
from hypothesis import strategies as st

from symdl import library
from symdl.core import Activation, Compare, InputError, Parameter, symbol
from symdl.testing import strategies

a, b, x = symbol("a"), symbol("b"), symbol("x")
DTYPES = [np.float32, np.float64]


def holds(relation, values):
    return bool(sp.Rel(relation.lhs.subs(values), relation.rhs.subs(values), relation.relation))


@pytest.mark.parametrize("item", [*library.OPTIMIZERS, *library.ACTIVATIONS], ids=lambda item: item.name)
@given(st.data())
def test_hyper_parameters_lie_in_their_domains(item, data):
    parameters = item.parameters if isinstance(item, Activation) else item.hyper
    hyper = data.draw(strategies.hyper_parameters(item))
    values = {p.symbol: sp.Rational(hyper[p.name]) for p in parameters}
    assert hyper.keys() == {p.name for p in parameters}
    assert all(holds(relation, values) for p in parameters for relation in p.domain)


@given(st.data())
def test_bounds_between_parameters_are_met(data):
    ordered = Parameter(b, "b", None, (Compare(b, ">", a), Compare(sp.Integer(2), ">=", b)))
    item = Activation(
        "ramp",
        x,
        a * x + b,
        (Parameter(a, "a", None, (Compare(a, ">=", sp.Integer(0)), Compare(a, "<", sp.Integer(1)))), ordered),
    )
    hyper = data.draw(strategies.hyper_parameters(item))
    assert 0 <= hyper["a"] < hyper["b"] <= 2


def test_an_empty_domain_is_refused():
    above_two = Compare(a, ">", sp.Integer(2))
    item = Activation("ramp", x, a * x, (Parameter(a, "a", None, (above_two, Compare(a, "<", sp.Integer(1)))),))
    with pytest.raises(InputError, match="empty"):
        find(strategies.hyper_parameters(item), lambda hyper: True)


def test_a_domain_far_from_0_is_drawn_from():
    item = Activation("ramp", x, a * x, (Parameter(a, "a", None, (Compare(a, ">", sp.Integer(99)),)),))
    assert find(strategies.hyper_parameters(item), lambda hyper: True)["a"] > 99


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.data())
def test_values_are_finite_numbers_of_the_dtype(dtype, data):
    value = data.draw(strategies.values(dtype))
    assert np.isfinite(value)
    assert value == dtype(value)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_reach_the_extremes(dtype):
    info = np.finfo(dtype)
    quick = settings(max_examples=2000, database=None)
    find(strategies.values(dtype), lambda v: 0 < abs(v) < info.tiny, settings=quick)
    find(strategies.values(dtype), lambda v: abs(v) > 0.5 * info.max, settings=quick)
    find(strategies.values(dtype), lambda v: v == 0 and np.signbit(v), settings=quick)
    find(strategies.values(dtype, nan=True), np.isnan, settings=quick)
    find(strategies.values(dtype, infinity=True), np.isinf, settings=quick)


@given(strategies.dtypes().flatmap(lambda dtype: st.tuples(st.just(dtype), strategies.arrays(dtype, around=[1.5]))))
def test_arrays_keep_their_dtype(drawn):
    dtype, array = drawn
    assert array.dtype == dtype
    assert array.ndim <= 3


def test_shapes_include_scalars_empty_arrays_and_axes():
    for wanted in (lambda s: s == (), lambda s: 0 in s, lambda s: len(s) == 3):
        find(strategies.shapes(), wanted, settings=settings(max_examples=2000, database=None))


@pytest.mark.parametrize("dtype", DTYPES)
def test_points_beside_a_kink_include_it_and_its_neighbours(dtype):
    kink = dtype(0.3)
    for wanted in (kink, np.nextafter(kink, dtype(1)), np.nextafter(kink, dtype(-1))):
        find(
            strategies.beside([0.3], dtype),
            lambda v, w=wanted: v == w,
            settings=settings(max_examples=5000, database=None),
        )


@given(strategies.gradient_sequences(steps=6, elements=3))
def test_gradient_sequences_have_the_shape_asked_for_and_stay_in_bounds(gradients):
    assert gradients.shape == (6, 3)
    assert np.abs(gradients).max() <= 100


@pytest.mark.parametrize(
    "wanted",
    [
        lambda g: np.all(g == g[0]) and g[0] != 0,
        lambda g: np.all(g[1:] == -g[:-1]) and g[0] != 0,
        lambda g: 0 < np.count_nonzero(g == 0) < g.size,
        lambda g: np.all(g != 0) and np.abs(g).max() > 1e15 * np.abs(g).min(),
    ],
    ids=["constant", "alternating", "sparse", "scales"],
)
def test_every_kind_of_history_comes_up(wanted):
    find(
        strategies.gradient_sequences(steps=5, elements=1),
        lambda g: wanted(g[:, 0]),
        settings=settings(max_examples=2000, database=None),
    )
