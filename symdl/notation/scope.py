"""What is in force where a formula stands: definitions, opaque functions, sequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

from symdl.core import Definition
from symdl.library import ACTIVATIONS


@dataclass(frozen=True)
class Scope:
    """Names in force.

    ``definitions`` maps a name to its :class:`symdl.core.Definition`; ``opaque`` are functions without
    one (``f function``); ``variables`` are names that are no functions whatever the profile says;
    ``sequences`` are names that change with the step, so that ``M_0`` is ``M(0)`` and no constant.

    >>> Scope(opaque=frozenset({"f"})).is_function("f")
    True
    """

    definitions: Mapping[str, Definition] = field(default_factory=dict, hash=False)
    opaque: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    sequences: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "definitions", MappingProxyType(dict(self.definitions)))

    def define(self, *definitions: Definition) -> Scope:
        """This scope with more definitions; a later one wins."""
        return replace(self, definitions={**self.definitions, **{entry.function: entry for entry in definitions}})

    def with_functions(self, names: Iterable[str]) -> Scope:
        """This scope with more opaque functions."""
        return replace(self, opaque=self.opaque | frozenset(names))

    def is_function(self, name: str) -> bool:
        """Whether ``name`` is a function here (not asking the library)."""
        definition = self.definitions.get(name)
        return name in self.opaque or (definition is not None and bool(definition.arguments))


@cache
def library_definitions() -> Mapping[str, Definition]:
    """The activations of the library as definitions, by each name that they go by.

    Parameters follow the argument; one that is left out takes its default.

    >>> str(library_definitions()["logistic"])
    'sigmoid(x) = 1/(1 + exp(-x))'
    """
    found: dict[str, Definition] = {}
    for item in ACTIVATIONS:
        arguments = (item.argument, *(parameter.symbol for parameter in item.parameters))
        definition = Definition(item.name, arguments, item.expr)
        found.update(dict.fromkeys((item.name, *item.also_called), definition))
    return MappingProxyType(found)


@cache
def library_defaults() -> Mapping[str, tuple[object, ...]]:
    """The defaults of the parameters of each activation, None where there is none."""
    return MappingProxyType({item.name: tuple(p.default for p in item.parameters) for item in ACTIVATIONS})
