"""Write the committed modules: ``python -m symdl.codegen.regenerate [--measure | --complete | --cores | --numba]``.

Without an option everything follows from committed data, byte for byte; with ``--measure`` the plans
and bounds of the library are chosen and measured anew first, with ``--complete`` those that are missing,
with ``--cores`` the shorter plans for tiles without tails, the bounds being kept, with ``--numba`` the plans
for Numba that are missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from symdl import library
from symdl.core import Activation, Optimizer
from symdl.library import Item

from . import committed_modules, numba_plans, rule_measures
from .activation_source import activation_code, keyed_bounds, with_cores
from .arrays import functions_in
from .generation import derived
from .optimizer_source import optimizer_code
from .plans_file import Bound, write

ITEMS = library.ITEMS


def sources() -> dict[Item, str]:
    """The text of every module of the library, derived from the definitions and the committed plans."""
    return {item: derived(item).source for item in ITEMS}


def measure(anew: bool = True) -> None:
    """Choose and measure how the activations and rules of the library are computed, what is known only ``anew``."""
    if anew:
        write({})
        rule_measures.write({})
    bounds: dict[str, Bound] = {}
    for activation in functions():
        bounds |= keyed_bounds(activation_code(activation))
    write(bounds)
    rule_measures.write(dict(map(_measured_rule, (*library.OPTIMIZERS, *library.COUPLED))))


def _measured_rule(item: Optimizer) -> tuple[str, rule_measures.Row]:
    code = rule_measures.with_measures(optimizer_code(item))
    return rule_measures.key(code), rule_measures.row(code)


def choose_cores() -> None:
    """Choose the shorter plans for tiles without tails anew; all else stays."""
    bounds: dict[str, Bound] = {}
    for activation in functions():
        bounds |= keyed_bounds(with_cores(activation_code(activation)))
    write(bounds)


def functions() -> list[Activation]:
    """The activations of the library, and the functions of one argument inside of its losses."""
    inner = (function for loss in library.LOSSES for function in functions_in(loss))
    return list(dict.fromkeys([*library.ACTIVATIONS, *inner]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write all modules, after new measurements where asked for."""
    parser = argparse.ArgumentParser(prog="python -m symdl.codegen.regenerate", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="choose and measure the plans anew")
    parser.add_argument("--complete", action="store_true", help="choose and measure the plans that are missing")
    parser.add_argument("--cores", action="store_true", help="choose the plans for tiles without tails anew")
    parser.add_argument("--numba", action="store_true", help="choose and measure the plans for Numba that are missing")
    options = parser.parse_args(arguments)
    if options.measure or options.complete:
        measure(anew=options.measure)
    if options.cores:
        choose_cores()
    if options.numba:
        numba_plans.complete()
    texts = sources()
    for item, text in texts.items():
        (committed_modules.DIRECTORY / f"{item.name}.py").write_text(text, encoding="utf-8")
    committed_modules.write(committed_modules.index(texts))


if __name__ == "__main__":
    main()
