"""How far a search has come, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Watcher: TypeAlias = Callable[[str, float], None]
"""Takes what is being done, and which part of the whole is behind."""
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Inside of the block ``watcher`` is told.

    >>> with watched(lambda what, part: print(what, part)):
    ...     report("value", 0.5)
    value 0.5
    """
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


@contextmanager
def part_of(what: str, start: float, end: float) -> Iterator[None]:
    """What is told inside of the block lies between ``start`` and ``end`` of the whole, under one name.

    >>> with watched(lambda what, part: print(what, part)), part_of("value", 0.5, 1.0):
    ...     report("plans", 0.5)
    value 0.5
    value: plans 0.75
    """
    report(what, start)
    watcher = _WATCHER.get()
    if watcher is None:
        yield
        return
    outer = watcher
    with watched(lambda inner, part: outer(f"{what}: {inner}", start + part * (end - start))):
        yield


def report(what: str, part: float) -> None:
    """Tell the watcher, if there is one."""
    watcher = _WATCHER.get()
    if watcher is not None:
        watcher(what, part)
