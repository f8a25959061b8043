"""What a child process does to itself before it takes work."""

from __future__ import annotations

LARGEST = 4 << 30
"""Bytes: more than any document or answer needs."""


def limit_memory(largest: int = LARGEST) -> None:
    """Where the system can, take no more memory than ``largest`` bytes: the allocation behind fails instead."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > largest:
        resource.setrlimit(resource.RLIMIT_AS, (largest, hard))
