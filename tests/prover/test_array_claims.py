"""Equality of arrays: true formulas proved by contraction, planted errors refuted by small integer matrices."""

import time

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symdl import library
from symdl.calculus.reverse import gradient
from symdl.core import Claim, Compare, FunctionParameter, Not, apply, array, contract, select, symbol
from symdl.core.arrays import argmax, constant, repeat, scatter
from symdl.library.layers import log_softmax_of, softmax_of
from symdl.prover import decide
from symdl.prover.array_equality import by_array_normal_form, by_small_arrays
from symdl.prover.verdicts import evidence_of

ONE = sp.Integer(1)
W, x, y = array("W", "out", "in"), array("x", "in"), array("y", "out")
A, B, C, v = array("A", "n", "n"), array("B", "n", "n"), array("C", "n", "n"), array("v", "n")
z, p = array("z", "classes"), array("p", "classes")
Z, P = array("Z", "batch", "classes"), array("P", "batch", "classes")
X, Y = array("X", "batch", "in"), array("Y", "batch", "out")
W1, W2, b = array("W1", "hidden", "in"), array("W2", "out", "hidden"), array("b", "hidden")
Q, K, V = array("Q", "n", "d"), array("K", "m", "d"), array("V", "m", "v")
lam, batch = symbol("lam"), X.dimensions[0].size

residual = W @ x - y
squared = (residual**2).sum() / 2
hidden = apply(library.sigmoid, X @ W1.T + b)
output_error = hidden @ W2.T - Y
network = (output_error**2).sum() / 2
rectified = apply(library.relu, X @ W1.T)
rectified_error = rectified @ W2.T - Y
above = apply(lambda u: sp.Piecewise((1, u > 0), (0, True)), X @ W1.T)
cross_entropy = -(p * log_softmax_of(z)).sum()
mean_cross_entropy = -(P * log_softmax_of(Z)).sum("classes").mean()
logits, labels = library.cross_entropy.inputs
one_hot = scatter(constant(1, "batch"), labels, 1, "classes")
top, mean = z.max("classes"), z.mean()
attention = softmax_of(Q @ K.T) @ V
f = FunctionParameter("f", "slope")


def along(vector, *sizes):
    for size in sizes:
        vector = repeat(vector, 0, size)
    return vector


def outer(left, right):
    return contract("i,j->ij", left, right)


def trace(matrix):
    return contract("ii->", matrix)


def exp(array_):
    return apply(sp.exp, array_)


