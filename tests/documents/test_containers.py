"""Every container: which formulas it has, where they stand, and what is passed over."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import InputError
from symdl.documents import check_text
from symdl.documents.containers import CONTAINERS, container_of, read_document
from symdl.documents.document import Document
from symdl.documents.formulas import formulas
from symdl.documents.located import Located


def found(document: Document) -> list[tuple[str, int, int]]:
    """The formulas of a document, each with its line and column."""
    text = document.text
    places = [(text[m.start : m.end], document.place(m.start)) for m in document.reading.math]
    return [(tex, place.line, place.column) for tex, place in places]


GRID = """\
+----------------+-----------------+
| Function       | Derivative      |
+================+=================+
| .. math::      | .. math::       |
|      f(x) =    |      f'(x) = 1  |
|      x         |                 |
+----------------+-----------------+
"""

READ = [
    ("a.md", "$$a$$ in line, $$\nb\n$$", [("a", 1, 3), ("b", 2, 1)]),
    ("a.md", "so \\\\( a \\\\{ b \\\\} \\\\\\\\ c \\\\) end", [("a \\{ b \\} \\\\ c", 1, 8)]),
    ("a.md", "```{math}\n:label: e\nx = 1\n```", [("x = 1", 3, 1)]),
    ("a.md", "$`x_1`$ and `$y$` and <code>$z$</code>", [("x_1", 1, 3)]),
    ("a.md", "<!-- $a$ --> $b$", [("b", 1, 15)]),
    ("a.md", "$$ a $ and $b$", [("a", 1, 4), ("b", 1, 13)]),
    ("a.md", "$$\na\n\nThese words are prose.\n\n$$b$$", [("b", 6, 3)]),
    ("a.md", "x\r\n$$\r\ny\r\n$$\r\n", [("y", 3, 1)]),
    ("a.md", "$\\newcommand{\\R}{x}$ and $\\R = 1$", [("\\R = 1", 1, 27)]),
    ("a.rst", "A :math:`x_1`, ``:math:`n` `` and\n\n.. math:: y = 2\n", [("x_1", 1, 10), ("y = 2", 3, 11)]),
    ("a.rst", ".. math::\n   :label: e\n\n   a = 1\n\n   b = 2\n\nend", [("a = 1", 4, 4), ("b = 2", 6, 4)]),
    (
        "a.rst",
        ".. math::\n\n   \\begin{aligned} a\n\n   b \\end{aligned}\n\n   c\n",
        [("\\begin{aligned} a\n\n   b \\end{aligned}", 3, 4), ("c", 7, 4)],
    ),
    ("a.rst", ".. note::\n\n   .. math::\n\n      a\n", [("a", 5, 7)]),
    ("a.rst", "Code::\n\n   :math:`x`\n\n.. code:: python\n\n   :math:`y`\n\n>>> :math:`z`\n", []),
    ("a.rst", "=== ========\na   b\n=== ========\nf   :math:`x`\n=== ========\n", [("x", 4, 12)]),
    ("a.rst", GRID, [("f(x) =    \n     x", 5, 8), ("f'(x) = 1", 5, 25)]),
    ("a.tex", "\\section{A $x$} % $n$\n\\verb|$n$| \\$5 $y$ % $z$", [("x", 1, 13), ("y", 2, 17)]),
    ("a.tex", "\\STATE $a$\n\\[ b % no\n+ c \\]", [("a", 1, 9), ("b     \n+ c", 2, 4)]),
    ("a.tex", "\\begin{lstlisting}\n$n$\n\\end{lstlisting}\n$$x$$", [("x", 4, 3)]),
    ("a.tex", "\\newcommand{\\R}{$n$}\n\\begin{document}$x$\\end{document}$n$", [("x", 2, 18)]),
    ("a.py", 'def f():\n    r"""So $x$.\n\n    $$\n    y\n    $$\n    """\n', [("x", 2, 13), ("y", 5, 5)]),
    ("a.py", 'def f():\n    """So :math:`\\\\frac{1}{2}`."""\n', [("\\frac{1}{2}", 2, 18)]),
    ("a.py", "# $$\n# x\n# $$\ny = '$n$'  # and $z$\n", [("x", 2, 3), ("z", 4, 19)]),
    (
        "a.py",
        'class A:\n    x = 1\n\nA.__doc__ = (\n    r"""B :math:`b`"""\n    + r" C $c$"\n)\n',
        [("b", 5, 18), ("c", 6, 13)],
    ),
    ("a.html", "<p>\\(a &lt; b\\)</p><pre>\\(n\\)</pre> $n$", [("a < b", 1, 6)]),
    ("a.html", "<script type='math/tex; mode=display'> x </script><script>\\(n\\)</script>", [("x", 1, 40)]),
    ("a.html", "<math><annotation encoding='application/x-tex'>x &gt; 0</annotation></math>", [("x > 0", 1, 48)]),
]


@pytest.mark.parametrize(("name", "text", "formulas"), READ)
def test_each_container_gives_its_formulas_with_their_places(name, text, formulas):
    assert found(read_document(text, name)) == formulas


def notebook(*cells: object) -> str:
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})


def test_the_cells_of_a_notebook_count_their_own_lines() -> None:
    code = {"cell_type": "code", "source": "x = '$n$'", "outputs": [{"data": {"text/latex": "$n$"}}]}
    words = {"cell_type": "markdown", "source": ["# Adam\n", "\n", "is $x$"]}
    document = read_document(notebook(code, words, {"cell_type": "markdown", "source": "$y$"}), "a.ipynb")
    places = [document.place(m.start) for m in document.reading.math]
    assert [(p.cell, p.line, p.column) for p in places] == [(2, 3, 5), (3, 1, 2)]
    assert all(document.source[document.source_offset(p)] in "xy" for p in places)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ipynb", "{"),
        ("a.ipynb", "[1]"),
        ("a.ipynb", '{"cells": 3}'),
        ("a.ipynb", '{"cells": [3]}'),
        ("a.ipynb", '{"cells": [{"cell_type": "markdown", "source": [1]}]}'),
        ("a.ipynb", "[" * 100_000),
        ("a.ipynb", '{"cells": ' + "1" * 10_000 + "}"),
        ("a.py", "def f(:\n  '''"),
        ("a.py", "x = (\n"),
    ],
)
def test_what_is_no_notebook_or_source_is_refused_with_a_remedy(name, text):
    with pytest.raises(InputError) as caught:
        read_document(text, name)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "text", "lead"),
    [
        ("a.rst", "Adam\n----\n\nis :math:`x`", "Adam"),
        ("a.tex", "\\subsection{Adam}\nis $x$", "Adam"),
        ("a.tex", "\\begin{definition}[Adam] $x$\\end{definition}", "Definition (Adam)"),
        (
            "a.tex",
            "\\begin{algorithm}\n\\caption{The \\gls{adam} rule}\n\\STATE $x$\n\\end{algorithm}",
            "The adam rule",
        ),
        ("a.tex", "\\begin{itemize}\\item[Adam] is $x$\\end{itemize}", "Adam"),
        ("a.py", 'class Adam(Base):\n    r"""Is $x$."""\n', "Adam"),
        ("a.html", "<h2>Adam</h2><p>is \\(x\\)</p>", "Adam"),
        ("a.html", "<ul><li><b>Adam</b>: \\(x\\)</li></ul>", "Adam"),
    ],
)
def test_the_structure_of_each_container_says_what_a_formula_is_about(name, text, lead):
    (formula,), _ = formulas(read_document(text, name))
    assert formula.topic.lead == lead


@pytest.mark.parametrize(
    ("name", "text", "container"),
    [
        ("a.md", ":math:`x`", "markdown"),
        ("notes.txt", ".. math:: x", "rst"),
        ("notes.txt", "$x$", "markdown"),
        ("torch.optim.Adam", "the :math:`x`", "rst"),
        ("<stdin>", "\n\\documentclass{article}", "tex"),
        ("<stdin>", "<!DOCTYPE html>", "html"),
        ("<stdin>", '{"cells": []}', "notebook"),
        ("<stdin>", "{x}", "markdown"),
    ],
)
def test_a_container_is_known_by_suffix_or_by_content(name, text, container):
    assert container_of(name, text).name == container


def test_a_live_docstring_is_checked() -> None:
    def sigmoid() -> None:
        r"""The sigmoid is :math:`f(x) = \frac{1}{1+e^{-x}}`, with :math:`f'(x) = f(x)(1-f(x))`."""

    report = check_text(sigmoid.__doc__ or "", name="module.sigmoid")
    assert [s.outcome for s in report.files[0].statements] == ["defined", "proved"]


def test_macros_of_a_document_are_read_as_what_they_stand_for() -> None:
    text = "\\newcommand{\\half}[1]{\\frac{#1}{2}}\n\\begin{document}$\\half{x} + \\half{x} = x$\\end{document}"
    (statement,) = check_text(text, name="a.tex").files[0].statements
    assert statement.outcome == "proved"


def test_backslashes_that_python_takes_are_told_and_read_as_meant() -> None:
    report = check_text('def f():\n    """So $\\theta = \\beta$."""\n', name="a.py").files[0]
    assert [s.tex for s in report.statements] == ["\\theta = \\beta"]
    assert [(f.code, place.line, place.column) for place, f in report.findings] == [("TEX002", 2, 12)]


def test_mathml_without_tex_is_noted() -> None:
    report = check_text("<p>so <math><mi>x</mi></math></p>", name="a.html").files[0]
    assert [f.code for _, f in report.findings] == ["READ004"]


WORDS = (
    '$ $$ \\( \\) \\\\( \\\\) \\[ \\] ` ``` # \' " """ { } <!-- --> < > | + - = :math:` .. math:: \\begin{align} '
    "\\end{align} \\STATE \\section{ % <script> </script> <math> </math> &lt; \\newcommand{\\a}{b} x^2 :: symdl:"
)
SPACES = ("\n", "\n\n", "    ", " ", "\n===\n", "```math\n", "+---+---+\n", "=== ===\n", "é", "\x0b", "\u2028", "\t")
PIECES = st.sampled_from([*WORDS.split(" "), *SPACES])


