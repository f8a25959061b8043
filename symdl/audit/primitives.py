"""Functions below the activations whose derivative libraries choose at a kink: absolute value, bounds, a norm."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdl.core import Activation, symbol

from .activations import FUNCTIONS, Case, findings_on
from .findings import AuditFinding
from .machines import Refused, import_keras, refusals

x = symbol("x")


@dataclass(frozen=True)
class Primitive:
    """A function of one number, with the slope that is declared at its kinks, and how an array library spells it."""

    name: str
    expr: sp.Expr
    slope_at: Mapping[int, int]
    spelled: Callable[[Any], Callable[[Any], Any]]


PRIMITIVES: tuple[Primitive, ...] = (
    Primitive("abs", sp.Abs(x), {0: 0}, lambda place: place.abs),
    Primitive("maximum(x, 0)", sp.Max(x, 0), {0: 0}, lambda place: lambda v: place.maximum(v, 0 * v)),
    Primitive(
        "clip(x, -1, 1)", sp.Max(-1, sp.Min(x, 1)), {-1: 0, 1: 0}, lambda place: lambda v: place.clip(v, -1.0, 1.0)
    ),
    Primitive("norm of (x, 0)", sp.Abs(x), {0: 0}, lambda place: lambda v: _norm(place, v)),
)
_PLACES: Mapping[str, Callable[[], Any]] = {
    "torch": lambda: importlib.import_module("torch"),
    "optax": lambda: importlib.import_module("jax.numpy"),
    "keras": lambda: import_keras().ops,
}


def _norm(place: Any, value: Any) -> Any:
    """The Euclidean norm of (x, 0), by the library's own function, for each entry."""
    norm = getattr(place, "linalg", place).norm
    return norm(place.stack([value, 0 * value], 0), None, 0)


def audit_primitives(library: str) -> Iterator[AuditFinding]:
    """Findings on the derivatives of the primitives of a library at their kinks."""
    place = _PLACES[library]()
    for row in PRIMITIVES:
        item = Activation(row.name.partition("(")[0].replace(" ", "_"), x, row.expr, slope_at=row.slope_at)
        try:
            with refusals():
                yield from findings_on(Case(FUNCTIONS[library], item, row.name, row.spelled(place), {}, {}))
        except Refused:
            continue
