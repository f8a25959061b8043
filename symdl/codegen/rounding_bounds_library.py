"""Bound the rounding errors of the library: ``python -m symdl.codegen.rounding_bounds_library [--anew]``.

What is committed for the very formula and plan is kept, unless all is asked for anew; the rest is computed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from symdl import library

from .activation_source import ActivationCode, activation_code
from .precise import precise_code
from .regenerate import functions
from .rounding_bounds_file import MANY_CELLS, keyed, write


def codes() -> Iterator[ActivationCode]:
    """Everything whose bounds are committed: by the default, and activations by precise plans."""
    for function in functions():
        code = activation_code(function)
        yield code
        if function in library.ACTIVATIONS:
            yield precise_code(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the bounds."""
    parser = argparse.ArgumentParser(prog="python -m symdl.codegen.rounding_bounds_library", description=__doc__)
    parser.add_argument("--anew", action="store_true", help="compute also what is known")
    if parser.parse_args(arguments).anew:
        write({})
    rows: dict[str, float | None] = {}
    for code in codes():
        for routine in code.of_argument:
            rows |= dict(keyed(routine.function, routine.bound, code.values, MANY_CELLS).values())
    write(rows)


if __name__ == "__main__":
    main()
