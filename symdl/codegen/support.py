"""The helpers that every elementwise module carries, as source text."""

from __future__ import annotations

PREPARED = '''
_TILE = 1 << 15
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def _prepared(x: ArrayLike, out: NDArray[Any] | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """``x`` as a float32 or float64 array, and the array that the result goes to."""
    x = np.asarray(x)
    if x.dtype not in _DTYPES:
        raise TypeError(f"expected float32 or float64, not {x.dtype}: convert with x.astype(np.float64)")
    if out is None:
        return x, np.empty_like(x)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an array, not {type(out).__name__}")
    if out.shape != x.shape or out.dtype != x.dtype:
        raise ValueError(
            f"out must have shape {x.shape} and dtype {x.dtype}, not shape {out.shape} and dtype {out.dtype}"
        )
    if not out.flags.writeable:
        raise ValueError("out is read-only")
    if out is not x and np.may_share_memory(x, out):
        x = x.copy()
    return x, out


def _tiles(
    x: NDArray[Any], out: NDArray[Any], count: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]]:
    """Pieces of ``x`` and ``out`` that stay in cache, with ``count`` scratch buffers of their size."""
    if not (x.flags.c_contiguous and out.flags.c_contiguous):
        yield x, out, [np.empty(x.shape, x.dtype) for _ in range(count)]
        return
    x, out = x.reshape(-1), out.reshape(-1)
    scratch = [np.empty(min(x.size, _TILE), x.dtype) for _ in range(count)]
    if x.size <= _TILE:
        yield x, out, scratch
        return
    for start in range(0, x.size, _TILE):
        part = slice(start, start + _TILE)
        yield x[part], out[part], [buffer[: x[part].size] for buffer in scratch]
'''

IMPORTS = """import numpy as np
from numpy.typing import ArrayLike, NDArray
"""

OPTIMIZER_IMPORTS = """
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
"""

OPTIMIZER_HELPERS = '''
_TILE = 1 << 15
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


def _match(
    parameters: list[NDArray[Any]], gradients: list[NDArray[Any]], state: dict[str, Any], names: tuple[str, ...]
) -> None:
    """Raise ValueError unless everything has the shapes and dtypes of the parameters."""
    for name, arrays in (("gradients", gradients), *((name, state[name]) for name in names)):
        if len(arrays) != len(parameters):
            raise ValueError(f"{len(parameters)} parameters but {len(arrays)} arrays of {name}")
        for index, (array, theta) in enumerate(zip(arrays, parameters, strict=True)):
            if array.shape != theta.shape or array.dtype != theta.dtype:
                raise ValueError(
                    f"{name}[{index}] has shape {array.shape} and dtype {array.dtype}, "
                    f"its parameter shape {theta.shape} and dtype {theta.dtype}"
                )
    if not all(theta.flags.writeable for theta in parameters):
        raise ValueError("a parameter is read-only")


def _apart(gradients: list[NDArray[Any]], parameters: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """The gradients, copied where they may share memory with their parameter, which changes."""
    pairs = zip(gradients, parameters, strict=True)
    return [g.copy() if np.may_share_memory(g, theta) else g for g, theta in pairs]


def _tiles(arrays: tuple[NDArray[Any], ...], count: int) -> Iterator[tuple[NDArray[Any], ...]]:
    """Pieces of the arrays that stay in cache, with ``count`` scratch buffers of their size."""
    first = arrays[0]
    if not all(array.flags.c_contiguous for array in arrays):
        yield (*arrays, *(np.empty(first.shape, first.dtype) for _ in range(count)))
        return
    flat = [array.reshape(-1) for array in arrays]
    scratch = [np.empty(min(first.size, _TILE), first.dtype) for _ in range(count)]
    for start in range(0, first.size, _TILE):
        parts = [array[start : start + _TILE] for array in flat]
        yield (*parts, *(buffer[: parts[0].size] for buffer in scratch))
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
