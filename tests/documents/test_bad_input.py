"""Texts that are no good: each gets one clear message with its place, never a traceback or a hang."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from symdl.core import InputError
from symdl.documents import check_file, check_text


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"a\x00b")
    (tmp_path / "latin.md").write_bytes(b"one\ncaf\xe9 $x$")
    for name, part in (("none.md", "no such file"), ("", "directory"), ("binary.md", "binary"), ("latin.md", "line 2")):
        with pytest.raises(InputError, match=part) as caught:
            check_file(tmp_path / name)
        assert caught.value.remedy


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_bytes(b"\xef\xbb\xbf$x = 1$")
    assert check_file(file).files[0].statements[0].place.column == 2


@pytest.mark.parametrize("text", ["", "\n\n", "Only words."])
def test_a_text_without_formulas_says_so(text: str) -> None:
    (file,) = check_text(text).files
    assert [finding.code for _, finding in file.findings] == ["READ003"]


def test_an_unbalanced_dollar_is_found_at_its_place() -> None:
    (file,) = check_text("first\n\nThe value $x + 1 is\n\nopen").files
    ((place, finding),) = file.findings
    assert (place.line, place.column, finding.code) == (3, 11, "READ002")


def test_prices_are_no_formulas() -> None:
    (file,) = check_text("It costs $5, the other $6, and $x^2$ is free.").files
    assert [statement.tex for statement in file.statements] == ["x^2"]
    assert not file.findings


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (r"$x = \nosuch{3}$", r"unknown command \nosuch (column 5)"),
        (r"$\frac{1}{$", "column"),
        (r"$\theta \mathbin{\spadesuit} \eta$", "column"),
        (r"$\int_0^1 x = 1$", "column"),
    ],
)
def test_what_is_not_understood_is_unread_with_a_caret(text: str, part: str) -> None:
    (statement,) = check_text(text).files[0].statements
    assert statement.outcome == "unread"
    (finding,) = statement.findings
    assert (finding.code, finding.severity) == ("READ001", "warning")
    assert part in finding.message
    assert "^" in finding.message.splitlines()[-2]


@pytest.mark.parametrize("text", ["$f(x) = f(x) + 1$", "$m_t = m_t + g_t$"])
def test_a_definition_of_itself_is_an_error(text: str) -> None:
    (statement,) = check_text(text).files[0].statements
    assert [f.code for f in statement.findings if f.severity == "error"] == ["DEF001"]


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "$" + "x+" * 500_000 + "1$",
        "$x$ and " * 5_000,
        "$" * 200_000,
        "| $x$ " * 2_000 + "|\n|---|\n",
        "$" + "{" * 5_000 + "$",
        "# " * 100_000,
        "- " * 100_000 + "$x$",
    ],
    ids=["words", "one formula", "many formulas", "dollars", "a row", "braces", "headings", "items"],
)
def test_long_lines_are_checked_in_seconds(text: str) -> None:
    start = time.process_time()
    check_text(text)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("text", ["\\def<!--" * 30_000, "symdl: ignore[<!--" * 12_000], ids=["def", "ignore"])
def test_pages_of_comments_that_never_close_are_checked_in_seconds(text: str) -> None:
    start = time.process_time()
    check_text(text, "a.html")
    assert time.process_time() - start < 10


def test_tables_that_never_end_are_read_in_seconds() -> None:
    start = time.process_time()
    check_text("=== ===\n\\begin{\n" * 12_000, "a.rst")
    assert time.process_time() - start < 20


PIECES = st.sampled_from(
    [
        *(
            "$",
            "$$",
            "\\[",
            "\\]",
            "\\",
            "{",
            "}",
            "^",
            "_",
            "&",
            "|",
            "\n",
            "\n\n",
            "- ",
            "# ",
            "Adam: ",
            " ",
            "=",
            "'",
        ),
        *(
            "f(x)",
            "x",
            r"\theta_{t+1}",
            r"\theta_t",
            r"\nabla L",
            r"\frac{1}{2}",
            r"\hat m_t",
            "m_{t-1}",
            "g_t",
            "<",
            "0",
        ),
        *(
            r"\sqrt{x}",
            r"\leftarrow",
            r"\sum_{s\le t}",
            "(1-",
            ")",
            "[i]",
            r"\max{x,0}",
            r"\beta_1^t",
            "| a | b |",
            "---",
        ),
    ]
)


@given(st.lists(PIECES, max_size=24))
def test_no_text_breaks_the_check(pieces: list[str]) -> None:
    report = check_text("".join(pieces))
    assert report.summary["statements"] == len(report.files[0].statements)


@given(st.lists(PIECES, max_size=12))
@example(["\\nabla L", "\\sum_{s\\le t}", "m_{t-1}"])
def test_no_formula_breaks_the_check(pieces: list[str]) -> None:
    text = "".join(piece for piece in pieces if "$" not in piece and "\n" not in piece)
    check_text(f"Adam: ${text}$ and $m_t = {text}$")
