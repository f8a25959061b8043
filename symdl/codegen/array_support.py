"""The helpers that modules of losses and layers carry, as source text."""

from __future__ import annotations

INPUTS = '''

class _Inputs:
    """The inputs of a call: they have one dtype, and sizes of one name are equal."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.dtypes: dict[str, Any] = {}

    def array(self, name: str, value: ArrayLike, *dimensions: str) -> NDArray[Any]:
        """``value`` as a float32 or float64 array of the named sizes."""
        result = np.asarray(value)
        dtype = self.dtypes[name] = result.dtype
        if dtype != np.float32 and dtype != np.float64:
            raise TypeError(f"{name} must be float32 or float64, not {dtype}: convert with .astype(np.float64)")
        first = next(iter(self.dtypes))
        if dtype != self.dtypes[first]:
            raise TypeError(f"{name} is {dtype}, but {first} is {self.dtypes[first]}: convert one of them")
        self._note(name, result.shape, dimensions)
        return result

    def integers(self, name: str, value: ArrayLike, below: str, *dimensions: str) -> NDArray[np.intp]:
        """``value`` as an array of integers from 0 to the size ``below``, without it."""
        result = np.asarray(value)
        if result.dtype.kind not in "iu":
            raise ValueError(f"{name} must be integers, not {result.dtype}")
        self._note(name, result.shape, dimensions)
        places = result.astype(np.intp, copy=False)
        if places.view(np.uintp).max() >= self.sizes[below]:  # negative ones too
            raise ValueError(f"{name} must lie in 0 to {self.sizes[below] - 1}, not {result.min()} to {result.max()}")
        return places

    def _note(self, name: str, shape: tuple[int, ...], dimensions: Sequence[str]) -> None:
        if len(shape) != len(dimensions) or 0 in shape:
            raise ValueError(f"{name} has shape {shape}, expected sizes ({', '.join(dimensions)}) of at least 1")
        for dimension, size in zip(dimensions, shape):
            if self.sizes.setdefault(dimension, size) != size:
                expected = f"({', '.join(dimensions)}) with {dimension} = {self.sizes[dimension]}"
                raise ValueError(f"{name} has shape {shape}, expected sizes {expected}")
'''

ROWS = '''

_ROW_TILE = 1 << 15


def _rows(name: str, value: ArrayLike, axis: int) -> NDArray[Any]:
    """``value`` as a float32 or float64 array with ``axis`` last, its entries side by side."""
    result = np.asarray(value)
    if result.dtype != np.float32 and result.dtype != np.float64:
        raise TypeError(f"{name} must be float32 or float64, not {result.dtype}: convert with .astype(np.float64)")
    if result.ndim == 0:
        raise ValueError(f"{name} must have an axis, not shape ()")
    rows = np.moveaxis(result, axis, -1)
    if rows.shape[-1] == 0:
        raise ValueError(f"{name} has shape {result.shape}: axis {axis} is empty")
    return np.ascontiguousarray(rows)


def _row_tiles(*arrays: NDArray[Any]) -> Iterator[list[NDArray[Any]]]:
    """Pieces of all arrays that stay in cache, some rows each."""
    width = arrays[0].shape[-1]
    count = max(1, _ROW_TILE // width)
    flat = [rows.reshape(-1, width) for rows in arrays]
    for start in range(0, len(flat[0]), count):
        yield [rows[start : start + count] for rows in flat]
'''

PLACES = '''

def _places(values: NDArray[Any], index: NDArray[np.intp]) -> NDArray[np.intp]:
    """The places in the flat ``values`` of those at ``index`` along the last axis."""
    starts = np.arange(0, values.size, values.shape[-1])
    result: NDArray[np.intp] = index + starts.reshape(*values.shape[:-1], 1)
    return result
'''

SUM = '''

def _sum_of_powers(powers: NDArray[Any], axis: int) -> NDArray[Any]:
    """The sum of numbers in [0, 1]: their high parts lie on a grid, so that these are added exactly."""
    grid = 2.0 ** (powers.shape[axis] - 1).bit_length()
    part = powers + grid
    part -= grid
    high: NDArray[Any] = np.add.reduce(part, axis=axis, keepdims=True)
    np.subtract(powers, part, out=part)
    high += np.add.reduce(part, axis=axis, keepdims=True)
    return high
'''

OUT = '''

def _checked_out(out: NDArray[Any] | None, shape: tuple[int, ...], dtype: Any) -> None:
    """Refuse an ``out`` that the result does not fit."""
    if out is None:
        return
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an array, not {type(out).__name__}")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out must have shape {shape} and dtype {dtype}, not shape {out.shape} and dtype {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")
'''

ROUNDED = '''

def _rounded(value: NDArray[Any], out: NDArray[Any] | None, dtype: Any) -> NDArray[Any]:
    """``value`` in a dtype, in ``out`` if that is given."""
    if out is None:
        return value.astype(dtype, copy=False)
    np.copyto(out, value, casting="same_kind")
    return out
'''

EXP = '''

def _scaled_exp(x: NDArray[Any], scale: float) -> NDArray[Any]:
    """exp(x) times a power of two, which may be finite where exp(x) is not."""
    half = np.exp(0.5 * np.maximum(x, 700.0))
    return np.where(x > 700.0, half * scale * half, np.exp(x) * scale)
'''
APPLIED = '''

def _applied(function: Any, x: Any, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """``function`` of each element, in ``out`` or in a new array."""
    x = np.asarray(x)
    result: NDArray[Any] = np.empty_like(x) if out is None else out
    function(x, result)
    return result
'''

POWER_OF_TWO = '''

def _power_of_two(x: NDArray[Any]) -> NDArray[Any]:
    """The largest power of two that is at most x, for x >= 0; 1/2 for 0."""
    fractions, exponents = np.frexp(x)
    return np.ldexp(np.full_like(fractions, 0.5), exponents)
'''
