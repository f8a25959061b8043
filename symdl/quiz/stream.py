"""Files of answers to files of marks: any number of rows, in constant memory, across kills.

Rows are read in batches; what was not decided before goes to a pool of workers, several batches at once; the marks
are written in the order of the rows, and noted in the journal batch by batch.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from symdl import __version__
from symdl.core import InputError, Question
from symdl.core.questions import GRADES

from .journal import Journal, hash_of
from .memory import Memory, key_of
from .parquet import require_pyarrow, write_parquet
from .rows import Row, read_rows
from .workers import Outcome, Pool

COLUMNS: Mapping[str, str] = {
    "row": "int64",
    "id": "string",
    "question": "string",
    "grade": "string",
    "score": "float64",
    "feedback": "string",
    "misconception": "string",
    "read_as": "string",
    "witness": "string",
    "symdl": "string",
    "profile": "string",
}
"""Of a file of marks, with their types in Parquet."""
_BATCH_ROWS = 1024
_TASK_ROWS = 64
_BATCH_LETTERS = 1_000_000
Ask = Callable[[Row], Question | None]
"""The question of a row; None where the bank has no such id."""


@dataclass
class Summary:
    """How many rows have which grade; ``continued`` of them were done by an earlier run."""

    rows: int = 0
    continued: int = 0
    decided: int = 0
    grades: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON writes them; ``decided`` is that of this run."""
        counts = {grade: self.grades[grade] for grade in GRADES}
        return {"rows": self.rows, "continued": self.continued, "decided": self.decided, "grades": counts}

    def __str__(self) -> str:
        counts = ", ".join(f"{self.grades[grade]:,} {grade}" for grade in GRADES)
        begun = f", {self.continued:,} of them before" if self.continued else ""
        return f"{self.rows:,} rows marked{begun}: {counts}; {self.decided:,} different answers decided"


@dataclass
class _Batch:
    """Rows on their way: the key of each that can be marked, and where its mark will come from."""

    rows: list[Row]
    keys: list[bytes | None] = field(default_factory=list)
    known: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)
    awaited: dict[bytes, tuple[Future[list[Outcome]], int]] = field(default_factory=dict)

    def mark(self, index: int) -> Outcome:
        key = self.keys[index]
        if key is None:
            return Outcome(_unreadable(self.rows[index].problem), kept=False)
        if key in self.known:
            return Outcome(self.known[key])
        future, place = self.awaited[key]
        return future.result()[place]


def grade_stream(
    source: Path,
    marks: Path,
    pool: Pool,
    ask: Ask,
    *,
    settings: Mapping[str, str],
    bank: bool = False,
    profile: str = "deep_learning",
    progress: Callable[[int], None] = lambda rows: None,
) -> Summary:
    """Mark every row of ``source`` into ``marks``, from where an earlier run was stopped.

    ``settings`` is all that the marks depend on beside the answers and symdl's version. Raises ``InputError`` where a
    file cannot be used, or ``marks`` was begun with other settings.
    """
    writer = _writer(marks)
    fingerprint = {**settings, "profile": profile, "version of symdl": __version__, "input": _hash(source)}
    journal = Journal(writer.path, fingerprint)
    try:
        summary = Summary(rows=journal.rows, continued=journal.rows, grades=Counter(journal.counts))
        if not journal.finished:
            with Memory() as memory:
                run = _Run(pool, memory, ask, summary)
                for batch in run.finished(islice(read_rows(source, bank=bank), journal.rows, None)):
                    records = [_record(row, batch.mark(i).mark, profile) for i, row in enumerate(batch.rows)]
                    summary.rows += len(records)
                    summary.grades.update(str(record["grade"]) for record in records)
                    journal.append(len(records), writer.encoded(records, first=journal.size == 0), summary.grades)
                    progress(summary.rows)
        if not journal.finished or not marks.exists():
            writer.close()
        journal.finish()
        return summary
    finally:
        journal.close()


def _hash(source: Path) -> str:
    if not source.is_file():
        raise InputError(f"{source}: no such file", remedy="check the path")
    return hash_of(source)


