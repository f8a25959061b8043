"""The arrays in a state of any make: dicts, tuples, tensors, and optimizers that hold a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from .step_functions import Array


def leaves(state: Any, seen: tuple[int, ...] = ()) -> Iterator[Array]:
    """Every array in a state, sharing its memory where NumPy can.

    >>> [leaf.tolist() for leaf in leaves({"m": np.ones(2), "t": 3})]
    [[1.0, 1.0]]
    """
    if id(state) in seen:
        return
    seen = (*seen, id(state))
    if isinstance(state, np.ndarray):
        yield state
    elif hasattr(state, "detach"):
        yield _of_tensor(state.detach())
    elif hasattr(state, "dtype") and hasattr(state, "__array__"):
        yield np.asarray(state)
    elif isinstance(state, Mapping):
        for value in state.values():
            yield from leaves(value, seen)
    elif isinstance(state, list | tuple):
        for value in state:
            yield from leaves(value, seen)
    elif hasattr(state, "optimizer") and hasattr(state, "tensors"):
        yield from leaves((state.tensors, list(state.optimizer.state.values())), seen)


def _of_tensor(tensor: Any) -> Array:
    """A tensor as an array; formats that NumPy does not have as float32."""
    wide = tensor.is_floating_point() and tensor.element_size() < 4
    return np.asarray((tensor.float() if wide else tensor).numpy())


def aliasing(arrays: tuple[Array, ...], parameters: Array, gradients: Array) -> str:
    """Whether a state holds on to an array of the caller's, in words; empty where it does not."""
    owned = [array for array in arrays if array.ndim]
    for other, name in ((gradients, "gradients"), (parameters, "parameters")):
        if any(np.shares_memory(array, other) for array in owned):
            return f"in-place aliasing: the state holds on to the array of {name}"
    return ""


def overlap(arrays: tuple[Array, ...]) -> bool:
    """Whether two arrays of a state share memory."""
    return any(np.shares_memory(one, two) for one, two in combinations([a for a in arrays if a.ndim], 2))
