import pytest
import sympy as sp

from symdl.core.array_graph import graph, inputs_of
from symdl.core.array_rewriting import substitute
from symdl.core.arrays import Constant, apply, array, constant, contract, repeat, scatter, select
from symdl.core.chains import chain, family
from symdl.core.dimensions import Dimension
from symdl.core.errors import DefinitionError, UnboundSymbol
from symdl.core.items import Layer, Loss
from symdl.core.symbols import symbol
from symdl.library import relu

W, x, b = array("W", "out", "in"), array("x", "in"), array("b", "out")
X = array("X", "batch", "in")


def names(expr):
    return tuple(map(str, expr.dimensions))


@pytest.mark.parametrize(
    ("expr", "sizes"),
    [
        (W @ x + b, ("out",)),
        (X @ W.T + b, ("batch", "out")),
        (x @ x, ()),
        (b @ W, ("in",)),
        (W.sum(), ()),
        (W.sum(0), ("in",)),
        (W.sum("in"), ("out",)),
        (W.mean(), ()),
        (W.mean("out"), ("in",)),
        (W.max("in", ties="first"), ("out",)),
        (apply(relu, X), ("batch", "in")),
        (2 * X - 1, ("batch", "in")),
        (1 / X**2, ("batch", "in")),
        (-X, ("batch", "in")),
        (contract("ii->", array("A", "n", "n")), ()),
        (contract("i->ii", x), ("in", "in")),
        (select(X, 0, "in"), ("batch",)),
        (scatter(x, 0, 0, "batch"), ("batch", "in")),
        (repeat(x, 1, "k"), ("in", "k")),
    ],
)
def test_operations_have_the_sizes_of_their_formula(expr, sizes):
    assert names(expr) == sizes


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda: W @ b, r"W \(out, in\) @ b \(out\): the sizes in and out differ"),
        (lambda: W + b, r"W \(out, in\) \+ b \(out\): the sizes differ"),
        (lambda: array("T", "a", "b", "c") @ x, "vectors and matrices"),
        (lambda: x.T, "only a matrix has a transpose"),
        (lambda: contract("ij,j->i", W, b), "j is in in W .* and out in b"),
        (lambda: contract("ij->k", W), "letters that no operand has"),
        (lambda: contract("ij->i", W, x), "does not fit 2 arrays"),
        (lambda: contract("ijk->i", W), "'ijk' does not fit W"),
        (lambda: W.sum("batch"), "has 0 axes of size batch"),
        (lambda: array("A", "n", "n").sum("n"), "has 2 axes of size n"),
        (lambda: W.sum(2), "has no axis 2"),
        (lambda: select(X, array("y", "batch"), 1), "not an integer array"),
        (lambda: select(X, array("y", "in", integer=True), 1), "does not fit X"),
        (
            lambda: apply(sp.Lambda((symbol("u"), symbol("v")), symbol("u") * symbol("v")), x, b),
            "differ in their sizes",
        ),
        (lambda: array("2x", "n"), "cannot name an array"),
        (lambda: array("x", "n["), "is no size"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_by_name(formula, message):
    with pytest.raises(DefinitionError, match=message):
        formula()


def test_formulas_drop_constants_and_repeated_arguments():
    u, v = symbol("u"), symbol("v")
    times = sp.Lambda((u, v), u * v)
    assert apply(times, x, constant(1, "in")) is x
    assert isinstance(apply(times, x, constant(0, "in")), Constant)
    assert apply(times, x, x).operands == (x,)


def test_decimals_are_exact_rationals():
    assert constant(0.1).value == sp.Rational(1, 10)


def test_a_shared_node_occurs_once_in_the_graph():
    deep = x
    for _ in range(60):
        deep = deep * deep + deep
    assert len(graph(deep)) == 121
    assert inputs_of(deep) == (x,)


def test_texts_of_deep_expressions_stay_short():
    deep = x
    for _ in range(60):
        deep = deep * deep + deep
    assert len(repr(deep)) <= 400


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ((W @ x + b).sum(), "sum((W @ x) + b)"),
        (X @ W.T, "X @ W.T"),
        ((X - 1) ** 2 / 2, "((X - 1)^2)/2"),
        (apply(relu, X), "relu(X)"),
        (contract("ii->", array("A", "n", "n")), "contract('ii->', A)"),
        (
            chain(lambda h, V: V @ h, array("h", "n[0]"), family("V", "n[l + 1]", "n[l]")),
            "chain(h; carry = V_l @ carry)",
        ),
    ],
)
def test_expressions_print_as_formulas(expr, text):
    assert repr(expr) == text


def test_substitution_keeps_what_it_does_not_touch():
    kept = W @ x
    replaced = substitute(kept + b, {b: kept})
    assert kept in graph(replaced)
    assert b not in graph(replaced)


def test_a_chain_checks_the_sizes_of_a_level():
    V = family("V", "n[l]", "n[l]")
    with pytest.raises(DefinitionError, match="a level of the chain returns"):
        chain(lambda h, V: V @ h, array("h", "n[0]"), V)


def test_a_chain_refuses_arrays_from_outside():
    V = family("V", "n[l + 1]", "n[l]")
    with pytest.raises(DefinitionError, match="uses c"):
        chain(lambda h, V: (V @ h) * array("c"), array("h", "n[0]"), V)


def test_a_family_is_used_in_chains_only():
    with pytest.raises(DefinitionError, match="one array for each level l"):
        family("V", "n[l + 1]", "n[l]").sum()


@pytest.mark.parametrize("text", ["batch", "n[0]", "n[l]", "n[l + 1]", "n[depth - 2]"])
def test_dimensions_read_what_they_print(text):
    assert str(Dimension.read(text)) == text


def test_a_loss_is_a_scalar_of_its_inputs():
    with pytest.raises(DefinitionError, match="is not a scalar"):
        Loss("wrong", (x,), x * x)
    with pytest.raises(UnboundSymbol, match="b is not among its inputs"):
        Loss("wrong", (x,), b.sum())
    with pytest.raises(UnboundSymbol, match="W is not among its inputs"):
        Layer("wrong", (x,), W @ x)
