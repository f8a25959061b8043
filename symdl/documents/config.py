"""What a project sets for its documents: ``[tool.symdl]`` in ``pyproject.toml``."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from symdl.core import InputError
from symdl.core.findings import Severity
from symdl.core.rules import RULES, nearest_code
from symdl.notation.profile import DEEP_LEARNING, NameKind, Profile

from .files import macros_in

FailOn = Literal["error", "warning", "info", "never"]
_KEYS = ("select", "ignore", "fail-on", "macros", "names", "exclude")
_KINDS: tuple[NameKind, ...] = get_args(NameKind)


@dataclass(frozen=True)
class Config:
    """How documents are checked.

    ``select`` and ``ignore`` are rule codes or their beginnings; ``macros`` are known in every
    document; ``names`` extends the notation profile by the kinds of names; ``exclude`` are patterns of
    files to leave out of directories. ``root`` is the folder of the file that says so.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    macros: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, NameKind] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    root: Path = Path()

    @property
    def profile(self) -> Profile:
        """The notation profile of documents with the project's names."""
        return DEEP_LEARNING.extend(kinds=self.names) if self.names else DEEP_LEARNING

    def changed(self, select: Iterable[str], ignore: Iterable[str], fail_on: FailOn | None) -> Config:
        """With what the command line says, which wins where it says something."""
        chosen, left_out = _codes(select, "--select"), _codes(ignore, "--ignore")
        return replace(
            self,
            select=chosen or self.select,
            ignore=left_out or self.ignore,
            fail_on=fail_on or self.fail_on,
        )


def read_config(start: Path) -> Config:
    """The configuration of the nearest ``pyproject.toml`` with ``[tool.symdl]``, from a folder upwards.

    Raises :class:`InputError` for a key, a code or a value that means nothing.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _config(table, file)
    return Config()


def _table(file: Path) -> dict[str, Any] | None:
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}", remedy="mend the file") from None
    table = tool.get("symdl") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InputError(f"{file}: tool.symdl is no table", remedy="write [tool.symdl]")
    return table


def _config(table: dict[str, Any], file: Path) -> Config:
    for key in table:
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.0)
            raise InputError(f"{file}: [tool.symdl] has no key {key}", remedy=f"did you mean {close[0]}?")
    where = f"{file}: [tool.symdl]"
    fail_on = table.get("fail-on", "error")
    if fail_on not in get_args(FailOn):
        raise InputError(f"{where} fail-on is {fail_on!r}", remedy=f"it is one of {', '.join(get_args(FailOn))}")
    macros: dict[str, str] = {}
    for name in _strings(table, "macros", where):
        macros.update(macros_in(file.parent / name))
    return Config(
        _codes(_strings(table, "select", where), where),
        _codes(_strings(table, "ignore", where), where),
        fail_on,
        macros,
        _names(table.get("names", {}), where),
        _strings(table, "exclude", where),
        file.parent,
    )


def _strings(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise InputError(f"{where} {key} is no list of strings", remedy=f'write {key} = ["..."]')
    return tuple(value)


def _codes(codes: Iterable[str], where: str) -> tuple[str, ...]:
    """Rule codes or their beginnings, commas between them allowed."""
    found = tuple(code.strip().upper() for entry in codes for code in entry.split(",") if code.strip())
    for code in found:
        if not any(rule.code.startswith(code) for rule in RULES):
            raise InputError(f"{where}: there is no rule {code}", remedy=f"did you mean {nearest_code(code)}?")
    return found


def _names(table: object, where: str) -> dict[str, NameKind]:
    if not isinstance(table, dict):
        raise InputError(f"{where} names is no table", remedy='write names = { n = "positive integer" }')
    for name, kind in table.items():
        if kind not in _KINDS:
            raise InputError(f"{where} names: {name} is {kind!r}", remedy=f"a kind is one of {', '.join(_KINDS)}")
    return cast(dict[str, NameKind], dict(table))


_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


def fails(severity: Severity, fail_on: FailOn) -> bool:
    """Whether a finding of a severity fails a run.

    >>> fails("warning", "error"), fails("warning", "info"), fails("error", "never")
    (False, True, False)
    """
    return fail_on != "never" and _SEVERITIES.index(severity) >= _SEVERITIES.index(fail_on)
