"""Documents checked in child processes: several at once, and stopped at a deadline.

A child is started by ``subprocess``, takes one document a line on its standard input and answers with
one report a line. A child that is stopped is replaced; what it was at is not known and never kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from symdl.core import FileReport, Finding, InputError, Place, SymdlError
from symdl.core.processes import limit_memory
from symdl.report.stored import restored, stored

from .config import Config
from .tasks import Checked, Task


@dataclass
class _Child:
    """A child process that checks one document after another."""

    seconds: float | None
    process: subprocess.Popen[str] | None = None

    def check(self, task: Task) -> Checked:
        """The report of a document; one that says so where the time or the memory did not suffice."""
        process = self.started()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self.seconds, process.kill) if self.seconds is not None else None
        if timer is not None:
            timer.start()
        try:
            process.stdin.write(json.dumps(task.as_json()) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            if timer is not None:
                timer.cancel()
        if not answer.endswith("\n"):
            self.stop()
            return Checked(_stopped(task.name, self.seconds), final=False)
        value = json.loads(answer)
        if "error" in value:
            return Checked(None, InputError(value["error"], remedy=value["remedy"]))
        return Checked(restored(value))

    def started(self) -> subprocess.Popen[str]:
        if self.process is None:
            command = [sys.executable, "-P", "-m", "symdl.documents.workers"]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="surrogatepass"
            )
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _stopped(name: str, seconds: float | None) -> FileReport:
    why = "it needed too much memory" if seconds is None else f"it took longer than {seconds:g} s, or too much memory"
    finding = Finding("READ005", "warning", f"the check was stopped: {why}; nothing is known about this file")
    return FileReport(name, (), ((Place(1, 1, 1), finding),))


def check_in_children(tasks: Sequence[Task], children: int, seconds: float | None) -> Iterator[Checked]:
    """The reports of documents, in order, from so many children at once."""
    idle = [_Child(seconds) for _ in range(children)]

    def run(task: Task) -> Checked:
        child = idle.pop()
        try:
            return child.check(task)
        finally:
            idle.append(child)

    try:
        with ThreadPoolExecutor(children) as threads:
            yield from threads.map(run, tasks)
    finally:
        for child in idle:
            child.stop()


def answer(line: str) -> dict[str, Any]:
    """What a child answers to a line: a report, or why there is none.

    >>> answer('{"name": "a.md", "text": "$x$", "macros": {}, "names": {}}')["statements"][0]["tex"]
    'x'
    """
    task = Task.from_json(json.loads(line))
    try:
        return stored(check_task(task))
    except SymdlError as error:
        return {"error": f"{task.name}: {error.message}", "remedy": error.remedy}


def check_task(task: Task) -> FileReport:
    """The report of a document, in this process.

    The check is loaded here: a run whose reports are all kept does without it.
    """
    from .check import check_document

    config = Config(names=task.names)
    return check_document(task.text, task.name, task.macros, config.profile).report.files[0]


def main() -> None:
    """Answer every line of standard input."""
    limit_memory()
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)


if __name__ == "__main__":
    main()
