"""The findings that a run asks for."""

from __future__ import annotations

from dataclasses import replace

from symdl.core import FileReport, Report

from .config import Config, fails


def selected(file: FileReport, config: Config) -> FileReport:
    """The report with the findings that are selected and not ignored."""
    if not config.select and not config.ignore:
        return file

    def kept(code: str) -> bool:
        chosen = not config.select or code.startswith(config.select)
        return chosen and not (config.ignore and code.startswith(config.ignore))

    statements = tuple(replace(s, findings=tuple(f for f in s.findings if kept(f.code))) for s in file.statements)
    return replace(file, statements=statements, findings=tuple((p, f) for p, f in file.findings if kept(f.code)))


def failed(file: FileReport, config: Config) -> bool:
    """Whether a finding is as grave as the configuration says a run must not have."""
    return any(fails(finding.severity, config.fail_on) for finding in Report((file,)).findings)