SUMS_TO_1 = (Compare(p.sum(), "=", ONE),)
ROWS_SUM_TO_1 = (Compare(P.sum("classes"), "=", constant(1, "batch")),)
TRUE = {
    "order of products": (W.T @ (W @ x), (W.T @ W) @ x),
    "transpose of a product": ((A @ B).T, B.T @ A.T),
    "cyclic trace": (trace(A @ B @ C), trace(C @ A @ B)),
    "symmetric product": (A @ A.T, (A @ A.T).T),
    "frobenius norm": (trace(A.T @ A), (A**2).sum()),
    "quadratic form": (v @ A @ v, v @ A.T @ v),
    "hadamard by diagonals": (contract("ij,jk,ij->ik", A, B, C), (A * C) @ B),
    "diagonal matrix": (contract("i->ii", v), contract("i->ii", v).T),
    "product with a diagonal matrix": (contract("i->ii", v) @ A, contract("i,ij->ij", v, A)),
    "square of a sum": ((A + B) @ (A + B), A @ A + A @ B + B @ A + B @ B),
    "trace of a difference of squares": (trace((A - B) @ (A + B)), trace(A @ A - B @ B)),
    "long product": (A @ B @ A @ B @ A @ B @ A, A @ (B @ (A @ (B @ (A @ (B @ A)))))),
    "centred": ((z - along(mean, "classes")).sum(), sp.Integer(0)),
    "variance": (((z - along(mean, "classes")) ** 2).mean(), (z**2).mean() - mean**2),
    "squared error of a linear layer": (gradient(squared, W), outer(residual, x)),
    "squared error in the input": (gradient(squared, x), W.T @ residual),
    "weight decay": (gradient(squared + lam * (W**2).sum() / 2, W), outer(residual, x) + lam * W),
    "squared error of the library": (
        gradient(library.squared_error.expr, library.squared_error.inputs[0]),
        (library.squared_error.inputs[0] - library.squared_error.inputs[1]) / batch,
    ),
    "second layer": (gradient(network, W2), output_error.T @ hidden),
    "first layer": (gradient(network, W1), ((output_error @ W2) * hidden * (1 - hidden)).T @ X),
    "bias": (gradient(network, b), ((output_error @ W2) * hidden * (1 - hidden)).sum(0)),
    "rectified layer": (gradient((rectified_error**2).sum() / 2, W1), ((rectified_error @ W2) * above).T @ X),
    "any activation": (
        gradient((apply(f, X @ W1.T) ** 2).sum() / 2, W1),
        (apply(f, X @ W1.T) * apply(FunctionParameter("slope"), X @ W1.T)).T @ X,
    ),
    "tanh by sigmoid under a sum": (
        apply(library.tanh, X @ W1.T) @ W2.T,
        2 * (apply(library.sigmoid, 2 * (X @ W1.T)) @ W2.T) - along(W2.sum("hidden"), "batch"),
    ),
    "cross-entropy": (gradient(cross_entropy, z), softmax_of(z) - p, *SUMS_TO_1),
    "cross-entropy with any targets": (gradient(cross_entropy, z), softmax_of(z) * along(p.sum(), "classes") - p),
    "cross-entropy of a batch": (gradient(mean_cross_entropy, Z), (softmax_of(Z) - P) / batch, *ROWS_SUM_TO_1),
    "cross-entropy on labels": (gradient(library.cross_entropy.expr, logits), (softmax_of(logits) - one_hot) / batch),
    "softmax sums to 1": (softmax_of(z).sum(), ONE),
    "softmax is the slope of log-sum-exp": (gradient(apply(sp.log, exp(z).sum()), z), softmax_of(z)),
    "softmax is shifted": (softmax_of(z), softmax_of(z - along(top, "classes"))),
    "log-sum-exp is shifted": (
        apply(sp.log, exp(z).sum()),
        top + apply(sp.log, exp(z - along(top, "classes")).sum()),
    ),
    "maximum is shifted": ((z + 3).max("classes"), top + 3),
    "attention by keys": (attention, softmax_of((K @ Q.T).T) @ V),
    "one-hot selection": ((one_hot * logits).sum("classes"), select(logits, labels, "classes")),
}
FALSE = {
    "factors exchanged": (A @ B, B @ A),
    "transpose forgotten": (gradient(squared, x), W.T @ (W @ x) - W.T @ y * 2),
    "product of transposes in the old order": ((A @ B).T, A.T @ B.T),
    "binomial formula": ((A + B) @ (A + B), A @ A + 2 * (A @ B) + B @ B),
    "third binomial formula": ((A - B) @ (A + B), A @ A - B @ B),
    "gram matrices": (A @ A.T, A.T @ A),
    "trace of three is not symmetric": (trace(A @ B @ C), trace(A @ C @ B)),
    "hadamard for product": (A * B, A @ B),
    "outer product transposed": (gradient(squared, W), contract("i,j->ji", residual, x)),
    "sign": (gradient(squared, W), outer(y - W @ x, x)),
    "factor 2": (gradient(squared, W), 2 * outer(residual, x)),
    "decay doubled": (gradient(squared + lam * (W**2).sum() / 2, W), outer(residual, x) + 2 * lam * W),
    "slope of the sigmoid": (gradient(network, W1), ((output_error @ W2) * hidden * (1 + hidden)).T @ X),
    "slope forgotten": (gradient(network, W1), (output_error @ W2).T @ X),
    "bias by the mean": (gradient(network, b), ((output_error @ W2) * hidden * (1 - hidden)).mean(0)),
    "targets that sum to anything": (gradient(cross_entropy, z), softmax_of(z) - p),
    "cross-entropy with the sign": (gradient(cross_entropy, z), p - softmax_of(z), *SUMS_TO_1),
    "mean forgotten": (gradient(mean_cross_entropy, Z), softmax_of(Z) - P, *ROWS_SUM_TO_1),
    "labels without mean": (gradient(library.cross_entropy.expr, logits), softmax_of(logits) - one_hot),
    "softmax is not homogeneous": (softmax_of(2 * z), softmax_of(z)),
    "softmax along the other axis": (softmax_of(A), softmax_of(A.T).T),
    "attention scaled": (attention, softmax_of(2 * (Q @ K.T)) @ V),
    "other function": (apply(f, v), v),
    "off by a millionth": (A @ v, A @ v * sp.Rational(10**6 + 1, 10**6)),
    "variance without correction": (((z - along(mean, "classes")) ** 2).sum(), (z**2).sum() - mean**2),
    "diagonal": (contract("i->ii", v) @ A, A @ contract("i->ii", v)),
}


def claim(left, right, *conditions):
    return Claim(Compare(left, "=", right), conditions)


@pytest.mark.parametrize("name", TRUE)
def test_a_true_array_formula_is_proved_and_no_sample_denies_it(name):
    verdict = decide(claim(*TRUE[name]))
    assert verdict.proved, verdict
    assert verdict.evidence[0].method == "einsum normal form"


