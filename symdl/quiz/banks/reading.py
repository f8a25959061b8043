"""Files of questions to banks: ``read_bank(path)``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from symdl.core import InputError, Question, ReadError, SymdlError

from ..code import read_code
from ..reading import context_of, read
from .ranges import drawn
from .schema import DEFAULT_KEYS, Entry, read_entry
from .tables import Decimal, Document, Problem, Table
from .toml_places import line_and_column, places
from .variants import at_values, names_in

SHIPPED = Path(__file__).parent
"""The folder of the banks that come with symdl, a folder each."""
_MOST_SHOWN = 20
_MOST_BYTES = 10_000_000
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_UNREAD = ("choice", "truth", "blanks")
"""Kinds whose right answer is no formula by itself."""


class BankError(InputError):
    """A bank that cannot be used: every problem with its line and column, and what to do."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        rows = [f"{path}:{p.line}:{p.column}: {p.message}" + _remedy(p) for p in problems[:_MOST_SHOWN]]
        rows += [f"... and {len(problems) - _MOST_SHOWN} more"] if len(problems) > _MOST_SHOWN else []
        super().__init__("\n".join(rows))
        self.problems = tuple(problems)


def _remedy(problem: Problem) -> str:
    return f"\n  remedy: {problem.remedy}" if problem.remedy else ""


