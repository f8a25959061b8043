"""Operations on rounding errors, as source text: over the reals an error is 0, and a sum corrected by it the sum."""

from __future__ import annotations

from .precise_functions import HELPERS as PRECISE_HELPERS
from .precise_functions import LACKING

ROUNDING: dict[str, str] = {
    "sum_error": "_sum_error",
    "difference_error": "_difference_error",
    "product_error": "_product_error",
    "corrected": "_corrected",
} | LACKING
"""The NumPy column of the operations that :mod:`symdl.codegen.compensation` writes."""

HELPERS: dict[str, str] = {
    "_sum_error": '''

def _sum_error(a: Any, b: Any, out: NDArray[Any]) -> None:
    """What a + b lacks in float64 (Knuth)."""
    total = a + b
    rest = total - a
    np.add(a - (total - rest), b - rest, out=out)
''',
    "_difference_error": '''

def _difference_error(a: Any, b: Any, out: NDArray[Any]) -> None:
    """What a - b lacks in float64 (Knuth)."""
    total = a - b
    rest = total - a
    np.subtract(a - (total - rest), b + rest, out=out)
''',
    "_product_error": '''

_MOST = float.fromhex("0x1.ffffff8p1023")


def _first_digits(x: Any) -> Any:
    """``x`` rounded to 26 digits, not to infinity; what is left over has no more."""
    digits = np.asarray(x, np.float64).view(np.int64) + (1 << 26)
    digits &= -(1 << 27)
    return np.clip(digits.view(np.float64), -_MOST, _MOST)


def _product_error(a: Any, b: Any, out: NDArray[Any]) -> None:
    """What a * b lacks in float64 (Dekker): the products of parts of the digits are exact, if not tiny."""
    product = a * b
    high, head = _first_digits(a), _first_digits(b)
    low, tail = a - high, b - head
    tiny = ~(np.abs(product) > 2.0**-960)
    rest = high * head
    rest -= product
    rest += np.multiply(high, tail, out=product)
    rest += np.multiply(low, head, out=product)
    np.add(rest, np.multiply(low, tail, out=product), out=out)
    out[tiny] = 0.0
''',
    "_corrected": '''

def _corrected(value: NDArray[Any], error: NDArray[Any], out: NDArray[Any]) -> None:
    """value + error; the value alone where the error is no finite number."""
    total = value + error
    np.copyto(out, np.where(np.isfinite(total), total, value))
''',
    "_wide_tiles": '''

def _wide_tiles(
    x: NDArray[Any], out: NDArray[Any], count: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]]:
    """As :func:`_tiles`, in float64 whatever the dtype."""
    if x.dtype == np.float64:
        yield from _tiles(x, out, count)
        return
    buffers: list[NDArray[Any]] = []
    for piece, part, _ in _tiles(x, out, 0):
        if not buffers or buffers[0].shape != piece.shape:
            buffers = list(np.empty((count + 2, *piece.shape)))
        argument, value, *scratch = buffers
        np.copyto(argument, piece)
        yield argument, value, scratch
        np.copyto(part, value, casting="same_kind")
''',
} | PRECISE_HELPERS
"""What a module defines of these, when it uses them."""
