from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.core.activations import Activation
from symdl.core.arrays import FunctionParameter, apply, array, call, contract, repeat, scatter, select
from symdl.core.chains import chain, family
from symdl.core.errors import DefinitionError, UnsupportedDerivative
from symdl.core.symbols import symbol
from symdl.library import ACTIVATIONS, relu
from symdl.library.layers import log_softmax_of, mlp, softmax_of
from symdl.library.losses import cross_entropy, squared_error

SIZES = {"batch": 2, "in": 3, "out": 2, "n": 2, "classes": 3, "outputs": 2, "depth": 2, "width": [2, 2, 1]}
W, x, b = array("W", "out", "in"), array("x", "in"), array("b", "out")
X, A, d, T = array("X", "batch", "in"), array("A", "n", "n"), array("d", "n"), array("T", "n", "n", "in")
labels = array("labels", "batch", integer=True)
GIVEN = {"labels": [2, 0]}
u, v = symbol("u"), symbol("v")


class Value(sp.Function):
    """An opaque function: proofs about it hold for every activation."""

    def fdiff(self, argindex=1):
        return SlopeOf(self.args[0])


class SlopeOf(sp.Function):
    def fdiff(self, argindex=1):
        return Curvature(self.args[0])


class Curvature(sp.Function):
    pass


FUNCTIONS = {"f": Value, "f_derivative": SlopeOf, "activation": Value, "activation_derivative": SlopeOf}
f = FunctionParameter("f", "f_derivative")


def members(value):
    return np.concatenate([entry.ravel() for entry in (value if isinstance(value, list) else [value])])


def is_zero(difference):
    """Exactly: exponentials and functions are independent generators of a rational function."""
    powers = difference.replace(sp.exp, lambda exponent: sp.prod(_power(t) for t in sp.Add.make_args(exponent)))
    return (
        sp.cancel(sp.together(powers.xreplace({e: sp.Dummy() for e in powers.atoms(Value, SlopeOf, Curvature)}))) == 0
    )


def _power(term):
    count, name = term.as_coeff_Mul()
    return symbol(f"exp_{name}") ** count


def assert_gradient_matches_expansion(out, target, seed=None, given=GIVEN):
    scalars = members(expand(out, SIZES, given, FUNCTIONS))
    weights = [1] if seed is None else members(expand(seed, SIZES, given, FUNCTIONS))
    total = sum(w * s for w, s in zip(weights, scalars, strict=True))
    entries = members(expand(target, SIZES, given))
    found = members(expand(gradient(out, target, seed), SIZES, given, FUNCTIONS))
    assert len(entries) == len(found)
    for entry, value in zip(entries, found, strict=True):
        assert is_zero(sp.diff(total, entry) - value), (entry, value)


@pytest.mark.parametrize(
    ("out", "target"),
    [
        ((W @ x + b).sum(), W),
        ((W @ x + b).sum(), b),
        (((X @ W.T + b) ** 3).mean(), W),
        (((X @ W.T + b) ** 3).mean(), b),
        (apply(f, W @ x).sum(), x),
        (contract("ii->", A), A),
        (contract("ii,i->", A, d), A),
        (contract("ii,i->", A, d), d),
        (contract("ij,kj->ik", A, A).mean(), A),
        ((contract("i->ii", d) @ A @ d).sum(), A),
        ((contract("i->ii", d) @ A).sum() ** 2, A),
        (contract("ij,jk,kl->il", A, A, A).sum(), A),
        (contract("iij->j", T).sum() ** 2, T),
        ((x / (x * x).sum()).sum(), x),
        ((select(X, labels, "in") ** 2).sum(), X),
        ((select(X, 1, "in") ** 2).sum(), X),
        ((scatter(x, 1, 0, "batch") * X).sum(), x),
        ((repeat(x, 1, "n") ** 2).sum() * x.sum(), x),
        ((softmax_of(X) ** 2).sum(), X),
        ((log_softmax_of(X) ** 2).sum(), X),
        (squared_error.expr, squared_error.inputs[0]),
        (squared_error.expr, squared_error.inputs[1]),
        *(((mlp.expr**2).sum(), target) for target in (*mlp.learned, *mlp.inputs)),
    ],
)
def test_gradients_equal_those_of_the_expansion(out, target):
    assert_gradient_matches_expansion(out, target)


def test_the_gradient_of_cross_entropy_equals_that_of_its_expansion():
    assert_gradient_matches_expansion(cross_entropy.expr, cross_entropy.inputs[0], given={"target": [0, 2]})


def test_an_array_result_needs_a_seed_with_its_sizes():
    with pytest.raises(UnsupportedDerivative, match=r"W @ x \(out\) is not a scalar"):
        gradient(W @ x, W)
    assert_gradient_matches_expansion(W @ x, W, seed=b)


def test_a_seed_of_other_sizes_is_refused():
    with pytest.raises(DefinitionError, match=r"the seed x \(in\) has not the sizes of W @ x \(out\)"):
        gradient(W @ x, W, seed=x)


def test_the_gradient_by_several_arrays_is_a_tuple():
    assert len(gradient((W @ x + b).sum(), (W, b, x))) == 3


def test_the_gradient_by_an_inner_node_leaves_the_other_paths():
    hidden = W @ x
    by_hidden, by_weight = gradient((hidden * hidden).sum(), (hidden, W))
    assert np.array_equal(expand(by_hidden, SIZES), 2 * expand(hidden, SIZES))
    assert_gradient_matches_expansion((hidden * hidden).sum(), W)
    assert by_weight.dimensions == W.dimensions


