import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.notation.spans import find_math

FOUND = [
    ("a $x$ b", [("x", 1, 4, False)]),
    ("a\n$$\nx\n$$", [("x", 3, 1, True)]),
    (r"\[ x \] and \(y\)", [("x", 1, 4, True), ("y", 1, 15, False)]),
    (r"\\(x\\) and \\[y\\]", [("x", 1, 4, False), ("y", 1, 16, True)]),
    ("costs $5 and $6", []),
    ("$5-$6 or US$7", []),
    ("from $100k up for $x$", [("x", 1, 20, False)]),
    (r"a \$5 bill and $y$", [("y", 1, 17, False)]),
    ("`$x$` and $y$", [("y", 1, 12, False)]),
    ("``a ` $x$`` $y$", [("y", 1, 14, False)]),
    ("```\n$x$\n```\n$z$", [("z", 4, 2, False)]),
    ("```math\nx = 1\n```", [("x = 1", 2, 1, True)]),
    ("    \\[x\\]", [("x", 1, 7, True)]),
    ("$HOME and ${HOME} and $(ls)", []),
    ("$ x = 2 $ and $ y $", [("x = 2", 1, 3, False)]),
    (r"\begin{align*}a&=b\end{align*}", [(r"\begin{align*}a&=b\end{align*}", 1, 1, True)]),
    ("é $x$", [("x", 1, 4, False)]),
    ("$a$$b$", [("a", 1, 2, False), ("b", 1, 5, False)]),
    ("$a\nb$", [("a\nb", 1, 2, False)]),
]


@pytest.mark.parametrize(("text", "spans"), FOUND, ids=[repr(text) for text, _ in FOUND])
def test_mathematics_is_found_and_prices_are_not(text, spans):
    found = find_math(text)
    assert [(span.tex, span.line, span.column, span.display) for span in found.spans] == spans
    assert found.problems == ()


UNPAIRED = [("so $x + 1 is\n\nopen", 1, 4), ("a\n$$ x", 2, 1), (r"b \[ x", 1, 3), (r"\begin{align} x", 1, 1)]


@pytest.mark.parametrize(("text", "line", "column"), UNPAIRED)
def test_a_delimiter_without_its_partner_is_reported_at_its_place(text, line, column):
    (problem,) = find_math(text).problems
    assert (problem.line, problem.column) == (line, column)


def test_backticks_are_quotes_where_there_is_no_code():
    assert [span.tex for span in find_math("`a' $x$ `b' $y$", code=False).spans] == ["x", "y"]


@given(st.text(alphabet="$\\[]() `x1\n{}begin", max_size=60))
def test_spans_are_ordered_pieces_of_the_text(text):
    found = find_math(text)
    end = 0
    for span in found.spans:
        assert text[span.start : span.end] == span.tex == span.tex.strip() != ""
        assert end <= span.start
        assert text.split("\n")[span.line - 1][span.column - 1 :].startswith(span.tex.split("\n")[0])
        end = span.end


@pytest.mark.parametrize("piece", ["$", "$x ", "\\[", "\\\\(", "`", "$x\n", "\\begin{align}", "```\n"])
def test_long_texts_of_delimiters_are_scanned_once(piece):
    find_math(piece * 20_000)


@pytest.mark.parametrize(("text", "tex"), [("so $y = x^2 $ holds", "y = x^2"), ("so $ y_1 = 2$ holds", "y_1 = 2")])
def test_a_space_on_one_side_of_what_is_plainly_a_formula(text: str, tex: str) -> None:
    assert [span.tex for span in find_math(text).spans] == [tex]


@pytest.mark.parametrize(
    "text",
    [
        "for $5 and x = $ 6 more",
        "$5.00 to $10.00, or US$ 7",
        "it is 5$ and x = 3$ too",
        "$5.00 to $10.00, or US$ 7; at \\$3 each. A machine hour is $2/h",
        "for $5 and $6 a_b",
        "so $HOME is = $ here",
    ],
)
def test_prices_are_still_no_formulas(text: str) -> None:
    assert find_math(text).spans == ()
