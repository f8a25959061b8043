"""Files of committed data beside the code: missing ones are empty, broken ones are errors that name them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from symdl.core import InputError

_Entry = TypeVar("_Entry")


def read_object(path: Path) -> dict[str, Any]:
    """The entries of a JSON file; none where there is no such file.

    Raises :class:`InputError` for a file that holds no JSON object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise _broken(path, str(error)) from error
    if not isinstance(data, dict):
        raise _broken(path, "it holds no JSON object")
    return data


def read_entries(path: Path, read: Callable[[Any], _Entry]) -> dict[str, _Entry]:
    """The entries of a JSON file, each as ``read`` makes it of plain data.

    Raises :class:`InputError` for a file that holds no JSON object, and for an entry that cannot be read.
    """
    entries = {}
    for key, value in read_object(path).items():
        try:
            entries[key] = read(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _broken(path, f"the entry {key[:60]!r} lacks or has {error}") from error
    return entries


def _broken(path: Path, why: str) -> InputError:
    remedy = f"delete {path} (what it held is then worked out anew), or install symdl again"
    return InputError(f"{path.name} is broken: {why}", remedy=remedy)
