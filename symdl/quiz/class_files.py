"""The answers of a class from a CSV file, wide or long, with every fault told by its line."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from symdl.core import InputError

from .rows import long_fields

STUDENT, QUESTION, ANSWER, SEED = "student", "question", "answer", "seed"
_DELIMITERS = (",", ";", "\t")
_MOST_BYTES = 100_000_000


_RUN_BY_SPREADSHEETS = re.compile(r"[=@\t\r]|[+-].*\|", re.DOTALL)


def cell(text: str) -> str:
    """A text for a cell, with a space before what a spreadsheet would run as a formula.

    >>> cell("=HYPERLINK(1)"), cell("-x")
    (' =HYPERLINK(1)', '-x')
    """
    return f" {text}" if _RUN_BY_SPREADSHEETS.match(text) else text


@dataclass(frozen=True)
class Answer:
    """What a student wrote to a question; ``seed`` names the variant that was asked."""

    student: str
    question: str
    text: str
    line: int
    seed: str


@dataclass(frozen=True)
class ClassFile:
    """The answers of a class in order, and the columns that were left aside."""

    answers: tuple[Answer, ...]
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """A CSV file: its header in small letters, and its rows with their lines."""

    path: str
    header: tuple[str, ...]
    written: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def column(self, name: str) -> int:
        """Where a column stands. Raises :class:`InputError` where it is missing."""
        if name not in self.header:
            remedy = f"the header has {', '.join(self.written)}"
            raise InputError(f"{self.path}: there is no column {name}", remedy=remedy)
        return self.header.index(name)


def is_class_file(path: Path, bank: bool = True) -> bool:
    """Whether a table is that of a class, by its first line: it has a column ``student``.

    With a bank, a table that has no column ``answer`` either counts as one: nothing else is as near.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.readline(1_000_000).decode("utf-8-sig", "replace")
    headers = [_header(start, delimiter) for delimiter in _DELIMITERS]
    return any(STUDENT in header for header in headers) or (bank and not any(ANSWER in header for header in headers))