shared_power = [[sp.Integer(3), sp.Integer(3), sp.Integer(1)], [sp.Integer(0), sp.Integer(2), sp.Integer(2)]]


@pytest.mark.parametrize(
    ("ties", "expected"), [("first", [[1, 0, 0], [0, 1, 0]]), ("shared", [["1/2", "1/2", 0], [0, "1/2", "1/2"]])]
)
def test_the_maximum_follows_its_declared_rule_at_ties(ties, expected):
    found = expand(gradient(X.max("in", ties=ties).sum(), X), SIZES, {"X": shared_power})
    assert found.tolist() == [[sp.Rational(e) for e in row] for row in expected]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_declared_slopes_survive_at_kinks(activation):
    parameters = enumerate(activation.parameters, 1)
    fixed = {p.symbol: sp.Integer(n) if p.default is None else p.default for n, p in parameters}
    slopes = {at.xreplace(fixed): slope.xreplace(fixed) for at, slope in activation.slope_at.items()}
    numbers = replace(activation, expr=activation.expr.xreplace(fixed), parameters=(), slope_at=slopes)
    for at, slope in slopes.items():
        values = {"x": [at, sp.Integer(-1), sp.Integer(2)]}
        assert expand(gradient(apply(numbers, x).sum(), x), SIZES, values)[0] == slope


@pytest.mark.parametrize(
    ("out", "target", "message"),
    [
        (lambda: (W @ x).sum(), b, "does not depend on b"),
        (lambda: select(X, labels, "in").sum(), labels, "does not depend on labels"),
        (lambda: X.max("in").sum(), X, "no derivative at ties"),
        (lambda: apply(Activation("bare", u, sp.Max(u, 0)), x).sum(), x, "bare has a kink at 0"),
        (lambda: apply(sp.Abs, x).sum(), x, "Abs has a kink"),
        (lambda: apply(FunctionParameter("g"), x).sum(), x, "g is not paired with a derivative"),
        (lambda: call(FunctionParameter("loss"), x), x, "loss is not paired with a derivative"),
        (lambda: call(FunctionParameter("loss", "loss_gradient"), b, x), x, "no derivative in x"),
        (lambda: gradient(apply(relu, x).sum(), x).sum(), x, "without a declared slope of order 2"),
        (lambda: gradient(X.max("in", ties="shared").sum(), X).sum(), X, "Piecewise has a kink or a jump"),
        (
            lambda: gradient((mlp.expr**2).sum(), mlp.inputs[0]).sum(),
            mlp.inputs[0],
            "activation_derivative is not paired",
        ),
    ],
)
def test_what_has_no_derivative_is_refused_by_name(out, target, message):
    with pytest.raises(UnsupportedDerivative, match=message):
        gradient(out(), target)


def test_integers_inside_a_used_selection_do_not_stop_the_gradient():
    best = X.max("in", ties="first")
    assert gradient(gradient((best * best).sum(), X).sum(), X).dimensions == X.dimensions


def cubic(inputs):
    cube = Activation("cube", u, u**3)
    weights = family("V", "width[l + 1]", "width[l]")
    return chain(lambda h, V: apply(cube, V @ h), inputs, weights), weights


def test_second_derivatives_go_through_contractions():
    first = gradient(((W @ x) ** 3).sum(), x)
    assert_gradient_matches_expansion(first, W, seed=x)


def test_second_derivatives_go_through_chains():
    inputs = array("inputs", "width[0]")
    out, weights = cubic(inputs)
    by_weights, by_inputs = gradient(out.sum(), (weights, inputs))
    direction = family("S", "width[l + 1]", "width[l]")
    assert_gradient_matches_expansion(by_inputs, weights, seed=inputs)
    assert_gradient_matches_expansion(by_weights, inputs, seed=direction)
    assert_gradient_matches_expansion(by_weights, weights, seed=direction)


def test_a_family_in_two_chains_collects_both_gradients():
    inputs = array("inputs", "width[0]")
    out, weights = cubic(inputs)
    again = chain(lambda h, V: V @ h, inputs, weights)
    assert_gradient_matches_expansion(out.sum() + again.sum(), weights)


def test_the_reverse_pass_takes_what_the_forward_pass_had():
    """No product of the forward pass is computed again: only slopes and three new contractions."""
    from symdl.core.array_graph import graph
    from symdl.core.arrays import Contract
    from symdl.core.chains import Collected

    loss = call(FunctionParameter("loss", "loss_gradient"), mlp.expr, array("t", "batch"))
    by_weights = gradient(loss, mlp.learned[0])
    assert isinstance(by_weights, Collected)
    products = [n for n in graph(by_weights.chain.body) if isinstance(n, Contract) and "," in n.subscripts]
    assert len(products) == 1
    assert [str(d) for d in by_weights.dimensions] == ["width[l + 1]", "width[l]"]


def test_a_planted_error_in_a_gradient_is_found():
    wrong = gradient((softmax_of(X) ** 2).sum(), X) * sp.Rational(10005, 10000)
    scalars = expand((softmax_of(X) ** 2).sum(), SIZES).item()
    entry, value = expand(X, SIZES)[0, 0], expand(wrong, SIZES)[0, 0]
    assert not is_zero(sp.diff(scalars, entry) - value)
