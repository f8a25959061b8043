"""The one place that changes python-flint's global working precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import flint

_LOCK = RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at ``bits`` bits inside the block, under a lock; restored at its end.

    >>> with precision(200):
    ...     flint.arb(2).sqrt().rel_accuracy_bits() > 190
    True
    """
    with _LOCK:
        before = flint.ctx.prec
        flint.ctx.prec = bits
        try:
            yield
        finally:
            flint.ctx.prec = before
