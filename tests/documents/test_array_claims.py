"""Claims about matrices and vectors in documents, and sizes that do not fit."""

import pytest

from symdl.core import CheckedStatement
from symdl.documents import check_text

DECLARED = r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$ and $y, z \in \mathbb{R}^m$. "


def last(text: str) -> CheckedStatement:
    return check_text(DECLARED + text).files[0].statements[-1]


TRUE = [
    r"$\nabla_x \|Wx - y\|^2 = 2 W^\top (Wx - y)$",
    r"$\nabla_W \|Wx - y\|^2 = 2 (Wx - y) x^\top$",
    r"$\|y+z\|^2 = \|y\|^2 + 2 y^\top z + \|z\|^2$",
    r"$\nabla_x x^\top A x = (A + A^\top) x$",
    r"$\nabla_x \frac12 x^\top Q x - c^\top x = \frac12(Q + Q^\top)x - c$",
    r"$\nabla_x (c^\top x) = c$",
    r"$(AB)^{-1} = B^{-1} A^{-1}$",
    r"$\operatorname{tr}(AB) = \operatorname{tr}(BA)$",
    r"With $e = Wx - y$ we have $\nabla_x \frac12 \|e\|^2 = W^\top e$",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_claims_about_arrays_are_proved_for_all_sizes(text: str) -> None:
    assert last(text).outcome == "proved"


FALSE = [
    (r"$\nabla_x \|x\|^2 = x$", "DER001"),
    (r"$\nabla_x \|Wx - y\|^2 = W^\top (Wx - y)$", "DER001"),
    (r"$\nabla_x x^\top A x = 2Ax$", "DER001"),
    (r"$\|y+z\|^2 = \|y\|^2 + y^\top z + \|z\|^2$", "EQN001"),
    (r"$(AB)^\top = A^\top B^\top$", "EQN001"),
    (r"$(AB)^{-1} = A^{-1} B^{-1}$", "EQN001"),
    (r"$\nabla_x \|Wx - y\|^2 = 2 W (Wx - y)$", "SYM002"),
    (r"$h = W^\top x$", "SYM002"),
    (r"With $e = Wx - y$ we have $\nabla_x \frac12 \|e\|^2 = e$", "SYM002"),
    (r"With $e = Wx - y$ we have $\nabla_x \frac12 \|e\|^2 = 2 W^\top e$", "DER001"),
]


@pytest.mark.parametrize(("text", "code"), FALSE)
def test_false_claims_about_arrays_are_refuted_with_a_witness(text: str, code: str) -> None:
    statement = last(text)
    assert statement.outcome == "refuted"
    assert statement.witness is not None
    assert [f.code for f in statement.findings if f.severity == "error"] == [code]


NO_CLAIM = [
    r"The normal equations are $W^\top W x = W^\top y$",
    r"An eigenvector satisfies $A v = \lambda v$",
    r"$Q^\top Q = I$",
    r"$h = Wx + y$",
    r"if $AB = BA$",
    r"$\nabla_x \|Wx - y\|^2 = 0$",
    r"Since $A$ is symmetric, $\nabla_x x^\top A x = 2Ax$",
    r"$h = V^\top x$",
]


@pytest.mark.parametrize("text", NO_CLAIM)
def test_conditions_and_definitions_of_arrays_are_not_refuted(text: str) -> None:
    assert last(text).outcome != "refuted"


def test_sizes_stated_in_words_are_declared() -> None:
    text = r"With $V$ of shape $p \times q$ and $u \in \mathbb{R}^p$, put $w = V u$."
    assert [f.code for f in check_text(text).findings if f.severity == "error"] == ["SYM002"]


def test_sizes_of_another_section_are_not_in_force() -> None:
    text = "## One\n\nLet $W \\in \\mathbb{R}^{m \\times n}$ and $x \\in \\mathbb{R}^m$.\n\n## Two\n\n$h = W x$"
    assert not [f for f in check_text(text).findings if f.severity == "error"]
