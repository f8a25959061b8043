"""``pytest --symdl docs/``: the claims of documents as test items, one for each.

An item is a statement that something was decided about, or that has a finding; it fails when a finding
is an error. Findings on the file itself (an unbalanced dollar) are an item of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from symdl.documents.config import FailOn
    from symdl.report.annotations import Case

_LONGEST_NAME = 60
_CLAIMS = ("proved", "refuted", "supported", "undecided")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--symdl``."""
    group = parser.getgroup("symdl")
    group.addoption(
        "--symdl", action="store_true", default=False, help="collect the claims of documents (see symdl check)"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A document, where ``--symdl`` asks for them: what ``symdl check`` reads."""
    if not parent.config.getoption("--symdl"):
        return None
    from symdl.documents.config import read_config
    from symdl.documents.containers import SUFFIXES
    from symdl.documents.files import excluded

    if file_path.suffix.lower() not in SUFFIXES - {".sty", ".pyi"}:
        return None
    config = read_config(parent.config.rootpath)
    inside = file_path.is_relative_to(config.root)
    if excluded(file_path.relative_to(config.root) if inside else file_path, config.exclude):
        return None
    document: Document = Document.from_parent(parent, path=file_path)
    return document


class Document(pytest.File):
    """A document as a collection of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """The claims, in order."""
        from symdl.core import InputError
        from symdl.documents.cache import Cache
        from symdl.documents.config import read_config
        from symdl.documents.runs import check_tasks, task_of
        from symdl.documents.selection import selected
        from symdl.report.annotations import cases_of

        config = read_config(self.config.rootpath)
        try:
            (checked,) = check_tasks([task_of(str(self.path), config)], Cache.beside(config.root))
        except InputError as error:
            raise self.CollectError(str(error)) from None
        if checked.report is None:
            raise self.CollectError(str(checked.error))
        for case in cases_of(selected(checked.report, config)):
            if case.outcome in _CLAIMS or any(finding.severity != "info" for finding in case.findings):
                yield Claim.of(self, case, config.fail_on)


class Claim(pytest.Item):
    """One statement of a document; it fails on a finding that the configuration does not allow."""

    case: Case
    fail_on: FailOn

    @staticmethod
    def of(document: Document, case: Case, fail_on: FailOn) -> Claim:
        """The item of a case, named by its place and its formula."""
        place = case.place
        cell = f"cell {place.cell}:" if place.cell is not None else ""
        item: Claim = Claim.from_parent(document, name=f"{cell}{place.line}:{place.column} {_short(case.name)}")
        item.case, item.fail_on = case, fail_on
        return item

    def runtest(self) -> None:
        """Fail with what was found; what could not be decided is skipped with the reason."""
        from symdl.documents.config import fails
        from symdl.report.text import finding_body

        rows = ["\n".join(finding_body(finding)) for finding in self.case.findings]
        if any(fails(finding.severity, self.fail_on) for finding in self.case.findings):
            pytest.fail("\n".join([self.case.name, *rows]), pytrace=False)
        if self.case.outcome in ("undecided", "unread"):
            pytest.skip("; ".join([self.case.outcome, *(finding.message for finding in self.case.findings)]))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, the line and the name."""
        return self.path, self.case.place.line - 1, self.name


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else line[:_LONGEST_NAME] + "..."
