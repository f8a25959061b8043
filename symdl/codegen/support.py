"""The helpers that every elementwise module carries, as source text."""

from __future__ import annotations

PREPARED = '''
_TILE = 1 << 17  # bytes
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
    """``x`` and ``out``, in pieces that stay in cache if they are large, with ``count`` scratch buffers."""
    if x.ndim == 0:
        x, out = x.reshape(1), out.reshape(1)
    if x.nbytes <= 4 * _TILE or not (x.flags.c_contiguous and out.flags.c_contiguous):
        return iter([(x, out, list(np.empty((count, *x.shape), x.dtype)) if count else [])])
    return _pieces(x.reshape(-1), out.reshape(-1), count)


def _pieces(
    x: NDArray[Any], out: NDArray[Any], count: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]]:
    """Pieces of ``x`` and ``out`` of the size of a tile."""
    size = _TILE // x.itemsize
    scratch = np.empty((count, size), x.dtype)
    for start in range(0, x.size, size):
        piece = x[start : start + size]
        yield piece, out[start : start + size], list(scratch[:, : piece.size])
'''

IMPORTS = """import numpy as np
from numpy.typing import ArrayLike, NDArray
"""
