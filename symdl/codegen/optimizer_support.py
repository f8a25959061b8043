"""The helpers that every module of an update rule carries, as source text."""

from __future__ import annotations

OPTIMIZER_IMPORTS = """
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
"""

OPTIMIZER_HELPERS = '''
_TILE = 1 << 17
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def _listed(arrays: NDArray[Any] | Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """One array, or a list of them, as a list of float32 and float64 arrays."""
    listed = [arrays] if isinstance(arrays, np.ndarray) else list(arrays)
    for array in listed:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"expected NumPy arrays, not {type(array).__name__}")
        if array.dtype not in _DTYPES:
            raise TypeError(f"expected float32 or float64, not {array.dtype}: convert with astype(np.float64)")
    return listed


def _match(parameters: list[NDArray[Any]], name: str, arrays: list[NDArray[Any]]) -> None:
    """Raise ValueError unless the arrays have the shapes and dtypes of the parameters."""
    if len(arrays) != len(parameters):
        raise ValueError(f"{len(parameters)} parameters but {len(arrays)} arrays of {name}")
    for index, (array, theta) in enumerate(zip(arrays, parameters)):
        if array.shape != theta.shape or array.dtype != theta.dtype:
            raise ValueError(
                f"{name}[{index}] has shape {array.shape} and dtype {array.dtype}, "
                f"its parameter shape {theta.shape} and dtype {theta.dtype}"
            )


def _matched(
    parameters: NDArray[Any] | Sequence[NDArray[Any]],
    gradients: NDArray[Any] | Sequence[NDArray[Any]],
    state: dict[str, Any],
    *names: str,
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Parameters and gradients as lists that fit together; gradients in the memory of their parameters are copied."""
    listed, slopes = _listed(parameters), _listed(gradients)
    _match(listed, "gradients", slopes)
    for name in names:
        _match(listed, name, state[name])
    for index, theta in enumerate(listed):
        if not theta.flags.writeable:
            raise ValueError("a parameter is read-only")
        g = slopes[index]
        if (g.base is not None or theta.base is not None or g is theta) and np.may_share_memory(g, theta):
            slopes[index] = g.copy()
    return listed, slopes


def _tiles(
    lists: tuple[Sequence[NDArray[Any]], ...], count: int, numbers: tuple[float, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Pieces of the arrays that stay in cache, ``count`` scratch buffers of their size, and the numbers as arrays."""
    dtype, scratch, room = None, [], -1
    for arrays in zip(*lists, strict=True):
        first = arrays[0]
        if first.dtype is not dtype:
            dtype, room = first.dtype, -1
            scalars = [np.array(number, dtype) for number in numbers]
        tile = _TILE if first.nbytes < 32 * _TILE else 2 * _TILE
        if first.nbytes <= tile:
            pieces: Iterable[Sequence[NDArray[Any]]] = (arrays,)
        else:
            if all([array.flags.c_contiguous for array in arrays]):
                arrays = tuple([array.reshape(-1) for array in arrays])
            rows = max(1, tile * len(arrays[0]) // first.nbytes)
            starts = range(0, len(arrays[0]), rows)
            pieces = ([array[start : start + rows] for array in arrays] for start in starts)
        for parts in pieces:
            size = parts[0].size
            if size > room:
                scratch, room = [np.empty(size, dtype) for _ in range(count)], size
            if size == room and parts[0].ndim == 1:
                yield (*parts, *scratch, *scalars)
            else:
                yield (*parts, *[buffer[:size].reshape(parts[0].shape) for buffer in scratch], *scalars)
'''

ONE_MINUS_POWER = '''

def _one_minus_power(base: float, exponent: float) -> float:
    """1 - base**exponent without cancellation."""
    return -math.expm1(exponent * math.log(base)) if base > 0.0 else 1.0 - math.pow(base, exponent)
'''

CURVATURES = '''

def _curvatures(curvature: NDArray[Any] | Sequence[NDArray[Any]], parameters: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """The matrices of second derivatives; raises ValueError unless they have the sizes of the parameters."""
    listed = _listed(curvature)
    wanted = [((theta.size, theta.size), theta.dtype) for theta in parameters]
    found = [(array.shape, array.dtype) for array in listed]
    if found != wanted:
        raise ValueError(f"the curvature has shapes and dtypes {found}, expected {wanted}")
    return listed


def _solved(curvature: NDArray[Any], damping: float, gradient: NDArray[Any]) -> NDArray[Any]:
    """The solution of (curvature + damping I) x = gradient."""
    damped = curvature + damping * np.eye(gradient.size, dtype=curvature.dtype)
    return np.linalg.solve(damped, gradient.reshape(-1)).reshape(gradient.shape)
'''

MATRICES = '''

def _matrices(parameters: list[NDArray[Any]], state: dict[str, Any], names: tuple[tuple[str, int], ...]) -> None:
    """Raise ValueError unless the parameters are matrices, and the named states vectors along a side of them."""
    for index, theta in enumerate(parameters):
        if theta.ndim != 2:
            raise ValueError(f"parameter {index} has shape {theta.shape}, expected a matrix")
    for name, side in names:
        wanted = [(theta.shape[0], 1) if side == 0 else (1, theta.shape[1]) for theta in parameters]
        found = [array.shape for array in state[name]]
        if found != wanted or any(a.dtype != theta.dtype for a, theta in zip(state[name], parameters)):
            raise ValueError(f"the state {name} has shapes {found}, expected {wanted} in the dtype of the parameters")
'''
