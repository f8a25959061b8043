"""Activations inside of losses and layers: their generated functions stand in the same module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from symdl.core import Activation, Parameter
from symdl.core.arrays import ArrayExpr, Map, Slope
from symdl.core.errors import UnsupportedOperation

from .activation_source import activation_code, activation_source
from .array_arguments import nodes_of
from .special_source import special_functions


def activations_of(expr: ArrayExpr, known: Iterable[Parameter] = ()) -> tuple[Activation, ...]:
    """The activations that an expression applies.

    Raises :class:`UnsupportedOperation` for one with a parameter that has no default and is not
    ``known``.
    """
    given = {parameter.symbol for parameter in known}
    functions = [node.function for node in nodes_of(expr) if isinstance(node, Map)]
    found = [f.activation if isinstance(f, Slope) else f for f in functions if isinstance(f, Activation | Slope)]
    for activation in found:
        for parameter in activation.parameters:
            if parameter.default is None and parameter.symbol not in given:
                raise UnsupportedOperation(f"{activation.name} is applied without a value for {parameter.name}")
    return tuple(dict.fromkeys(found))


def routine_names(activations: Iterable[Activation]) -> list[str]:
    """The names of the functions of activations and of their derivatives."""
    return [name for a in activations for name in (a.name, f"{a.name}_derivative")]


def embedded(activations: Iterable[Activation], text: str) -> str:
    """The functions of activations that ``text`` calls, and the helpers of these, each once."""
    parts: dict[str, str] = {}
    sources = [activation_source(activation_code(activation)) for activation in activations]
    for source in (*sources, special_functions(text)):
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                parts.setdefault(node.name, "\n".join(lines[first - 1 : node.end_lineno]))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                parts.setdefault(node.targets[0].id, "\n".join(lines[node.lineno - 1 : node.end_lineno]))
    used = _used(text, parts)
    return "".join(f"\n\n{part}\n" for name, part in parts.items() if name in used)


def _used(text: str, parts: Mapping[str, str]) -> set[str]:
    """The names of the parts that a text uses, or that these use."""
    used: set[str] = set()
    texts = [text]
    while texts:
        words = set(re.findall(r"\w+", texts.pop()))
        found = words & parts.keys() - used - {"__all__"}
        used |= found
        texts += [parts[name] for name in found]
    return used
