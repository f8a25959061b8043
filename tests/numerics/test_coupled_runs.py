"""Exact runs of rules whose entries depend on each other, and what interpreters of single entries say of them."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl import library
from symdl.core import (
    THETA,
    Assignment,
    Claim,
    Compare,
    Evaluation,
    Optimizer,
    SameRun,
    State,
    UndefinedValue,
    UnsupportedOperation,
    symbol,
)
from symdl.core.couplings import column_total, list_total, product_with, product_with_transposed, row_total, total
from symdl.core.errors import DefinitionError
from symdl.library.optimizers.parts import eta, g, learning_rate
from symdl.numerics.coupled_runs import coupled_run
from symdl.numerics.runs import exact_run
from symdl.prover import decide
from symdl.testing import check_optimizer

m = symbol("m")
one = sp.Integer(1)
ENTRIES = st.integers(-8, 8).map(lambda k: Fraction(k, 4))
MATRICES = st.lists(ENTRIES, min_size=6, max_size=6).map(lambda e: [e[:3], e[3:]])


def rule(expr, name="rule", before=()):
    return Optimizer(name, (), (State(m),), step=(*before, Assignment(THETA, expr)))


def entries(rows, name=THETA, array=0):
    return np.vectorize(lambda ball: float(ball.mid()), otypes=[float])(rows[-1][name][array])


def exact(matrix):
    return np.array(matrix, object)


MEANINGS = {
    "total": (total(g), lambda a: a.sum()),
    "list_total": (list_total(g), lambda a: a.sum() + Fraction(5, 2)),
    "row_total": (row_total(g), lambda a: a.sum(axis=1, keepdims=True)),
    "column_total": (column_total(g), lambda a: a.sum(axis=0, keepdims=True)),
    "columns": (row_total(one), lambda a: 3),
    "rows": (column_total(one), lambda a: 2),
    "mean of rows": (total(row_total(g)) / total(one), lambda a: a.sum() / 2),
    "product": (product_with(product_with_transposed(g, g), g), lambda a: a.dot(a.T).dot(a)),
}


@pytest.mark.parametrize(("expr", "meaning"), MEANINGS.values(), ids=MEANINGS)
@given(matrix=MATRICES)
def test_couplings_mean_what_numpy_computes_in_fractions(expr, meaning, matrix):
    rows = coupled_run(rule(expr), [[matrix, [[Fraction(5, 2)]]]], {}, [np.zeros((2, 3)), [[0]]])
    expected = np.broadcast_to(meaning(exact(matrix)), (2, 3)).astype(float)
    assert np.allclose(np.broadcast_to(entries(rows), (2, 3)), expected, rtol=1e-14, atol=0)


def test_a_rule_of_single_entries_runs_as_by_itself():
    gradients = [[[0.5, -1.0]], [[0.25, 2.0]]]
    rows = coupled_run(library.adam, gradients, {}, [[1.0, 2.0]])
    alone = exact_run(library.adam, [-1.0, 2.0], {}, 2.0)
    assert float(rows[-1][THETA][0][1].mid()) == float(alone[-1][THETA].mid())


def test_a_step_that_divides_by_zero_has_no_value():
    with pytest.raises(UndefinedValue):
        coupled_run(rule(THETA - g / total(g**2)), [[[0.0, 0.0]]], {}, [[1.0, 1.0]])


def test_two_gradients_are_refused():
    twice = Optimizer("twice", (), evaluations=(Evaluation(g), Evaluation(m)), step=(Assignment(THETA, g + total(m)),))
    with pytest.raises(DefinitionError, match="takes 2 gradients"):
        coupled_run(twice, [], {}, [])


SUMMED = Optimizer("summed", (learning_rate(),), step=(Assignment(THETA, THETA - eta * total(g)),))


@pytest.mark.parametrize("other", [library.sgd, library.lamb, library.adam], ids=lambda item: item.name)
@pytest.mark.parametrize("coupled", [SUMMED, library.adafactor, library.muon], ids=lambda item: item.name)
def test_the_prover_does_not_decide_a_rule_of_arrays_by_one_entry(coupled, other):
    verdict = decide(Claim(SameRun(coupled, other)))
    assert str(verdict).startswith("UNDECIDED")
    assert "is not an operation that symdl knows" in str(verdict)


def test_a_total_is_not_taken_for_its_operand():
    claim = Claim(Compare(total(g), "=", g))
    assert str(decide(claim)).startswith("UNDECIDED")


@pytest.mark.parametrize("item", library.COUPLED, ids=lambda item: item.name)
def test_a_run_of_single_entries_refuses_couplings(item):
    with pytest.raises(UnsupportedOperation):
        exact_run(item, [1.0], {}, 1.0)
    with pytest.raises(UnsupportedOperation):
        check_optimizer(lambda parameters, gradients, state: None, item)


def test_a_curvature_is_not_taken_for_a_gradient():
    h = symbol("h")
    asked = (Evaluation(g), Evaluation(h, quantity="curvature"))
    newton, ratio = (
        Optimizer(name, (), evaluations=evaluations, step=(Assignment(THETA, THETA - g / (1 + second**2)),))
        for name, evaluations, second in (("newton", asked, h), ("ratio", (Evaluation(g),), g))
    )
    verdict = decide(Claim(SameRun(newton, ratio)))
    assert str(verdict).startswith("UNDECIDED")
    with pytest.raises(UnsupportedOperation, match="asks for the curvature"):
        exact_run(newton, [2.0], {}, 1.0)
    (row,) = exact_run(newton, [(2.0, 1.0)], {}, 1.0)
    assert float(row[THETA].mid()) == 0.0
