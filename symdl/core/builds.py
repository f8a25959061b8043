"""What became of the definitions of a document on their way to tested code, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .findings import Report

Step = Literal["yes", "no", "failed"]


@dataclass(frozen=True)
class BuildRow:
    """One definition: how far it came, the files written, and its worst error.

    ``derived`` says that its derivative or its state machine was derived, ``generated`` that source
    was written, ``tested`` how its tests ended. ``worst`` is the worst measured error as text, ``note``
    says why a step was not taken, or that the definition was built from its repair.
    """

    name: str
    kind: str
    line: int
    module: str = ""
    tests: str = ""
    derived: Step = "no"
    generated: Step = "no"
    tested: Step = "no"
    worst: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the code was written and its tests pass."""
        return self.tested == "yes"


@dataclass(frozen=True)
class BuildResult:
    """The check of a document and a row for each definition that code could be made from."""

    report: Report
    rows: tuple[BuildRow, ...]
    repaired: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether every definition was built and passes, and nothing refuted was left without repair.

        >>> BuildResult(Report(()), ()).succeeded
        True
        """
        return all(row.passed for row in self.rows) and (self.repaired or not self.report.failed)
