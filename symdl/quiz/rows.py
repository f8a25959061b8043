"""Answers to be graded, row by row, in constant memory: from CSV, JSONL and Parquet.

Every row of the file becomes a :class:`Row`, in order. A row that cannot be read is one too, with the reason: of a
million rows none is lost and none stops the others. What makes the whole file useless (no such file, binary, empty,
a column that is not there) is an :class:`~symdl.core.InputError` before any work is done.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from symdl.core import InputError

LONGEST_LINE = 4_000_000
"""Bytes of a line; a longer one is a row that cannot be read."""
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_BETWEEN = re.compile(r"(?<!\\);")


@dataclass(frozen=True)
class Row:
    """One answer: ``gold`` with ``given``, or the id of a ``question`` in a bank; ``problem`` says why it is no such.

    ``number`` counts rows from 1; ``id`` is the file's own name of the row.
    """

    number: int
    answer: str = ""
    gold: str = ""
    given: tuple[str, ...] = ()
    question: str = ""
    id: str = ""
    problem: str = ""


def read_rows(path: Path, *, bank: bool) -> Iterator[Row]:
    """The rows of a file: columns ``gold`` and ``answer`` (and ``given``), or ``question`` and ``answer`` with a bank.

    Raises :class:`InputError` for a file that holds no such rows.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        remedy = f"answers come as {', '.join(SUFFIXES)}"
        raise InputError(f"{path}: no format is known by this ending", remedy=remedy)
    if not path.is_file():
        raise InputError(f"{path}: no such file", remedy="check the path")
    needed = ("question", "answer") if bank else ("gold", "answer")
    if suffix == ".parquet":
        from .parquet import parquet_rows

        records: Iterator[Record] = ((value, "") for value in parquet_rows(path, needed))
    else:
        _refuse_binary(path)
        records = _json_records(path, needed) if suffix in (".jsonl", ".ndjson") else _csv_records(path, needed)
    number = 0
    for number, (values, problem) in enumerate(records, 1):
        yield _row(number, values, problem, needed)
    if number == 0:
        raise InputError(f"{path} has no rows", remedy="check what wrote it")


Record = tuple[Mapping[str, Any], str]
"""The fields of a row, and why it cannot be read."""


def _refuse_binary(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(65_536)
    if b"\0" in start:
        raise InputError(f"{path} is a binary file, or text in UTF-16", remedy="save it as text in UTF-8")


def _row(number: int, values: Mapping[str, Any], problem: str, needed: tuple[str, str]) -> Row:
    if problem:
        return Row(number, id=_text(values.get("id")), problem=problem)
    for name in needed:
        if name not in values:
            return Row(number, id=_text(values.get("id")), problem=f"row {number} has no {name}")
    texts = {name: _text(values.get(name)) for name in (*needed, "id")}
    for name, text in texts.items():
        if _mangled(text):
            return Row(number, problem=f"row {number}: {name} is no text in UTF-8")
    return Row(number, given=_given(values.get("given")), **texts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _given(value: Any) -> tuple[str, ...]:
    """Assumptions: a list, or one text with semicolons between."""
    entries = _BETWEEN.split(_text(value)) if not isinstance(value, list) else [_text(entry) for entry in value]
    return tuple(entry.strip() for entry in entries if entry.strip())


def _mangled(text: str) -> bool:
    """Whether bytes that are no UTF-8 were kept as lone surrogates."""
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Line numbers with lines, cut at the longest that is read, and whether one was cut."""
    number, start = 1, b"\xef\xbb\xbf"
    while line := file.readline(LONGEST_LINE):
        line, start = line.removeprefix(start), b""
        cut = len(line) >= LONGEST_LINE and not line.endswith(b"\n")
        yield number, line, cut
        while cut and (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        number += 1


def _json_records(path: Path, needed: tuple[str, str]) -> Iterator[Record]:
    first = True
    with path.open("rb") as file:
        for number, line, cut in _lines(file):
            if not line.strip():
                continue
            values, problem = ({}, f"line {number} is too long") if cut else _json_record(number, line)
            missing = [name for name in needed if name not in values]
            if first and not problem and missing:
                raise InputError(f"{path}: line {number} has no {missing[0]}", remedy=_columns(needed, values))
            first = first and bool(problem)
            yield values, problem


def _json_record(number: int, line: bytes) -> Record:
    """Numbers stay as they were written."""
    try:
        values = json.loads(line.decode("utf-8"), parse_float=str, parse_int=str, parse_constant=str)
    except UnicodeDecodeError as error:
        return {}, f"line {number} is no text in UTF-8 (byte {error.start + 1})"
    except json.JSONDecodeError as error:
        return {}, f"line {number} is no JSON: {error.msg} at column {error.colno}"
    except RecursionError:
        return {}, f"line {number} is nested too deeply"
    return (values, "") if isinstance(values, dict) else ({}, f"line {number} is no JSON object")


def _csv_records(path: Path, needed: tuple[str, str]) -> Iterator[Record]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with long_fields(), path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(_short_lines(file, path), delimiter=delimiter, strict=True)
        names = [name.strip().lower() for name in next(_csv_lines(reader, path), [])]
        missing = [name for name in needed if name not in names]
        twice = [name for name in needed if names.count(name) > 1]
        if twice:
            raise InputError(f"{path}: two columns {twice[0]}", remedy="rename one of them")
        if missing:
            raise InputError(f"{path}: no column {missing[0]}", remedy=_columns(needed, names))
        for fields in _csv_lines(reader, path):
            if len(fields) == len(names):
                yield dict(zip(names, fields, strict=True)), ""
            elif fields:
                yield {}, f"line {reader.line_num}: {len(fields)} fields, the header has {len(names)}"


def _short_lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE and not line.endswith("\n"):
            raise InputError(f"{path}: line {number} is too long", remedy=f"at most {LONGEST_LINE} characters are read")
        yield line


def _csv_lines(reader: Any, path: Path) -> Iterator[list[str]]:
    """Quotes that never close swallow what follows: where rows begin is not known any more."""
    try:
        yield from reader
    except csv.Error as error:
        remedy = "mend the quotes there, or give the answers as JSONL"
        raise InputError(f"{path}: line {reader.line_num}: {error}", remedy=remedy) from None


@contextmanager
def long_fields() -> Iterator[None]:
    """While it lasts, csv reads cells as long as the longest line."""
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _columns(needed: Iterable[str], found: Iterable[str]) -> str:
    shown = ", ".join(sorted(found))[:200]
    return f"the columns needed are {' and '.join(needed)}; found: {shown or 'none'}"
