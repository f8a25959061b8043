"""The functions that NumPy lacks as source text, which the generated modules that use them carry.

Each takes a float32 or float64 array ``x`` and writes to ``out``, which may be ``x``. float32 is
computed in float64. The polynomials and their certified bounds come from ``special_functions.json``.

Sources: M. M. Shepherd and J. G. Laframboise, Chebyshev approximation of (1+2x)exp(x^2)erfc(x),
Mathematics of Computation 36 (1981), 249-253; T. J. Dekker, A floating-point technique for
extending the available precision, Numerische Mathematik 18 (1971), 224-242.
"""

from __future__ import annotations

import re
from functools import cache

from .special_data import committed

_POLYNOMIAL = '''

def _polynomial(x: NDArray[Any], coefficients: tuple[float, ...]) -> NDArray[Any]:
    """Horner's rule, the highest coefficient first."""
    result = x * coefficients[0]
    result += coefficients[1]
    for coefficient in coefficients[2:]:
        result *= x
        result += coefficient
    return result
'''

_ERF_NEAR_ZERO = '''

_ERF = {coefficients}


def _erf_near_zero(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """erf(x) = x + x p(x**2) for -1 <= x <= 1, in float64.

    Certified to within {bound}.
    """
    result = _polynomial(np.square(x), _ERF[dtype.name])
    result *= x
    result += x
    return result
'''

_ERFCX_OF_SIZE = '''

_ERFCX = {coefficients}


def _erfcx_of_size(a: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """exp(a**2) erfc(a) = (5/8 + p(t)) / (a + 1/sqrt(pi)) for a >= 0, in float64, with t = (a - 4)/(a + 4).

    Certified to within {bound}.
    Source: Shepherd and Laframboise, Mathematics of Computation 36 (1981), 249-253.
    """
    t = np.minimum(a, 2.0**1000)
    np.divide(t, t + 4.0, out=t)
    t *= 2.0
    t -= 1.0
    result = _polynomial(t, _ERFCX[dtype.name])
    result += 0.625
    np.add(a, 0.5641895835477563, out=t)  # 1/sqrt(pi)
    result /= t
    return result
'''

_SQUARE_ERROR = '''

def _square_error(a: NDArray[Any]) -> NDArray[Any]:
    """a**2 less its rounded value, in float64: a is split in two halves (Dekker 1971)."""
    high = a * 134217729.0  # 2**27 + 1
    low = high - a
    high -= low
    np.subtract(a, high, out=low)
    error = np.square(high)
    error -= np.square(a)
    high *= low
    high *= 2.0
    error += high
    error += np.square(low)
    return error
'''

_ERFC_OF_SIZE = '''

def _erfc_of_size(a: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """erfc(a) = exp(-a**2) erfcx(a) for a >= 0, in float64."""
    a = np.minimum(a, 64.0)
    result: NDArray[Any] = np.exp(-np.square(a))
    if dtype == np.float64:
        result -= result * _square_error(a)
    result *= _erfcx_of_size(a, dtype)
    return result
'''

_IN_PIECES = '''

def _in_pieces(function: Any, x: NDArray[Any], out: NDArray[Any]) -> None:
    """``function`` in float64, on pieces for which its temporary arrays stay in cache."""
    pieces = [(x, out)]
    if x.flags.c_contiguous and out.flags.c_contiguous:
        x, out = x.reshape(-1), out.reshape(-1)
        pieces = [(x[start : start + 8192], out[start : start + 8192]) for start in range(0, x.size, 8192)]
    with np.errstate(over="ignore"):
        for piece, part in pieces:
            part[...] = function(piece.astype(np.float64), x.dtype)
'''

_ELEMENTWISE = '''

def _{name}(x: NDArray[Any], out: NDArray[Any]) -> None:
    """{summary} of each element."""
    _in_pieces(_{name}_values, x, out)
'''

_ERF_VALUES = '''

def _erf_values(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The polynomial next to 0, beyond it 1 - erfc."""
    size = np.abs(x)
    far = np.copysign(1.0 - _erfc_of_size(size, dtype), x)
    return np.where(size < 1.0, _erf_near_zero(np.clip(x, -1.0, 1.0), dtype), far)
'''

