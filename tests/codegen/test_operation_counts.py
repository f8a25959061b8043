"""The cost of gradients and of inference, as operation counts of programs, decided as polynomials in the sizes."""

import pytest
import sympy as sp

from symdl.calculus.reverse import gradient
from symdl.codegen.array_lowering import lower
from symdl.codegen.networks import network_source
from symdl.codegen.operation_counts import scalar_operations
from symdl.core import Claim, Compare, UnsupportedOperation, symbol
from symdl.core.arrays import apply, array
from symdl.library import mlp, relu, squared_error, tanh
from symdl.prover import decide

X, T = array("X", "batch", "in"), array("T", "batch", "out")
W, b = array("W", "hidden", "in"), array("b", "hidden")
V, c = array("V", "out", "hidden"), array("c", "out")
LEARNED = (W, b, V, c)
NAMES = [a.name for a in (X, T, *LEARNED)]
SIZES = {name: symbol(name) for name in ("batch", "in", "hidden", "out")}


def outputs_of(activation):
    return apply(activation, X @ W.T + b) @ V.T + c


def programs(activation):
    """Prediction, loss, and the loss with its gradients."""
    prediction = outputs_of(activation)
    loss = ((prediction - T) ** 2).mean()
    slopes = {f"d{a.name}": gradient(loss, a) for a in LEARNED}
    return (
        lower("predict", NAMES, {"y": prediction}),
        lower("loss", NAMES, {"loss": loss}),
        lower("gradients", NAMES, {"loss": loss, **slopes}),
    )


@pytest.fixture(scope="module", params=[relu, tanh], ids=lambda a: a.name)
def counts(request):
    return [scalar_operations(lowered) for lowered in programs(request.param)]


def proved(left, relation, right):
    given = tuple(Compare(size, ">=", sp.Integer(1)) for size in SIZES.values())
    return decide(Claim(Compare(left, relation, right), given)).outcome


def test_a_mini_batch_gradient_is_linear_in_the_batch(counts):
    _, _, count = counts
    batch = SIZES["batch"]
    assert sp.degree(count, batch) == 1
    per_example = sp.diff(count, batch)
    assert proved(count, "<=", 2 * batch * per_example) == "PROVED"
    assert proved(count, "<=", batch * per_example) == "REFUTED"


def test_reverse_mode_costs_at_most_a_small_constant_times_the_forward_pass(counts):
    _, forward, both = counts
    assert proved(both, "<=", 5 * forward) == "PROVED"
    assert proved(both, "<=", 2 * forward) == "REFUTED"


def test_prediction_is_the_forward_pass_alone(counts):
    forward, loss, _ = counts
    batch, width, hidden, out = SIZES.values()
    assert sp.expand(forward - (2 * batch * hidden * (width + out) + 2 * batch * hidden + batch * out)) == 0
    assert proved(forward, "<", loss) == "PROVED"


def test_a_generated_prediction_calls_the_forward_pass_and_no_gradient():
    source = network_source((3, 4, 2), tanh, squared_error, mlp)
    body = source.partition("def predict(")[2].partition("\ndef ")[0]
    assert f"return {mlp.name}(" in body
    assert "gradient" not in body
    assert "derivative" not in body


def test_each_term_of_a_product_counts_twice_and_each_entry_of_a_sum_once():
    square, vector = array("A", "n", "n"), array("v", "n")
    n = symbol("n")
    assert scalar_operations(lower("f", ("A",), {"y": square @ square})) == 2 * n**3
    assert scalar_operations(lower("f", ("A", "v"), {"y": square.T @ vector})) == 2 * n**2
    assert scalar_operations(lower("f", ("v",), {"y": vector.sum()})) == n


def test_programs_with_loops_are_refused():
    names = [a.name for a in (*mlp.inputs, *mlp.learned)]
    lowered = lower("mlp", (*names, "activation"), {"y": mlp.expr})
    with pytest.raises(UnsupportedOperation, match="has loops"):
        scalar_operations(lowered)
