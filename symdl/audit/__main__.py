"""``python -m symdl.audit docs/audit.md``: audit torch, optax and Keras, docstrings too; write the page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .audit import audit_libraries
from .machines import import_keras
from .output import audit_json
from .page import page

LIBRARIES = ("torch", "optax", "keras")


def main(arguments: list[str]) -> None:
    """Write the page, and the JSON where a second file is named."""
    result = audit_libraries(LIBRARIES, docs=True)
    backend = import_keras().backend.backend()
    command = f"KERAS_BACKEND={backend} symdl audit {' '.join(LIBRARIES)} --docs"
    Path(arguments[0]).write_text(page(result, command), encoding="utf-8")
    if len(arguments) > 1:
        Path(arguments[1]).write_text(json.dumps(audit_json(result), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
