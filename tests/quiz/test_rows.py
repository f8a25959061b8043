"""Rows of answers out of good and bad files: nothing is lost, and nothing stops the rest."""

from pathlib import Path

import pytest

from symdl.core import InputError, MissingPackage
from symdl.quiz import parquet
from symdl.quiz.rows import LONGEST_LINE, Row, read_rows


def rows_of(path: Path, content: bytes, *, bank: bool = False) -> list[Row]:
    path.write_bytes(content)
    return list(read_rows(path, bank=bank))


def test_the_same_rows_come_from_every_format(tmp_path: Path) -> None:
    lines = rows_of(tmp_path / "a.jsonl", b'{"gold": "2x", "answer": "x+x", "given": ["x > 0", "k > 0"], "id": "r"}\n')
    fields = rows_of(tmp_path / "a.csv", b"ID,Gold, given,answer\nr,2x,x > 0; k > 0,x+x\n")
    tabs = rows_of(tmp_path / "a.tsv", b"id\tgold\tgiven\tanswer\nr\t2x\tx > 0; k > 0\tx+x\n")
    assert lines == fields == tabs == [Row(1, "x+x", "2x", ("x > 0", "k > 0"), id="r")]


def test_parquet_gives_the_same_rows(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    parquet.write_parquet(
        path,
        iter([{"id": str(i), "gold": "2x", "answer": f"{i}x", "given": "x > 0"} for i in range(5000)]),
        {"id": "string", "gold": "string", "answer": "string", "given": "string"},
    )
    read = list(read_rows(path, bank=False))
    assert [row.answer for row in read] == [f"{i}x" for i in range(5000)]
    assert read[7] == Row(8, "7x", "2x", ("x > 0",), id="7")


def test_a_byte_order_mark_belongs_to_no_column(tmp_path: Path) -> None:
    assert rows_of(tmp_path / "a.csv", b"\xef\xbb\xbfgold,answer\n1,2\n") == [Row(1, "2", "1")]
    assert rows_of(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"gold": "1", "answer": "2"}\n') == [Row(1, "2", "1")]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.jsonl", b'{"gold": 0.10, "answer": 12345678901234567890.0}\n')
    assert (row.gold, row.answer) == ("0.10", "12345678901234567890.0")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{bad", "no JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"gold": "1"}', "no answer"),
        (b'{"gold": "1", "answer": "\xe9"}', "UTF-8"),
        (b'{"gold": "1", "answer": "\\ud800"}', "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"gold": "1", "answer": "' + b"x" * LONGEST_LINE + b'"}', "too long"),
    ],
)
def test_a_bad_line_is_a_row_with_its_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    good = b'{"gold": "1", "answer": "2"}\n'
    first, bad, last = rows_of(tmp_path / "a.jsonl", good + line + b"\n" + good)
    assert (first.problem, last.problem) == ("", "")
    assert reason in bad.problem
    assert [row.number for row in (first, bad, last)] == [1, 2, 3]


def test_bad_fields_of_a_table_are_rows_with_their_reason(tmp_path: Path) -> None:
    read = rows_of(tmp_path / "a.csv", b'gold,answer\n1,"a\nb"\n1\n1,\xe9\n1,2\n')
    assert [bool(row.problem) for row in read] == [False, True, True, False]
    assert "line 4" in read[1].problem


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "has no rows"),
        ("a.csv", b"", "no column gold"),
        ("a.csv", b"gold,answer\n", "has no rows"),
        ("a.csv", b"gold,reply\n1,2\n", "no column answer"),
        ("a.jsonl", b'{"gold": "1", "reply": "2"}\n', "line 1 has no answer"),
        ("a.jsonl", bytes(range(256)), "binary"),
        ("a.csv", "gold,answer\n1,2\n".encode("utf-16"), "binary file, or text in UTF-16"),
        ("a.csv", b'gold,answer\n1,"2\n1,3\n', "line 3"),
        ("a.csv", b"gold,answer\n1," + b"x" * (LONGEST_LINE + 1), "line 2 is too long"),
        ("a.csv", b"gold,answer,answer\n1,2,3\n", "two columns answer"),
        ("a.txt", b"1,2", "no format"),
    ],
)
def test_a_useless_file_is_an_error_that_says_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path / name, content)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_rows(tmp_path / "none.csv", bank=False))


def test_a_parquet_file_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    parquet.write_parquet(path, iter([{"gold": "1", "answer": "2"}]), {"gold": "string", "answer": "string"})
    whole = path.read_bytes()
    for length in (0, 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="no whole Parquet file"):
            list(read_rows(path, bank=False))


def test_a_parquet_file_without_a_column_names_those_it_has(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    parquet.write_parquet(path, iter([{"gold": "1"}]), {"gold": "string"})
    with pytest.raises(InputError, match="no column answer"):
        list(read_rows(path, bank=False))


def test_a_missing_pyarrow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingPackage, match="pyarrow"):
        list(read_rows(tmp_path / "a.parquet", bank=False))