_ERFC_VALUES = '''

def _erfc_values(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """1 - erf next to 0, beyond it exp(-x**2) erfcx(x), or 2 less that on the left."""
    size = np.abs(x)
    far = _erfc_of_size(size, dtype)
    far = np.where(x > 0.0, far, 2.0 - far)
    return np.where(size < 0.875, 1.0 - _erf_near_zero(np.clip(x, -1.0, 1.0), dtype), far)
'''

_ERFCX_VALUES = '''

def _erfcx_values(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """On the left 2 exp(x**2) less the value on the right."""
    size = np.abs(x)
    right = _erfcx_of_size(size, dtype)
    np.minimum(size, 26.64, out=size)
    left = np.exp(np.square(size))
    left += left * _square_error(size)
    left *= 2.0
    left -= right
    return np.where(x < 0.0, left, right)
'''

_LOG_ERFC_VALUES = '''

def _log_erfc_values(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """log1p(-erf(x)), on the right log(erfcx(x)) - x**2."""
    near = _erf_values(np.minimum(x, 0.5), dtype)
    np.negative(near, out=near)
    np.log1p(near, out=near)
    size = np.maximum(x, 0.5)
    far = np.log(_erfcx_of_size(np.minimum(size, 2.0**1000), dtype))
    far -= np.square(size)
    return np.where(x < 0.5, near, far)
'''

SPECIAL = {
    "erf": "erf(x)",
    "erfc": "erfc(x)",
    "erfcx": "exp(x**2) erfc(x)",
    "log_erfc": "log(erfc(x))",
}
"""The operations of the table that modules define for themselves, as ``_erf`` and so on."""
_ALL = {
    "_polynomial": _POLYNOMIAL,
    "_erf_near_zero": _ERF_NEAR_ZERO,
    "_square_error": _SQUARE_ERROR,
    "_erfcx_of_size": _ERFCX_OF_SIZE,
    "_erfc_of_size": _ERFC_OF_SIZE,
    "_erf_values": _ERF_VALUES,
    "_erfc_values": _ERFC_VALUES,
    "_erfcx_values": _ERFCX_VALUES,
    "_log_erfc_values": _LOG_ERFC_VALUES,
    "_in_pieces": _IN_PIECES,
} | {f"_{name}": _ELEMENTWISE.format(name=name, summary=summary) for name, summary in SPECIAL.items()}
_CERTIFIED = {"_erf_near_zero": "erf", "_erfcx_of_size": "erfcx"}
_DTYPES = ("float32", "float64")


def special_functions(source: str) -> str:
    """The text of the functions that ``source`` calls and of all that these call, in order.

    >>> "def _erfcx_of_size" in special_functions("_erfc(x, out=a)")
    True
    >>> special_functions("np.exp(x, out=a)")
    ''
    """
    wanted = _called(source)
    while True:
        more = wanted.union(*(_called(_ALL[name]) for name in wanted))
        if more == wanted:
            return "".join(_written(name) for name in _ALL if name in wanted)
        wanted = more


def _called(text: str) -> set[str]:
    return {name for name in _ALL if re.search(rf"\b{name}\b", text)}


@cache
def _written(name: str) -> str:
    """The text with its coefficients and bounds."""
    if name not in _CERTIFIED:
        return _ALL[name]
    coefficients, bound = polynomials(_CERTIFIED[name])
    return _ALL[name].format(coefficients=coefficients, bound=bound)


def polynomials(name: str) -> tuple[str, str]:
    """The coefficients for each dtype, the highest first, as source text, and their certified bounds."""
    known = {dtype: committed(name, dtype) for dtype in _DTYPES}
    rows = "".join(f'    "{dtype}": (\n{_rows(known[dtype].coefficients)}    ),\n' for dtype in _DTYPES)
    return f"{{\n{rows}}}", " and ".join(f"{known[dtype].bound:.2g} for {dtype}" for dtype in _DTYPES)


def _rows(coefficients: tuple[float, ...]) -> str:
    return "".join(f"        {coefficient!r},\n" for coefficient in reversed(coefficients))