@dataclass
class _Run:
    """One run: batches on their way to the pool and back."""

    pool: Pool
    memory: Memory
    ask: Ask
    summary: Summary
    pending: dict[bytes, tuple[Future[list[Outcome]], int]] = field(default_factory=dict)

    def finished(self, rows: Iterator[Row]) -> Iterator[_Batch]:
        """Batches in order, each with all its marks; no more than some are held at once."""
        ahead: deque[_Batch] = deque()
        for batch in _batches(rows):
            ahead.append(self.sent(batch))
            if len(ahead) > 2 + self.pool.width:
                yield self.done(ahead.popleft())
        while ahead:
            yield self.done(ahead.popleft())

    def sent(self, batch: _Batch) -> _Batch:
        """Look up what is known and send the rest, each answer once."""
        asked: dict[bytes, tuple[Question, str]] = {}
        for index, row in enumerate(batch.rows):
            question = None if row.problem else self.ask(row)
            if question is None:
                batch.rows[index] = _without_question(row)
                batch.keys.append(None)
                continue
            key = key_of(question, row.answer)
            batch.keys.append(key)
            if key in self.pending:
                batch.awaited[key] = self.pending[key]
            else:
                asked.setdefault(key, (question, row.answer))
        batch.known = self.memory.recall(asked)
        task = [(key, value) for key, value in asked.items() if key not in batch.known]
        for start in range(0, len(task), _TASK_ROWS):
            part = task[start : start + _TASK_ROWS]
            future = self.pool.submit([value for _, value in part])
            places = {key: (future, place) for place, (key, _) in enumerate(part)}
            self.pending |= places
            batch.awaited |= places
        self.summary.decided += len(task)
        return batch

    def done(self, batch: _Batch) -> _Batch:
        """The batch once its marks are there; they are remembered."""
        marks = {key: future.result()[place] for key, (future, place) in batch.awaited.items()}
        self.memory.keep((key, outcome.mark) for key, outcome in marks.items() if outcome.kept)
        for key in marks:
            self.pending.pop(key, None)
        return batch


def _batches(rows: Iterator[Row]) -> Iterator[_Batch]:
    batch: list[Row] = []
    letters = 0
    for row in rows:
        batch.append(row)
        letters += len(row.answer) + len(row.gold)
        if len(batch) == _BATCH_ROWS or letters > _BATCH_LETTERS:
            yield _Batch(batch)
            batch, letters = [], 0
    if batch:
        yield _Batch(batch)


def _without_question(row: Row) -> Row:
    return row if row.problem else Row(row.number, id=row.id, problem=f"the bank has no question {row.question!r}")


def _unreadable(problem: str) -> Mapping[str, Any]:
    return {"grade": "UNREADABLE", "score": 0.0, "feedback": problem}


def _record(row: Row, mark: Mapping[str, Any], profile: str) -> dict[str, Any]:
    own = {"row": row.number, "id": row.id, "question": row.question, "symdl": __version__, "profile": profile}
    return {name: own[name] if name in own else mark.get(name) for name in COLUMNS}


class _JsonLines:
    """Marks as JSON, a line for each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def encoded(self, records: list[dict[str, Any]], *, first: bool) -> bytes:
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()

    def close(self) -> None:
        """Nothing is left to do."""


class _Csv(_JsonLines):
    """Marks as CSV with a header."""

    def encoded(self, records: list[dict[str, Any]], *, first: bool) -> bytes:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        if first:
            writer.writeheader()
        writer.writerows(_flat(record) for record in records)
        return text.getvalue().encode()


class _Parquet(_JsonLines):
    """Marks as JSON beside the file, which is written in one piece at the end: Parquet cannot grow."""

    def __init__(self, target: Path) -> None:
        require_pyarrow()
        super().__init__(target.with_name(target.name + ".jsonl"))
        self.target = target
        if target.exists() and not self.path.exists():
            raise InputError(f"{target} exists, and no journal beside it", remedy="remove it, or name another file")

    def close(self) -> None:
        whole = self.target.with_name(self.target.name + ".new")
        with self.path.open(encoding="utf-8") as lines:
            write_parquet(whole, (_flat(json.loads(line)) for line in lines), COLUMNS)
        whole.replace(self.target)


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    witness = record["witness"]
    return {**record, "witness": None if witness is None else json.dumps(witness, ensure_ascii=False)}


def _writer(path: Path) -> _JsonLines:
    suffix = path.suffix.lower()
    makers = {".csv": _Csv, ".jsonl": _JsonLines, ".ndjson": _JsonLines, ".parquet": _Parquet}
    if suffix not in makers:
        raise InputError(f"{path}: marks are written to {', '.join(makers)}", remedy="name such a file with -o")
    return makers[suffix](path)
