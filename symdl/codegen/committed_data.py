"""Files of committed data beside the code: missing ones are empty, broken ones are errors that name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from symdl.core import InputError


def read_object(path: Path) -> dict[str, Any]:
    """The entries of a JSON file; none where there is no such file.

    Raises :class:`InputError` for a file that holds no JSON object.
    """
    remedy = f"delete {path} (what it held is then worked out anew), or install symdl again"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"{path.name} is broken: {error}", remedy=remedy) from error
    if not isinstance(data, dict):
        raise InputError(f"{path.name} is broken: it holds no JSON object", remedy=remedy)
    return data
