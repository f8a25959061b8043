"""Definitions as data: every item by name, the catalogues, and :func:`find`.

>>> from symdl import library
>>> library.sigmoid.expr
1/(1 + exp(-x))
>>> library.find("adam") is library.adam
True
"""

from difflib import get_close_matches

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer

from .activations import ACTIVATIONS, leaky_relu, relu, sigmoid, softplus, tanh
from .layers import LAYERS, linear, log_softmax, mlp, softmax
from .losses import LOSSES, cross_entropy, squared_error
from .optimizers import FAMILIES, OPTIMIZERS, adagrad, adam, gradient_descent, momentum, nesterov, rmsprop, sgd

Item = Activation | Loss | Layer | Optimizer
ITEMS: tuple[Item, ...] = (*ACTIVATIONS, *LOSSES, *LAYERS, *OPTIMIZERS)


def find(name: str) -> Item:
    """The library item called ``name``.

    Raises :class:`DefinitionError`, with the nearest names, when there is none.

    >>> find("softplos")
    Traceback (most recent call last):
    symdl.core.errors.DefinitionError: the library has no item 'softplos'
      remedy: did you mean softplus?
    """
    items = {item.name: item for item in ITEMS}
    if name in items:
        return items[name]
    near = get_close_matches(name, items, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(items)}"
    raise DefinitionError(f"the library has no item {name!r}", remedy=hint)


__all__ = [
    "ACTIVATIONS",
    "FAMILIES",
    "ITEMS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "Item",
    "adagrad",
    "adam",
    "cross_entropy",
    "find",
    "gradient_descent",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mlp",
    "momentum",
    "nesterov",
    "relu",
    "rmsprop",
    "sgd",
    "sigmoid",
    "softmax",
    "softplus",
    "squared_error",
    "tanh",
]
