"""The functions that NumPy lacks as source text, which the generated modules that use them carry.

Each takes a float32 or float64 array ``x`` and writes to ``out``, which may be ``x``. float32 is
computed in float64. The polynomials and their certified bounds come from ``special_functions.json``.

Sources: M. M. Shepherd and J. G. Laframboise, Chebyshev approximation of (1+2x)exp(x^2)erfc(x),
Mathematics of Computation 36 (1981), 249-253; T. J. Dekker, A floating-point technique for
extending the available precision, Numerische Mathematik 18 (1971), 224-242.
"""

from __future__ import annotations

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
    """erf(x) = x + x p(x**2) for -1 <= x <= 1, in float64; certified to within {bound}."""
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
    result = np.exp(-np.square(a))
    if dtype == np.float64:
        result -= result * _square_error(a)
    result *= _erfcx_of_size(a, dtype)
    return result
'''

_ERF_SOURCE = '''

def _erf(x: NDArray[Any], out: NDArray[Any]) -> None:
    """The error function of each element."""
    wide = x.astype(np.float64)
    size = np.abs(wide)
    far = np.copysign(1.0 - _erfc_of_size(size, x.dtype), wide)
    near = _erf_near_zero(np.clip(wide, -1.0, 1.0), x.dtype)
    out[...] = np.where(size < 1.0, near, far)
'''

_ERFC_SOURCE = '''

def _erfc(x: NDArray[Any], out: NDArray[Any]) -> None:
    """1 - erf(x) of each element, without cancellation."""
    wide = x.astype(np.float64)
    size = np.abs(wide)
    far = _erfc_of_size(size, x.dtype)
    far = np.where(wide > 0.0, far, 2.0 - far)
    near = 1.0 - _erf_near_zero(np.clip(wide, -1.0, 1.0), x.dtype)
    out[...] = np.where(size < 0.875, near, far)
'''

_ERFCX_SOURCE = '''

def _erfcx(x: NDArray[Any], out: NDArray[Any]) -> None:
    """exp(x**2) erfc(x) of each element."""
    wide = x.astype(np.float64)
    size = np.abs(wide)
    right = _erfcx_of_size(size, x.dtype)
    np.minimum(size, 26.64, out=size)
    left = np.exp(np.square(size))
    left += left * _square_error(size)
    with np.errstate(over="ignore"):
        left *= 2.0
        left -= right
        out[...] = np.where(wide < 0.0, left, right)
'''

_LOG_ERFC_SOURCE = '''

def _log_erfc(x: NDArray[Any], out: NDArray[Any]) -> None:
    """log(erfc(x)) of each element: log1p(-erf(x)), or log(erfcx(x)) - x**2 on the right."""
    wide = x.astype(np.float64)
    near = wide.copy()
    _erf(np.minimum(wide, 0.5), near)
    np.negative(near, out=near)
    np.log1p(near, out=near)
    size = np.maximum(wide, 0.5)
    far = np.log(_erfcx_of_size(np.minimum(size, 2.0**1000), x.dtype))
    with np.errstate(over="ignore"):
        far -= np.square(size)
        out[...] = np.where(wide < 0.5, near, far)
'''

_ALL = {
    "_polynomial": _POLYNOMIAL,
    "_erf_near_zero": _ERF_NEAR_ZERO,
    "_square_error": _SQUARE_ERROR,
    "_erfcx_of_size": _ERFCX_OF_SIZE,
    "_erfc_of_size": _ERFC_OF_SIZE,
    "_erf": _ERF_SOURCE,
    "_erfc": _ERFC_SOURCE,
    "_erfcx": _ERFCX_SOURCE,
    "_log_erfc": _LOG_ERFC_SOURCE,
}
SPECIAL = ("erf", "erfc", "erfcx", "log_erfc")
"""The operations of the table that modules define for themselves, as ``_erf`` and so on."""
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
    return {name for name in _ALL if f"{name}(" in text}


@cache
def _written(name: str) -> str:
    """The text with its coefficients and bounds."""
    if name not in _CERTIFIED:
        return _ALL[name]
    polynomials = {dtype: committed(_CERTIFIED[name], dtype) for dtype in _DTYPES}
    bounds = " and ".join(f"{polynomials[dtype].bound:.2g} for {dtype}" for dtype in _DTYPES)
    rows = "".join(f'    "{dtype}": (\n{_rows(polynomials[dtype].coefficients)}    ),\n' for dtype in _DTYPES)
    return _ALL[name].format(coefficients=f"{{\n{rows}}}", bound=bounds)


def _rows(coefficients: tuple[float, ...]) -> str:
    return "".join(f"        {coefficient!r},\n" for coefficient in reversed(coefficients))
