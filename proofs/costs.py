"""What training costs: counts of the scalar operations of generated programs, as polynomials in the sizes.

The counts are those of the programs that the generator writes for a network of one hidden layer, with the
activations relu and tanh. The gradient of a mini-batch is linear in the batch, with a part that no batch
changes; value and gradients together cost at most five times the forward pass, and more than twice; a
prediction is the forward pass, without the loss.

Source: Griewank and Walther, Evaluating derivatives, SIAM 2008, Section 3.3.
"""

from collections.abc import Iterator

import sympy as sp

from symdl.calculus.reverse import gradient
from symdl.codegen.array_lowering import lower
from symdl.codegen.operation_counts import scalar_operations
from symdl.core import Claim, Compare, Source, symbol
from symdl.core.arrays import apply, array
from symdl.library import relu, tanh

_GRADIENT = Source("Griewank and Walther, Evaluating derivatives, SIAM 2008", "Section 3.3")

X, T = array("X", "batch", "in"), array("T", "batch", "out")
W, b = array("W", "hidden", "in"), array("b", "hidden")
V, c = array("V", "out", "hidden"), array("c", "out")
LEARNED = (W, b, V, c)
batch, width, hidden, out = SIZES = tuple(map(symbol, ("batch", "in", "hidden", "out")))
_POSITIVE = tuple(Compare(size, ">=", sp.Integer(1)) for size in SIZES)


def _counts(activation) -> list[sp.Expr]:
    """Operations of a prediction, of the loss, and of the loss with its gradients."""
    prediction = apply(activation, X @ W.T + b) @ V.T + c
    loss = ((prediction - T) ** 2).mean()
    slopes = {f"d{learned.name}": gradient(loss, learned) for learned in LEARNED}
    outputs = {"predict": {"y": prediction}, "loss": {"loss": loss}, "gradients": {"loss": loss, **slopes}}
    names = [a.name for a in (X, T, *LEARNED)]
    return [scalar_operations(lower(name, names, results)) for name, results in outputs.items()]


def _claim(name, left, relation, right, expected="PROVED"):
    return Claim(Compare(left, relation, sp.sympify(right)), _POSITIVE, name, _GRADIENT, expected)


def _claims() -> Iterator[Claim]:
    """The costs of a network of one hidden layer."""
    for activation in (relu, tanh):
        predict, loss, both = _counts(activation)
        for_two = both.xreplace({batch: 2 * batch}) - both
        for_three = both.xreplace({batch: 3 * batch}) - both
        of = f"with_{activation.name}"
        yield _claim(f"a_gradient_{of}_is_linear_in_the_batch", for_three, "=", 2 * for_two)
        yield _claim(f"twice_the_batch_{of}_costs_at_most_twice", for_two, "<=", both)
        yield _claim(f"twice_the_batch_{of}_costs_twice", for_two, "=", both, "REFUTED")
        yield _claim(f"a_gradient_{of}_costs_at_most_5_forward_passes", both, "<=", 5 * loss)
        yield _claim(f"a_gradient_{of}_costs_at_most_2_forward_passes", both, "<=", 2 * loss, "REFUTED")
        layers = 2 * batch * hidden * (width + out) + 2 * batch * hidden + batch * out
        yield _claim(f"a_prediction_{of}_is_the_forward_pass_alone", predict, "=", layers)
        yield _claim(f"a_prediction_{of}_costs_less_than_the_loss", predict, "<", loss)


CLAIMS: tuple[Claim, ...] = tuple(_claims())
