"""The card of an item: everything that is known of it, as plain data that is shown in several forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["activation", "loss", "layer", "update rule"]


@dataclass(frozen=True)
class Formula:
    """One line of mathematics in plain text and in LaTeX; ``note`` says what it is where that is not plain."""

    text: str
    latex: str
    note: str = ""


@dataclass(frozen=True)
class Constant:
    """A parameter: what code and formula call it, its default (none: the caller gives it) and domain."""

    name: str
    symbol: str
    default: str
    domain: str
    learned: bool = False


@dataclass(frozen=True)
class Input:
    """An array that an item takes: its sizes, and whether it is learned or holds integers."""

    name: str
    sizes: tuple[str, ...]
    learned: bool = False
    integer: bool = False


@dataclass(frozen=True)
class KinkRow:
    """A kink: one-sided slopes, the interval between them, and the slope declared ("" for none)."""

    point: str
    left: str
    right: str
    interval: tuple[str, str]
    declared: str
    jump: bool


@dataclass(frozen=True)
class PropertyRow:
    """A property that the item declares, the claim behind it and what became of that."""

    name: str
    claim: str
    outcome: str
    idea: str


@dataclass(frozen=True)
class Convention:
    """An axis of the family of an update rule: the point that this rule is, and the other choices."""

    axis: str
    choice: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """Value and derivative at equally spaced points, None where there is none; ``at`` names parameter values."""

    points: tuple[float, ...]
    values: tuple[float | None, ...]
    slopes: tuple[float | None, ...]
    at: str = ""


@dataclass(frozen=True)
class Routine:
    """A generated function: how it is called, and the error that its docstring states."""

    name: str
    signature: str
    error: str


@dataclass(frozen=True)
class Card:
    """What is known of an item.

    ``definition`` holds the formulas in order; ``domain`` where they have a value; ``declared`` the
    properties that the item declares, and ``properties`` the claims that this makes; ``module`` is the
    place of the committed code, "" for an item of one's own. ``notes`` say what could not be worked
    out, and why.
    """

    name: str
    kind: Kind
    definition: tuple[Formula, ...]
    domain: str = ""
    parameters: tuple[Constant, ...] = ()
    inputs: tuple[Input, ...] = ()
    derivative: tuple[Formula, ...] = ()
    kinks: tuple[KinkRow, ...] = ()
    smoothness: str = ""
    declared: tuple[str, ...] = ()
    properties: tuple[PropertyRow, ...] = ()
    family: str = ""
    conventions: tuple[Convention, ...] = ()
    curve: Curve | None = None
    module: str = ""
    routines: tuple[Routine, ...] = ()
    also_called: tuple[str, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        from .card_forms import card_text

        return card_text(self)

    def _repr_html_(self) -> str:
        from .card_forms import card_html

        return card_html(self)

    def _repr_markdown_(self) -> str:
        from .card_forms import card_markdown

        return card_markdown(self)
