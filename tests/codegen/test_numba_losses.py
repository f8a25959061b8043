"""Losses as Numba modules: their own tests, planted errors, the numbers of the NumPy modules, refusals."""

import ast

import numpy as np
import pytest

from symdl import generate, library
from symdl.codegen.numba_losses import numba_loss_source
from symdl.core import Loss, UnsupportedOperation
from symdl.core.arrays import array

BY_ROWS = [item for item in library.LOSSES if item.name != "info_nce_loss"]


@pytest.mark.parametrize("item", BY_ROWS, ids=lambda item: item.name)
def test_modules_of_all_losses_define_what_they_call(item):
    tree = ast.parse(numba_loss_source(item))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)} | {"_sum_error"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert {name for name in called if name.startswith("_")} <= defined
    public = {f"{item.name}{suffix}" for suffix in ("", "_gradient", "_with_gradient")}
    assert public <= defined


@pytest.mark.parametrize("name", ["cross_entropy", "huber_loss"])
def test_losses_for_numba_pass_their_own_tests(name, failures):
    pytest.importorskip("numba")
    assert not failures(generate(name, "numba"))


def test_slips_in_losses_for_numba_are_caught(failures):
    pytest.importorskip("numba")
    made = generate("cross_entropy", "numba")
    for right, wrong in (
        ("others_2 = 0.0 if c else powers_2", "others_2 = powers_2"),
        ("found = values[i] if values[i] > found", "found = values[i] if values[i] < found"),
    ):
        assert right in made.source
        assert failures(made, made.source.replace(right, wrong), stop=True)


def test_numbers_are_those_of_numpy():
    pytest.importorskip("numba")
    dtype = np.float32
    generator = np.random.default_rng(0)
    prediction = (9 * generator.standard_normal((37, 11))).astype(dtype)
    target = generator.integers(0, 11, 37)
    ours, theirs = (generate("cross_entropy", target).load() for target in ("numba", "numpy"))
    tolerance = 4 * np.finfo(dtype).eps
    value, slope = ours.cross_entropy_with_gradient(prediction, target)
    expected, expected_slope = theirs.cross_entropy_with_gradient(prediction, target)
    assert value.dtype == slope.dtype == dtype
    assert abs(value - expected) <= tolerance * expected
    assert np.allclose(slope, expected_slope, rtol=tolerance, atol=0)
    for given in (prediction[::2], np.asfortranarray(prediction)):
        out = np.empty(given.shape, dtype, order="F")
        found = ours.cross_entropy_gradient(given, target[: len(given)], out=out)
        assert found is out
        assert np.allclose(out, theirs.cross_entropy_gradient(given, target[: len(given)]), rtol=tolerance, atol=0)
    assert ours.cross_entropy_gradient(prediction, target, out=prediction) is prediction
    assert np.array_equal(prediction, slope)


def test_bad_classes_are_refused_as_in_numpy():
    pytest.importorskip("numba")
    module = generate("cross_entropy", "numba").load()
    for target in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match="target must lie in 0 to 2"):
            module.cross_entropy(np.ones((2, 3)), np.array(target))
    with pytest.raises(ValueError, match="target must be integers"):
        module.cross_entropy(np.ones((2, 3)), np.ones(2))


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (lambda x, y: (x @ y.T).sum(), "matmul"),
        (lambda x, y: ((x - y).sum(axis=0) ** 2).sum(), "another axis"),
        (lambda x, y: ((x - y) ** 2).sum() ** 2, "no numba code"),
    ],
)
def test_losses_that_are_not_computed_by_rows_are_refused(formula, said):
    x, y = array("x", "batch", "n"), array("y", "batch", "n")
    with pytest.raises(UnsupportedOperation, match=said):
        numba_loss_source(Loss("mixed", (x, y), formula(x, y)))


def test_losses_of_square_matrices_and_of_stacks_are_refused():
    square, stack = array("x", "n", "n"), array("x", "k", "m", "n")
    for loss in (Loss("mixed", (square,), (square.sum(axis=1) ** 2).sum()), Loss("mixed", (stack,), stack.sum())):
        with pytest.raises(UnsupportedOperation, match="no numba code"):
            numba_loss_source(loss)
