"""A run over files: what is kept is taken from the cache, the rest is checked, in order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from symdl.core import InputError, SymdlError

from .cache import Cache
from .config import Config
from .files import macros_beside, read_text
from .tasks import Checked, Task
from .workers import check_in_children, check_task

_WORTH_CHILDREN = 30_000
"""Characters of documents for which starting a second process pays."""


def task_of(path: str, config: Config, text: str | None = None) -> Task:
    """The document at a path, or a text under that name."""
    content = read_text(path) if text is None else text
    macros = {**config.macros, **(macros_beside(Path(path), content) if text is None else {})}
    return Task(path, content, macros, config.names)


def check_tasks(tasks: Sequence[Task], cache: Cache, seconds: float | None = None) -> Iterator[Checked]:
    """What comes of each document, in order; ``seconds`` is the time for one.

    Raises nothing for a document that cannot be read: its error is what comes of it.
    """
    kept = [cache.get(task.key, task.name) for task in tasks]
    missing = [task for task, report in zip(tasks, kept, strict=True) if report is None]
    fresh = _checked(missing, seconds)
    for task, report in zip(tasks, kept, strict=True):
        if report is not None:
            yield Checked(report)
            continue
        checked = next(fresh)
        if checked.report is not None and checked.final:
            cache.put(task.key, checked.report)
        yield checked


def _checked(tasks: Sequence[Task], seconds: float | None) -> Iterator[Checked]:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    children = min(processors, len(tasks))
    many = children > 1 and sum(len(task.text) for task in tasks) > _WORTH_CHILDREN
    if tasks and (many or seconds is not None):
        yield from check_in_children(tasks, children, seconds)
        return
    for task in tasks:
        try:
            yield Checked(check_task(task))
        except SymdlError as error:
            yield Checked(None, InputError(f"{task.name}: {error.message}", remedy=error.remedy))
