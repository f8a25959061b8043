"""Marks by child processes: started by ``subprocess``, replaced when they die.

A child takes a task (questions with answers) on its standard input and answers a line for each as soon as it is
marked, so that the row that a death interrupts is known. That row is given to a new child once more; a row that ends
two of them is UNDECIDED, with the reason. Nothing here forks or handles signals.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from symdl.core import InputError, Question
from symdl.core.processes import limit_memory

Task = Sequence[tuple[Question, str]]
"""Questions, each with the text of an answer."""

_SECONDS = 60.0
"""A row is marked in milliseconds, within deterministic budgets. This is for what no budget foresees."""
_STARTS = 5
_FIRST: Task = [(Question(r"\sigma(x)"), r"\frac{1}{1 + e^{-x}}"), (Question("x^2 + 1"), "x^2 - 1")]
"""What a child marks before it takes tasks, so that everything is loaded."""


@dataclass(frozen=True)
class Outcome:
    """The mark of an answer as plain values; ``kept`` is false where a worker's death decided, not mathematics."""

    mark: Mapping[str, Any]
    kept: bool = True


class Pool(Protocol):
    """Something that marks tasks, several at once."""

    width: int

    def submit(self, task: Task) -> Future[list[Outcome]]:
        """The marks of a task, in its order, once they are there."""

    def close(self) -> None:
        """End the work."""


def undecided(reason: str) -> Outcome:
    """The outcome of a row that no worker survived."""
    mark = {"grade": "UNDECIDED", "score": 0.0, "feedback": reason}
    return Outcome(mark | {"misconception": None, "read_as": "", "witness": None}, kept=False)


class LocalPool:
    """So many child processes on this machine."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._idle = [_Child() for _ in range(width)]
        self._children = tuple(self._idle)
        self._threads = ThreadPoolExecutor(width)
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, task: Task) -> Future[list[Outcome]]:
        """The marks of a task, in its order, once they are there."""
        return self._threads.submit(self._run, task)

    def close(self) -> None:
        """Stop the children, whatever they are at."""
        self._closed.set()
        for child in self._children:
            child.closing = True
            child.stop()
        self._threads.shutdown(cancel_futures=True)

    def _run(self, task: Task) -> list[Outcome]:
        child = self._idle.pop()
        try:
            return child.run(task)
        finally:
            self._idle.append(child)

    def _watch(self) -> None:
        """Stop children that have not been heard of for too long."""
        while not self._closed.wait(1.0):
            for child in self._children:
                if child.busy and time.monotonic() - child.heard > _SECONDS:
                    child.late = True
                    child.kill()


@dataclass
class _Child:
    """A child process that marks one task after another."""

    process: subprocess.Popen[bytes] | None = None
    errors: IO[bytes] | None = None
    heard: float = 0.0
    busy: bool = False
    late: bool = False
    closing: bool = False
    starts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, task: Task) -> list[Outcome]:
        done: list[Outcome] = []
        deaths = 0
        while len(done) < len(task):
            marked = len(done)
            try:
                for mark in self._marks(task[marked:]):
                    done.append(Outcome(mark))
            except (EOFError, OSError):
                reason = self._reason()
                self.stop()
                if self.closing:
                    raise InputError("the run was ended") from None
                deaths = 1 if len(done) > marked else deaths + 1
                if deaths == 2:
                    done.append(undecided(f"the worker died twice on this answer: {reason}"))
                    deaths = 0
        return done

    def _marks(self, task: Task) -> Iterator[Mapping[str, Any]]:
        """Marks as they come; ``EOFError`` or ``OSError`` where the child dies."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        self.heard, self.busy = time.monotonic(), True
        try:
            pickle.dump(list(task), process.stdin)
            process.stdin.flush()
            for _ in task:
                yield json.loads(_whole_line(process.stdout))
                self.heard = time.monotonic()
        finally:
            self.busy = False

    def _started(self) -> subprocess.Popen[bytes]:
        """A child that is ready. A death before that is nobody's fault but the machine's."""
        while self.process is None:
            self.starts += 1
            self.errors = tempfile.TemporaryFile()  # noqa: SIM115
            command = [sys.executable, "-P", "-m", "symdl.quiz.workers"]
            with self.lock:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
                )
            assert self.process.stdout is not None
            if self.process.stdout.readline() == b"ready\n":
                self.starts, self.late = 0, False
                break
            reason = self._reason()
            self.stop()
            if self.starts >= _STARTS or self.closing:
                raise InputError(f"worker processes do not start: {reason}", remedy="run again: it continues")
        return self.process

    def _reason(self) -> str:
        """What is known of a death: the last line that was said, or how the process ended."""
        if self.late:
            return f"it took longer than {_SECONDS:g} s"
        code = self.process.wait() if self.process is not None else 0
        said: list[bytes] = []
        if self.errors is not None:
            self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - 2000))
            said = self.errors.read().split(b"\n")
        lines = [line for line in said if line.strip()]
        return lines[-1].decode("utf-8", "replace")[:200] if lines else f"exit code {code}"

    def kill(self) -> None:
        with self.lock:
            if self.process is not None:
                self.process.kill()

    def stop(self) -> None:
        self.kill()
        with self.lock:
            if self.process is not None:
                self.process.wait()
                for stream in (self.process.stdin, self.process.stdout, self.errors):
                    _close(stream)
                self.process = None


def _close(stream: IO[bytes] | None) -> None:
    """Close; what was still to be written to a dead process is lost anyway."""
    try:
        if stream is not None:
            stream.close()
    except BrokenPipeError:
        pass


def _whole_line(stream: IO[bytes]) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line


def mark_task(task: Task) -> list[Mapping[str, Any]]:
    """The marks of a task in this process, as plain values.

    >>> [mark["grade"] for mark in mark_task([(Question("x+x"), "2x"), (Question("x+x"), "the answer is 3x")])]
    ['RIGHT', 'WRONG']
    """
    return [mark_plainly(question, text) for question, text in task]


def mark_plainly(question: Question, text: str) -> Mapping[str, Any]:
    """The mark of what a text gives as its final answer, as plain values."""
    from .many import mark_text

    values = mark_text(question, text).as_dict()
    return {name: value for name, value in values.items() if name != "evidence"}


def main() -> None:
    """Mark every task of standard input; whatever else prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_memory()
    mark_task(_FIRST)
    answers.write(b"ready\n")
    answers.flush()
    while True:
        try:
            task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for question, text in task:
            answers.write(json.dumps(mark_plainly(question, text)).encode() + b"\n")
            answers.flush()


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
