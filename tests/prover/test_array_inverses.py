"""Claims with inverses of matrices: quadratic forms, least squares, products; planted errors refuted."""

import pytest

from symdl import equivalent, verify
from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.core import Claim, Compare, DefinitionError, ReadError, UndefinedValue, array, symbol
from symdl.core.array_inverse import inverse, solve
from symdl.core.arrays import constant, contract
from symdl.prover import decide

Q, A, B = (array(name, "n", "n") for name in "QAB")
x, c = array("x", "n"), array("c", "n")
X, y = array("X", "m", "n"), array("y", "m")
unit = contract("i->ii", constant(1, "n"))
lam = symbol("lam")
least_squares = solve(X.T @ X, X.T @ y)
ridge = solve(X.T @ X + lam * unit, X.T @ y)
quadratic = (x @ (Q @ x)) / 2 + c @ x
moved = x + solve(Q, c)
symmetric = (Compare(Q, "=", Q.T),)
TRUE = {
    "gradient of a quadratic form": (gradient(quadratic, x), Q @ x + c, symmetric),
    "completed square": (quadratic, (moved @ (Q @ moved)) / 2 - (c @ solve(Q, c)) / 2, symmetric),
    "stationary point": (Q @ -solve(Q, c) + c, constant(0, "n"), symmetric),
    "inverse in front": (inverse(A) @ (A @ x), x, ()),
    "inverse behind": (x @ A @ inverse(A), x, ()),
    "inverse of a product": (inverse(A @ B), inverse(B) @ inverse(A), ()),
    "normal equations": (X.T @ (X @ least_squares), X.T @ y, ()),
    "ridge regression": (X.T @ (X @ ridge) + lam * ridge, X.T @ y, ()),
    "projection twice": (
        X @ solve(X.T @ X, X.T @ (X @ least_squares)),
        X @ least_squares,
        (),
    ),
    "gradient by the matrix": (
        gradient(c @ solve(A, x), A),
        -contract("i,j->ij", inverse(A).T @ c, inverse(A) @ x),
        (),
    ),
}
FALSE = {
    "gradient without symmetry": (gradient(quadratic, x), Q @ x + c, ()),
    "square without its constant": (quadratic, (moved @ (Q @ moved)) / 2, symmetric),
    "inverse of a product in the old order": (inverse(A @ B), inverse(A) @ inverse(B), ()),
    "inverse of a sum": (inverse(A + B), inverse(A) + inverse(B), ()),
    "ridge forgotten": (X.T @ (X @ ridge), X.T @ y, ()),
    "transpose forgotten": (inverse(A.T), inverse(A), ()),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_with_inverses_is_proved(name):
    left, right, given = TRUE[name]
    verdict = decide(Claim(Compare(left, "=", right), given))
    assert verdict.proved, verdict


@pytest.mark.parametrize("name", FALSE)
def test_a_planted_error_beside_an_inverse_is_refuted(name):
    left, right, given = FALSE[name]
    verdict = decide(Claim(Compare(left, "=", right), given))
    assert verdict.refuted, verdict


@pytest.mark.parametrize("matrix", [x, X])
def test_only_square_matrices_have_an_inverse(matrix):
    with pytest.raises(DefinitionError, match="is not a square matrix"):
        inverse(matrix)


def test_singular_matrices_have_no_entries_of_an_inverse():
    with pytest.raises(UndefinedValue, match="singular"):
        expand(inverse(A), {"n": 2}, {"A": [[1, 2], [2, 4]]})


PHRASES = ["Q symmetric matrix(n, n)", "x vector(n)", "c vector(n)"]


def test_inverses_are_read_from_text():
    square = r"\frac12 (x + Q^{-1} c)^\top Q (x + Q^{-1} c)"
    form = r"\frac12 x^\top Q x + c^\top x"
    assert verify(rf"{form} = {square} - \frac12 c^\top Q^{{-1}} c", PHRASES, syntax="latex").proved
    assert verify(rf"{form} = {square}", PHRASES, syntax="latex").refuted
    assert verify(r"Q (-Q^{-1} c) + c = 0", PHRASES, syntax="latex").proved
    assert verify(r"(A^\top)^{-1} = A^{-\top}", ["A matrix(n, n)"], syntax="latex").proved
    assert equivalent(r"\mathbf{A}^{-1}\mathbf{A}\mathbf{x}", r"\mathbf{x}").proved
    assert verify(r"T^{-1} x = x/T", syntax="latex").proved


def test_what_is_not_square_is_neither_symmetric_nor_inverted():
    with pytest.raises(ReadError, match="a symmetric matrix has one size"):
        verify("Q x = x", ["Q symmetric matrix(m, n)", "x vector(n)"])
    with pytest.raises(ReadError, match="square matrix"):
        verify(r"Q^{-1} x = x", ["Q matrix(m, n)", "x vector(n)"], syntax="latex")
