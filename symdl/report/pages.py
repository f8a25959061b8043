"""The library as pages: ``python -m symdl.report.pages [docs/library]`` writes one page an item and an index.

Pages are cards in Markdown. They follow from committed data: definitions, generated modules, the ledger.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from symdl import library
from symdl.library import Item

from .card_data import Card
from .card_forms import card_markdown
from .cards import card

_DIRECTORY = "docs/library"
_HEAD = """# Library

Every item that the package defines, one page each: definition, derivative, kinks, properties with verdicts, curve,
code with its error bounds, source. `symdl show NAME` prints the same. The pages are written from the definitions by
`python -m symdl.report.pages`.
"""
_TITLES = {"activation": "Activations", "loss": "Losses", "layer": "Layers", "update rule": "Update rules"}
_NOTE = "The claims are those of the [ledger](../ledger.md); [how to add an item](../how-to-add-an-item.md)."


def pages(items: Sequence[Item] = library.ITEMS) -> Mapping[str, str]:
    """The text of every page by its file name, the index among them.

    >>> from symdl.library import relu
    >>> sorted(pages([relu]))
    ['index.md', 'relu.md']
    """
    cards = [card(item) for item in items]
    return {f"{shown.name}.md": card_markdown(shown) for shown in cards} | {"index.md": _index(cards)}


def _index(cards: Sequence[Card]) -> str:
    rows = [_HEAD]
    for kind, title in _TITLES.items():
        found = [shown for shown in cards if shown.kind == kind]
        if found:
            rows += [f"## {title}", "", "| item | definition | also called |", "| --- | --- | --- |"]
            rows += [*map(_row, found), ""]
    return "\n".join([*rows, _NOTE, ""])


def _row(shown: Card) -> str:
    formula = shown.definition[-1 if shown.kind == "update rule" else 0].text.replace("|", "&#124;")
    short = formula if len(formula) <= 100 else f"{formula[:97]}..."
    return f"| [{shown.name}]({shown.name}.md) | `{short}` | {', '.join(shown.also_called)} |"


def write(directory: Path, texts: Mapping[str, str]) -> None:
    """Write the pages, and remove pages of items that are no more."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.md"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Write all pages to the directory named, else to docs/library."""
    write(Path(arguments[0] if arguments else _DIRECTORY), pages())


if __name__ == "__main__":
    main(sys.argv[1:])