@given(st.lists(PIECES, max_size=30), st.sampled_from([c.suffixes[0] for c in CONTAINERS]))
def test_formulas_are_in_order_and_stand_where_they_say(pieces, suffix):
    text = "".join(pieces)
    if suffix == ".ipynb":
        text = notebook({"cell_type": "markdown", "source": text})
    try:
        document = read_document(text, "a" + suffix)
    except InputError:
        return
    notes, end = document.text, 0
    for span in document.reading.math:
        tex = notes[span.start : span.end]
        assert tex == tex.strip() != ""
        assert end <= span.outer[0] <= span.start < span.end <= span.outer[1] <= len(notes)
        end = span.outer[1]
        place = document.place(span.start, span.end)
        origin = document.source[document.source_offset(place)]
        assert origin == tex[0] or origin in "&\\%"
    for problem in document.reading.problems:
        assert document.place(problem.position).line >= 1


@given(st.text("ab\n", max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_pieces_know_where_they_came_from(text, start, end):
    piece = Located("# ") + Located.whole(text)[start:end] + Located("!")
    for offset, character in enumerate(piece.text[2:-1], 2):
        assert text[piece.origin(offset)] == character
    again = Located.whole(piece.text)[1:].within(piece)
    assert [again.origin(n) for n in range(1, max(1, len(again.text) - 1))] == [
        piece.origin(n + 1) for n in range(1, max(1, len(again.text) - 1))
    ]


@pytest.mark.parametrize("suffix", [".md", ".rst", ".tex", ".py", ".html", ".ipynb"])
def test_a_text_too_long_to_be_checked_is_refused_at_once(suffix: str) -> None:
    text = "word " * 700_000
    with pytest.raises(InputError, match="longer than"):
        read_document(notebook({"cell_type": "markdown", "source": text}) if suffix == ".ipynb" else text, f"a{suffix}")
