"""Questions and answers: marking, banks, classes and streams."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .grading import grade_file
    from .many import mark_many, reward
    from .marking import mark_answer

_PLACES = {"grade_file": "grading", "mark_answer": "marking", "mark_many": "many", "reward": "many"}

__all__ = ["grade_file", "mark_answer", "mark_many", "reward"]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f".{_PLACES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
