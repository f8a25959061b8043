"""Elementwise functions as data: an activation and its parameters."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp

from .claims import Compare
from .errors import DefinitionError, UnboundSymbol
from .printing import latex_name, to_latex, to_text
from .symbols import Source


@dataclass(frozen=True)
class Parameter:
    """A named constant of a definition: its symbol, keyword in code, default and domain.

    ``name`` is what generated code calls it (``learning_rate``), ``symbol`` what the formula does
    (``eta``). ``default`` is an exact rational, or None where the caller must give it. ``domain``
    holds relations in ``symbol``. A ``learned`` one is trained like a weight, so that generated code
    also gives the derivative in it.
    """

    symbol: sp.Symbol
    name: str
    default: sp.Rational | None = None
    domain: tuple[Compare, ...] = ()
    learned: bool = False


def check_identifier(name: str) -> None:
    """Raise :class:`DefinitionError` unless ``name`` can name a generated function."""
    if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        raise DefinitionError(
            f"{name!r} cannot name a generated function", remedy="use letters, digits and underscores"
        )


@dataclass(frozen=True)
class Properties:
    """What an activation f is said to be, for all values of its parameters in their domains; None says nothing.

    ``lower`` and ``upper`` are the greatest lower and the least upper bound, in closed form or as rational
    numbers that hold for all values of the parameters and are tight to a thousandth for some; ``-oo`` and ``oo``
    say that there is none. ``lipschitz`` is the least L with ``|f(x) - f(y)| <= L |x - y|``, to a thousandth of
    itself, ``oo`` where there is none. ``monotone`` and ``convex`` are not strict: a constant is increasing.
    ``given`` narrows the parameters further.
    """

    lower: sp.Expr | None = None
    upper: sp.Expr | None = None
    lipschitz: sp.Expr | None = None
    monotone: Literal["increasing", "decreasing", "neither"] | None = None
    convex: Literal["convex", "concave", "neither"] | None = None
    given: tuple[Compare, ...] = ()

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "lipschitz"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, sp.sympify(getattr(self, name), strict=True))


@dataclass(frozen=True)
class Activation:
    """A function of one real argument, applied to each element of an array.

    ``expr`` is the value in the real symbol ``argument`` and the symbols of ``parameters``.
    ``slope_at`` maps each kink to the derivative that is declared there; without an entry the
    derivative at a kink is its Clarke interval, not a number. ``properties`` are claims that the prover
    has to prove; without them it finds what it can by itself.

    >>> from symdl.core.symbols import symbol
    >>> x = symbol("x")
    >>> Activation("relu", x, sp.Max(x, 0), slope_at={0: 0}).slope_at
    {0: 0}

    Raises :class:`DefinitionError` for a name that is no identifier and :class:`UnboundSymbol` for
    a symbol in ``expr`` that is neither the argument nor a parameter.
    """

    name: str
    argument: sp.Symbol
    expr: sp.Expr
    parameters: tuple[Parameter, ...] = ()
    slope_at: Mapping[sp.Expr | int, sp.Expr | int] = field(default_factory=sp.Dict)
    source: Source | None = None
    also_called: tuple[str, ...] = ()
    properties: Properties | None = None

    def __post_init__(self) -> None:
        check_identifier(self.name)
        object.__setattr__(self, "expr", sp.sympify(self.expr, strict=True))
        object.__setattr__(self, "slope_at", sp.Dict(dict(self.slope_at.items())))
        bound = {self.argument, *(parameter.symbol for parameter in self.parameters)}
        free = sorted(self.expr.free_symbols - bound, key=str)
        if free:
            raise UnboundSymbol(
                f"{self.name}: {', '.join(map(str, free))} is neither the argument nor a parameter",
                remedy="declare it in parameters",
            )

    def __str__(self) -> str:
        return f"{self.name}({to_text(self.argument)}) = {to_text(self.expr)}"

    def _repr_latex_(self) -> str:
        return rf"${latex_name(self.name)}({to_latex(self.argument)}) = {to_latex(self.expr)}$"
