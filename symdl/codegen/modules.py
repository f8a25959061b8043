"""Elementwise functions as Python functions: their lines with imports and helpers, compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from .kernels import Function, Plan
from .loops import loops
from .rounding import HELPERS
from .special_source import special_functions
from .support import IMPORTS, OPTIONAL, PREPARED


def compiled(function: Function, plans: Mapping[str, Plan]) -> Callable[..., NDArray[Any]]:
    """The plans' loops, compiled from the very lines that a generated module holds.

    The parameters are keyword arguments, by the names of their symbols.
    """
    argument = function.variable.name
    symbols = ", ".join(symbol.name for symbol in function.names)
    rows = [f"{name} = {symbol.name}" for symbol, name in function.names.items() if name != symbol.name]
    rows += [f"{argument}, result = _prepared({argument}, None)", *loops(function, plans), "return result"]
    head = f"def kernel({argument}{', *, ' if symbols else ''}{symbols}):"
    source = "\n".join([head, *(f"    {row}" for row in rows)])
    function_of_floats: Callable[..., NDArray[Any]] = namespace(helpers(source) + "\n" + source)["kernel"]
    return function_of_floats


def helpers(source: str) -> str:
    """Imports and helpers for elementwise functions, those that ``source`` uses."""
    rounding = _called(source)
    parts = ["from __future__ import annotations\n\n"]
    parts += ["import math\n"] if "math." in source else []
    parts += ["from collections.abc import Iterator\n"]
    parts += ["from fractions import Fraction\n"] if "Fraction(" in source else []
    optional = [text for name, text in OPTIONAL.items() if f"{name}(" in source]
    parts += ["from typing import Any\n\n", IMPORTS, PREPARED, *rounding, *optional]
    return "".join(parts) + special_functions(source)


def _called(source: str) -> list[str]:
    """The helpers on rounding errors that ``source`` calls, and those that these call."""
    wanted = {name for name in HELPERS if f"{name}(" in source}
    while True:
        more = wanted | {name for name in HELPERS for other in wanted if f"{name}(" in HELPERS[other]}
        if more == wanted:
            return [text for name, text in HELPERS.items() if name in wanted]
        wanted = more


def namespace(source: str) -> dict[str, Any]:
    """The names that a module of our own making defines."""
    names: dict[str, Any] = {"__name__": "symdl_generated"}
    exec(compile(source, "<symdl generated>", "exec"), names)
    return names
