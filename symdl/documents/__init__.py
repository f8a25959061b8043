"""Documents -> statements with line and column -> findings and repairs.

The check is loaded when it is asked for: a report that is kept needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .check import CheckedDocument, check_document, check_file, check_text

__all__ = ["CheckedDocument", "check_document", "check_file", "check_text"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(".check", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