@pytest.mark.parametrize("name", FALSE)
def test_a_planted_error_is_refuted_with_both_values(name):
    verdict = decide(claim(*FALSE[name]))
    assert verdict.refuted, verdict
    assert verdict.witness.lhs
    assert verdict.witness.rhs
    assert evidence_of(by_array_normal_form, claim(*FALSE[name])) is None


def test_array_verdicts_take_milliseconds_and_repeat():
    rows = [claim(*row) for row in (*TRUE.values(), *FALSE.values())]
    times, first = [], []
    for row in rows:
        start = time.process_time()
        first.append(decide(row))
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.1
    assert [decide(row) for row in rows[::4]] == first[::4]


def test_a_missing_transpose_is_refuted_by_its_sizes():
    verdict = decide(claim(gradient(squared, W), outer(x, residual)))
    assert verdict.witness.as_dict() == {"out": "2", "in": "3"}
    assert (verdict.witness.lhs, verdict.witness.rhs) == ("shape (2, 3)", "shape (3, 2)")


def test_the_witness_shows_small_matrices_and_one_entry():
    verdict = decide(claim(A @ B, B @ A))
    assert verdict.witness.as_dict() == {"A": "((-4, 4), (-4, -1))", "B": "((5, -1), (5, 3))"}
    assert (verdict.witness.lhs, verdict.witness.rhs) == ("entry [0, 0] 0", "-16")


def test_no_value_outside_the_reals_refutes():
    """At negative entries both sides are imaginary in SymPy, with other signs: no witness."""
    root, u = sp.sqrt, array("u", "n")
    assert evidence_of(by_small_arrays, claim(apply(root, v) * apply(root, u), apply(root, v * u))) is None
    assert evidence_of(by_small_arrays, claim(apply(sp.log, v) - apply(sp.log, v) + 1, constant(1, "n"))) is None
    never = apply(lambda s: sp.sqrt(-1 - s**2), v)
    assert decide(claim(never, never)).outcome == "UNDECIDED"


def test_an_assumption_on_scalars_counts():
    absolute = apply(sp.Abs, v * lam)
    positive = Compare(lam, ">", sp.Integer(0))
    assert decide(claim(absolute, lam * apply(sp.Abs, v), positive)).proved
    assert decide(claim(absolute, lam * apply(sp.Abs, v))).refuted


def test_array_claims_print_and_can_be_negated():
    assert str(Compare(A @ v, "=", v @ A.T)) == "A @ v = v @ A.T"
    assert str(claim(p.sum(), ONE, *SUMS_TO_1)) == "sum(p) = 1  given sum(p) = 1"
    assert decide(Claim(Not(Compare(A @ B, "=", B @ A)))).proved


def test_what_is_out_of_reach_is_undecided_with_a_reason():
    network_of_any_depth = library.mlp.expr
    assert "chain" in decide(claim(network_of_any_depth, network_of_any_depth)).idea
    power = A
    for _ in range(100):
        power = power * power
    assert "over budget" in decide(claim(power, power)).idea
    product = A
    for _ in range(30):
        product = product @ product
    assert "over budget" in decide(claim(product, product)).idea
    assert decide(claim((A + B + C) ** 60 @ v, v)).outcome == "UNDECIDED"
    assert decide(Claim(Compare(A @ A.T, ">=", A))).outcome == "UNDECIDED"


def test_the_place_of_the_maximum_is_congruent():
    assert decide(claim(select(z, argmax(z, 0), "classes"), select(z, argmax(z, 0), "classes") * 1)).proved


WORDS = st.lists(st.sampled_from(["A", "B", "C", "T"]), min_size=1, max_size=5)
MATRICES = {"A": A, "B": B, "C": C}


def evaluated(word):
    """The product of a word from the left; T transposes what there is."""
    result = A
    for letter in word:
        result = result.T if letter == "T" else result @ MATRICES[letter]
    return result


def spelled(word):
    """The same product, its factors transposed one by one and multiplied from the right."""
    factors = [(A, False)]
    for letter in word:
        factors = [(m, not t) for m, t in reversed(factors)] if letter == "T" else [*factors, (MATRICES[letter], False)]
    matrices = [m.T if t else m for m, t in factors]
    result = matrices[-1]
    for matrix in reversed(matrices[:-1]):
        result = matrix @ result
    return result


@given(WORDS)
@settings(max_examples=15)
def test_a_product_spelled_otherwise_is_equal(word):
    assert decide(claim(evaluated(word), spelled(word))).proved


@given(WORDS, st.integers(2, 5))
@settings(max_examples=15)
def test_a_product_with_a_changed_factor_is_refuted(word, factor):
    assert decide(claim(evaluated(word), factor * spelled(word))).refuted
