"""How accurate are symdl, torch, jax, scipy and lambdify? Every item, value and derivative, both dtypes.

``python tests/benchmarks/accuracy_table.py [--only NAME] [--again]`` measures what is new, keeps the figures in
``tests/data/accuracy.json`` and writes ``docs/accuracy.md``. The truth is the definition in ball arithmetic.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_arrays import measured_arrays
from accuracy_elementwise import measured_activation
from accuracy_page import page, summary, versions

from symdl import library
from symdl.core import Activation, Optimizer
from symdl.library import Item
from symdl.report.cards import source_code

ROOT = Path(__file__).parent.parent.parent
FIGURES = ROOT / "tests" / "data" / "accuracy.json"
PAGE = ROOT / "docs" / "accuracy.md"
METHOD = 3
"""Goes up when figures are taken in another way, so that all are taken anew."""
ITEMS = tuple(item for item in library.ITEMS if not isinstance(item, Optimizer))


def fingerprint(item: Item) -> str:
    """What the figures of an item depend on: its code and its definition."""
    return hashlib.sha256(f"{METHOD}{source_code(item)}{item.expr}".encode()).hexdigest()[:16]


def measured(item: Item) -> dict[str, Any]:
    """The rows of an item: one a dtype and function, with a figure for each implementation."""
    measure = measured_activation if isinstance(item, Activation) else measured_arrays
    rows = [row for dtype in (np.dtype("float32"), np.dtype("float64")) for row in measure(item, dtype)]
    return {"fingerprint": fingerprint(item), "rows": rows}


def stored() -> dict[str, Any]:
    """The figures that are kept, by item."""
    return json.loads(FIGURES.read_text(encoding="utf-8"))["items"] if FIGURES.is_file() else {}


def keep(figures: dict[str, Any]) -> None:
    text = json.dumps({"measured_with": versions(), "items": figures}, indent=1)
    FIGURES.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--again", action="store_true", help="measure also what has not changed")
    arguments = parser.parse_args()
    figures = stored()
    for item in ITEMS:
        known = figures.get(item.name, {}).get("fingerprint") == fingerprint(item) and not arguments.again
        if known or (arguments.only and item.name not in arguments.only):
            continue
        start = time.process_time()
        figures[item.name] = measured(item)
        print(f"{item.name}: {time.process_time() - start:.1f} s", flush=True)
        keep(figures)
    kept = {item.name: figures[item.name] for item in ITEMS if item.name in figures}
    keep(kept)
    PAGE.write_text(page(kept, versions()), encoding="utf-8")
    print(summary(kept))


if __name__ == "__main__":
    main()
