"""Tables of derivatives in every container that has them."""

import pytest

from symdl.documents import check_text

LIST_TABLE = r""".. list-table::
   :header-rows: 1

   * - Name
     - Function
     - Derivative
   * - Tanh
     - :math:`\tanh z`
     - :math:`1 - \tanh^2 z`
   * - Cube
     - :math:`z^3`
     - :math:`3z`
"""
TABULAR = r"""\begin{tabular}{lll}
\toprule
function & value & derivative \\ \midrule
tanh & $\tanh z$ & $1 - \tanh^2 z$ \\[2pt]
cube & $z^3$ & $3z$ \\
\bottomrule
\end{tabular}
"""
MARKDOWN = r"""| function | $f(z)$ | $f'(z)$ |
|---|---|---|
| tanh | $\tanh z$ | $1 - \tanh^2 z$ |
| cube ($k > 0$) | $z^3$ | $3z$ |
"""


@pytest.mark.parametrize(("text", "name"), [(LIST_TABLE, "a.rst"), (TABULAR, "a.tex"), (MARKDOWN, "a.md")])
def test_derivatives_in_tables_are_held_against_the_function_of_their_row(text: str, name: str) -> None:
    judged = [s for s in check_text(text, name).files[0].statements if s.role == "derivative"]
    assert [s.outcome for s in judged] == ["proved", "refuted"]


def test_the_value_of_a_parameter_in_a_row_is_not_its_function() -> None:
    text = MARKDOWN.replace("($k > 0$)", r"($\alpha = 1$)")
    assert [s.outcome for s in check_text(text).files[0].statements if s.role == "derivative"] == ["proved", "refuted"]


def test_a_table_without_a_head_of_derivatives_claims_none() -> None:
    text = TABULAR.replace("derivative", "remark")
    assert all(s.outcome == "noted" for s in check_text(text, "a.tex").files[0].statements)


def test_line_breaks_with_a_length_open_no_display() -> None:
    text = "\\begin{center} one \\\\[2pt] two $x$ \\end{center}"
    assert [s.tex for s in check_text(text, "a.tex").files[0].statements] == ["x"]
