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

OPTIONAL: dict[str, str] = {
    "_select": '''

def _select(condition: Any, a: Any, b: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """np.where(condition, a, b) by bits: NumPy's own takes long where the sides change often."""
    integer: Any = np.int32 if dtype == np.float32 else np.int64
    mask = condition.astype(integer)
    np.negative(mask, out=mask)
    first, second = np.asarray(a, dtype).view(integer), np.asarray(b, dtype).view(integer)
    np.bitwise_and(mask, first ^ second, out=mask)
    np.bitwise_xor(mask, second, out=mask)
    return mask.view(dtype)
''',
    "_prepared_pair": '''

def _prepared_pair(x: ArrayLike, out: NDArray[Any] | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """``x`` as a float32 or float64 array, and the array whose two rows the results go to."""
    x = np.asarray(x)
    out = np.empty((2, *x.shape), x.dtype) if out is None else out
    rows, result = _prepared(np.broadcast_to(x, (2, *x.shape)), out)
    return rows[0, ...], result
''',
    "_pair_tiles": '''

def _pair_tiles(
    x: NDArray[Any], out: NDArray[Any], count: int
) -> Iterator[tuple[NDArray[Any], tuple[NDArray[Any], NDArray[Any]], list[NDArray[Any]]]]:
    """As :func:`_tiles`, with a piece of each of the two rows of ``out``."""
    rows = _tiles(x, out[0, ...], count), _tiles(x, out[1, ...], 0)
    for (piece, part, scratch), (_, slope_part, _) in zip(*rows, strict=True):
        yield piece, (part, slope_part), scratch
''',
    "_wide_pair_tiles": '''

def _wide_pair_tiles(
    x: NDArray[Any], out: NDArray[Any], count: int
) -> Iterator[tuple[NDArray[Any], tuple[NDArray[Any], NDArray[Any]], list[NDArray[Any]]]]:
    """As :func:`_wide_tiles`, with a piece of each of the two rows of ``out``."""
    rows = _wide_tiles(x, out[0, ...], count), _wide_tiles(x, out[1, ...], 0)
    for (piece, part, scratch), (_, slope_part, _) in zip(*rows, strict=True):
        yield piece, (part, slope_part), scratch
''',
}
"""What a module defines of these, when it uses them."""
