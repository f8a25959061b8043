"""Committed modules of the library: served as they are while nothing that they follow from has changed.

The index holds a digest of the definition and the text of each module, and one of the generator: its code
and its committed data. Where one of them differs there is no committed module, and source is derived. So
neither a changed definition nor a changed generator is served old code, and a changed text is not served.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from symdl.core.digests import digest
from symdl.library import Item

from .committed_data import read_object

_PACKAGE = Path(__file__).parent.parent
DIRECTORY = _PACKAGE / "generated"
PATH = Path(__file__).with_name("committed_modules.json")
GENERATOR = "(generator)"
"""The key of its digest, which can be the name of no module."""
_ROOMS = ("calculus", "codegen")
"""Where derivatives and source come from; what a change in another room does to source is seen by the tests."""


def committed_source(item: Item) -> str | None:
    """The committed module of ``item``; None where it would have to be derived.

    Raises :class:`InputError` where the index is broken.
    """
    known = _committed().get(item.name)
    if known is None or _committed().get(GENERATOR) != generator_digest():
        return None
    path = DIRECTORY / f"{item.name}.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text if known == digest(item, text) else None


@lru_cache(maxsize=1)
def generator_digest() -> str:
    """The digest of the code of the generator, and of its committed data."""
    found = sha256()
    for folder in (_PACKAGE / room for room in _ROOMS):
        for path in sorted([*folder.glob("*.py"), *folder.glob("*.json")]):
            if path.name != PATH.name:
                found.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest()[:32]


def index(sources: Mapping[Item, str]) -> dict[str, str]:
    """The digests of the modules of items, and that of the generator."""
    return {GENERATOR: generator_digest()} | {item.name: digest(item, text) for item, text in sources.items()}


def write(digests: Mapping[str, str]) -> None:
    """Write the index anew, sorted."""
    PATH.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _committed.cache_clear()


@lru_cache(maxsize=1)
def _committed() -> dict[str, str]:
    return read_object(PATH)
