"""Anybody's arrays as NumPy arrays and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.core.errors import InputError


def as_numpy(value: Any) -> NDArray[Any]:
    """``value`` (NumPy, torch, jax, a number, a list) as a float array; float32 stays float32.

    Raises :class:`InputError` for anything that is not made of real numbers.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise InputError(f"an array of dtype {array.dtype} is not made of real numbers")
    return array


def maker_like(value: Any) -> Callable[[NDArray[Any]], Any]:
    """A function from NumPy arrays to the kind of ``value``: torch tensors for a torch tensor."""
    if hasattr(value, "new_tensor"):
        return lambda array: value.detach().new_tensor(array)
    return lambda array: array
