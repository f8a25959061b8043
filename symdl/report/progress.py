"""A progress bar for what the code generator does, on terminals only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from symdl.codegen.progress import watched


@contextmanager
def progress_bar(what: str) -> Iterator[None]:
    """A bar on standard error that the generator moves inside of the block; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=1.0)
        with watched(lambda step, part: progress.update(task, description=f"{what} {step}", completed=part)):
            yield
