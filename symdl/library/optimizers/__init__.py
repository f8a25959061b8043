"""Update rules, as data, and the families of conventions that they belong to.

Main results: :data:`OPTIMIZERS`, :data:`FAMILIES`; :data:`COUPLED` and :data:`COUPLED_FAMILIES` hold
those whose entries depend on each other, which no interpreter of single entries can take. A family's
axes name the choices that papers and libraries differ in, the paper's own first; every library rule
is a point of its family. A family is an attribute here under the name of its rule: ``adam_family``,
and a rule under its own.
"""

from typing import Any

from symdl.core import Family, Optimizer

from .accumulators import ACCUMULATOR_FAMILIES, ACCUMULATORS
from .averages import AVERAGE_FAMILIES, AVERAGES
from .coupled import COUPLED, COUPLED_FAMILIES
from .descent import DESCENT, DESCENT_FAMILIES
from .moments import MOMENT_FAMILIES, MOMENTS
from .signs import SIGN_FAMILIES, SIGNS

__all__ = ["COUPLED", "COUPLED_FAMILIES", "FAMILIES", "OPTIMIZERS"]

OPTIMIZERS: tuple[Optimizer, ...] = (*DESCENT, *ACCUMULATORS, *MOMENTS, *SIGNS, *AVERAGES)
FAMILIES: tuple[Family, ...] = (
    *DESCENT_FAMILIES,
    *ACCUMULATOR_FAMILIES,
    *MOMENT_FAMILIES,
    *SIGN_FAMILIES,
    *AVERAGE_FAMILIES,
)

_BY_NAME: dict[str, Family | Optimizer] = {rule.name: rule for rule in (*OPTIMIZERS, *COUPLED)} | {
    f"{family.name}_family": family for family in (*FAMILIES, *COUPLED_FAMILIES)
}


def __getattr__(name: str) -> Any:
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