def read_rows(path: str | Path, needed: str) -> Rows:
    """The rows of a table with a column ``needed``; commas, semicolons or tabs stand between cells.

    Raises :class:`InputError` with the line for bytes that are no UTF-8, quotes that never close, rows of another
    length than the header, two columns of one name, and a table without that column or without rows.
    """
    text = _decoded(Path(path))
    delimiter = _delimiter(text, needed)
    rows: list[tuple[int, tuple[str, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        with long_fields():
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append((before + 1, tuple(row)))
                before = reader.line_num
    except csv.Error as error:
        remedy = 'put answers with quotes, commas or line breaks between quotes, and write " as ""'
        raise InputError(f"{path}:{before + 1}: {error}", remedy=remedy) from None
    if not rows:
        raise InputError(f"{path} is empty", remedy="the first line names the columns")
    return _checked(str(path), rows, needed)


def _checked(path: str, rows: list[tuple[int, tuple[str, ...]]], needed: str) -> Rows:
    (_, first), body = rows[0], rows[1:]
    found = Rows(path, _names(first), tuple(cell.strip() for cell in first), tuple(body))
    found.column(needed)
    for number, name in enumerate(found.header):
        if name and name in found.header[:number]:
            raise InputError(f"{path}:1: two columns are called {name}", remedy="rename one of them")
    for line, row in body:
        if len(row) != len(first):
            remedy = "put answers that hold commas between quotes"
            raise InputError(f"{path}:{line}: {len(row)} cells under a header of {len(first)}", remedy=remedy)
    if not body:
        raise InputError(f"{path} has a header and no rows", remedy="write a row an answer or a student")
    return found


def _decoded(path: Path) -> str:
    size = path.stat().st_size
    if size > _MOST_BYTES:
        remedy = "grade it without the column student, as rows of question and answer, which are streamed"
        raise InputError(f"{path} has {size} bytes", remedy=remedy)
    content = path.read_bytes()
    remedy = "save it as CSV in UTF-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04")):
        kind = "a spreadsheet" if content.startswith(b"PK") else "text in UTF-16"
        raise InputError(f"{path} is {kind}", remedy=remedy)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"{path}:{line}:{column}: byte 0x{content[error.start]:02x} is not UTF-8"
        raise InputError(message, remedy=remedy) from None


def _names(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(cell.strip().casefold() for cell in cells)


def _delimiter(text: str, needed: str) -> str:
    start = text.lstrip("\r\n \t")[:1_000_000]
    return next((delimiter for delimiter in _DELIMITERS if needed in _header(start, delimiter)), ",")


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    """The names in the first row of a text, none where it is no table."""
    try:
        return _names(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
    except csv.Error:
        return ()


def read_answers(path: str | Path, ids: Sequence[str], seed: str = "0") -> ClassFile:
    """The answers of a class to the questions ``ids``.

    Long: columns student, question, answer. Wide: a column student and one a question, named by its id. A column
    seed says which variant a student was asked. Raises :class:`InputError` for what :func:`read_rows` refuses, an
    unknown question, a row without a student, and a student (with that question) that comes twice.
    """
    table = read_rows(path, STUDENT)
    if QUESTION in table.header and ANSWER in table.header:
        found = ClassFile(tuple(_long(table, ids, seed)), _aside(table, (STUDENT, QUESTION, ANSWER, SEED)))
    else:
        found = _wide(table, ids, seed)
    _check_twice(table.path, found.answers)
    return found


def _long(table: Rows, ids: Sequence[str], seed: str) -> Iterator[Answer]:
    student, question, answer = (table.column(name) for name in (STUDENT, QUESTION, ANSWER))
    for line, row in table.rows:
        key = row[question].strip()
        if key not in ids:
            raise InputError(f"{table.path}:{line}: the bank has no question {key!r}", remedy=_nearest(key, ids))
        yield Answer(_student(table, line, row[student]), key, row[answer], line, _seed(table, row, seed))


def _wide(table: Rows, ids: Sequence[str], seed: str) -> ClassFile:
    known = {key.casefold(): key for key in ids}
    columns = {number: known[name] for number, name in enumerate(table.header) if name in known}
    aside = _aside(table, (STUDENT, SEED, *known))
    for name in aside:
        if close := difflib.get_close_matches(name.casefold(), known.keys() - set(table.header), n=1, cutoff=0.8):
            message = f"{table.path}:1: the bank has no question {name!r}"
            raise InputError(message, remedy=f"did you mean {known[close[0]]}? (or take the column out)")
    if not columns:
        remedy = f"name columns by the ids of questions, such as {', '.join(ids[:3])}"
        raise InputError(f"{table.path}: no column is a question of the bank", remedy=remedy)
    at = table.column(STUDENT)
    return ClassFile(
        tuple(
            Answer(_student(table, line, row[at]), key, row[number], line, _seed(table, row, seed))
            for line, row in table.rows
            for number, key in columns.items()
        ),
        aside,
    )


def _aside(table: Rows, used: Iterable[str]) -> tuple[str, ...]:
    used = set(used)
    return tuple(w for name, w in zip(table.header, table.written, strict=True) if name and name not in used)


def _student(table: Rows, line: int, cell: str) -> str:
    if not cell.strip():
        raise InputError(f"{table.path}:{line}: a row without a student", remedy="name the student, or take it out")
    return cell.strip()


def _seed(table: Rows, row: Sequence[str], default: str) -> str:
    return (row[table.header.index(SEED)].strip() or default) if SEED in table.header else default


def _nearest(key: str, ids: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, ids, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"its questions are {', '.join(ids[:8])}"


def _check_twice(path: str, answers: Iterable[Answer]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for answer in answers:
        key = (answer.student, answer.question)
        if key in seen:
            message = f"{path}:{answer.line}: {answer.student} answered {answer.question} in line {seen[key]} already"
            raise InputError(message, remedy="leave one answer of each student to each question")
        seen[key] = answer.line
