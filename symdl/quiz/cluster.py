"""Marks by the workers of a Dask cluster: the extra ``symdl[dask]``.

Dask gives the tasks of a worker that dies to another. A task that several workers did not survive is taken apart into
its answers, and the answer that ends workers is UNDECIDED.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from symdl import __version__
from symdl.core import InputError, MissingPackage

from .workers import Outcome, Task, mark_task, undecided

_SECONDS = 10


class ClusterPool:
    """The workers behind the scheduler at an address, such as ``tcp://10.0.0.1:8786``."""

    def __init__(self, address: str) -> None:
        self._distributed = _distributed()
        try:
            self._client = self._distributed.Client(address, timeout=_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            remedy = "start one with: dask scheduler"
            raise InputError(f"no Dask scheduler answers at {address}: {error}", remedy=remedy) from None
        try:
            self._client.wait_for_workers(1, timeout=_SECONDS)
            versions = set(self._client.run(version).values())
        except (TimeoutError, ModuleNotFoundError) as error:
            self._client.close()
            remedy = "start workers that have symdl installed"
            raise InputError(f"the cluster at {address} has no worker for symdl: {error}", remedy=remedy) from None
        if versions != {__version__}:
            self._client.close()
            found = ", ".join(sorted(versions))
            raise InputError(f"the workers have symdl {found}, here is {__version__}", remedy="install the same")
        self.width = max(1, sum(self._client.ncores().values()))
        self._threads = ThreadPoolExecutor(4 * self.width)
        self._closed = threading.Event()

    def submit(self, task: Task) -> Future[list[Outcome]]:
        """The marks of a task, in its order, once they are there."""
        return self._threads.submit(self._run, task)

    def close(self) -> None:
        """Leave the cluster; what it is at is given up."""
        self._closed.set()
        self._client.close()
        self._threads.shutdown(cancel_futures=True)

    def _run(self, task: Task) -> list[Outcome]:
        try:
            marks = self._client.submit(mark_task, list(task), pure=False).result()
        except self._distributed.KilledWorker as death:
            if len(task) == 1:
                return [undecided(f"workers died on this answer: {type(death).__name__}")]
            return [outcome for entry in task for outcome in self._run([entry])]
        except self._gone() as error:
            reason = "the run was ended" if self._closed.is_set() else f"the scheduler is gone: {error}"
            raise InputError(reason, remedy="run again: it continues where it was") from None
        return [Outcome(mark) for mark in marks]

    def _gone(self) -> tuple[type[BaseException], ...]:
        """How Dask tells that a scheduler does not answer any more."""
        from concurrent.futures import CancelledError

        return (CancelledError, self._distributed.client.FutureCancelledError, OSError, TimeoutError)


def version() -> str:
    """Of symdl, where this runs."""
    return __version__


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingPackage("--scheduler needs dask.distributed", remedy="pip install 'symdl[dask]'") from None
    return distributed
