"""Definitions as data: the catalogues, every item by its name, and :func:`find`.

An item appended to its tuple is found here without being named again.

>>> from symdl import library
>>> library.sigmoid.expr
1/(1 + exp(-x))
>>> library.find("adam") is library.adam
True
"""

from difflib import get_close_matches
from typing import Any

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer

from .activations import ACTIVATIONS
from .layers import LAYERS
from .losses import LOSSES
from .optimizers import COUPLED, COUPLED_FAMILIES, FAMILIES, OPTIMIZERS

__all__ = [
    "ACTIVATIONS",
    "COUPLED",
    "COUPLED_FAMILIES",
    "FAMILIES",
    "ITEMS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "Item",
    "find",
]

Item = Activation | Loss | Layer | Optimizer
ITEMS: tuple[Item, ...] = (*ACTIVATIONS, *LOSSES, *LAYERS, *OPTIMIZERS, *COUPLED)
_BY_NAME = {item.name: item for item in ITEMS}


def find(name: str) -> Item:
    """The library item called ``name``.

    Raises :class:`DefinitionError`, with the nearest names, when there is none.

    >>> find("softplos")
    Traceback (most recent call last):
    symdl.core.errors.DefinitionError: the library has no item 'softplos'
      remedy: did you mean softplus or softsign?
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = get_close_matches(name, _BY_NAME, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(_BY_NAME)}"
    raise DefinitionError(f"the library has no item {name!r}", remedy=hint)


def __getattr__(name: str) -> Any:
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_BY_NAME])
