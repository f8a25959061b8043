"""``symdl grade`` on any number of answers: which workers, which questions, what is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from symdl.core import InputError, Question

from .many import question_of
from .rows import Row
from .stream import Ask, Summary, grade_stream
from .workers import LocalPool, Pool


def grade_file(
    source: str | Path,
    marks: str | Path,
    *,
    questions: Mapping[str, Question] | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    profile: str = "deep_learning",
) -> Summary:
    """Mark a file of answers (CSV, JSONL or Parquet) into a file of marks; a run that was killed is continued.

    Rows have ``gold`` and ``answer``, or with a bank's ``questions`` by id ``question`` and ``answer``; ``given``
    and ``id`` may stand beside them. ``processes`` are local (one for each core if absent); ``scheduler`` is the
    address of a Dask cluster. Raises ``InputError`` where a file cannot be used, ``MissingPackage`` where Parquet or
    Dask is asked for and not installed.
    """
    if processes is not None and processes < 1:
        raise InputError(f"{processes} worker processes are too few", remedy="give 1 or more")
    settings = {"bank": repr(sorted(questions.items())) if questions is not None else ""}
    with _pool(processes, scheduler) as pool, _progress() as progress:
        return grade_stream(
            Path(source),
            Path(marks),
            pool,
            _asking(questions, profile),
            settings=_short(settings),
            bank=questions is not None,
            profile=profile,
            progress=progress,
        )


def _asking(questions: Mapping[str, Question] | None, profile: str) -> Ask:
    def of_row(row: Row) -> Question | None:
        return question_of(row.gold, row.given, profile)

    def of_bank(row: Row) -> Question | None:
        return questions.get(row.question) if questions is not None else None

    return of_row if questions is None else of_bank


def _short(settings: Mapping[str, str]) -> dict[str, str]:
    from hashlib import sha256

    return {name: sha256(value.encode()).hexdigest() if value else "" for name, value in settings.items()}


@contextmanager
def _pool(processes: int | None, scheduler: str | None) -> Iterator[Pool]:
    if scheduler is None:
        pool: Pool = LocalPool(processes or os.cpu_count() or 1)
    else:
        from .cluster import ClusterPool

        pool = ClusterPool(scheduler)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A count of rows on standard error, on terminals only."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.console import Console

    with Console(stderr=True).status("grading") as status:
        yield lambda rows: status.update(f"grading: {rows:,} rows")
