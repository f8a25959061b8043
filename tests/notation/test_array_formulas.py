"""Matrices and vectors in LaTeX, in their several dresses: shapes, meaning, and what is refused."""

import pytest

import symdl
from symdl.core import ReadError, array, contract
from symdl.notation import latex
from symdl.notation.array_signs import wants_arrays
from symdl.notation.arrays import compare_arrays, read_array
from symdl.notation.claims import read_array_expression, read_claim
from symdl.prover import decide

W, X, x, y, b, w = (
    array("W", "m", "n"),
    array("X", "k", "n"),
    array("x", "n"),
    array("y", "m"),
    array("b", "m"),
    array("w", "n"),
)
GIVEN = ["W matrix(m, n)", "X matrix(k, n)", "x vector(n)", "y vector(m)", "b vector(m)", "w vector(n)", "t vector(k)"]

MEANINGS = [
    (r"W x", W @ x),
    (r"W \cdot x + b", W @ x + b),
    (r"W^\top y", W.T @ y),
    (r"W^T y", W.T @ y),
    (r"W^{\intercal} y", W.T @ y),
    (r"W^{\mathsf T} y", W.T @ y),
    (r"W^{\mathrm{T}} y", W.T @ y),
    (r"{W}^{T}\,y", W.T @ y),
    (r"w^\top x", w @ x),
    (r"w \cdot x", w @ x),
    (r"\langle w, x \rangle", w @ x),
    (r"y x^\top", contract("i,j->ij", y, x)),
    (r"y \otimes x", contract("i,j->ij", y, x)),
    (r"\|x\|^2", x @ x),
    (r"\lVert x \rVert_2^2", x @ x),
    (r"\left\| x \right\|^{2}", x @ x),
    (r"||x||_2^2", x @ x),
    (r"\Vert W x - y \Vert^2", (W @ x - y) @ (W @ x - y)),
    (r"\|W\|_F^2", contract("ij,ij->", W, W)),
    (r"\operatorname{tr}(W^\top W)", contract("ij,ij->", W, W)),
    (r"\mathrm{Tr}(W W^T)", contract("ij,ij->", W, W)),
    (r"w \odot x", w * x),
    (r"w \circ x", w * x),
    (r"x^{\odot 2}", x * x),
    (r"x^\top W^\top W x", x @ (W.T @ (W @ x))),
    (r"\nabla_x \frac{1}{2}\|W x - y\|^2", W.T @ (W @ x - y)),
    (r"\frac{\partial}{\partial x} \|W x - y\|_2^2", W.T @ (W @ x - y) * 2),
    (r"\nabla_W \tfrac12 \lVert W x - y \rVert^2", contract("i,j->ij", W @ x - y, x)),
]


@pytest.mark.parametrize(("tex", "meaning"), MEANINGS, ids=[tex for tex, _ in MEANINGS])
def test_a_formula_of_declared_arrays_has_its_meaning(tex, meaning):
    expr = read_array_expression(tex, GIVEN, syntax="latex")
    assert expr.dimensions == meaning.dimensions
    assert decide(symdl.core.Claim(symdl.core.Compare(expr, "=", meaning))).proved


TRUE = [
    r"(AB)^T = B^T A^T",
    r"\operatorname{tr}(AB) = \operatorname{tr}(BA)",
    r"\|x\|_2^2 = x^\top x",
    r"x^\top A y = y^\top A^\top x",
    r"\nabla_x \|A x - b\|^2 = 2 A^\top (A x - b)",
    r"\frac{\partial}{\partial \mathbf x} \mathbf x^\top \mathbf A \mathbf x = (\mathbf A + \mathbf A^\top) \mathbf x",
    r"(u v^T) w = u (v^T w)",
    r"\lVert \mathbf u - \mathbf v \rVert^2 = \|\mathbf u\|^2 - 2 \mathbf u^\top \mathbf v + \|\mathbf v\|^2",
]
FALSE = [
    r"AB = BA",
    r"\nabla_x \|A x - b\|^2 = A^\top (A x - b)",
    r"\nabla_x \|A x - b\|^2 = 2 A (A x - b)",
    r"x y^\top = y x^\top",
    r"(AB)^T = A^T B^T",
    r"\|x\|_2 = x^\top x",
]


@pytest.mark.parametrize("tex", TRUE)
def test_sizes_that_nobody_names_are_found_and_true_claims_proved(tex):
    (link,) = compare_arrays(latex.parse(tex), text=tex)
    assert decide(symdl.core.Claim(link)).proved


@pytest.mark.parametrize("tex", FALSE)
def test_a_false_claim_about_arrays_is_refuted(tex):
    (link,) = compare_arrays(latex.parse(tex), text=tex)
    assert decide(symdl.core.Claim(link)).outcome == "REFUTED"


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"W x + x", "different shapes"),
        (r"W y", "sizes of this product differ"),
        (r"x W", "a column before an array"),
        (r"\operatorname{tr}(W)", "square"),
        (r"W^{-1} y", "inverse is taken of a square matrix"),
        (r"\|x\|_7", "norm"),
        (r"x^x", "power to an array"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(tex, message):
    with pytest.raises(ReadError, match=message):
        read_array_expression(tex, GIVEN, syntax="latex")


@pytest.mark.parametrize("tex", [r"a x + b", r"\frac{t}{T}", r"\beta^t", r"1 - t/T", r"\sum_i x_i", r"W x + b"])
def test_formulas_of_numbers_are_left_to_the_scalar_reader(tex):
    assert not wants_arrays(latex.parse(tex), {})


def test_claims_about_declared_arrays_are_claims_of_arrays():
    claim = read_claim("x*y = y*x", ["x matrix(n, n)", "y matrix(n, n)"])
    assert decide(claim).outcome == "REFUTED"
    assert str(claim.statement) == "x @ y = y @ x"


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [
        ("AB", "BA", "REFUTED"),
        ("W^T x", r"W^{\mathsf T}x", "PROVED"),
        (r"(AB)^T", r"B^TA^T", "PROVED"),
        ("W^T x", "W x", "REFUTED"),
        (r"\|w\|_2^2", "||w||_2^2", "PROVED"),
    ],
)
def test_answers_about_arrays_are_compared_as_arrays(left, right, outcome):
    assert symdl.equivalent(left, right).outcome == outcome


def test_a_scalar_between_arrays_stays_a_scalar():
    expr = read_array(latex.parse(r"\lambda \|w\|_2^2 + \frac{1}{n} \|X w - y\|^2"))
    assert expr.rank == 0