@dataclass(frozen=True)
class Bank:
    """Questions under a title, in order. Those with parameters have a variant for each seed."""

    name: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the questions, in order."""
        return tuple(entry.question.id for entry in self.entries)

    def questions(self, seed: int | str = 0) -> Mapping[str, Question]:
        """The questions by id, each at the parameters that the seed draws for it.

        >>> bank = parse_bank('[[question]]\\nid="q"\\nprompt="$a^2$?"\\nanswer="a^2"\\nparameters.a=[3]\\n')
        >>> bank.questions()["q"].answer
        '9'
        """
        return {entry.question.id: variant(entry, seed) for entry in self.entries}


def variant(entry: Entry, seed: int | str = 0) -> Question:
    """The question at the parameters that a seed draws."""
    return at_values(entry.question, drawn(entry.ranges, entry.question.id, seed))


def read_bank(path: str | Path) -> Bank:
    """The bank of a TOML file, of a folder of such files, or of a name that symdl ships.

    Raises :class:`InputError` where there is none, :class:`BankError` with the line and column of every problem.
    """
    files = bank_files(path)
    banks = [parse_bank(_text(file), str(file)) for file in files]
    if len(banks) == 1:
        return banks[0]
    _check_across(banks)
    return Bank(Path(path).name, Path(path).name, tuple(entry for bank in banks for entry in bank.entries))


def shipped_banks() -> dict[str, Path]:
    """The banks that come with symdl: each folder by its name, each file in it by ``folder/name``."""
    found: dict[str, Path] = {}
    for folder in sorted(p for p in SHIPPED.iterdir() if p.is_dir() and any(p.glob("*.toml"))):
        found[folder.name] = folder
        found |= {f"{folder.name}/{file.stem}": file for file in sorted(folder.glob("*.toml"))}
    return found


def bank_files(path: str | Path) -> list[Path]:
    """The files that a path, or the name of a shipped bank, stands for."""
    place = Path(path)
    if not place.exists():
        place = shipped_banks().get(str(path), place)
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not files:
        raise InputError(f"{path}: the folder has no .toml file", remedy="name a file of questions")
    if not place.exists():
        close = get_close_matches(str(path), shipped_banks(), n=1, cutoff=0.7)
        shown = f"did you mean {close[0]}?" if close else "symdl quiz, without a bank, lists those that are shipped"
        raise InputError(f"{path}: no such file", remedy=shown)
    return files


def _text(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > _MOST_BYTES:
        raise InputError(f"{file} has {len(content)} bytes", remedy="split the bank into several files")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        problem = Problem(line, column, f"byte 0x{content[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        raise BankError(str(file), [problem]) from None


def parse_bank(text: str, name: str = "bank") -> Bank:
    """The bank of a TOML text.

    Raises :class:`BankError` with the line and column of every problem.

    >>> parse_bank('[[question]]\\nid = "q"\\nprompt = "1+1?"\\nanswr = "2"\\n')
    Traceback (most recent call last):
    symdl.quiz.banks.reading.BankError: bank:1:3: a question without an answer
      remedy: write answer = '...'
    bank:4:1: a question has no key answr
      remedy: did you mean answer?
    """
    document = _document(text.replace("\r\n", "\n"), name)
    top = Table(document, (), document.values)
    top.only(("title", "defaults", "question"), "a bank")
    title = top.string("title", Path(name).stem)
    defaults = top.table("defaults")
    defaults.only(DEFAULT_KEYS, "[defaults]")
    tables = [_with_defaults(table, defaults) for table in top.tables("question")]
    if not tables:
        top.blame(None, "a bank without questions", "write [[question]] above each question")
    entries = tuple(read_entry(table) for table in tables)
    _check_ids(tables, entries)
    if not document.problems:
        for table, entry in zip(tables, entries, strict=True):
            _check_formulas(table, entry)
    if document.problems:
        raise BankError(name, sorted(document.problems, key=lambda p: (p.line, p.column)))
    return Bank(Path(name).stem, title, entries)


def _document(text: str, name: str) -> Document:
    try:
        return Document(text, tomllib.loads(text, parse_float=Decimal), places(text))
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        end = line_and_column(text, len(text))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else end
        message = _PLACE.sub("", str(error))
        remedy = "LaTeX goes in literal strings, between ' and '" if "escape" in message else "mend the TOML"
        raise BankError(name, [Problem(line, column, message, remedy)]) from None
    except RecursionError:
        raise BankError(name, [Problem(1, 1, "the file is nested too deeply", "mend the TOML")]) from None
    except ValueError as error:
        raise BankError(
            name, [Problem(1, 1, f"a value that TOML allows and nothing reads: {error}", "shorten it")]
        ) from None


def _with_defaults(table: Table, defaults: Table) -> Table:
    return Table(table.document, table.path, {**defaults.values, **table.values})


def _check_ids(tables: list[Table], entries: tuple[Entry, ...]) -> None:
    lines: dict[str, int] = {}
    for table, entry in zip(tables, entries, strict=True):
        key = table.string("id").casefold()
        if key in lines:
            message = f"the id {table.string('id')} is that of the question in line {lines[key]}"
            table.blame("id", message, "choose another; capitals make no difference")
        elif key:
            lines[key] = entry.line


def _check_across(banks: Iterable[Bank]) -> None:
    owner: dict[str, str] = {}
    for bank in banks:
        for entry in bank.entries:
            key = entry.question.id.casefold()
            if key in owner:
                problem = Problem(
                    entry.line, 1, f"the id {entry.question.id} is in the bank {owner[key]} too", "choose another"
                )
                raise BankError(bank.name, [problem])
            owner[key] = bank.name


def _check_formulas(table: Table, entry: Entry) -> None:
    """That the right answer is read, the parameters are used, and a variant can be made."""
    used = names_in(entry.question) if entry.ranges else frozenset()
    for parameter in (r for r in entry.ranges if r.name not in used):
        where = (*table.path, "parameters", parameter.name)
        message = f"the parameter {parameter.name} stands neither in a formula of the prompt nor in the answer"
        table.document.blame(where, message, f"write ${parameter.name}$, or take it out")
    for owner, question in _parts(table, variant(entry)):
        try:
            context_of(question)
        except SymdlError as error:
            owner.blame("given", f"what is given cannot be read: {error.message}", error.remedy or "mend it")
            continue
        for key, text in (("answer", question.answer), *(("also", text) for text in question.also)):
            try:
                _read_right(question, text)
            except ReadError as error:
                remedy = error.remedy or "mend the formula"
                owner.blame(key, f"the right answer cannot be read: {error.message}", remedy)


def _read_right(question: Question, text: str) -> None:
    """Read a right answer as marking does. Raises :class:`ReadError`."""
    if question.kind == "code":
        read_code(text)
    elif question.kind not in _UNREAD:
        read(text, context_of(question))


def _parts(table: Table, question: Question) -> Iterator[tuple[Table, Question]]:
    yield table, question
    for part, blank in zip(table.tables("blanks"), question.blanks, strict=False):
        yield from _parts(part, blank)
