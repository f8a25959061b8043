"""Anybody's arrays as NumPy arrays and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from symdl.core.errors import InputError

_BYTES = 4
"""The size of float32; NumPy has no name for some formats below it."""


def as_numpy(value: Any) -> NDArray[Any]:
    """``value`` (NumPy, torch, jax, a number, a list) as a float array; float32 stays float32.

    Raises :class:`InputError` for anything that is not made of real numbers.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if value.is_floating_point() and value.element_size() < _BYTES else value
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise InputError(f"an array of dtype {array.dtype} is not made of real numbers")
    return array


def float_type(dtype: DTypeLike) -> np.dtype[Any]:
    """``dtype``, which has to be float32 or float64; raises :class:`InputError` otherwise."""
    known = np.dtype(dtype)
    if known not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InputError(f"{known} is not float32 or float64", remedy="check in float64")
    return known


def maker_like(value: Any) -> Callable[[NDArray[Any]], Any]:
    """A function from NumPy arrays to the kind of ``value``: torch tensors for a torch tensor.

    Integer tensors become float64. Raises :class:`InputError` for formats other than float32 and float64.
    """
    if not hasattr(value, "new_tensor"):
        return lambda array: array
    tensor = value.detach()
    if tensor.is_floating_point() and tensor.element_size() < _BYTES:
        raise InputError(f"{tensor.dtype} is not float32 or float64", remedy="check in float64")
    tensor = tensor if tensor.is_floating_point() else tensor.double()
    return lambda array: tensor.new_tensor(array)
