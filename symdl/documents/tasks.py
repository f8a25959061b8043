"""A document to be checked with all that its report depends on, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from symdl.core import FileReport, InputError
from symdl.notation.profile import NameKind

from .cache import digest


@dataclass(frozen=True)
class Task:
    """A text under its name, with the macros and the kinds of names that are known in it."""

    name: str
    text: str
    macros: Mapping[str, str]
    names: Mapping[str, NameKind]

    @property
    def key(self) -> str:
        """Where the report is kept."""
        return digest(self.text, self.name, self.macros, self.names)

    def as_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return {"name": self.name, "text": self.text, "macros": dict(self.macros), "names": dict(self.names)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Task:
        """The task of a JSON value."""
        return Task(value["name"], value["text"], value["macros"], cast(Mapping[str, NameKind], value["names"]))


@dataclass(frozen=True)
class Checked:
    """The report of a document, or why there is none; ``final`` when another run must say the same."""

    report: FileReport | None
    error: InputError | None = None
    final: bool = True
