"""Chains over one or several rows: each row is a statement, and one wrong step is one finding."""

import pytest

from symdl.core import CheckedStatement, Finding
from symdl.documents import check_text


def statements(text: str) -> tuple[CheckedStatement, ...]:
    return check_text(text).files[0].statements


def errors(text: str) -> list[Finding]:
    return [finding for finding in check_text(text).findings if finding.severity == "error"]


WRONG_IN_THE_MIDDLE = r"""Let $\sigma(x) = \frac{1}{1+e^{-x}}$. Then

$$
\begin{aligned}
\sigma'(x) &= \frac{e^{-x}}{(1+e^{-x})^2} \\
&= \frac{1}{1+e^{-x}}\cdot\frac{1}{1+e^{-x}} \\
&= \sigma(x)(1-\sigma(x))
\end{aligned}
$$
"""


def test_each_row_of_a_chain_is_a_statement_with_its_line() -> None:
    found = statements(WRONG_IN_THE_MIDDLE)[1:]
    assert [(s.place.line, s.outcome) for s in found] == [(5, "proved"), (6, "refuted"), (7, "proved")]
    assert [s.role for s in found] == ["derivative", "step", "step"]
    assert found[1].tex.startswith("=")


def test_a_wrong_middle_step_is_one_finding_that_says_where_the_chain_is_right_again() -> None:
    (finding,) = errors(WRONG_IN_THE_MIDDLE)
    assert finding.code == "STEP001"
    assert "right again on line 7" in finding.message


def test_rows_that_go_on_from_a_wrong_one_are_steps_of_their_own() -> None:
    rows = r"\begin{align} (a+b)^2 &= a^2 + ab + b^2 \\ &= a(a + b) + b^2 \\ &= a(a - b) + b^2 \end{align}"
    assert [s.outcome for s in statements(rows)] == ["refuted", "proved", "refuted"]
    assert [finding.code for finding in errors(rows)] == ["EQN001", "STEP001"]


def test_the_repair_of_a_row_is_that_row() -> None:
    rows = "$$\\begin{aligned}\nx^2 + 2x + 1 &= (x+1)^2 \\\\\n&= (x+1)(x-1)\n\\end{aligned}$$"
    (finding,) = errors(rows)
    assert finding.fix is not None
    assert finding.fix.text == "= (x+1)(x+1)"


INLINE = [
    (r"$(a+b)^2 - (a-b)^2 = 2ab = 4ab$", "from its side 3 on"),
    (
        r"$\tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}} = \frac{1 - e^{-x}}{1 + e^{-2x}} = 1 - \frac{2}{e^{2x}+1}$",
        "side 4",
    ),
]


@pytest.mark.parametrize(("text", "where"), INLINE)
def test_a_wrong_side_of_a_chain_in_a_line_is_one_finding(text: str, where: str) -> None:
    (finding,) = errors(text)
    assert where in finding.message


def test_safe_repairs_of_a_row_keep_to_the_row() -> None:
    rows = "$$\\begin{aligned}\n\\max(x, 0) &= \\max{x, 0} \\\\\n&= \\max{0, x}\n\\end{aligned}$$"
    fixes = [f.fix.text for s in statements(rows) for f in s.findings if f.fix is not None and f.fix.safe]
    assert fixes == [r"\max(x, 0) &= \max\{x, 0\}", r"= \max\{0, x\}"]
