"""What ``symdl check`` does with its options: a run over files, and what is printed of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from symdl.core import FileReport, InputError, Report
from symdl.report import (
    file_jsonl,
    report_github,
    report_json,
    report_junit,
    report_sarif,
    report_text,
    statistics_text,
)

from .cache import Cache
from .config import Config, FailOn, read_config
from .files import decoded, documents_of
from .fixes import diff_text, fixed
from .runs import check_tasks, task_of
from .selection import selected
from .tasks import Task


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "json": lambda report: _as_json(report_json(report)),
    "sarif": lambda report: _as_json(report_sarif(report)),
    "github": report_github,
    "junit": report_junit,
}


@dataclass(frozen=True)
class Options:
    """The options of ``symdl check``, by their names on the command line."""

    paths: tuple[str, ...]
    format: str = "text"
    verbose: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn | None = None
    fix: bool = False
    diff: bool = False
    statistics: bool = False
    timeout: float | None = None
    html: str | None = None
    cache: bool = True

    def config(self) -> Config:
        """What the project sets, under what the command line says."""
        return read_config(Path()).changed(self.select, self.ignore, self.fail_on)


@dataclass(frozen=True)
class Entry:
    """What came of one path: a report with the task it is about, or an error; ``shown`` is printed at once."""

    task: Task | None = None
    report: FileReport | None = None
    error: InputError | None = None
    shown: str = ""


def run(options: Options, config: Config, standard_input: Callable[[], bytes]) -> Iterator[Entry]:
    """The documents of a run, in order, each as soon as it is done.

    What cannot be read is an entry with its error; the rest is checked all the same.
    """
    if options.timeout is not None and not options.timeout > 0:
        raise InputError(f"--timeout {options.timeout:g} is no time", remedy="give seconds, such as 60")
    if options.fix and "-" in options.paths:
        raise InputError("--fix writes files, and - is none", remedy="print the change with --diff")
    found = [_task(path, config, standard_input) for path in documents_of(options.paths, config.exclude)]
    cache = Cache.beside(config.root) if options.cache else Cache(None)
    checked = check_tasks([task for task in found if isinstance(task, Task)], cache, options.timeout)
    for task in found:
        if not isinstance(task, Task):
            yield Entry(error=task)
            continue
        outcome = next(checked)
        if outcome.report is None:
            yield Entry(task, error=outcome.error)
        else:
            yield _entry(task, outcome.report, options, config)


def _task(path: str, config: Config, standard_input: Callable[[], bytes]) -> Task | InputError:
    try:
        text = decoded(standard_input(), "<stdin>") if path == "-" else None
        return task_of("<stdin>" if path == "-" else path, config, text)
    except InputError as error:
        return error


def _entry(task: Task, report: FileReport, options: Options, config: Config) -> Entry:
    chosen, shown = selected(report, config), ""
    if options.fix or options.diff:
        mended = fixed(task, report, config)
        if options.diff and mended.count:
            shown = diff_text(task.name, task.text, mended.text) + "\n"
        elif mended.count:
            Path(task.name).write_bytes(mended.text.encode("utf-8"))
            task, chosen = replace(task, text=mended.text), mended.report
    if options.format == "jsonl":
        shown += file_jsonl(chosen)
    return Entry(task, chosen, shown=shown)


def summary(entries: list[Entry], options: Options) -> str:
    """What is printed at the end of a run; the page of ``--html`` is written."""
    done = [(entry.task, entry.report) for entry in entries if entry.task is not None and entry.report is not None]
    report = Report(tuple(file for _, file in done))
    if options.html is not None:
        _write_page(options.html, done)
    if options.format in FORMATS:
        return FORMATS[options.format](report)
    if options.format == "jsonl" or options.diff:
        return ""
    return statistics_text(report) if options.statistics else report_text(report, verbose=options.verbose)


def _write_page(path: str, done: list[tuple[Task, FileReport]]) -> None:
    from symdl.report.web import report_html

    from .pages import page_of

    page = report_html([page_of(task, file) for task, file in done])
    Path(path).write_text(page, encoding="utf-8", errors="replace")
