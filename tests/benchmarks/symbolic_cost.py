"""What the symbolic work for the whole library costs, in processor seconds, each in a fresh process.

``python tests/benchmarks/symbolic_cost.py [--parts imports derivatives committed derived cold]`` prints

* imports: ``import symdl`` with all that generating needs, SymPy among it; the other parts begin after it;
* derivatives: those of every activation, loss and layer;
* committed: the source of every item, as ``symdl.generate`` gives it (limit, with the derivatives: 2 s);
* derived: the same from the definitions and the committed plans, as for a user's own items;
* cold: with nothing committed, no plan, no bound, no module: derivatives, stable forms chosen and measured,
  rounding bounds, source (limit: 300 s). It runs in a folder of its own and leaves the committed files alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

COMMITTED_LIMIT, COLD_LIMIT = 2.0, 300.0
PARTS = ("imports", "derivatives", "committed", "derived", "cold")


def imports() -> Iterator[tuple[str, float]]:
    """SymPy alone, then all the rest."""
    begin = time.process_time()
    import sympy  # noqa: F401

    yield "import of SymPy", time.process_time() - begin
    begin = time.process_time()
    import symdl.codegen.regenerate  # noqa: F401

    yield "import of symdl, codegen and the library", time.process_time() - begin


def derivatives() -> Iterator[tuple[str, float]]:
    """The derivatives by the argument, the first input, all inputs and learned arrays."""
    from symdl import library
    from symdl.calculus.derivatives import activation_derivative
    from symdl.calculus.reverse import gradient
    from symdl.codegen.arrays import slopes_of
    from symdl.core import UnsupportedDerivative

    def all_of_them() -> None:
        for activation in library.ACTIVATIONS:
            activation_derivative(activation)
        for loss in library.LOSSES:
            gradient(loss.expr, loss.inputs[0])
        for layer in library.LAYERS:
            try:
                slopes_of(layer)
            except UnsupportedDerivative:
                continue

    yield "derivatives of activations, losses and layers", _seconds(all_of_them)


def committed() -> Iterator[tuple[str, float]]:
    """What ``symdl.generate`` gives, and how much of it is read."""
    import symdl
    from symdl import library
    from symdl.codegen.committed_modules import committed_source

    spent = _seconds(lambda: [symdl.generate(item).source for item in library.ITEMS])
    read = sum(committed_source(item) is not None for item in library.ITEMS)
    yield f"source of {len(library.ITEMS)} items, {read} of them committed", spent


def derived() -> Iterator[tuple[str, float]]:
    """Definitions to source, from the committed plans."""
    from symdl.codegen.regenerate import sources

    yield "source derived from definitions and committed plans", _seconds(sources)


def cold() -> Iterator[tuple[str, float]]:
    """All of it, with every committed file missing."""
    from symdl.codegen import (
        arrays,
        committed_modules,
        plans_file,
        precise,
        regenerate,
        rounding_bounds_file,
        rule_measures,
    )

    with tempfile.TemporaryDirectory() as folder:
        for module in (plans_file, rounding_bounds_file, rule_measures, committed_modules, precise):
            module.PATH = Path(folder) / module.PATH.name  # type: ignore[attr-defined]
        arrays.BOUNDS_FILE = Path(folder) / arrays.BOUNDS_FILE.name
        yield "stable forms of all functions, chosen and measured", _seconds(lambda: regenerate.measure(anew=False))
        yield "source, with rounding bounds", _seconds(regenerate.sources)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Run the parts, each in a process of its own, and print a line for each measurement and limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        if options.part != "imports":
            list(imports())
        for said, spent in globals()[options.part]():
            print(f"{spent:.3f} {said}", flush=True)
        return
    totals: dict[str, float] = {}
    for part in options.parts:
        begin = time.perf_counter()
        run = subprocess.run([sys.executable, __file__, "--part", part], stdout=subprocess.PIPE, text=True, check=True)
        for line in run.stdout.splitlines():
            spent, _, said = line.partition(" ")
            totals[part] = totals.get(part, 0.0) + float(spent)
            print(f"{float(spent):8.2f} s  {said}")
        print(
            f"{'':10}  ({part}: {time.perf_counter() - begin:.1f} s by the clock, with the start of Python)", flush=True
        )
    if {"derivatives", "committed"} <= totals.keys():
        _judged(
            "derivatives and source from committed data", totals["derivatives"] + totals["committed"], COMMITTED_LIMIT
        )
    if "cold" in totals:
        _judged("the whole library from a cold cache", totals["cold"], COLD_LIMIT)


def _judged(said: str, spent: float, limit: float) -> None:
    print(f"{spent:8.2f} s  {said}: limit {limit:.0f} s, {'holds' if spent <= limit else 'FAILS'}")


if __name__ == "__main__":
    main()
