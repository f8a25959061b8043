"""Bound the rounding errors of the library: ``python -m symdl.codegen.rounding_bounds_library``.

What is committed for the very formula and plan is kept, the rest is computed.
"""

from __future__ import annotations

from symdl import library

from .activation_source import activation_code
from .precise import precise_code
from .rounding_bounds_file import MANY_CELLS, keyed, write


def main() -> None:
    """Write the bounds of all activations, by the default and by precise plans."""
    rows: dict[str, float | None] = {}
    for activation in library.ACTIVATIONS:
        usual = activation_code(activation)
        for code in (usual, precise_code(usual)):
            for routine in code.of_argument:
                rows |= dict(keyed(routine.function, routine.bound, code.values, MANY_CELLS).values())
    write(rows)


if __name__ == "__main__":
    main()
