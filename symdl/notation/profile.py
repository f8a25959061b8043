"""Notation profiles: what a name means where nothing else says so.

A profile is a plain value: print it, extend it, write another. Definitions and ``given`` always win
over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import sympy as sp

from symdl.core import Belongs, Compare, Given, symbol

NameKind = Literal["function", "real", "positive", "probability", "integer", "positive integer", "vector", "matrix"]


@dataclass(frozen=True)
class Profile:
    """From names to their kinds and meanings.

    ``kinds`` says what a name ranges over (real where nothing is said); ``constants`` gives names a
    value; ``functions`` gives the name of a library function that a letter before a bracket stands
    for. With ``brackets_apply`` a name before a bracket is always a function (``f(x)``), and an
    unknown one is refused; without it the bracket of an unknown name is a factor. With
    ``letters_multiply`` a short run of letters that names nothing is a product (``wx``). With ``arrays``
    transposes, norms, adjacent capitals and the like are about matrices and vectors that nobody has declared.

    >>> PLAIN.extend(kinds={"n": "positive integer"}).kinds["n"]
    'positive integer'
    >>> print(PLAIN)
    profile plain
      constants: e = e, pi = pi, oo = oo
      a name before a bracket is a function
    """

    name: str
    kinds: Mapping[str, NameKind] = field(default_factory=dict, hash=False)
    constants: Mapping[str, sp.Expr] = field(default_factory=dict, hash=False)
    functions: Mapping[str, str] = field(default_factory=dict, hash=False)
    brackets_apply: bool = False
    letters_multiply: bool = False
    arrays: bool = False

    def __post_init__(self) -> None:
        for entry in ("kinds", "constants", "functions"):
            object.__setattr__(self, entry, MappingProxyType(dict(getattr(self, entry))))

    def extend(
        self,
        name: str | None = None,
        kinds: Mapping[str, NameKind] | None = None,
        constants: Mapping[str, sp.Expr] | None = None,
        functions: Mapping[str, str] | None = None,
    ) -> Profile:
        """This profile with more names."""
        return replace(
            self,
            name=name or self.name,
            kinds={**self.kinds, **(kinds or {})},
            constants={**self.constants, **(constants or {})},
            functions={**self.functions, **(functions or {})},
        )

    def assumptions(self, name: str) -> tuple[Given, ...]:
        """What is assumed of the symbol ``name``.

        >>> [str(entry) for entry in DEEP_LEARNING.assumptions("epsilon")]
        ['epsilon > 0']
        """
        kind, subject = self.kinds.get(name, "real"), symbol(name)
        if kind == "positive":
            return (Compare(subject, ">", sp.Integer(0)),)
        if kind == "probability":
            return (Compare(subject, ">=", sp.Integer(0)), Compare(subject, "<=", sp.Integer(1)))
        if kind == "integer":
            return (Belongs(subject, "integer"),)
        if kind == "positive integer":
            return (Belongs(subject, "positive integer"),)
        return ()

    def __str__(self) -> str:
        rows = [f"profile {self.name}"]
        if self.kinds:
            rows.append("  kinds: " + ", ".join(f"{name} {kind}" for name, kind in self.kinds.items()))
        if self.constants:
            shown = ((name, "e" if value == sp.E else value) for name, value in self.constants.items())
            rows.append("  constants: " + ", ".join(f"{name} = {value}" for name, value in shown))
        if self.functions:
            rows.append("  functions: " + ", ".join(f"{name} = {value}" for name, value in self.functions.items()))
        bracket = "is a function" if self.brackets_apply else "is a factor unless it is known as a function"
        rows.append(f"  a name before a bracket {bracket}")
        rows += ["  a run of letters is a product"] * self.letters_multiply
        rows += ["  transposes, norms, adjacent capitals: matrices and vectors"] * self.arrays
        return "\n".join(rows)


_CONSTANTS = {"e": sp.E, "pi": sp.pi, "oo": sp.oo}

PLAIN = Profile("plain", constants=_CONSTANTS, brackets_apply=True)
"""The default of ``verify`` and ``derive``: every name is a real scalar, but for e, pi and oo."""

DEEP_LEARNING = Profile(
    "deep_learning",
    kinds={
        "epsilon": "positive",
        "varepsilon": "positive",
        "t": "positive integer",
        "i": "integer",
        "j": "integer",
    },
    constants=_CONSTANTS,
    functions={"sigma": "sigmoid", "varsigma": "sigmoid"},
    letters_multiply=True,
    arrays=True,
)
"""The default of documents: epsilon is positive, t counts steps, ``\\sigma(`` is the sigmoid."""
